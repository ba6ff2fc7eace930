"""Mirrors src/unfreeze/runs/photos.py."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.screen import Screening
from unfreeze.runs.first_look import first_look
from unfreeze.runs.photos import name_skipped, read_photos
from unfreeze.runs.reading_notes import reading_notes
from unfreeze.runs.settings import RunSettings


def test_class_folders_alone_are_split(photos: Path, settings: RunSettings) -> None:
    data = read_photos(photos / "train", settings)

    assert (len(data.trn_ds), len(data.val_ds)) == (29, 7)
    assert data.num_workers == 0


def test_a_train_folder_without_valid_is_split(
    drawn_folder: Path, settings: RunSettings
) -> None:
    (drawn_folder / "valid").rename(drawn_folder.parent / "valid")

    data = read_photos(drawn_folder, settings)

    assert data.classes == ("circles", "squares", "stripes")
    assert len(data.trn_ds) + len(data.val_ds) == 36


def test_splits_by_other_names_are_read_and_fixed(
    drawn_folder: Path, settings: RunSettings, tmp_path: Path
) -> None:
    (drawn_folder / "train").rename(drawn_folder / "Training")
    (drawn_folder / "valid").rename(drawn_folder / "val")
    fixes = tmp_path / "fixes.csv"
    fixes.write_text("file,action,label\nval/circles/circles00.png,drop,\n")

    data = read_photos(drawn_folder, replace(settings, fixes=str(fixes)))

    assert data.classes == ("circles", "squares", "stripes")
    assert (len(data.trn_ds), len(data.val_ds)) == (36, 17)
    assert {each.name for each in drawn_folder.iterdir()} == {"Training", "val", "tmp"}


def test_a_class_called_like_our_folder_is_learned(
    drawn_folder: Path, settings: RunSettings
) -> None:
    """Cache marks would take its photos from training, and from backups."""
    folder = drawn_folder / "train"
    (folder / "stripes").rename(folder / "tmp")

    for _ in range(2):
        with first_look(folder):
            pass
        data = read_photos(folder, settings)

        assert data.classes == ("circles", "squares", "tmp")
        assert len(data.trn_ds) + len(data.val_ds) == 36
        assert {each.suffix for each in (folder / "tmp").iterdir()} == {".png"}
    assert (folder / "unfreeze-tmp/CACHEDIR.TAG").is_file()


@pytest.fixture
def table(drawn_folder: Path) -> Path:
    """The folder of ``labels.csv``, which names the photos of ``train/``."""
    lines = ["name,label"]
    for photo in sorted((drawn_folder / "train").rglob("*.png")):
        lines.append(f"{photo.parent.name}/{photo.stem},{photo.parent.name}")
    (drawn_folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return drawn_folder


def test_a_table_says_what_is_on_photos(table: Path, settings: RunSettings) -> None:
    words = {"csv": "labels.csv", "folder": "train", "suffix": ".png"}

    data = read_photos(table, replace(settings, **words))

    assert data.classes == ("circles", "squares", "stripes")
    assert not data.is_multi
    assert np.bincount(data.val_y).tolist() == [3, 2, 2]
    assert len(data.trn_ds) == 29


def test_a_table_is_read_once(table: Path, settings: RunSettings) -> None:
    words = {"csv": "labels.csv", "folder": "train", "suffix": ".png"}
    said = replace(settings, **words)
    read = said.read_table(table)
    (table / "labels.csv").unlink()

    settings = said.decided(read)
    data = read_photos(table, settings, read)
    notes = list(reading_notes(table, settings, data, read))

    assert len(data.trn_ds) + len(data.val_ds) == 36
    assert notes[0].startswith("labels.csv: column 'name' names photos")


def test_a_table_without_titles_is_read_from_its_first_row(
    table: Path, settings: RunSettings
) -> None:
    text = (table / "labels.csv").read_text().partition("\n")[2].replace(",", ";")
    (table / "labels.csv").write_bytes(text.encode("utf-16"))
    words = {"csv": "labels.csv", "folder": "train", "suffix": ".png"}

    data = read_photos(table, replace(settings, **words))

    assert data.classes == ("circles", "squares", "stripes")
    assert len(data.trn_ds) + len(data.val_ds) == 36


def test_columns_of_a_table_can_be_named(table: Path, settings: RunSettings) -> None:
    lines = (table / "labels.csv").read_text().splitlines()
    (table / "labels.csv").write_text(
        "where,label,what\n" + "\n".join(each.replace(",", ",x,") for each in lines[1:])
    )
    words = {"csv": "labels.csv", "folder": "train", "suffix": ".png"}

    data = read_photos(
        table,
        replace(settings, **words, file_column="where", label_column="what"),
    )

    assert data.classes == ("circles", "squares", "stripes")


def test_photos_of_a_table_that_belong_together_stay_together(
    table: Path, settings: RunSettings
) -> None:
    """Photos 00 to 09 of a class make a group, and 10 and 11 another."""
    words = {"csv": "labels.csv", "folder": "train", "suffix": ".png"}
    grouped = replace(settings, group_by=r"(.*)\d[.]png$", **words)

    data = read_photos(table, grouped)

    def groups(split: object) -> set[str]:
        return {name[: -len("0.png")] for name in split.index.names}

    assert data.grouping is not None
    assert not groups(data.train) & groups(data.valid)


@pytest.mark.parametrize("further", ["", " drawn"], ids=["one label", "several"])
def test_copies_in_a_table_stay_on_one_side(
    drawn_folder: Path, settings: RunSettings, further: str
) -> None:
    circles = drawn_folder / "train/circles"
    lines = ["name,label"]
    for photo in sorted((drawn_folder / "train").rglob("*.png")):
        lines.append(f"{photo.parent.name}/{photo.name},{photo.parent.name}{further}")
    for number in range(12):
        content = (circles / f"circles{number:02}.png").read_bytes()
        (circles / f"again{number:02}.png").write_bytes(content)
        lines.append(f"circles/again{number:02}.png,circles{further}")
    (drawn_folder / "labels.csv").write_text("\n".join(lines) + "\n")

    data = read_photos(
        drawn_folder,
        replace(settings, csv="labels.csv", folder="train", label_separator=" "),
    )

    def circles_of(split: Screening) -> set[str]:
        return {name[-6:] for name in split.index.names if "/circles/" in f"/{name}"}

    assert data.is_multi == bool(further)
    assert not circles_of(data.train) & circles_of(data.valid)
    assert circles_of(data.valid)
    assert len(data.val_ds) in range(8, 12)  # of 48


def test_the_first_skipped_files_are_named(
    drawn_folder: Path, settings: RunSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(25):
        (drawn_folder / f"train/circles/bad{number:02}.png").write_bytes(b"nonsense")
    evil = "train/circles/bad\x1b[2J.png"
    (drawn_folder / "train/circles/bad00.png").rename(drawn_folder / evil)

    name_skipped(read_photos(drawn_folder, settings))

    said = capsys.readouterr()
    lines = said.err.splitlines()[-21:]
    assert "skipped" not in said.out
    assert len(lines) == 21
    assert lines[0].startswith(r"skipped circles/bad\x1b[2J.png: ")
    assert lines[-1] == "skipped 5 more; summary.json names all of them"
