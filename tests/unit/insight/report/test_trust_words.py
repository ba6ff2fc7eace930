"""Mirrors src/unfreeze/insight/report/trust_words.py."""

from typing import Any

import pytest

from unfreeze.insight.report.trust_words import trust_in_detail, trust_in_short


def measured(**words: Any) -> dict[str, Any]:  # noqa: ANN401
    usual = {"temperature": 1.5, "ece_before": 0.09, "ece_after": 0.04,
             "ece_before_debiased": 0.08, "ece_after_debiased": 0.01,
             "ece_before_interval": {"low": 0.05, "high": 0.12},
             "ece_after_interval": {"low": 0.0, "high": 0.062},
             "ece_by_chance": 0.05, "ece_visible": 0.07, "num_halvings": 36,
             "log_loss_before": 0.3}  # fmt: skip
    return usual | words


@pytest.mark.parametrize(
    ("after", "visible", "words"),
    [
        (0.015, 0.02, "at their word"),
        (0.018, 0.01, "at their word"),  # seen, but small
        (0.04, 0.07, "too few to vouch for its probabilities: an error below 7"),
        (0.09, 0.07, "off by about 1.0 points"),
    ],
)
def test_what_few_photos_cannot_show_is_neither_vouched_for_nor_blamed(
    after: float, visible: float, words: str
) -> None:
    trust = measured(ece_after=after, ece_visible=visible)

    assert words in trust_in_short(trust, 280)


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
