from pathlib import Path

import numpy as np
import pytest

from tests.tiny_bundles import expected_probabilities
from unfreeze.errors import WeightsError
from unfreeze.serve.golden import require_golden_answers

IMAGE = np.full((4, 4, 3), 99, np.uint8)
RIGHT = expected_probabilities(IMAGE)


def written(folder: Path, **arrays: np.ndarray) -> Path:
    file = folder / "m.golden.npz"
    np.savez(file, **arrays)
    return file


def test_the_same_answers_pass_and_are_counted(tmp_path: Path) -> None:
    file = written(
        tmp_path, pixels_0=IMAGE, pixels_1=IMAGE, probabilities=np.stack([RIGHT] * 2)
    )

    assert require_golden_answers(file, expected_probabilities) == 2


@pytest.mark.parametrize("difference", [0.006, -0.006, np.nan])
def test_another_answer_is_refused(tmp_path: Path, difference: float) -> None:
    wrong = (RIGHT + difference)[None]
    file = written(tmp_path, pixels_0=IMAGE, probabilities=wrong)

    with pytest.raises(WeightsError, match=r"example 0 of .* differs by.*0\.005 at"):
        require_golden_answers(file, expected_probabilities)


def test_a_small_difference_is_the_same_answer(tmp_path: Path) -> None:
    file = written(tmp_path, pixels_0=IMAGE, probabilities=(RIGHT + 0.004)[None])

    assert require_golden_answers(file, expected_probabilities) == 1


def test_answers_for_other_classes_are_refused(tmp_path: Path) -> None:
    file = written(tmp_path, pixels_0=IMAGE, probabilities=np.ones((1, 5)))

    with pytest.raises(WeightsError, match="differs by inf"):
        require_golden_answers(file, expected_probabilities)


def test_a_missing_image_is_a_damaged_file(tmp_path: Path) -> None:
    file = written(tmp_path, probabilities=RIGHT[None])

    with pytest.raises(WeightsError, match="cannot be read"):
        require_golden_answers(file, expected_probabilities)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04damaged", b"text"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "m.golden.npz"
    file.write_bytes(content)

    with pytest.raises(WeightsError, match=r"m\.golden\.npz cannot be read"):
        require_golden_answers(file, expected_probabilities)


def test_a_damaged_byte_anywhere_is_named_or_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "m.golden.npz"
    np.savez_compressed(file, pixels_0=IMAGE, probabilities=RIGHT[None])
    whole = file.read_bytes()

    outcomes = set()
    for place in range(0, len(whole), 4):
        for damage in (0x01, 0xFF):
            damaged = bytearray(whole)
            damaged[place] ^= damage
            file.write_bytes(damaged)
            try:
                outcomes.add(require_golden_answers(file, expected_probabilities))
            except WeightsError as error:
                outcomes.add("cannot be read" in str(error))

    assert True in outcomes
