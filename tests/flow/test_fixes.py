"""From suspects on a page to a run that was trained on fixed labels."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from tests.browsing import Browser, opened
from unfreeze.cli.app import run
from unfreeze.data.fixes import Fix, read_fixes
from unfreeze.records import Finding
from unfreeze.runs.fixes_page import write_fixes_page

_ORIENTATION = 0x0112  # of EXIF

SHORT = ["--arch", "unfreeze_nano", "--size", "32", "--num-workers", "0"]


@pytest.mark.slow
@pytest.mark.usefixtures("global_draws")  # scikit-learn draws when it loads
def test_checked_fixed_and_trained(
    drawn_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = drawn_folder / "train/stripes/circles00.png"
    (drawn_folder / "train/circles/circles00.png").rename(wrong)
    page, fixes, out = (tmp_path / n for n in ("page.html", "fixes.csv", "run"))

    assert run(["check", str(drawn_folder), *SHORT, "--page", str(page)]) == 0
    assert "fixes.csv" in capsys.readouterr().out
    assert "train/stripes/circles00.png" in page.read_text(encoding="utf-8")

    fixes.write_text("file,action,label\ntrain/stripes/circles00.png,relabel,circles\n")
    words = [*SHORT, "--batch-size", "8", "--recipe", "quick", "--epochs", "1"]
    options = ["--fixes", str(fixes), "--group-by", r"(\d\d)\.png", "--out", str(out)]
    assert run(["train", str(drawn_folder), *words, *options]) == 0

    summary = json.loads((out / "summary.json").read_text())
    assert summary["settings"]["fixes"] == str(fixes)
    assert summary["fixes"]["relabelled"] == 1
    assert (summary["fixes"]["dropped"], summary["fixes"]["kept"]) == (0, 0)
    assert 0 < summary["fixes"]["accuracy_before"] <= 1
    assert 0 < summary["fixes"]["accuracy_after"] <= 1
    assert summary["groups"]["by"] == r"(\d\d)\.png"
    assert len(summary["groups"]["straddling"]) == 6
    assert (
        "6 of them have photos in training and in validation" in capsys.readouterr().out
    )
    assert wrong.is_file()


@pytest.mark.slow
def test_a_browser_saves_what_was_marked(drawn_folder: Path, tmp_path: Path) -> None:
    evil = "=<script>alert(1)<"
    (drawn_folder / "train" / evil).mkdir()
    name = f'train/{evil}/@a,"b".png'
    (drawn_folder / "train/circles/circles00.png").rename(drawn_folder / name)
    other = "train/circles/circles01.png"
    page = tmp_path / "page.html"
    findings = [
        Finding("label_suspect", (name,), 1.0, "kept", "", likely="circles"),
        Finding("outlier", (other,), 1.0, "kept", ""),
    ]
    write_fixes_page(page, drawn_folder, findings, ["circles", evil])

    with page_opened(page) as browser:
        marked = """
            const [first, second] = document.querySelectorAll(".photo");
            first.querySelector(".relabel input").click();
            second.querySelector(".drop input").click();
            document.getElementById("save").click();
            return [document.getElementById("count").textContent,
                    document.scripts.length, document.documentElement.scrollWidth,
                    innerWidth];
        """
        text, scripts, width, room = browser.run(marked)
        decided = saved_fixes(tmp_path)
        log = browser.complaints()

    assert text == "2 of 2 marked: 0 keep, 1 relabel, 1 drop"
    assert scripts == 2  # one of them the list of names
    assert width <= room
    assert log == []
    found = [(fix.file, fix.action, fix.label) for fix in decided.values()]
    assert found == [(name, "relabel", "circles"), (other, "drop", "")]


@pytest.mark.slow
@pytest.mark.usefixtures("global_draws")
def test_an_oddly_stored_photo_is_marked_dropped_and_not_trained_on(
    drawn_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    circles = drawn_folder / "train/circles"
    with Image.open(circles / "circles00.png") as image:
        image.convert("P").save(circles / "sorry.gif")
        note = Image.Exif()
        note[_ORIENTATION] = 6
        image.convert("RGB").save(circles / "turned.jpg", exif=note)
    page = tmp_path / "page.html"
    assert run(["check", str(drawn_folder), "--quick", "--page", str(page)]) == 0

    with page_opened(page) as browser:
        log = browser.complaints()
        for wanted in ("#odd_mode .drop input", "#exif_rotated .keep input", "#save"):
            browser.run("document.querySelector(args[0]).click()", wanted)
        decided = saved_fixes(tmp_path)

    assert log == []
    assert {name: fix.action for name, fix in decided.items()} == {
        "train/circles/sorry.gif": "drop",
        "train/circles/turned.jpg": "keep",
    }
    words = [*SHORT, "--batch-size", "8", "--recipe", "quick", "--epochs", "1"]
    options = ["--fixes", str(tmp_path / "fixes.csv"), "--out", str(tmp_path / "run")]
    assert run(["train", str(drawn_folder), *words, *options]) == 0
    assert "fixes: 1 dropped, 0 relabelled, 1 kept" in capsys.readouterr().out


@pytest.mark.slow
def test_a_button_drops_the_training_copies_and_takes_that_back(
    drawn_folder: Path, tmp_path: Path
) -> None:
    """Also of copies that are not on the page, but for what a person has decided."""
    train = [f"train/circles/circles{n:02}.png" for n in range(9)]
    valid = "valid/circles/circles00.png"
    page = tmp_path / "page.html"
    leak = Finding("leakage", (valid, *train), 1.0, "kept", "")
    write_fixes_page(page, drawn_folder, [leak], ["circles", "squares", "stripes"])

    with page_opened(page) as browser:
        clicked = """
            const photos = [...document.querySelectorAll(".photo")];
            const button = document.querySelector("[data-drop-copies]");
            const said = () => document.getElementById("count").textContent;
            const found = [photos.length, button.textContent];
            photos[1].querySelector(".keep input").click();
            button.click();
            found.push(said(), button.textContent, photos[0].dataset.choice);
            button.click();
            found.push(said());
            photos[0].querySelector(".drop input").click();
            button.click();
            return [...found, said()];
        """
        found = browser.run(clicked)
        log = browser.complaints()

    assert found == [
        6,
        "Drop 9 training copies, keep every validation photo",
        "5 of 6 and 4 more marked: 1 keep, 0 relabel, 8 drop",
        "Undo: 8 dropped",
        "",
        "1 of 6 marked: 1 keep, 0 relabel, 0 drop",
        "2 of 6 marked: 1 keep, 0 relabel, 1 drop",
    ]
    assert log == []


@pytest.mark.slow
def test_the_list_starts_at_keep_and_goes_on_with_the_likely_class(
    drawn_folder: Path, tmp_path: Path
) -> None:
    file = "train/squares/squares00.png"
    odd = os.fsdecode(b"train/squares/caf\xe9.png")
    page = tmp_path / "page.html"
    findings = [
        Finding("label_suspect", (file,), 1.0, "kept", "", likely="stripes"),
        Finding("outlier", (odd,), 1.0, "kept", ""),
    ]
    classes = ["circles", "squares", "stripes"]
    write_fixes_page(page, drawn_folder, findings, classes)

    with page_opened(page) as browser:
        clicked = """
            const [first, second] = document.querySelectorAll(".photo");
            const [one, two] = document.querySelectorAll("select");
            const words = (list) => [...list.options].map((each) => each.textContent);
            const started = [one.value, first.dataset.choice];
            second.querySelector(".relabel input").click();  // as what?
            const asked = [second.dataset.choice, document.activeElement === two];
            first.querySelector(".relabel input").click();
            two.value = "0";
            two.dispatchEvent(new Event("change", { bubbles: true }));
            document.getElementById("save").click();
            return [started, asked, words(one), words(two), one.selectedIndex];
        """
        found = browser.run(clicked)
        decided = saved_fixes(tmp_path)

    assert found == [
        ["", ""],
        ["", True],
        ["keep squares", "stripes", "circles"],
        ["keep squares", "circles", "stripes"],
        1,
    ]
    labels = {name: fix.label for name, fix in decided.items()}
    assert labels == {file: "stripes", odd: "circles"}


@contextmanager
def page_opened(page: Path) -> Iterator[Browser]:
    """Show a page as wide as a phone; what it saves goes beside it."""
    folder = page.parent
    with opened(folder / "profile", "--window-size=390,844") as browser:
        browser.cdp(
            "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder)
        )
        browser.open(page.as_uri())
        yield browser


def saved_fixes(folder: Path) -> dict[str, Fix]:
    """Read what a page saved, as soon as it is there."""
    saved = folder / "fixes.csv"
    for _ in range(100):
        if saved.is_file():
            break
        time.sleep(0.1)
    saved.read_text(encoding="utf-8")  # whatever bytes the names hold
    return read_fixes(saved)
