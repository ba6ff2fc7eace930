"""Mirrors src/unfreeze/data/file_findings.py."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.data.test_survey import survey_of
from unfreeze.data import file_findings as module
from unfreeze.data.file_findings import file_findings
from unfreeze.records import Finding


def _found(root: Path, kind: str) -> list[Finding]:
    return [each for each in file_findings(survey_of(root)) if each.kind == kind]


def _photo(size: tuple[int, int] = (60, 40)) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_usual_drawings_have_nothing_to_report(drawn_folder: Path) -> None:
    assert file_findings(survey_of(drawn_folder)) == []


def test_damaged_files_and_strays_are_unreadable(drawn_folder: Path) -> None:
    (drawn_folder / "train/squares/bad.png").write_text("<html>404</html>")
    (drawn_folder / "valid/squares/Thumbs.db").write_bytes(b"\0")

    found = _found(drawn_folder, "unreadable")

    assert [each.files for each in found] == [
        ("train/squares/bad.png",),
        ("valid/squares/Thumbs.db",),
    ]
    assert all(each.policy == "skipped" for each in found)
    assert "web page" in found[0].message


def test_a_photo_that_cannot_be_read_is_to_be_converted_and_not_moved(
    drawn_folder: Path,
) -> None:
    (drawn_folder / "train/squares/IMG_1.HEIC").write_bytes(b"ftypheic")

    (found,) = _found(drawn_folder, "unreadable")

    assert "save it as JPEG" in found.message
    assert "Move it" not in found.message


def test_names_that_say_another_format_are_found(drawn_folder: Path) -> None:
    _photo().save(drawn_folder / "train/squares/a.png", "JPEG")
    _photo().save(drawn_folder / "train/squares/b.JPG", "JPEG")

    (found,) = _found(drawn_folder, "wrong_extension")

    assert found.files == ("train/squares/a.png",)
    assert "named .png but stored as JPEG" in found.message


def test_photos_turned_by_exif_are_found(drawn_folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    _photo().save(drawn_folder / "valid/squares/turned.jpg", exif=exif)

    (found,) = _found(drawn_folder, "exif_rotated")

    assert found.files == ("valid/squares/turned.jpg",)


@pytest.mark.parametrize(
    ("mode", "suffix", "words"),
    [
        ("CMYK", "jpg", "printing inks"),
        ("P", "gif", "a palette"),
        ("RGBA", "png", "with transparency"),
        ("I;16", "png", "16-bit grey"),
        ("1", "png", "black and white"),
    ],
)
def test_odd_modes_are_named(
    drawn_folder: Path, mode: str, suffix: str, words: str
) -> None:
    if mode == "I;16":
        values = np.arange(2400, dtype=np.uint16).reshape(40, 60) * 20
        image = Image.fromarray(values)
    else:
        image = _photo().convert(mode)
    image.save(drawn_folder / f"train/squares/odd.{suffix}")

    found = _found(drawn_folder, "odd_mode")

    assert found[0].files == (f"train/squares/odd.{suffix}",)
    assert words in found[0].message


def test_a_grey_photo_among_coloured_ones_is_found(drawn_folder: Path) -> None:
    _photo().convert("L").save(drawn_folder / "train/squares/grey.jpg")

    (found,) = _found(drawn_folder, "odd_mode")

    assert found.files == ("train/squares/grey.jpg",)
    assert "1 file grey among coloured photos" in found.message


def test_a_coloured_photo_among_grey_ones_is_found(drawn_folder: Path) -> None:
    for path in drawn_folder.glob("*/*/*.png"):
        with Image.open(path) as image:
            image.convert("L").save(path)
    _photo().save(drawn_folder / "train/squares/colour.png")

    (found,) = _found(drawn_folder, "odd_mode")

    assert found.files == ("train/squares/colour.png",)


def test_animations_are_found(drawn_folder: Path) -> None:
    path = drawn_folder / "train/squares/moving.gif"
    _photo().save(path, save_all=True, append_images=[_photo().rotate(90)])

    (found,) = _found(drawn_folder, "animated")

    assert found.files == ("train/squares/moving.gif",)


def test_tiny_and_huge_photos_are_found(
    drawn_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HUGE_PIXELS", 100_000)
    _photo((31, 90)).save(drawn_folder / "train/squares/tiny.png")
    _photo((400, 300)).save(drawn_folder / "train/squares/huge.jpg")

    assert _found(drawn_folder, "tiny")[0].files == ("train/squares/tiny.png",)
    assert _found(drawn_folder, "huge")[0].files == ("train/squares/huge.jpg",)


def test_blank_photos_are_found(drawn_folder: Path) -> None:
    Image.new("RGB", (60, 40), "white").save(drawn_folder / "train/squares/white.png")

    (found,) = _found(drawn_folder, "blank")

    assert found.files == ("train/squares/white.png",)
    assert found.score == pytest.approx(1 / 55, abs=1e-6)


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_barcode_is_not_blank(drawn_folder: Path, is_turned: bool) -> None:
    """It varies in one direction only, so that no bit of its hash is set."""
    bars = np.random.default_rng(0).integers(0, 2, 64, dtype=np.uint8) * 255
    code = np.tile(bars, (64, 1))
    path = drawn_folder / "train/squares/code.png"
    Image.fromarray(code.T if is_turned else code).convert("RGB").save(path)

    assert _found(drawn_folder, "blank") == []
