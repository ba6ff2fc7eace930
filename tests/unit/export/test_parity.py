"""Mirrors src/unfreeze/export/parity.py."""

from dataclasses import replace
from math import inf
from typing import Any

import pytest

from unfreeze.errors import PlanError
from unfreeze.export.parity import Limits, Parity, require_parity

STRICT = Limits(difference=0.005)
LOOSE = Limits(
    difference=inf, heat_difference=inf, lost=0.005, advice="do something else"
)

PARITY = Parity(
    photos=200,
    unreadable=0,
    agreement=0.99,
    contradictions=2,
    largest_difference=0.3,
    largest_difference_unresized=0.2,
    largest_heat_difference=None,
    accuracy=0.975,
    trained_accuracy=0.98,
    exact=None,
    trained_exact=None,
    worst="x.jpg",
)


def test_few_bits_may_cost_half_a_point_of_accuracy() -> None:
    require_parity(PARITY, LOOSE)
    require_parity(replace(PARITY, accuracy=0.99, largest_difference=1.0), LOOSE)
    with pytest.raises(PlanError, match=r"0\.9700 instead of 0\.9800"):
        require_parity(replace(PARITY, accuracy=0.97), LOOSE)


def test_without_labels_few_bits_may_change_as_many_answers() -> None:
    unlabelled = replace(PARITY, accuracy=None, trained_accuracy=None)

    require_parity(replace(unlabelled, agreement=0.995), LOOSE)
    with pytest.raises(PlanError):
        require_parity(unlabelled, LOOSE)


def _refusal(parity: Parity, limits: Limits) -> str:
    with pytest.raises(PlanError) as refused:
        require_parity(parity, limits)
    return str(refused.value)


def test_a_refusal_names_the_limit_that_failed_and_no_other() -> None:
    found = _refusal(replace(PARITY, accuracy=0.96), LOOSE)

    assert "0.9600 instead of 0.9800, less by 0.0200 (limit 0.005)" in found
    assert "What to do: do something else." in found
    assert "inf" not in found
    assert "probabilities differ" not in found
    assert "--data" not in found


def test_below_200_photos_a_refusal_asks_for_more_of_them() -> None:
    one_of_199 = replace(
        PARITY, photos=199, accuracy=197 / 199, trained_accuracy=198 / 199
    )

    found = _refusal(one_of_199, LOOSE)

    assert "on 199 photos" in found
    assert "200 photos or more with --data" in found
    assert "or do something else" in found


def test_with_several_labels_photos_with_all_of_them_right_are_counted() -> None:
    several = replace(PARITY, accuracy=0.99, exact=0.6, trained_exact=0.65)

    found = _refusal(several, LOOSE)

    assert "photos with all labels right is 0.6000 instead of 0.6500" in found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"largest_difference": 0.2}, "probabilities differ by up to 0.2000 (limit"),
        ({"largest_heat_difference": 0.3}, "heat maps differ by up to 0.3000 (limit"),
        ({"contradictions": 1}, "1 answer contradicts what the trained model"),
        ({"largest_difference": inf}, "what is not a number"),
    ],
)
def test_each_fault_stands_alone(change: dict[str, Any], words: str) -> None:
    good = {"largest_difference": 0.0, "largest_difference_unresized": 0.0}
    sound = replace(PARITY, contradictions=0, **good)

    require_parity(sound, STRICT)
    found = _refusal(replace(sound, **change), STRICT)

    assert words in found
    assert found.count("limit") <= 1
    assert "please report this" in found
