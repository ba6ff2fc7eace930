"""Mirrors src/unfreeze/data/class_findings.py."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.data.test_survey import survey_of
from unfreeze.data.class_findings import class_findings
from unfreeze.data.holding_out import hold_out
from unfreeze.data.index import index_folder
from unfreeze.data.screen import screen
from unfreeze.data.survey import Split, Survey
from unfreeze.records import Finding


def _found(root: Path, kind: str) -> list[Finding]:
    return [each for each in class_findings(survey_of(root)) if each.kind == kind]


def test_even_classes_have_nothing_to_report(drawn_folder: Path) -> None:
    assert class_findings(survey_of(drawn_folder)) == []


def test_a_class_that_cannot_be_learned_is_refused(drawn_folder: Path) -> None:
    shutil.copytree(drawn_folder / "valid/squares", drawn_folder / "valid/<b>new")

    (found,) = _found(drawn_folder, "class_missing")

    assert found.files == ("train/<b>new",)
    assert found.policy == "refused"


def test_a_class_that_is_never_measured_is_kept(drawn_folder: Path) -> None:
    shutil.rmtree(drawn_folder / "valid/squares")

    (found,) = _found(drawn_folder, "class_missing")

    assert found.files == ("valid/squares",)
    assert found.policy == "kept"
    assert "never measured" in found.message


@pytest.mark.parametrize("content", [None, b"<html>404</html>"])
def test_a_class_without_a_readable_photo_to_measure_is_told(
    drawn_folder: Path, content: bytes | None
) -> None:
    for path in (drawn_folder / "valid/squares").iterdir():
        path.unlink() if content is None else path.write_bytes(content)

    (found,) = _found(drawn_folder, "class_missing")

    assert (found.files, found.policy) == (("valid/squares",), "kept")
    assert "'squares' is learned but never measured" in found.message
    assert "Move some of its 12 photos there." in found.message


def test_a_class_that_the_split_leaves_in_training_is_told(drawn_folder: Path) -> None:
    """One photo of squares cannot be on both sides."""
    for path in sorted((drawn_folder / "train/squares").iterdir())[1:]:
        path.unlink()
    whole = screen(index_folder(drawn_folder / "train"), None, num_workers=0)
    parts = hold_out(whole, 0.2, 0)
    classes = whole.index.classes
    splits = (
        Split("train", parts.train, classes),
        Split("valid", parts.valid, classes),
    )
    survey = Survey(drawn_folder / "train", classes, splits)

    (found,) = [e for e in class_findings(survey) if e.kind == "class_missing"]

    assert (found.files, found.policy) == (("squares",), "kept")
    assert "never measured: its 1 photo cannot be split" in found.message


def test_one_class_alone_is_refused(drawn_folder: Path) -> None:
    for split in ("train", "valid"):
        for name in ("circles", "stripes"):
            shutil.rmtree(drawn_folder / split / name)

    (found,) = _found(drawn_folder, "class_missing")

    assert found.policy == "refused"
    assert "There is 1 class, 'squares'" in found.message


def test_small_and_empty_classes_are_found(drawn_folder: Path) -> None:
    for path in sorted((drawn_folder / "train/squares").iterdir())[9:]:
        path.unlink()
    for split in ("train", "valid"):
        (drawn_folder / split / "empty").mkdir()

    small = {each.files[0]: each for each in _found(drawn_folder, "class_tiny")}

    assert small["train/squares"].policy == "kept"
    assert "has 9 readable photos" in small["train/squares"].message
    assert small["train/empty"].policy == "refused"


def test_names_that_differ_by_case_alone_are_found(drawn_folder: Path) -> None:
    for split in ("train", "valid"):
        shutil.copytree(
            drawn_folder / split / "squares", drawn_folder / split / "SQUARES "
        )

    (found,) = _found(drawn_folder, "class_case")

    assert set(found.files) == {
        "train/squares", "train/SQUARES ", "valid/squares", "valid/SQUARES "
    }  # fmt: skip


def test_letters_stored_in_two_ways_are_found(drawn_folder: Path) -> None:
    for split in ("train", "valid"):
        for name in ("caf\u00e9", "cafe\u0301"):
            shutil.copytree(
                drawn_folder / split / "squares", drawn_folder / split / name
            )

    assert len(_found(drawn_folder, "class_case")) == 1


def test_uneven_classes_are_found(drawn_folder: Path) -> None:
    for path in sorted((drawn_folder / "train/squares").iterdir())[4:]:
        path.unlink()

    (found,) = _found(drawn_folder, "imbalance")

    assert found.score == 3
    assert found.files[0] == "train/squares"
    assert "has 12 photos, 3 times as many as 'squares' with 4." in found.message


def test_of_a_table_no_folders_are_spoken(drawn_folder: Path) -> None:
    for name in ("SQUARES", "empty"):
        for split in ("train", "valid"):
            (drawn_folder / split / name).mkdir()
    first = sorted((drawn_folder / "train/squares").iterdir())[0]
    shutil.copy(first, drawn_folder / "train/SQUARES")
    several = survey_of(drawn_folder)
    for folder in drawn_folder.glob("*/*"):
        if folder.name != "squares":
            shutil.rmtree(folder)
    alone = survey_of(drawn_folder)

    for survey in (several, alone):
        said = _said(replace(survey, has_table=True))
        assert "folder" in _said(survey)
        assert "folder" not in said
        assert "the table" in said


def _said(survey: Survey) -> str:
    return " ".join(
        each.message
        for each in class_findings(survey)
        if each.kind in ("class_case", "class_tiny") or len(survey.classes) == 1
    )
