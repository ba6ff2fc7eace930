"""Mirrors src/unfreeze/export/gate.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.unit.export.conftest import SIZE, SPEC, photo
from unfreeze.answering import Answering
from unfreeze.data.decode import encode, preprocess
from unfreeze.errors import PlanError
from unfreeze.export.gate import Limits, Parity, Reference, compared, require_parity
from unfreeze.models.classifier import StagedClassifier
from unfreeze.records import Task

RULES = Answering(classes=("a", "b", "c"))
STRICT = Limits(difference=0.005)


class Changed:
    """The trained model, with something wrong about it."""

    def __init__(
        self,
        reference: Reference,
        pixels: Callable[[np.ndarray], np.ndarray] = lambda given: given,
        probs: Callable[[np.ndarray], np.ndarray] = lambda found: found,
    ) -> None:
        self._reference, self._pixels, self._probs = reference, pixels, probs

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        square = preprocess(np.ascontiguousarray(self._pixels(pixels)), SPEC)
        return self._probs(self._reference.probabilities(square))


@pytest.fixture
def reference(model: StagedClassifier) -> Reference:
    return Reference(model, SPEC, 1.3, RULES)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("photos")
    found = []
    for seed in range(5):
        file = root / f"{seed}.png"
        file.write_bytes(encode(photo(60 + seed, 90, seed), "PNG"))
        found.append(file)
    return found


def test_the_model_agrees_with_itself(reference: Reference, files: list[Path]) -> None:
    told: list[tuple[int, int]] = []

    parity = compared(
        reference,
        Changed(reference),
        files,
        None,
        STRICT,
        lambda done, total: told.append((done, total)),
    )

    require_parity(parity, STRICT)
    assert (parity.photos, parity.unreadable, parity.agreement) == (5, 0, 1.0)
    assert parity.largest_difference == parity.largest_difference_unresized == 0
    assert parity.accuracy is None
    assert told == [(number, 5) for number in range(1, 6)]


def test_labels_give_the_accuracy_of_both(
    reference: Reference, files: list[Path]
) -> None:
    says = [
        RULES.label(reference.probabilities(preprocess(file, SPEC))) for file in files
    ]
    labels = [*says[:4], next(each for each in RULES.classes if each != says[4])]
    turned = Changed(reference, probs=lambda found: np.roll(found, 1))

    right = compared(reference, Changed(reference), files, labels, STRICT)
    wrong = compared(reference, turned, files, labels, STRICT)

    assert right.accuracy == right.trained_accuracy == pytest.approx(0.8)
    assert wrong.trained_accuracy == pytest.approx(0.8)
    assert wrong.agreement == 0
    with pytest.raises(PlanError, match=r"the accuracy is 0\.\d+ instead of 0\.8000"):
        require_parity(wrong, STRICT)


@pytest.mark.parametrize(
    "pixels",
    [
        lambda given: given[:, :, ::-1],  # blue, green, red
        lambda given: given[::2, ::2].repeat(2, 0).repeat(2, 1),  # badly resized
        lambda given: given // 2,  # another scale
    ],
)
def test_a_broken_preprocessing_is_refused(
    reference: Reference,
    files: list[Path],
    pixels: Callable[[np.ndarray], np.ndarray],
) -> None:
    parity = compared(reference, Changed(reference, pixels), files, None, STRICT)

    with pytest.raises(PlanError, match=r"does not answer as the trained one, so no"):
        require_parity(parity, STRICT)


def test_what_is_not_a_number_is_refused(
    reference: Reference, files: list[Path]
) -> None:
    broken = Changed(reference, probs=lambda found: found * np.nan)

    parity = compared(reference, broken, files, None, STRICT)

    assert parity.largest_difference == float("inf")
    with pytest.raises(PlanError):
        require_parity(parity, replace(STRICT, difference=1.0, lost=1.0))


def test_unreadable_photos_are_counted_and_left_out(
    reference: Reference, files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(files[0].read_bytes()[:100])

    parity = compared(
        reference,
        Changed(reference),
        [tmp_path / "broken.png", *files[:2]],
        ["a", "b", "c"],
        STRICT,
    )

    assert (parity.photos, parity.unreadable) == (2, 1)
    with pytest.raises(PlanError, match=r"None of the 1 photos .* can be read"):
        compared(reference, Changed(reference), [tmp_path / "broken.png"], None, STRICT)


def test_two_classes_that_are_as_probable_may_change_places(
    reference: Reference,
) -> None:
    wanted = np.array([0.4004, 0.4, 0.1996])

    assert not reference.is_contradicted(wanted, np.array([0.4, 0.4004, 0.1996]), 5e-3)
    assert reference.is_contradicted(wanted, np.array([0.4, 0.2, 0.4004]), 5e-3)
    assert reference.is_contradicted(wanted, np.array([0.4, 0.4004, 0.1996]), 1e-4)


def test_a_label_at_its_threshold_may_come_or_go(model: StagedClassifier) -> None:
    rules = replace(RULES, task=Task.MULTI, thresholds=(0.5, 0.3, 0.5))
    several = Reference(model, SPEC, 1.0, rules)
    wanted = np.array([0.9, 0.301, 0.1])

    assert not several.is_contradicted(wanted, np.array([0.9, 0.299, 0.1]), 5e-3)
    assert several.is_contradicted(wanted, np.array([0.4, 0.301, 0.1]), 5e-3)
    square = photo(SIZE, SIZE)
    assert several.probabilities(square).sum() != pytest.approx(1, abs=1e-3)


PARITY = Parity(
    photos=200,
    unreadable=0,
    agreement=0.99,
    contradictions=2,
    largest_difference=0.3,
    largest_difference_unresized=0.2,
    accuracy=0.975,
    trained_accuracy=0.98,
    worst="x.jpg",
)
LOOSE = Limits(difference=1.0, lost=0.005)


def test_few_bits_may_cost_half_a_point_of_accuracy() -> None:
    require_parity(PARITY, LOOSE)
    require_parity(replace(PARITY, accuracy=0.99), LOOSE)
    with pytest.raises(PlanError, match=r"0\.9700 instead of 0\.9800"):
        require_parity(replace(PARITY, accuracy=0.97), LOOSE)


def test_without_labels_few_bits_may_change_as_many_answers() -> None:
    unlabelled = replace(PARITY, accuracy=None, trained_accuracy=None)

    require_parity(replace(unlabelled, agreement=0.995), LOOSE)
    with pytest.raises(PlanError):
        require_parity(unlabelled, LOOSE)
