"""A report opens in a real browser: nothing is refused, nothing leaves the page."""

import json
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from unfreeze.runs.settings import RunSettings
from unfreeze.runs.training_run import train_folder

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=alert(1)>"
_SILENT = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
]


_BROWSER = "not an origin"  # how a net log names the browser's own requests


@pytest.fixture(scope="module")
def browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("chromium is not installed")
    return found


@pytest.fixture(scope="module")
def page(_drawn_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("browser")
    photos = Path(shutil.copytree(_drawn_once, root / "drawn"))
    for split in ("train", "valid"):
        (photos / split / "circles").rename(photos / split / HOSTILE)
    settings = RunSettings(
        arch="unfreeze_nano", size=32, batch_size=8, recipe="quick", epochs=4,
        num_workers=0,
    )  # fmt: skip
    train_folder(photos, root / "run", settings, write=lambda _: None, has_bar=False)
    return root / "run/report.html"


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
def test_no_error_no_request_and_every_width_and_colour(
    page: Path, browser: str, tmp_path: Path, width: int, scheme: int
) -> None:
    net_log, picture = tmp_path / "net.json", tmp_path / "page.png"

    result = subprocess.run(  # noqa: S603  # the browser, on a page of ours
        [
            browser, *_SILENT, f"--user-data-dir={tmp_path / 'profile'}",
            f"--log-net-log={net_log}", f"--window-size={width},2400",
            f"--blink-settings=preferredColorScheme={scheme}",
            f"--screenshot={picture}", page.as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip

    assert not re.search(r"CONSOLE", result.stderr), result.stderr
    header = picture.read_bytes()[16:24]
    assert struct.unpack(">II", header) == (width, 2400)
    assert _requests_of_the_page(net_log.read_text()) == []


def test_the_dom_holds_the_class_name_as_text(
    page: Path, browser: str, tmp_path: Path
) -> None:
    result = subprocess.run(  # noqa: S603  # the browser, on a page of ours
        [browser, *_SILENT, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         page.as_uri()],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip

    assert "&lt;img src=x onerror=alert(1)&gt;" in result.stdout
    assert HOSTILE not in re.sub(r'"[^"]*"', "", result.stdout)
    assert "CONSOLE" not in result.stderr


def test_this_check_would_notice_a_request(browser: str, tmp_path: Path) -> None:
    page, net_log = tmp_path / "page.html", tmp_path / "net.json"
    page.write_text('<!doctype html><img src="http://127.0.0.1:9/outside.png" alt="">')

    subprocess.run(  # noqa: S603  # the browser, on a page of ours
        [browser, *_SILENT, f"--user-data-dir={tmp_path / 'profile'}",
         f"--log-net-log={net_log}", "--dump-dom", page.as_uri()],
        capture_output=True, check=False, timeout=240,
    )  # fmt: skip

    found = _requests_of_the_page(net_log.read_text())
    assert any("outside.png" in each for each in found)


def _requests_of_the_page(log: str) -> list[str]:
    """Addresses that were asked for by a page, and not by the browser itself."""
    asked = [event.get("params", {}) for event in json.loads(log)["events"]]
    by_page = [
        str(params["url"])
        for params in asked
        if "url" in params and params.get("initiator", _BROWSER) != _BROWSER
    ]
    return [url for url in by_page if not url.startswith(("data:", "file:"))]
