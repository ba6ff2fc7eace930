import math
from dataclasses import replace

import numpy as np
import pytest

from unfreeze.answering import NOT_SURE, Answering, labels_in_words, require_one_limit
from unfreeze.errors import PlanError
from unfreeze.records import RejectAt, Task

RULES = Answering(classes=("cat", "dog"))


def test_the_most_probable_class_is_the_answer() -> None:
    assert RULES.label(np.array([0.25, 0.75])) == "dog"
    assert RULES.label(np.array([0.9, 0.1])) == "cat"


def test_below_the_least_probability_an_answer_is_not_sure() -> None:
    assert RULES.label(np.array([0.25, 0.75]), 0.8) == NOT_SURE
    assert RULES.label(np.array([0.25, 0.75]), 0.75) == "dog"


def test_a_precision_asks_for_the_threshold_that_promises_it() -> None:
    known = replace(RULES, reject=(RejectAt(0.9, 0.6), RejectAt(0.99, 0.95)))

    assert known.least_probability(None, None) is None
    assert known.least_probability(0.7, None) == 0.7
    assert known.least_probability(None, 0.9) == 0.6
    assert known.least_probability(None, 0.95) == 0.95  # the next one above
    with pytest.raises(PlanError, match=r"precision of 0\.999.*up to 0\.99"):
        known.least_probability(None, 0.999)
    with pytest.raises(PlanError, match="exclude each other"):
        known.least_probability(0.7, 0.9)


def test_two_limits_exclude_each_other() -> None:
    require_one_limit(0.7, None)
    require_one_limit(None, 0.9)
    with pytest.raises(PlanError, match="exclude each other") as refused:
        require_one_limit(0.7, 0.9)
    assert "--" not in str(refused.value)  # those who write Python have no options


@pytest.mark.parametrize("threshold", [-0.01, 1.01, 80, math.nan, math.inf])
def test_a_threshold_that_is_no_probability_is_refused(threshold: float) -> None:
    with pytest.raises(PlanError, match=f"from 0 to 1, got {threshold:g}"):
        RULES.least_probability(threshold, None)


@pytest.mark.parametrize("precision", [-0.01, 0, 1.01, 95, math.nan])
def test_a_precision_that_is_no_share_is_refused(precision: float) -> None:
    known = replace(RULES, reject=(RejectAt(0.9, 0.6),))

    with pytest.raises(PlanError, match=f"above 0 and at most 1, got {precision:g}"):
        known.least_probability(None, precision)


def test_an_answer_is_sure_exactly_where_it_has_a_label() -> None:
    for first in (0.5, 0.75, np.nextafter(0.75, 1), 1.0):
        probs = np.array([first, 1 - first])
        for least in (None, 0.0, 0.75, 1.0):
            is_named = RULES.label(probs, least) != NOT_SURE
            assert RULES.is_sure(probs, least) is is_named


def test_the_ends_of_both_ranges_can_be_asked_for() -> None:
    known = replace(RULES, reject=(RejectAt(1, 0.6),))

    assert known.least_probability(0, None) == 0
    assert known.least_probability(1, None) == 1
    assert known.least_probability(None, 1) == 0.6


def test_a_model_without_promises_says_so() -> None:
    with pytest.raises(PlanError, match="enough for none at all"):
        RULES.least_probability(None, 0.9)


def test_where_nothing_can_be_promised_the_reason_is_told() -> None:
    other = replace(RULES, unpromised="It computes in int8. Use the run.")

    with pytest.raises(PlanError, match=r"^It computes in int8\. Use the run\.$"):
        other.least_probability(None, 0.9)
    assert other.least_probability(0.7, None) == 0.7


def test_several_labels_are_named_above_their_thresholds() -> None:
    several = replace(RULES, task=Task.MULTI, thresholds=(0.2, 0.7))

    assert several.label(np.array([0.25, 0.75])) == "cat dog"
    assert several.label(np.array([0.9, 0.1])) == "cat"
    assert replace(several, thresholds=None).label(np.array([0.25, 0.75])) == "dog"
    assert several.labels(np.array([0.25, 0.75])) == ("cat", "dog")
    assert several.labels(np.array([0.1, 0.1])) == ()
    assert RULES.labels(np.array([0.25, 0.75])) is None


def test_one_threshold_can_stand_for_those_of_all_labels() -> None:
    several = replace(RULES, task=Task.MULTI, thresholds=(0.2, 0.7))
    probs = np.array([0.25, 0.65])

    least = several.least_probability(0.6, None)

    assert least == 0.6
    assert several.label(probs, least) == "dog"
    assert several.labels(probs, least) == ("dog",)
    assert several.label(probs, 0.7) == ""
    with pytest.raises(PlanError, match="Pass a threshold instead"):
        several.least_probability(None, 0.9)


def test_any_number_of_labels_is_an_answer() -> None:
    several = replace(RULES, task=Task.MULTI)

    assert several.is_sure(np.array([0.1, 0.1]), 0.9)
    assert not RULES.is_sure(np.array([0.4, 0.6]), 0.9)
    assert RULES.is_sure(np.array([0.4, 0.6]), None)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (("cat", "dog"), "cat dog"),
        (("great dane", "dog"), "great dane;dog"),
        (("a b", "c;d"), "a b|c;d"),
    ],
)
def test_labels_can_be_told_apart_again(classes: tuple[str, str], said: str) -> None:
    assert labels_in_words(np.array([0.9, 0.8]), classes, None) == said
