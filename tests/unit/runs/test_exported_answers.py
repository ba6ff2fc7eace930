"""Mirrors src/unfreeze/runs/exported_answers.py."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_bundles import CLASSES, expected_probabilities, write_colour_bundle
from unfreeze.answering import NO_NUMBER
from unfreeze.data.paths import PackedNames
from unfreeze.runs.exported_answers import ExportedAnswers
from unfreeze.serve.predictor import Predictor


@pytest.fixture
def photos(tmp_path: Path) -> PackedNames:
    """70 photos of 32 x 32 pixels, and one that is none."""
    rng = np.random.default_rng(1)
    names = [str(tmp_path / f"{number}.png") for number in range(70)]
    for name in names:
        pixels = rng.integers(0, 256, (1, 32, 3), dtype=np.uint8).repeat(32, axis=0)
        Image.fromarray(pixels).save(name)
    (tmp_path / "5.png").write_bytes(b"junk")
    return PackedNames.from_names(names)


@pytest.mark.parametrize("is_batched", [True, False])
@pytest.mark.parametrize("num_workers", [0, 3])
def test_photos_are_answered_in_their_order(
    photos: PackedNames, tmp_path: Path, num_workers: int, is_batched: bool
) -> None:
    path = write_colour_bundle(tmp_path / "x.onnx", is_batched=is_batched)
    answerer = ExportedAnswers(Predictor.load(path), num_workers=num_workers)

    rows = [row for block in answerer.blocks(photos) for row in block.rows()]

    assert [name for name, _, _ in rows] == list(photos)
    for number, (name, probs, error) in enumerate(rows):
        if number == 5:
            assert error
            continue
        assert error is None
        with Image.open(name) as image:
            expected = expected_probabilities(np.asarray(image))
        assert probs == pytest.approx(expected, abs=1e-5)


def test_what_is_not_a_number_is_an_error_and_no_answer(
    photos: PackedNames, tmp_path: Path
) -> None:
    """A photo that cannot be read, of which it is NaN, too, keeps its own reason."""
    Image.new("RGB", (32, 32)).save(photos[7])
    path = write_colour_bundle(tmp_path / "x.onnx", is_shaky=True)
    answerer = ExportedAnswers(Predictor.load(path), num_workers=0)

    found = [error for block in answerer.blocks(photos) for error in block.errors]

    assert found[7] == NO_NUMBER
    assert found[5] not in (None, NO_NUMBER)
    assert sum(error is not None for error in found) == 2


def test_one_can_begin_at_a_later_block_and_end_early(
    photos: PackedNames, tmp_path: Path
) -> None:
    path = write_colour_bundle(tmp_path / "x.onnx")
    answerer = ExportedAnswers(Predictor.load(path), num_workers=2)

    (last,) = answerer.blocks(photos, 64)
    with closing(answerer.blocks(photos)) as blocks:
        first = next(blocks)

    assert (first.first, len(first), last.first, len(last)) == (0, 64, 64, 6)
    assert list(last.names) == list(photos)[64:]


def test_rules_and_digest_are_those_of_the_file(tmp_path: Path) -> None:
    model = Predictor.load(write_colour_bundle(tmp_path / "x.onnx"))
    other = Predictor.load(write_colour_bundle(tmp_path / "y.onnx", arch="other"))

    answerer = ExportedAnswers(model)

    assert answerer.rules.classes == CLASSES
    assert answerer.rules.least_probability(None, 0.9) == 0.75
    assert answerer.digest == ExportedAnswers(model).digest
    assert answerer.digest != ExportedAnswers(other).digest
