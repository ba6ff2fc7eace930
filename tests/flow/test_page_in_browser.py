"""The web page in a real browser, served by the real server."""

import csv
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from tests.browsing import Browser, opened
from tests.tiny_bundles import write_colour_bundle
from unfreeze.answering import Answering
from unfreeze.insight.heat import colour_scale
from unfreeze.records import Task
from unfreeze.serve.predictor import Predictor

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=alert(1)>"
CLASSES = ("7", HOSTILE, "3")  # of a red, a green and a blue photo
COLOURS = {
    "red.png": (230, 20, 20),
    "green.png": (20, 230, 20),
    "grey.png": (120, 120, 120),
    f"{HOSTILE}.png": (20, 20, 230),
    "=cmd.png": (230, 30, 20),
}
ENTER, ESCAPE, TAB = "\ue007", "\ue00c", "\ue004"  # as WebDriver writes these keys
THRESHOLD = 0.8


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with opened(tmp_path_factory.mktemp("browser") / "profile") as found:
        yield found


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plain photos, upright and wide, and a file that is none."""
    folder = tmp_path_factory.mktemp("photos")
    for name, colour in COLOURS.items():
        pixels = np.full((60, 90, 3), colour, dtype=np.uint8)
        pixels[:, 45:] //= 2  # the left half is brighter, and so hotter
        Image.fromarray(pixels).save(folder / name, format="PNG")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "model.onnx"
    return write_colour_bundle(path, answering=Answering(classes=CLASSES))


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("collected")


@pytest.fixture(scope="module")
def address(bundle: Path, collected: Path) -> Iterator[str]:
    with served(
        bundle, "--threshold", str(THRESHOLD), "--collect", str(collected)
    ) as it:
        yield it


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checks of axe-core, from the npm registry."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, and axe-core comes from its registry")
    folder = tmp_path_factory.mktemp("axe")
    got = subprocess.run(  # noqa: S603  # npm itself, with a fixed name
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts",
         "--prefix", str(folder), "axe-core@4"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if got.returncode:
        pytest.skip(f"npm could not fetch axe-core: {got.stderr[-300:]}")
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


@contextmanager
def served(bundle: Path, *options: str) -> Iterator[str]:
    """Run ``unfreeze serve`` on a free port."""
    with subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "unfreeze", "serve", str(bundle), "--port", "0",
         *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert found, said
            yield found[0]
        finally:
            process.terminate()


def enter(browser: Browser, address: str, width: int = 1200) -> None:
    """Open the page anew, and forget what was logged before."""
    browser.resize(width, 900)
    browser.complaints()
    browser.requests()
    browser.open(f"{address}/")
    browser.wait("document.querySelector('#state').textContent === 'ready'")


def drop(browser: Browser, *files: Path) -> None:
    """Drop photos, and wait until each has an answer or an error."""
    before = browser.run("return document.querySelectorAll('.card').length")
    browser.drop(*files)
    browser.wait(
        "[...document.querySelectorAll('.card')].filter((each) => "
        "['sure', 'unsure', 'none', 'failed'].includes(each.dataset.kind))"
        f".length === {before + len(files)}"
    )


@pytest.mark.parametrize("width", [1200, 390])
def test_a_dropped_photo_is_answered_and_explained(
    browser: Browser, address: str, photos: Path, bundle: Path, width: int
) -> None:
    enter(browser, address, width)

    drop(browser, photos / "red.png")
    browser.wait("document.querySelector('#why').checkVisibility()")
    browser.click("#why")

    answer = Predictor.load(bundle)(photos / "red.png")
    share = 100 * answer.probability
    assert browser.text("#stage-title") == f"{answer.label} {share:.1f} %"
    first_bar = browser.text(".bars tbody tr").split()
    assert first_bar == [answer.label, f"{share:.1f}", "%"]
    assert browser.run("return document.querySelector('#scale').checkVisibility()")
    left, right, outside = heat_seen(browser)
    assert left > right > 0  # as strong as the heat
    assert outside == [0, 0, 0]  # the veil over what the model did not read
    assert browser.complaints() == []
    overflow = "document.documentElement.scrollWidth - innerWidth"
    assert browser.run(f"return {overflow}") <= 0


def heat_seen(browser: Browser) -> tuple[int, int, list[int]]:
    """Opacity in the square's left and right half, and the colour beside it."""
    return tuple(  # type: ignore[return-value]
        browser.run("""
            const canvas = document.querySelector("#heat");
            const { width, height } = canvas;
            const pen = canvas.getContext("2d");
            const row = pen.getImageData(0, height / 2, width, 1).data;
            const at = (x) => row.slice(4 * Math.round(x * width)).slice(0, 4);
            return [at(0.35)[3], at(0.65)[3], [...at(0.02).slice(0, 3)]];
        """)
    )


