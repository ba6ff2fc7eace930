"""Mirrors src/unfreeze/cli/predict.py."""

import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Unfreeze: TypeAlias = Callable[..., Any]


def test_a_line_per_photo(unfreeze: Unfreeze, finished_run: Path, photos: Path) -> None:
    ended = unfreeze("predict", finished_run, photos / "valid")

    lines = ended.out.splitlines()
    assert ended.code == 0
    assert lines[0].split() == ["file", "label", "probability"]
    assert len(lines) == 1 + 18
    assert lines[1].split()[0] == str(photos / "valid/circles/circles00.png")


def test_the_table_can_be_a_file(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    ended = unfreeze("predict --csv x.csv --tta", finished_run, photos / "valid")

    with (tmp_path / "x.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert ended.out == "18 photos, written to x.csv\n"
    assert list(rows[0]) == [
        "file",
        "label",
        "probability",
        "circles",
        "squares",
        "stripes",
    ]


def test_json_is_one_object(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"junk")

    content = unfreeze(
        "predict --json", finished_run, photos / "valid", "broken.jpg"
    ).content

    assert len(content["predictions"]) == 18
    assert [each["file"] for each in content["skipped"]] == ["broken.jpg"]


def test_names_are_never_taken_for_markup(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    name = "a[red]b :smile: c.png"
    shutil.copy(photos / "valid/circles/circles00.png", tmp_path / name)

    assert name in unfreeze("predict", finished_run, name).out


def test_unreadable_files_are_named_on_stderr(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"junk")

    ended = unfreeze("predict", finished_run, "broken.jpg", photos / "valid")

    assert ended.code == 0
    assert ended.err.startswith("skipped broken.jpg: ")
    assert "broken" not in ended.out


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
def test_names_can_be_any_bytes(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    odd = os.fsdecode(b"caf\xe9.png")
    shutil.copy(photos / "valid/circles/circles00.png", tmp_path / odd)

    assert unfreeze("predict --csv x.csv", finished_run, odd).code == 0
    assert b"caf\xe9.png" in (tmp_path / "x.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("nowhere photo", "no model in nowhere"),
        ("junk photo", "junk"),
        ("RUN nowhere.jpg", "no file or folder nowhere.jpg"),
        ("RUN junk", "can be read"),
        ("RUN empty", "empty holds no images"),
        ("RUN photo --csv no/x.csv", "no folder no"),
        ("RUN photo --csv empty", "empty is a folder"),
        ("RUN photo --num-workers -1", "--num-workers"),
    ],
)
def test_a_mistake_is_one_line(
    unfreeze: Unfreeze,
    finished_run: Path,
    tmp_path: Path,
    words: str,
    found: str,
) -> None:
    (tmp_path / "junk").write_bytes(b"junk" * 100)
    (tmp_path / "empty").mkdir()

    line = words.replace("RUN", str(finished_run))

    assert found in unfreeze(f"predict {line}").mistake


def test_a_model_with_one_changed_byte_is_refused(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    content = bytearray((finished_run / "model.safetensors").read_bytes())
    content[-100] ^= 1
    (tmp_path / "model.safetensors").write_bytes(content)

    assert "damaged" in unfreeze("predict model.safetensors", photos).mistake


def test_an_answer_that_is_not_sure_enough_says_so(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    folder = photos / "valid" / "stripes"

    ended = unfreeze("predict --threshold 1 --json", finished_run, folder)

    labels = {each["label"] for each in ended.content["predictions"]}
    assert "not sure" in labels


def test_a_precision_that_was_never_measured_is_one_line(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    ended = unfreeze("predict --min-precision 0.999", finished_run, photos)

    assert "promises a precision of 0.999" in ended.mistake
