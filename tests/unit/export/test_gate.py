"""Mirrors src/unfreeze/export/gate.py."""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import pytest

from tests.unit.export.conftest import SIZE, SPEC, photo
from unfreeze.answering import Answering
from unfreeze.data.decode import encode, preprocess
from unfreeze.data.paths import PackedNames
from unfreeze.errors import PlanError
from unfreeze.export.gate import Reference, compared
from unfreeze.export.parity import Limits, require_parity
from unfreeze.insight.multi_label import score_multi_label
from unfreeze.models.classifier import StagedClassifier
from unfreeze.records import Predictions, Task

RULES = Answering(classes=("a", "b", "c"))
STRICT = Limits(difference=0.005)
LOOSE = Limits(difference=inf, heat_difference=inf, lost=0.005)


class Changed:
    """The trained model, with something wrong about it."""

    def __init__(
        self,
        reference: Reference,
        pixels: Callable[[np.ndarray], np.ndarray] = lambda given: given,
        probs: Callable[[np.ndarray], np.ndarray] = lambda found: found,
        heat: Callable[[np.ndarray], np.ndarray | None] = lambda found: found,
    ) -> None:
        self._reference, self._pixels, self._probs = reference, pixels, probs
        self._heat = heat

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        return self._probs(self._reference.probabilities(self._square(pixels)))

    def heat(self, pixels: np.ndarray) -> np.ndarray | None:
        square = self._square(pixels)
        label = int(self._reference.probabilities(square).argmax())
        return self._heat(self._reference.heat(square, label))

    def _square(self, pixels: np.ndarray) -> np.ndarray:
        return preprocess(np.ascontiguousarray(self._pixels(pixels)), SPEC)


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
    assert parity.largest_heat_difference == 0
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
    assert (right.exact, wrong.exact) == (None, None)
    with pytest.raises(PlanError, match="5 answers contradict"):
        require_parity(wrong, STRICT)


def test_with_several_labels_the_accuracy_is_that_of_all_other_scores(
    model: StagedClassifier, files: list[Path]
) -> None:
    """Oracle: the scores of ``evaluate``, from the same probabilities and labels."""
    rules = replace(RULES, task=Task.MULTI, thresholds=(0.4, 0.5, 0.6))
    several = Reference(model, SPEC, 1.0, rules)
    labels = ["a b", "", "c", "b", "a b c"]
    probs = np.stack([several.probabilities(preprocess(each, SPEC)) for each in files])
    truth = np.array([[name in label for name in "abc"] for label in labels])
    names = PackedNames.from_names(map(str, files))
    scores = score_multi_label(
        Predictions(names, rules.classes, np.log(probs), truth.astype(np.float32)),
        rules.thresholds or 0.5,
    )
    turned = Changed(several, probs=lambda found: 1 - found)

    same = compared(several, Changed(several), files, labels, STRICT)
    other = compared(several, turned, files, labels, STRICT)

    assert same.accuracy == same.trained_accuracy == pytest.approx(scores.accuracy)
    assert same.exact == same.trained_exact == pytest.approx(scores.exact)
    assert other.trained_accuracy == pytest.approx(scores.accuracy)
    assert other.accuracy != other.trained_accuracy


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


@pytest.mark.parametrize("heat", [lambda found: found * 0, lambda found: 1 - found])
def test_a_broken_heat_map_is_refused(
    reference: Reference,
    files: list[Path],
    heat: Callable[[np.ndarray], np.ndarray],
) -> None:
    parity = compared(reference, Changed(reference, heat=heat), files, None, STRICT)

    with pytest.raises(PlanError, match=r"heat maps differ by up to (0\.[1-9]|1\.0)"):
        require_parity(parity, STRICT)
    silent = compared(
        reference, Changed(reference, heat=lambda found: None), files, None, STRICT
    )
    assert silent.largest_heat_difference is None
    require_parity(silent, STRICT)


def test_a_fault_of_its_own_resizing_counts_with_fewer_bits_too(
    reference: Reference, files: list[Path]
) -> None:
    """Squares are answered rightly; whole photos get another class."""

    class Careless(Changed):
        def probabilities(self, pixels: np.ndarray) -> np.ndarray:
            found = super().probabilities(pixels)
            return found if pixels.shape == (SIZE, SIZE, 3) else np.roll(found, 1)

    says = [
        RULES.label(reference.probabilities(preprocess(file, SPEC))) for file in files
    ]

    parity = compared(reference, Careless(reference), files, says, LOOSE)

    assert (parity.accuracy, parity.trained_accuracy) == (0, 1)
    assert parity.agreement == 0
    with pytest.raises(PlanError):
        require_parity(parity, LOOSE)


def test_small_probabilities_are_told_apart_as_well(reference: Reference) -> None:
    wanted = np.array([0.004, 0.0035, 0.0039])

    assert reference.is_contradicted(wanted, np.array([0.003, 0.004, 0.003]), 5e-3)
    assert not reference.is_contradicted(wanted, np.array([0.003, 0.003, 0.004]), 5e-3)


def test_what_is_not_a_number_is_refused(
    reference: Reference, files: list[Path]
) -> None:
    broken = Changed(reference, probs=lambda found: found * np.nan)

    parity = compared(reference, broken, files, None, STRICT)

    assert parity.largest_difference == float("inf")
    with pytest.raises(PlanError):
        require_parity(parity, replace(LOOSE, lost=1.0))


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