def test_the_heat_has_the_colours_of_the_report(browser: Browser, address: str) -> None:
    enter(browser, address)

    scale = browser.run("return (await import('/page/colours.js')).SCALE")

    expected = colour_scale(np.linspace(0, 1, 256))
    assert np.abs(np.array(scale) - expected).max() <= 1


def test_five_classes_are_shown_and_all_on_demand_most_probable_first(
    browser: Browser, address: str
) -> None:
    enter(browser, address)
    shares = {"7": 0.1, "a": 0.3, "3": 0.2, HOSTILE: 0.25, "b": 0.05, "c": 0.06}

    first, every = browser.run("""
        const { bars } = await import("/page/bars.js");
        const [table, button] = bars({ probabilities: args[0] }, null);
        const rows = table.tBodies[0].rows;
        const names = () => [...rows].map((each) => each.cells[0].textContent);
        const first = names();
        button.click();
        return [first, names()];
    """, shares)  # fmt: skip

    assert every == sorted(shares, key=shares.__getitem__, reverse=True)
    assert first == every[:5]


def test_a_probability_just_below_the_limit_is_told_from_it(
    browser: Browser, address: str
) -> None:
    enter(browser, address)

    near, far, line = browser.run("""
        const { bars } = await import("/page/bars.js");
        const row = { probabilities: { field: 0.5994, lake: 0.4006 } };
        const [table, line] = bars(row, 0.59943);
        const [near, far] = table.tBodies[0].rows;
        return [near.cells[2].textContent, far.cells[2].textContent, line.textContent];
    """)
    words = browser.run("""
        const { digitsApart, percent } = await import("/page/words.js");
        return args.map(([share, limit]) => {
            const digits = digitsApart(share, limit);
            return [percent(share, digits), percent(limit, digits)];
        });
    """, [0.9999, 0.99995], [0.5, 0.5], [0.8, 0.9], [0.99999, 1])  # fmt: skip

    assert [near, far] == ["59.940 %", "40.1 %"]
    assert line.startswith("The dashed line is 59.943 %")
    assert words == [
        ["99.990 %", "99.995 %"],
        ["50.0 %", "50.0 %"],
        ["80.0 %", "90.0 %"],
        ["99.9 %", "100 %"],
    ]


def test_not_sure_looks_different_and_can_be_saved_for_labelling(
    browser: Browser, address: str, photos: Path, collected: Path
) -> None:
    enter(browser, address)

    drop(browser, photos / "grey.png")

    assert browser.text("#stage-title").endswith("Not sure")
    style = "getComputedStyle(document.querySelector('#stage')).borderTopStyle"
    assert browser.run(f"return {style}") == "dashed"
    assert f"answers from {THRESHOLD:.0%}".replace("%", "") in browser.text("#answer")
    browser.click('#right-class option[value="3"]')
    browser.click(".labelling button")
    browser.wait("document.querySelector('#saved')")
    (kept,) = (collected / "3").iterdir()
    assert kept.read_bytes() == (photos / "grey.png").read_bytes()
    assert browser.run("return document.activeElement.id") == "saved"
    assert browser.complaints() == []


def test_a_broken_photo_is_a_row_with_words(
    browser: Browser, address: str, photos: Path
) -> None:
    enter(browser, address)

    drop(browser, photos / "broken.jpg", photos / "red.png")

    assert browser.text("#stage-title").endswith("No answer")
    assert len(browser.text("#answer-body .note")) > 20
    assert browser.text("#tally") == "1 answer · 1 without an answer"
    said = browser.wait("document.querySelector('#announcements').textContent")
    assert "broken.jpg: no answer." in said
    # a browser notes every answer of this kind; nothing else went wrong
    assert all("status of 422" in each for each in browser.complaints())


