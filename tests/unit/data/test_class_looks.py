"""Mirrors src/unfreeze/data/class_looks.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import fisher_exact

from tests.unit.data.test_survey import survey_of
from unfreeze.data.class_findings import class_findings
from unfreeze.data.class_looks import class_looks
from unfreeze.records import Finding

SETS = ("dogscats", "hymenoptera", "rsscn7", "chestxray")


def _picture(number: int, size: tuple[int, int] = (60, 60)) -> Image.Image:
    pixels = np.random.default_rng(number).integers(0, 256, (*size[::-1], 3))
    return Image.fromarray(pixels.astype(np.uint8))


def _folder(root: Path, **classes: list[tuple[str, Image.Image]]) -> Path:
    """Class folders of photos, each given by its ending and its pixels."""
    for name, photos in classes.items():
        (root / name).mkdir(parents=True)
        for number, (ending, image) in enumerate(photos):
            image.save(root / name / f"{name}{number:03}.{ending}")
    return root


def _usual(count: int, start: int = 0) -> list[tuple[str, Image.Image]]:
    return [("png", _picture(start + number)) for number in range(count)]


def _looks(root: Path) -> list[Finding]:
    return class_looks(survey_of(root, ("",)))


def _grey(photo: tuple[str, Image.Image]) -> tuple[str, Image.Image]:
    return photo[0], photo[1].convert("L")


def _jpeg(photo: tuple[str, Image.Image]) -> tuple[str, Image.Image]:
    return "jpg", photo[1]


def _high(photo: tuple[str, Image.Image]) -> tuple[str, Image.Image]:
    return photo[0], photo[1].resize((60, 80))


def _large(photo: tuple[str, Image.Image]) -> tuple[str, Image.Image]:
    return photo[0], photo[1].resize((130, 130))


def _small(photo: tuple[str, Image.Image]) -> tuple[str, Image.Image]:
    return photo[0], photo[1].resize((20, 20))


@pytest.mark.parametrize(
    ("altered", "words"),
    [
        (_grey, "grey"),
        (_jpeg, "stored as JPEG"),
        (_high, "higher than wide"),
        (_large, "of at least 130 pixels on the shorter side"),
        (_small, "below 60 pixels on the shorter side"),
    ],
    ids=["colour", "format", "shape", "larger", "smaller"],
)
def test_a_class_that_looks_unlike_all_others_is_found(
    tmp_path: Path,
    altered: Callable[[tuple[str, Image.Image]], tuple[str, Image.Image]],
    words: str,
) -> None:
    odd = [altered(each) for each in _usual(12)]
    root = _folder(tmp_path / "set", ants=_usual(20), bees=odd, cats=_usual(20, 50))

    (found,) = _looks(root)

    assert (found.kind, found.files, found.policy) == ("class_look", ("bees",), "kept")
    assert found.score == 1
    assert (
        f"12 of 12 photos of the class 'bees' are {words}, and 0 of 40 of all others."
        in found.message
    )
    assert "tell the class by that alone" in found.message
    assert found in class_findings(survey_of(root, ("",)))


def test_of_two_classes_the_one_with_fewer_photos_is_named(tmp_path: Path) -> None:
    grey = [_grey(each) for each in _usual(20)]
    root = _folder(tmp_path / "set", ants=grey, bees=_usual(12))

    (found,) = _looks(root)

    assert found.files == ("bees",)
    assert "12 of 12 photos of the class 'bees' are coloured" in found.message
    assert "0 of 20 of all others" in found.message


def test_where_half_of_the_classes_are_grey_each_class_is_found(tmp_path: Path) -> None:
    names = [f"class{number}" for number in range(6)]
    classes = {
        name: [_grey(each) if number < 3 else each for each in _usual(40)]
        for number, name in enumerate(names)
    }

    found = _looks(_folder(tmp_path / "set", **classes))

    assert [each.files for each in found] == [(name,) for name in names]


def test_photos_that_exif_turns_have_the_shape_that_is_shown(tmp_path: Path) -> None:
    """Turned by a quarter, what is stored wider than high is higher than wide."""
    root = _folder(
        tmp_path / "set",
        ants=[_high(each) for each in _usual(12)],
        bees=[_high(each) for each in _usual(12)],
    )
    exif = Image.Exif()
    exif[0x0112] = 6
    for path in (root / "bees").iterdir():
        _picture(0, (80, 60)).save(path, exif=exif)

    assert _looks(root) == []


@pytest.mark.parametrize("num_grey", [7, 8, 12])
def test_chance_is_that_of_fishers_test_corrected_for_all_choices(
    tmp_path: Path, num_grey: int
) -> None:
    """Of 2 classes and 2 colours, 1 format, 3 shapes, and a size for each photo."""
    photos = _usual(14)
    some = [_grey(each) if at < num_grey else each for at, each in enumerate(photos)]
    root = _folder(tmp_path / "set", ants=some, bees=_usual(14, 50))
    table = [[num_grey, 14 - num_grey], [0, 14]]
    chance = float(fisher_exact(table, alternative="greater").pvalue)
    is_clear = chance * 2 * (2 + 1 + 3 + 2 * 28) <= 0.01

    assert bool(_looks(root)) == is_clear == (num_grey > 8)


def test_a_certain_but_small_difference_is_not_worth_a_word(tmp_path: Path) -> None:
    """Of 100 photos in each class, 45 and none are grey: chance gives that never."""
    photos = _usual(10) * 10
    some = [_grey(each) if at < 45 else each for at, each in enumerate(photos)]
    root = _folder(tmp_path / "set", ants=some, bees=photos)

    assert _looks(root) == []


def test_shapes_may_differ_more_for_they_go_by_the_motif(tmp_path: Path) -> None:
    def people(num_high: int) -> list[tuple[str, Image.Image]]:
        photos = _usual(10) * 4
        return [_high(each) for each in photos[:num_high]] + photos[num_high:]

    assert _looks(_folder(tmp_path / "1", cars=_usual(40), people=people(28))) == []
    (found,) = _looks(_folder(tmp_path / "2", cars=_usual(40), people=people(32)))
    assert "higher than wide" in found.message or "square" in found.message


def test_sizes_below_twice_as_large_are_no_sign(tmp_path: Path) -> None:
    wide = [("png", each.resize((110, 110))) for _, each in _usual(20)]

    assert _looks(_folder(tmp_path / "set", ants=_usual(20), bees=wide)) == []


def test_validation_photos_are_not_what_is_learned_from(tmp_path: Path) -> None:
    root = _folder(tmp_path / "set/train", ants=_usual(20), bees=_usual(20, 50))
    grey = [_grey(each) for each in _usual(20)]
    _folder(tmp_path / "set/valid", ants=grey, bees=_usual(20))

    assert class_looks(survey_of(root.parent)) == []


def test_one_class_has_no_others(tmp_path: Path) -> None:
    assert _looks(_folder(tmp_path / "set", ants=_usual(20))) == []


@pytest.mark.realdata
@pytest.mark.parametrize("name", SETS)
def test_real_sets_raise_no_alarm(shared_data: Path, name: str) -> None:
    assert class_looks(survey_of(shared_data / name)) == []


@pytest.mark.parametrize("seed", range(3))
def test_looks_that_fall_by_chance_raise_no_alarm(tmp_path: Path, seed: int) -> None:
    """With ten classes of twelve photos, whose looks are drawn alike for all."""
    survey = survey_of(
        _folder(tmp_path / "set", **{f"c{n}": _usual(12) for n in range(10)}), ("",)
    )
    rng = np.random.default_rng(seed)
    looks = survey.looks
    for _ in range(30):
        looks["is_grey"] = rng.random(120) < 0.2
        looks["width"] = rng.integers(100, 900, 120)
        looks["height"] = rng.integers(100, 900, 120)
        looks["format"] = rng.choice([b"JPEG", b"PNG", b"WEBP"], 120)
        assert class_looks(survey) == []
    looks["is_grey"] |= survey.labels == 3
    assert [each.files for each in class_looks(survey)] == [("c3",)]
