"""A run is killed by the system, goes on, and ends like one that was left alone."""

import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.resuming import require_same_end
from unfreeze.cli.app import run

SETTINGS = "--arch unfreeze_nano --size 32 --batch-size 8 --num-workers 0 --epochs 2"
_PATIENCE = 600.0


@contextmanager
def training(photos: Path, out: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that trains, and is gone at the end of the body."""
    line = f"train {shlex.quote(str(photos))} {SETTINGS} --out {shlex.quote(str(out))}"
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "unfreeze", *shlex.split(line)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_rows(out: Path, count: int, process: "subprocess.Popen[str]") -> None:
    """Wait until the history of a run has so many rows."""
    deadline = time.monotonic() + _PATIENCE
    history = out / "history.jsonl"
    while not history.is_file() or history.read_bytes().count(b"\n") < count:
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline, "the run got nowhere"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def photos(_drawn_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn folder once for these tests; only ``tmp/`` may be written there."""
    folder = tmp_path_factory.mktemp("photos") / "drawn"
    return Path(shutil.copytree(_drawn_once, folder))


@pytest.fixture(scope="module")
def whole(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nobody kills."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert run(shlex.split(f"train {photos} {SETTINGS} --out {out} --json")) == 0
    return out


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 30, 200, 320, 610])
def test_a_run_that_is_killed_ends_as_if_it_had_not_been(
    photos: Path,
    whole: Path,
    tmp_path: Path,
    rows: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Behind the first search, in steps 3 and 4 and towards the end."""
    out = tmp_path / "run"
    with training(photos, out) as process:
        wait_for_rows(out, rows, process)
        assert run(["resume", str(out)]) == 2
        assert "still running (process" in capsys.readouterr().err
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert run(["resume", str(out), "--json"]) == 0

    require_same_end(out, whole)


@pytest.mark.slow
def test_a_run_that_is_asked_to_stop_says_how_to_go_on(
    photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    with training(photos, out) as process:
        wait_for_rows(out, 30, process)
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate(timeout=_PATIENCE)

    assert process.returncode == 130
    assert f"unfreeze resume {shlex.quote(str(out))}\n" in words
    assert '"status": "stopped"' in (out / "summary.json").read_text()