def test_names_are_text(browser: Browser, address: str, photos: Path) -> None:
    enter(browser, address)

    drop(browser, photos / f"{HOSTILE}.png", photos / "green.png")

    assert browser.text("#file") == f"{HOSTILE}.png"
    assert HOSTILE in browser.text("#list")
    assert HOSTILE in browser.text(".bars")
    assert HOSTILE in browser.text("#knows")
    assert browser.run("return document.querySelectorAll('img').length") == 1
    assert browser.complaints() == []


def test_the_table_holds_the_answers_and_no_formula(
    browser: Browser, address: str, photos: Path, bundle: Path
) -> None:
    enter(browser, address)
    drop(browser, photos / "=cmd.png", photos / "broken.jpg")

    text = browser.run("""
        const { asTable } = await import("/page/table.js");
        const shots = await import("/page/shots.js");
        return asTable(shots.all(), args[0]);
    """, list(CLASSES))  # fmt: skip

    titles, answered, broken = csv.reader(io.StringIO(text))
    answer = Predictor.load(bundle)(photos / "=cmd.png")
    assert titles == ["file", "label", "probability", *CLASSES, "error"]
    assert answered[:2] == ["'=cmd.png", answer.label]
    shares = [answer.probabilities[each] for each in CLASSES]
    np.testing.assert_allclose(np.array(answered[3:-1], dtype=float), shares, atol=1e-6)
    assert broken[0] == "broken.jpg"
    assert broken[-1]


def test_everything_is_reached_and_done_with_keys(
    browser: Browser, address: str, photos: Path
) -> None:
    enter(browser, address)
    drop(browser, photos / "red.png", photos / "grey.png")

    browser.press("n")
    assert browser.text("#file") == "grey.png"
    browser.press("p")
    assert browser.text("#file") == "red.png"
    browser.press("w")
    assert browser.run("return !document.querySelector('#heat').hidden")
    browser.press("?")
    browser.wait("document.querySelector('#keys').open")
    browser.press(ESCAPE)
    browser.wait("!document.querySelector('#keys').open")
    browser.run("document.activeElement.blur(); getSelection().removeAllRanges()")
    reached = set()
    for _ in range(30):
        browser.press(TAB)
        reached.add(browser.run(_FOCUSED))
    wanted = {"choose", "open-camera", "why", "strength", "download", "clear"}
    assert wanted <= reached
    assert {"card red.png", "card grey.png", "open-keys"} <= reached
    assert "no outline" not in reached


_FOCUSED = """
    const it = document.activeElement;
    const { outlineStyle } = getComputedStyle(it);
    if (it !== document.body && outlineStyle === "none") return "no outline";
    if (it.matches(".card")) return `card ${it.querySelector(".file").textContent}`;
    return it.id || it.tagName;
"""


def test_single_letters_can_be_turned_off(browser: Browser, address: str) -> None:
    enter(browser, address)
    browser.press("?")
    browser.click("#single-keys")
    browser.press(ESCAPE)

    browser.press("c")

    assert not browser.run("return document.querySelector('#camera').open")


def test_photos_are_chosen_and_pasted_too(
    browser: Browser, address: str, photos: Path
) -> None:
    enter(browser, address)

    browser.choose("#files", photos / "red.png", photos / "green.png")
    browser.wait("document.querySelectorAll('.card[data-kind=sure]').length === 2")
    browser.run("""
        const canvas = new OffscreenCanvas(40, 40);
        canvas.getContext("2d").fillRect(0, 0, 40, 40);
        const blob = await canvas.convertToBlob();
        const file = new File([blob], "image.png", { type: blob.type });
        const clipboardData = new DataTransfer();
        clipboardData.items.add(file);
        document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
    """)

    browser.wait("document.querySelectorAll('.card').length === 3")
    browser.wait("document.querySelector('.card .file').textContent === 'image.png'")


def test_an_empty_folder_is_answered_in_words(
    browser: Browser, address: str, photos: Path, tmp_path: Path
) -> None:
    enter(browser, address)

    browser.drop(tmp_path)
    browser.wait("document.querySelector('#notice').checkVisibility()")

    assert browser.text("#notice").startswith("There is no file in what you dropped.")
    drop(browser, photos / "red.png")
    assert not browser.run("return document.querySelector('#notice').checkVisibility()")


