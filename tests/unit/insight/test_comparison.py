"""Mirrors src/unfreeze/insight/comparison.py."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from unfreeze.errors import DataError, PlanError
from unfreeze.insight.comparison import Comparison, Outcomes, compared

CLASSES = ("ant", "bee", "cat")
RNG = np.random.default_rng(7)
LABELS = RNG.integers(3, size=300)
FIRST = np.where(RNG.random(300) < 0.75, LABELS, RNG.integers(3, size=300))
SECOND = np.where(RNG.random(300) < 0.9, LABELS, FIRST)


def outcomes(
    predicted: np.ndarray, truth: np.ndarray = LABELS, **changed: object
) -> Outcomes:
    count = len(truth)
    plain = Outcomes(
        files=[f"{row:03}.jpg" for row in range(count)],
        labels=[CLASSES[each] for each in truth],
        predicted=[CLASSES[each] for each in predicted],
        probabilities=[0.5 + row / (2 * count) for row in range(count)],
        losses=[row / count for row in range(count)],
        classes=CLASSES,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def reordered(plain: Outcomes, order: list[int]) -> Outcomes:
    columns = ("files", "labels", "predicted", "probabilities", "losses")
    return replace(
        plain,
        **{name: [getattr(plain, name)[row] for row in order] for name in columns},
        classes=plain.classes[::-1],
    )


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compared(outcomes(FIRST), outcomes(SECOND))


def small(first: list[int], second: list[int], **words: float) -> Comparison:
    labels = np.zeros(len(first), dtype=int)
    return compared(
        outcomes(np.array(first), labels), outcomes(np.array(second), labels), **words
    )


def test_scores_are_those_of_scikit_learn(found: Comparison) -> None:
    assert found.num_images == 300
    assert found.first_accuracy == pytest.approx(accuracy_score(LABELS, FIRST))
    assert found.second_accuracy == pytest.approx(accuracy_score(LABELS, SECOND))
    gained = accuracy_score(LABELS, SECOND) - accuracy_score(LABELS, FIRST)
    assert found.difference == pytest.approx(gained)
    assert found.first_loss == pytest.approx(149.5 / 300)


def test_classes_are_those_of_scikit_learn(found: Comparison) -> None:
    for which, guesses in (("first", FIRST), ("second", SECOND)):
        precision, recall, _, support = precision_recall_fscore_support(LABELS, guesses)
        for row, change in enumerate(found.per_class):
            assert getattr(change, f"{which}_precision") == pytest.approx(
                precision[row]
            )
            assert getattr(change, f"{which}_recall") == pytest.approx(recall[row])
            assert change.support == support[row]
    assert tuple(each.name for each in found.per_class) == CLASSES


def test_every_photo_is_counted_once(found: Comparison) -> None:
    both_right = int(((FIRST == LABELS) & (SECOND == LABELS)).sum())
    counted = len(found.fixed) + len(found.broken) + found.num_both_wrong + both_right

    assert counted == 300
    assert sum(each.fixed for each in found.per_class) == len(found.fixed)
    assert sum(each.broken for each in found.per_class) == len(found.broken)


def test_the_p_value_is_that_of_the_disagreements(found: Comparison) -> None:
    fixed, broken = len(found.fixed), len(found.broken)

    assert fixed > broken
    expected = binomtest(fixed, fixed + broken).pvalue
    assert found.p_value == pytest.approx(expected, rel=1e-9)
    assert found.interval[0] < found.difference < found.interval[1]
    assert found.verdict == "better"


def test_flips_name_what_each_model_said(found: Comparison) -> None:
    for flip in found.fixed:
        row = int(flip.file[:3])
        assert flip.first == CLASSES[FIRST[row]] != flip.label
        assert flip.second == CLASSES[SECOND[row]] == flip.label
        assert flip.second_probability == pytest.approx(0.5 + row / 600)
    for flip in found.broken:
        assert flip.first == flip.label != flip.second


def test_the_surest_flips_come_first(found: Comparison) -> None:
    sure = [flip.second_probability for flip in found.fixed]

    assert len(sure) > 2
    assert sure == sorted(sure, reverse=True)


def test_order_of_photos_and_classes_does_not_matter(found: Comparison) -> None:
    order = np.random.default_rng(1).permutation(300).tolist()

    again = compared(outcomes(FIRST), reordered(outcomes(SECOND), order))

    assert again.fixed == found.fixed
    assert again.per_class == found.per_class
    assert again.second_loss == pytest.approx(found.second_loss)


def test_trading_places_turns_better_into_worse(found: Comparison) -> None:
    turned = compared(outcomes(SECOND), outcomes(FIRST))

    assert turned.verdict == "worse"
    assert turned.p_value == found.p_value
    assert {flip.file for flip in turned.broken} == {flip.file for flip in found.fixed}


def test_alpha_decides_what_is_clear() -> None:
    few = {"first": [0] * 20, "second": [1] * 6 + [0] * 14}  # p = 1/32

    assert small(**few).verdict == "worse"
    assert small(**few, alpha=0.03).verdict == "no clear difference"
    wide, narrow = small(**few, alpha=0.01).interval, small(**few).interval
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize(
    ("broken", "tolerance", "is_worse"),
    [
        (5, None, False),  # p = 1/16
        (6, None, True),  # p = 1/32
        (1, 0.0, True),
        (0, 0.0, False),
        (7, 0.07, False),  # of 100: just as much as is tolerated
        (8, 0.07, True),
        (20, 0.5, False),
    ],
)
def test_what_counts_as_worse(
    broken: int, tolerance: float | None, is_worse: bool
) -> None:
    found = small([0] * 100, [1] * broken + [0] * (100 - broken))

    assert found.is_worse(tolerance) is is_worse


@pytest.mark.parametrize("counts", [(5, 0), (9, 2), (10, 2), (2, 9), (2, 10), (0, 6)])
@pytest.mark.parametrize("alpha", [0.05, 0.3])
def test_verdict_and_interval_never_contradict_each_other(
    counts: tuple[int, int], alpha: float
) -> None:
    fixed, broken = counts
    level = [0] * (100 - fixed - broken)
    found = small(
        [1] * fixed + [0] * broken + level,
        [0] * fixed + [1] * broken + level,
        alpha=alpha,
    )

    low, high = found.interval
    assert (low > 0) == (found.verdict == "better")
    assert (high < 0) == (found.verdict == "worse") == found.is_worse()


def test_what_is_better_is_never_worse(found: Comparison) -> None:
    assert not found.is_worse()
    assert not found.is_worse(0.0)


def test_the_same_model_twice_has_no_clear_difference() -> None:
    found = compared(outcomes(FIRST), outcomes(FIRST))

    assert (found.fixed, found.broken, found.p_value) == ((), (), 1.0)
    assert found.verdict == "no clear difference"
    assert found.interval[0] < 0 < found.interval[1]


# --- photos and classes of one run alone -------------------------------------------


def test_photos_of_one_run_alone_are_left_out_and_named() -> None:
    first = reordered(outcomes(FIRST), list(range(200)))
    second = reordered(outcomes(SECOND), list(range(100, 300)))

    found = compared(first, second)

    assert found.num_images == 100
    assert found.first_accuracy == accuracy_score(LABELS[100:200], FIRST[100:200])
    assert found.only_first == tuple(first.files[:100])
    assert found.only_second == tuple(second.files[100:])


def test_photos_with_another_label_are_left_out_and_named() -> None:
    labels = list(outcomes(FIRST).labels)
    labels[4] = "a corrected one"

    found = compared(outcomes(FIRST), outcomes(SECOND, labels=labels))

    assert found.relabelled == ("004.jpg",)
    assert found.num_images == 299


def test_classes_of_one_model_alone_are_named() -> None:
    found = compared(
        outcomes(FIRST), outcomes(SECOND, classes=("wasp", "cat", "bee", "ant"))
    )

    assert found.classes_only_first == ()
    assert found.classes_only_second == ("wasp",)
    assert [each.support for each in found.per_class][3:] == [0]


def test_unknown_losses_stay_unknown() -> None:
    found = compared(outcomes(FIRST, losses=[math.nan] * 300), outcomes(SECOND))

    assert math.isnan(found.first_loss)
    assert not math.isnan(found.second_loss)


# --- refusals ----------------------------------------------------------------------


def test_no_photo_in_common_is_refused() -> None:
    others = outcomes(SECOND, files=[f"other{row}" for row in range(300)])

    with pytest.raises(DataError, match=r"no photo in common.*'000.jpg'.*'other0'"):
        compared(outcomes(FIRST), others)
    nothing = reordered(outcomes(FIRST), [])
    with pytest.raises(DataError, match="the first answered none"):
        compared(nothing, outcomes(SECOND))


def test_all_labels_changed_is_refused() -> None:
    others = outcomes(SECOND, labels=["new"] * 300)

    with pytest.raises(DataError, match="Each of the 300 photos in common has another"):
        compared(outcomes(FIRST), others)


def test_a_photo_that_appears_twice_is_refused() -> None:
    twice = reordered(outcomes(FIRST), [0, 1, 2, 1])

    with pytest.raises(DataError, match=r"'001.jpg' was answered twice"):
        compared(twice, outcomes(SECOND))


def test_alpha_is_a_share() -> None:
    with pytest.raises(PlanError, match="above 0 and below 1"):
        small([0], [0], alpha=1.5)
