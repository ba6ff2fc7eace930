"""Mirrors src/unfreeze/runs/table_notes.py."""

from dataclasses import replace
from pathlib import Path

import pytest

from unfreeze.runs.table_notes import numbers_note, table_note
from unfreeze.runs.table_photos import Table, as_decided

TABLE = Table("labels.csv", label_separator="")


def _note(root: Path, text: str, table: Table = TABLE) -> str:
    (root / "labels.csv").write_text(text, encoding="utf-8")
    return table_note(as_decided(root, table))


def test_columns_that_are_read_and_those_that_are_not_are_said(tmp_path: Path) -> None:
    said = _note(tmp_path, "file,when,label,who\n1.jpg,now,cat,me\n")

    assert said == (
        "labels.csv: column 'file' names photos, 'label' says what is on them; not "
        "read: 'when', 'who'."
    )


def test_a_column_of_groups_is_read(tmp_path: Path) -> None:
    table = replace(TABLE, group_by="patient")

    said = _note(tmp_path, "file,label,patient\n1.jpg,cat,x\n", table)

    assert said.endswith(
        "'label' says what is on them, 'patient' what belongs together."
    )


def test_a_split_that_is_not_kept_is_said(tmp_path: Path) -> None:
    text = "file,split,label\n1.jpg,train,cat\n"

    said = _note(tmp_path, text)

    assert "not read: 'split'. So photos count whatever 'split' says of them" in said
    assert "train/ and valid/" in said
    assert "So photos" not in _note(tmp_path, text, replace(TABLE, group_by="split"))


def test_a_table_without_titles_is_said_to_have_none(tmp_path: Path) -> None:
    said = _note(tmp_path, "1.jpg,cat\n2.jpg,dog\n")

    assert said == (
        "labels.csv has no titles: its 1st column names photos, and the 2nd says what "
        "is on them."
    )


def test_columns_without_titles_that_are_not_read_are_said(tmp_path: Path) -> None:
    said = _note(tmp_path, "1.jpg,cat,,sharp\n2.jpg,dog,,blurred\n")

    assert said.endswith("the 2nd says what is on them; not read: the 4th.")


def test_an_unusual_form_and_repeated_rows_are_said(tmp_path: Path) -> None:
    said = _note(tmp_path, "file;label\n1.jpg;cat\n./1.jpg;cat\n1.jpg;cat\n")

    assert "UTF-8 text with ';' between columns." in said
    assert "2 repeated rows left out." in said


def test_rows_without_a_label_are_counted_where_a_photo_may_show_none(
    tmp_path: Path,
) -> None:
    table = replace(TABLE, label_separator=";")
    rows = "file,label\n1.jpg,cat;dog\n2.jpg,\n3.jpg, ; \n4.jpg,cat\n"

    assert "2 rows without a label: a photo may show none" in _note(
        tmp_path, rows, table
    )
    assert "without a label" not in _note(tmp_path, rows.replace(";dog", ""), table)
    assert "without a label" not in _note(tmp_path, rows)


def test_rows_without_a_label_are_counted_where_the_model_gives_several(
    tmp_path: Path,
) -> None:
    _note(tmp_path, "file,label\n1.jpg,cat\n2.jpg,;\n")
    table = replace(TABLE, label_separator=";")

    assert "without a label" not in table_note(as_decided(tmp_path, table))
    assert "1 row without a label" in table_note(
        as_decided(tmp_path, table), may_lack_labels=True
    )


def test_letters_that_are_guessed_are_shown(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes("file,label\n1.jpg,Bär\n".encode("cp1252"))

    said = table_note(as_decided(tmp_path, TABLE))

    assert "Windows-1252 text with ',' between columns. If 'Bär' is wrong, save" in said


@pytest.mark.parametrize(
    ("label", "sign"), [("Märchen Wald", " "), ("a,b c", ","), ("a;b c", ";")]
)
def test_a_label_that_could_be_several_is_shown(
    tmp_path: Path, label: str, sign: str
) -> None:
    text = f'file,label\n1.jpg,x\n2.jpg,"{label}"\n'

    said = _note(tmp_path, text)

    assert f"one label, such as {label!r}; --label-separator {sign!r} makes" in said
    assert "one label" not in _note(tmp_path, text, replace(TABLE, label_separator=" "))


def test_a_column_for_each_class_is_said(tmp_path: Path) -> None:
    said = _note(tmp_path, "file,cat,dog,ox\n1.jpg,1,0,0\n2.jpg,0,1,0\n")

    assert said == (
        "labels.csv: column 'file' names photos, 'cat', 'dog', 'ox' hold 0 and 1 for a "
        "class each, with one 1 in every row. No photo shows 'ox', of which nothing is "
        "learned or measured."
    )


def test_photos_of_no_class_and_of_several_are_said(tmp_path: Path) -> None:
    table = replace(TABLE, label_column=("cat", "dog"))

    said = _note(tmp_path, "file,cat,dog,age\n1.jpg,1,1,7\n2.jpg,0,0,8\n", table)

    assert "a class each, with any number of 1s in a row; not read: 'age'." in said
    assert "1 row without a label: a photo may show none of them." in said


@pytest.mark.parametrize(
    ("folder", "suffix", "words"),
    [
        ("a", "", "Photos are looked for in 'a'."),
        ("", ".x", "Photos have '.x' behind their names."),
        ("a", ".x", "Photos are looked for in 'a' and have '.x' behind their names."),
    ],
)
def test_how_names_become_paths_is_said(
    tmp_path: Path, folder: str, suffix: str, words: str
) -> None:
    table = replace(TABLE, folder=folder, suffix=suffix)

    assert _note(tmp_path, "file,label\n1,cat\n", table).endswith(f"on them. {words}")


def _doubt(root: Path, titles: str, count: int, *cells: str) -> str | None:
    rows = [
        ",".join([f"{row}.jpg", str(row % count), *cells]) for row in range(3 * count)
    ]
    (root / "labels.csv").write_text("\n".join([titles, *rows]).lstrip())
    return numbers_note(as_decided(root, TABLE).found)


def test_many_whole_numbers_are_no_classes_without_a_word(tmp_path: Path) -> None:
    said = _doubt(tmp_path, "image,age", 90)

    assert said is not None
    assert "column 'age' holds 90 different whole numbers, and each becomes a" in said
    assert "the 2nd holds 20 different" in str(_doubt(tmp_path, "", 20))
    assert _doubt(tmp_path, "image,grade", 19) is None
    assert _doubt(tmp_path, "image,age,label", 90, "cat") is None


def test_columns_of_classes_are_no_measurements(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,cat,dog\n1.jpg,1,0\n2.jpg,0,1\n")

    assert numbers_note(as_decided(tmp_path, TABLE).found) is None