def test_the_camera_takes_a_photo_and_is_let_go(browser: Browser, address: str) -> None:
    enter(browser, address)
    browser.cdp("Browser.grantPermissions", permissions=["videoCapture"])
    browser.click("#open-camera")
    browser.wait("!document.querySelector('#shutter').disabled")
    browser.run(
        "window.track = document.querySelector('#preview').srcObject.getTracks()[0]"
    )

    browser.click("#shutter")

    browser.wait("document.querySelectorAll('.card').length === 1")
    assert browser.text("#file").startswith("camera ")
    assert browser.run("return window.track.readyState") == "ended"
    browser.cdp("Browser.resetPermissions")


def test_a_refused_camera_is_explained(browser: Browser, address: str) -> None:
    enter(browser, address)

    browser.press("c")

    browser.wait("document.querySelector('#camera-trouble').checkVisibility()")
    assert "did not allow the camera" in browser.text("#camera-trouble")
    assert not browser.run(
        "return document.querySelector('#shutter').checkVisibility()"
    )


def test_a_busy_server_is_asked_again_when_it_said_so(
    browser: Browser, address: str, photos: Path
) -> None:
    with first_answer(browser, 429, "2"):
        enter(browser, address)
        browser.drop(photos / "red.png")
        browser.wait("document.querySelector('.card').dataset.kind === 'busy'")
        assert "Asking again in 2 s" in browser.text("#answer-body")
        browser.wait("document.querySelector('.card').dataset.kind === 'sure'")

    assert 2 <= browser.run("return (window.asked[1] - window.asked[0]) / 1000") < 6


@contextmanager
def first_answer(browser: Browser, status: int, retry_after: str) -> Iterator[None]:
    """Let the page's first question be turned away."""
    script = f"""
        const real = window.fetch;
        window.asked = [];
        window.fetch = (path, options) => {{
            if (!String(path).startsWith("/predict")) return real(path, options);
            window.asked.push(performance.now());
            if (window.asked.length > 1) return real(path, options);
            const headers = {{ "Retry-After": "{retry_after}" }};
            const body = JSON.stringify({{ error: "The queue is full." }});
            return Promise.resolve(new Response(body, {{ status: {status}, headers }}));
        }};
    """
    added = browser.cdp("Page.addScriptToEvaluateOnNewDocument", source=script)
    try:
        yield
    finally:
        browser.cdp(
            "Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"]
        )


def test_without_a_network_the_page_says_so_and_comes_back(
    browser: Browser, address: str, photos: Path
) -> None:
    enter(browser, address)
    network(browser, is_there=False)
    try:
        drop(browser, photos / "red.png")
        assert "cannot be reached" in browser.text("#answer-body")
        browser.wait("document.querySelector('#state').textContent === 'offline'")
    finally:
        network(browser, is_there=True)

    browser.wait("document.querySelector('#state').textContent === 'ready'")
    browser.click("#answer-body button")
    browser.wait("document.querySelector('.card').dataset.kind === 'sure'")


def network(browser: Browser, *, is_there: bool) -> None:
    speeds = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.cdp("Network.enable")
    browser.cdp("Network.emulateNetworkConditions", offline=not is_there, **speeds)


