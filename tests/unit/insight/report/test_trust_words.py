"""Mirrors src/unfreeze/insight/report/trust_words.py."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from unfreeze.insight.report.trust_words import trust_in_detail, trust_in_short
from unfreeze.insight.trust import measure_trust
from unfreeze.records import Predictions


def measured(**words: Any) -> dict[str, Any]:  # noqa: ANN401
    usual = {"temperature": 1.5, "ece_before": 0.09, "ece_after": 0.04,
             "ece_before_debiased": 0.08, "ece_after_debiased": 0.01,
             "ece_before_interval": {"low": 0.05, "high": 0.12},
             "ece_after_interval": {"low": 0.0, "high": 0.062},
             "ece_by_chance": 0.05, "ece_visible": 0.07, "num_halvings": 36,
             "log_loss_before": 0.3}  # fmt: skip
    return usual | words


@pytest.mark.parametrize(
    ("after", "high", "words"),
    [
        (0.015, 0.04, "at their word: on average, they are off by no more than 4.0"),
        (0.04, 0.062, "too few to vouch for its probabilities: on average, they may "
         "be off by up to 6.2 points"),
        (0.09, 0.12, "off by about 8.0 points"),
    ],
)  # fmt: skip
def test_what_few_photos_cannot_show_is_neither_vouched_for_nor_blamed(
    after: float, high: float, words: str
) -> None:
    trust = measured(ece_after=after, ece_after_debiased=0.08,
                     ece_after_interval={"low": 0.0, "high": high})  # fmt: skip

    assert words in trust_in_short(trust, 280)


@pytest.mark.parametrize("count", [1, 10, 30])
def test_a_sure_model_without_a_mistake_is_not_vouched_for_by_few_photos(
    count: int,
) -> None:
    sure = np.log(np.tile([0.9999, 0.0001], (count, 1)))
    answers = Predictions([f"{n}.jpg" for n in range(count)], ("a", "b"), sure,
                          np.zeros(count, dtype=np.int64))  # fmt: skip
    trust = asdict(measure_trust(answers))

    said = trust_in_short(trust, count)

    assert said.startswith(f"{count} photo")
    high = f"{100 * trust['ece_after_interval']['high']:.1f}"
    assert f"up to {high} points" in said
    assert high in " ".join(trust_in_detail(trust, count))


def test_many_right_answers_of_a_sure_model_are_vouched_for() -> None:
    sure = np.log(np.tile([0.9999, 0.0001], (3000, 1)))
    answers = Predictions([f"{n}.jpg" for n in range(3000)], ("a", "b"), sure,
                          np.zeros(3000, dtype=np.int64))  # fmt: skip

    assert "at their word" in trust_in_short(asdict(measure_trust(answers)), 3000)


def test_of_several_labels_large_probabilities_are_not_vouched_for() -> None:
    trust = measured(ece_after=0.001, ece_after_interval={"low": 0.0, "high": 0.01})

    said = trust_in_short(trust, 280, is_multi=True)

    assert "at their word" not in said
    assert "no more than 1.0 points" in said


def test_plain_and_debiased_figures_are_both_told() -> None:
    told = " ".join(trust_in_detail(measured(), 280))

    for words in ("off by 9.0 points as trained", "by 4.0 points after", "(1.50)",
                  "chance alone makes about 5.0", "8.0 and 1.0 points are left",
                  "below 7.0 points",
                  "between 5.0 and 12.0 points as trained, and between 0.0 and 6.2",
                  "over 36 ways of halving"):  # fmt: skip
        assert words in told, words


def test_a_temperature_that_did_not_help_is_said_to_be_left_out() -> None:
    told = " ".join(trust_in_detail(measured(temperature=1.0, num_halvings=1), 69))

    assert "left out (1.00)" in told
    assert "the true error is between 5.0 and 12.0 points." in told
    assert "halving" not in told


def test_runs_that_did_not_measure_chance_tell_the_plain_figures() -> None:
    old = {"temperature": 1.3, "ece_before": 0.08, "ece_after": 0.04}

    assert len(list(trust_in_detail(old, 100))) == 1
    assert "off by about 4.0" in trust_in_short(old, 100)
    assert "was not measured" in trust_in_short({**old, "ece_after": 0.01}, 100)
