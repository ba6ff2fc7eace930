"""Mirrors src/unfreeze/cli/check.py."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from unfreeze.cli.app import run
from unfreeze.cli.check import show_checkup
from unfreeze.records import Finding
from unfreeze.runs.checkup import Checkup


def test_json_is_one_object_with_the_promised_keys(
    drawn_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (drawn_folder / "train/squares/<b>\nbad.png").write_bytes(b"")

    assert run(["check", str(drawn_folder), "--quick", "--json"]) == 0

    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == [
        "files", "readable", "unreadable", "other_files", "classes", "left_alone",
        "findings",
    ]  # fmt: skip
    assert answer["files"] == 55
    assert answer["readable"] == sum(answer["classes"].values()) == 54
    assert answer["findings"][0] == {
        "kind": "unreadable",
        "files": ["train/squares/<b>\nbad.png"],
        "score": 1.0,
        "policy": "skipped",
        "message": "The file is empty (0 bytes). It is skipped. Replace or remove "
        "the file.",
    }


def test_folders_beside_the_splits_are_said_to_be_left_alone(
    drawn_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (drawn_folder / "valid").rename(drawn_folder / "val")
    shutil.copytree(drawn_folder / "val", drawn_folder / "test")

    assert run(["check", str(drawn_folder), "--quick"]) == 0

    said = capsys.readouterr().out
    assert said.startswith(
        "54 photos: all can be read\n"
        "readable photos by class: circles 18, squares 18, stripes 18\n"
    )
    assert "left alone: test/; neither learned from nor measured with\n" in said


def test_findings_can_be_a_table(
    drawn_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (drawn_folder / "train/squares/=bad.png").write_bytes(b"")
    table = tmp_path / "found.csv"

    for _ in range(2):  # the second takes the place of the first
        assert run(["check", str(drawn_folder), "--quick", "--csv", str(table)]) == 0
        assert capsys.readouterr().out.endswith(f"\nwritten to {table}\n")
    line = ["check", str(drawn_folder), "--quick", "--json", "--csv", str(table)]
    assert run(line) == 0

    findings = json.loads(capsys.readouterr().out)["findings"]
    with table.open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert [(row["file"], row["kind"], row["message"]) for row in rows] == [
        (file, each["kind"], each["message"])
        for each in findings
        for file in each["files"]
    ]
    assert rows[0]["file"] == "train/squares/=bad.png"


def test_splits_are_no_classes(
    drawn_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (drawn_folder / "train").rename(drawn_folder / "testing")

    assert run(["check", str(drawn_folder), "--quick"]) == 2

    assert "'testing', 'valid': names of splits, not of" in capsys.readouterr().err


def test_the_table_counts_kinds_before_it_lists_files(
    drawn_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(25):
        (drawn_folder / f"train/squares/bad{number:02}.png").write_bytes(b"")
    (drawn_folder / "train/squares/\x1b[31mred\n.png").write_bytes(b"")

    assert run(["check", str(drawn_folder), "--quick"]) == 0

    out = capsys.readouterr().out
    assert out.startswith("80 photos: 54 can be read, 26 cannot\n")
    assert "\x1b[31m" not in out
    assert r"\x1b[31mred\n.png" in out
    assert "... and 6 more" in out
    assert out.index("cannot be read   ") < out.index("bad00.png")


def test_counts_add_up_with_photos_of_kinds_that_cannot_be_read(
    drawn_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (drawn_folder / "train/squares/IMG_1.HEIC").write_bytes(b"heic")
    (drawn_folder / "train/squares/bad.png").write_bytes(b"")
    (drawn_folder / "train/squares/notes.txt").write_text("no photo")
    words, page = ["check", str(drawn_folder), "--quick"], tmp_path / "page.html"

    assert run([*words, "--page", str(page)]) == 0
    said = capsys.readouterr().out
    assert run([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)

    counts = "56 photos: 54 can be read, 2 cannot; 1 other file is not counted"
    assert said.startswith(f"{counts}\n")
    assert f"{counts}." in page.read_text()
    assert [answer[name] for name in ("files", "readable", "unreadable")] == [56, 54, 2]
    assert answer["other_files"] == 1
    of_kind = [each for each in answer["findings"] if each["kind"] == "unreadable"]
    assert len(of_kind) == answer["unreadable"] + answer["other_files"]


def test_a_number_says_what_it_is_and_others_are_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    findings = (
        Finding("leakage", ("a.jpg", "b.jpg"), 0.25, "kept", "Twice."),
        Finding("label_suspect", ("c.jpg",), 0.875, "kept", "Odd."),
    )

    show_checkup(Checkup({"a": 3}, 0, 0, findings))

    said = capsys.readouterr().out
    assert "label may be wrong (doubt: from 0 to 1; the higher, the less" in said
    assert "  c.jpg  (doubt 0.875)\n" in said
    assert "  a.jpg, b.jpg\n" in said


@pytest.mark.parametrize(
    "words", [["--quick"], pytest.param([], marks=pytest.mark.slow)]
)
def test_it_is_said_where_only_a_small_network_looked(
    drawn_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    page = tmp_path / "page.html"
    options = [*words, "--size", "32", "--num-workers", "0", "--page", str(page)]

    assert run(["check", str(drawn_folder), *options]) == 0

    is_said = not words
    assert ("unfreeze_nano, a small network" in capsys.readouterr().out) == is_said
    assert ("unfreeze_nano, a small network" in page.read_text()) == is_said


@pytest.mark.parametrize("is_empty", [True, False])
def test_what_training_would_refuse_comes_before_the_command_that_trains(
    drawn_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    is_empty: bool,
) -> None:
    if is_empty:
        (drawn_folder / "train/empty").mkdir()
    page = tmp_path / "page.html"

    assert run(["check", str(drawn_folder), "--quick", "--page", str(page)]) == 0

    said = capsys.readouterr().out
    assert ("\nmend what training would refuse, mark suspects on" in said) == is_empty


def test_a_class_cannot_steer_the_terminal(
    drawn_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "cat\x1b]0;owned\x07"
    shutil.copytree(drawn_folder / "train/squares", drawn_folder / "train" / hostile)
    shutil.copytree(drawn_folder / "valid/squares", drawn_folder / "valid" / hostile)
    page = drawn_folder / "a\x1b[2J.html"

    assert run(["check", str(drawn_folder), "--quick", "--page", str(page)]) == 0

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"cat\x1b]0;owned\x07 18" in out
    assert r"a\x1b[2J.html" in out


def test_many_files_of_a_finding_are_counted(
    drawn_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for copy in "abcd":
        shutil.copy(
            drawn_folder / "train/squares/squares01.png",
            drawn_folder / f"train/squares/{copy}.png",
        )

    assert run(["check", str(drawn_folder), "--quick"]) == 0

    assert "and 2 more\n" in capsys.readouterr().out


def test_folders_without_photos_are_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(tmp_path)]) == 2
    assert "holds no images" in capsys.readouterr().err
    assert run(["check", str(tmp_path / "gone")]) == 2
    assert "There is no folder" in capsys.readouterr().err