def test_an_answer_of_another_model_is_told_from_those_before(
    browser: Browser, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    other = write_colour_bundle(
        tmp_path / "other.onnx", answering=Answering(classes=("apple", "leaf", "sea"))
    )
    with served(bundle, "--threshold", "0.7") as address:
        enter(browser, address)
        drop(browser, photos / "red.png")
        assert "The dashed line is 70.0 %" in browser.text("#answer-body")
        look_no_more(browser)
    port = ("--port", address.rpartition(":")[2])
    with served(other, "--threshold", "0.99", *port):
        drop(browser, photos / "red.png")
        assert browser.text("#stage-title").endswith("Not sure")
        browser.run("window.lookAgain()")
        browser.wait("document.querySelector('#knows').textContent.includes('leaf')", 9)
        assert "answers from 99.0 %" in browser.text("#answer-body")
        assert "is served now" not in browser.text("#answer-body")

        browser.press("n")
        assert "The dashed line is 70.0 %" in browser.text("#answer-body")
        assert "or one with other settings, is served now" in browser.text("#answer")
        browser.click("#answer-body button")
        browser.wait("document.querySelector('#stage').dataset.kind === 'unsure'")
        assert "answers from 99.0 %" in browser.text("#answer-body")


def test_another_threshold_is_seen_when_the_page_is_looked_at_again(
    browser: Browser, bundle: Path
) -> None:
    with served(bundle) as address:
        enter(browser, address)
        assert "not sure" not in browser.text("#knows")
        look_no_more(browser)
    with served(bundle, "--threshold", "0.99", "--port", address.rpartition(":")[2]):
        browser.run("""
            window.lookAgain();
            document.dispatchEvent(new Event("visibilitychange"));
        """)
        browser.wait("document.querySelector('#knows').textContent.includes('sure')", 9)


def look_no_more(browser: Browser) -> None:
    """Let the page not see whether the server is there, as in a tab that is hidden."""
    browser.run("""
        const real = window.fetch;
        const isOver = new Promise((done) => { window.lookAgain = done; });
        window.fetch = async (path, options) => {
            if (path === "/ready") await isOver;
            return real(path, options);
        };
    """)


def test_the_session_is_cleared_on_a_second_click(
    browser: Browser, address: str, photos: Path
) -> None:
    enter(browser, address)
    drop(browser, photos / "red.png")

    browser.click("#clear")
    assert browser.text("#clear") == "Really clear?"
    browser.click("#clear")

    assert browser.run("return document.querySelectorAll('.card').length") == 0
    assert not browser.run("return document.querySelector('#stage').checkVisibility()")
    assert not browser.run("return document.querySelector('#picture').src")


def test_the_token_is_asked_for_until_it_is_right(
    browser: Browser, bundle: Path, photos: Path
) -> None:
    with served(bundle, "--token", "let-me-in") as address:
        browser.resize(1200, 900)
        browser.open(f"{address}/")
        browser.wait("document.querySelector('#token').open")
        browser.press(*"wrong", ENTER)
        browser.wait("document.querySelector('#token-trouble').checkVisibility()")
        browser.press(*"let-me-in", ENTER)
        browser.wait("document.querySelector('#state').textContent === 'ready'")
        drop(browser, photos / "red.png")

    assert browser.text("#stage-title").startswith("7 ")


def test_after_cancel_there_is_a_way_back_to_the_window_for_the_token(
    browser: Browser, bundle: Path, photos: Path
) -> None:
    with served(bundle, "--token", "let-me-in") as address:
        browser.resize(1200, 900)
        browser.open(f"{address}/")
        for _ in range(2):  # of the page, and of the photo
            browser.wait("document.querySelector('#token').open")
            browser.press(ESCAPE)
            browser.wait("document.querySelector('#unlock')")
            if not browser.run("return document.querySelector('.card')"):
                browser.drop(photos / "red.png")
        browser.wait("document.querySelector('#answer').innerText.includes('token')")

        browser.click("#unlock")
        browser.wait("document.querySelector('#token').open")
        browser.press(*"let-me-in", ENTER)

        browser.wait("document.querySelector('.card').dataset.kind === 'sure'")
        assert browser.text("#state") == "ready"


def test_several_labels_are_shown_side_by_side(
    browser: Browser, photos: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    rules = Answering(
        classes=("sea side", HOSTILE, "sky"), task=Task.MULTI, thresholds=(0.3,) * 3
    )
    write_colour_bundle(path, answering=rules)
    yellow = tmp_path / "yellow.png"
    Image.new("RGB", (50, 50), (250, 248, 10)).save(yellow)

    with served(path, "--threshold", "0.31") as address:
        enter(browser, address)
        assert browser.text("#knows") == (
            f"This model looks for sea side, {HOSTILE} and sky, any number of them in "
            "one photo, and names those above 31.0 %."
        )
        drop(browser, yellow)
        chips = "[...document.querySelectorAll('.chip')].map((e) => e.textContent)"
        found: list[str] = browser.run(f"return {chips}")

    assert [each.rpartition(" ")[0].rpartition(" ")[0] for each in found] == [
        "sea side", HOSTILE,
    ]  # fmt: skip


def test_nothing_is_asked_of_anybody_else(
    browser: Browser, address: str, photos: Path
) -> None:
    enter(browser, address)
    drop(browser, *(photos / name for name in COLOURS))
    browser.press("w")

    asked = [each for each in browser.requests() if not each.startswith("chrome")]

    assert any(each.startswith(f"{address}/predict") for each in asked)
    ours = (f"{address}/", "blob:", "data:")
    assert [each for each in asked if not each.startswith(ours)] == []


def test_the_policy_refuses_what_comes_from_elsewhere(
    browser: Browser, address: str
) -> None:
    enter(browser, address)

    browser.run("""
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        const image = new Image();
        image.src = "http://127.0.0.1:9/outside.png";
        document.body.append(image);
    """)

    assert not browser.run("return window.ran ?? false")
    assert sum("Content Security Policy" in each for each in browser.complaints()) == 2


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_problem(
    browser: Browser, address: str, photos: Path, axe: str, width: int, scheme: str
) -> None:
    browser.emulate(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    try:
        enter(browser, address, width)
        problems = {"empty": serious(browser, axe)}
        drop(browser, photos / "red.png", photos / "grey.png", photos / "broken.jpg")
        browser.press("w")
        problems["answer"] = serious(browser, axe)
        browser.press("n")
        problems["not sure"] = serious(browser, axe)
        browser.press("n")
        problems["error"] = serious(browser, axe)
        browser.press("?")
        problems["keys"] = serious(browser, axe)
        browser.press(ESCAPE, "c")
        browser.wait("document.querySelector('#camera-trouble').checkVisibility()")
        problems["camera refused"] = serious(browser, axe)
    finally:
        browser.emulate()

    assert {state: found for state, found in problems.items() if found} == {}


def serious(browser: Browser, axe: str) -> list[Any]:
    """Serious and critical problems of the page as it stands."""
    browser.call("POST", "execute/sync", script=f"{axe}; window.axe = axe", args=[])
    found: list[Any] = browser.run("""
        const { violations } = await axe.run(document);
        return violations
            .filter(({ impact }) => impact === "serious" || impact === "critical")
            .map(({ id, nodes }) => [id, ...nodes.map((node) => node.failureSummary)]);
    """)
    return found


def test_on_paper_the_answers_remain_and_the_buttons_go(
    browser: Browser, address: str, photos: Path
) -> None:
    enter(browser, address)
    drop(browser, photos / "red.png", photos / "grey.png")

    browser.cdp("Emulation.setEmulatedMedia", media="print")

    try:
        seen = "document.querySelector(args[0]).checkVisibility()"
        assert browser.run(f"return {seen}", "#stage-title")
        assert browser.run(f"return {seen}", "#list .card")
        assert inset(browser) == "0px"  # of an answer without a border
        browser.press("n")
        browser.wait("document.querySelector('#stage').dataset.kind === 'unsure'")
        assert inset(browser) == "16px"
        for hidden in ("#choose", "#download", "#why", ".labelling"):
            assert not browser.run(f"return {seen}", hidden)
    finally:
        browser.cdp("Emulation.setEmulatedMedia", media="")


def inset(browser: Browser) -> str:
    """Between the border of the answer and its words."""
    style = "getComputedStyle(document.querySelector('#stage')).paddingLeft"
    return cast("str", browser.run(f"return {style}"))


@pytest.mark.parametrize("width", [1100, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_routes_in_words_fit_the_window(
    browser: Browser, address: str, width: int, scheme: str
) -> None:
    browser.emulate(prefers_color_scheme=scheme)
    try:
        browser.resize(width, 900)
        browser.open(f"{address}/docs")
    finally:
        browser.emulate()

    overflow = "document.documentElement.scrollWidth - innerWidth"
    assert browser.run(f"return {overflow}") <= 0
    top = "document.querySelector('h1').getBoundingClientRect().top"
    assert browser.run(f"return {top}") >= 16
    wide = "[...document.querySelectorAll('pre')].map((e) => e.tabIndex)"
    assert set(browser.run(f"return {wide}")) == {0}  # scrolled with keys, too
