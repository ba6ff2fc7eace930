"""Mirrors src/unfreeze/insight/report/verdict.py and grades.py."""

from dataclasses import asdict
from typing import Any

import pytest

from unfreeze.insight.report.fits import FitVerdict
from unfreeze.insight.report.record import Answer, RunRecord
from unfreeze.insight.report.verdict import Verdict, verdict_on
from unfreeze.insight.wording import percent
from unfreeze.numerics.intervals import share_interval

FITS = FitVerdict("No over-fitting", ("Fine.",))


def on(
    *, scores: dict[str, Any] | None = None, answers: tuple[Answer, ...] = (),
    gain: bool = False, **summary: Any,  # noqa: ANN401
) -> Verdict:  # fmt: skip
    usual = {"status": "finished", "accuracy": 0.9, "n_valid": 400, "n_train": 800,
             "classes": ["a", "b"], "seconds": 75.0, "valid_loss": 0.3,
             "scores": scores}  # fmt: skip
    run = RunRecord(name="x", summary=usual | summary, answers=answers, kept={})
    return verdict_on(run, FITS, "More photos help.", gain)


def test_mistakes_are_counted_and_the_interval_is_said() -> None:
    verdict = on(scores={"accuracy_interval": {"low": 0.871, "high": 0.926}})

    assert verdict.headline == "90.0 % of photos are recognised correctly"
    assert verdict.mood == "fair"
    assert "it mistook 40" in verdict.sentences[0]
    assert "between 87.1 % and 92.6 %" in verdict.sentences[1]


def test_no_mistake_at_all_is_said_of_these_photos_only() -> None:
    assert on(accuracy=1.0).headline == "All 400 validation photos are recognised"


def test_trust_is_told_in_a_sentence() -> None:
    trust = {"ece_after": 0.015, "ece_by_chance": 0.01, "ece_visible": 0.02,
             "ece_after_interval": {"low": 0.0, "high": 0.03},
             "temperature": 1.0}  # fmt: skip

    assert "at their word" in on(scores={"calibration": trust}).sentences[-1]


def interval(low: float, high: float) -> dict[str, Any]:
    return {"accuracy_interval": {"low": low, "high": high}}


def test_a_dozen_photos_are_too_few_to_say_even_without_a_mistake() -> None:
    verdict = on(accuracy=1.0, n_valid=12, scores=interval(0.757, 1.0))

    assert (verdict.words, verdict.mood) == ("too few photos to say", "")
    assert on(accuracy=11 / 12, n_valid=12).headline.startswith("11 of 12 validation")


def test_an_interval_across_all_grades_is_too_wide_to_say() -> None:
    verdict = on(accuracy=0.9, n_valid=40, scores=interval(0.77, 0.96))

    assert verdict.words == "too few photos to say"


def test_a_verdict_is_as_sure_as_its_interval() -> None:
    def words(accuracy: float, low: float, high: float) -> str:
        return on(accuracy=accuracy, scores=interval(low, high)).words

    assert words(0.985, 0.968, 0.993) == "very good"
    assert words(0.96, 0.936, 0.977) == "probably very good"
    assert words(0.9, 0.87, 0.93) == "usable with care"
    assert words(0.78, 0.73, 0.82) == "probably needs work"


def test_what_was_chosen_on_the_same_photos_is_said_once() -> None:
    said = [each for each in on().sentences if "same photos" in each]

    assert len(said) == 1
    assert "best epoch and the temperature" in said[0]


def test_losses_with_and_without_temperature_are_told_apart() -> None:
    trust = {"ece_after": 0.01, "ece_visible": 0.02, "temperature": 1.5,
             "log_loss_before": 0.4}  # fmt: skip

    loss = next(each for each in on(scores={"calibration": trust}).figures
                if each[0] == "Loss")  # fmt: skip
    assert loss[1] == "0.300"
    assert "At temperature 1.50; without, it is 0.400" in loss[2]


def test_leaks_are_counted_in_photos_and_said_first() -> None:
    """One group of three validation copies, and one of a single one: 4 of 400."""
    findings = [
        {"kind": "leakage", "score": 3 / 400},
        {"kind": "leakage", "score": 1 / 400},
    ]

    verdict = on(findings=findings, gain=True)

    assert "has learned from 4 validation photos" in verdict.steps[0]
    assert "More photos help." in verdict.steps
    assert verdict.sentences[0].startswith("Of 400 photos to measure with, 4 had a")
    assert "did not learn from" not in " ".join(verdict.sentences)


def test_leaks_widen_what_is_expected_elsewhere() -> None:
    """Of 400 photos 360 are right; of the 100 leaked ones, all or just those."""
    findings = [{"kind": "leakage", "score": 0.25}]

    verdict = on(findings=findings, scores=interval(0.87, 0.93))

    low, high = share_interval(260, 300).low, share_interval(300, 300).high
    assert f"between {percent(low)} and {percent(high)}." in verdict.sentences[1]
    assert "allows for the leaks" in verdict.sentences[1]
    every = on(
        findings=[{"kind": "leakage", "score": 1.0}], scores=interval(0.87, 0.93)
    )
    assert every.words == "too few photos to say"


def test_a_gain_that_cannot_be_seen_is_not_advised() -> None:
    assert "More photos help." not in on().steps


def test_a_weak_class_and_few_photos_are_named() -> None:
    rows = [{"name": "<a>", "recall": 0.5, "support": 20, "f1": 0.5},
            {"name": "b", "recall": 0.95, "support": 20, "f1": 0.9},
            {"name": "c", "recall": 0.0, "support": 9, "f1": 0.0}]  # fmt: skip

    steps = " ".join(on(scores={"per_class": rows}, n_valid=40).steps)

    assert "photos or more, <bdi>&lt;a&gt;</bdi> is the weakest: 50.0 %" in steps
    assert "with 40 of them" in steps


@pytest.mark.parametrize(
    ("state", "headline", "step"),
    [
        ({"can_go_on": True}, "was stopped", "<code>unfreeze resume RUN</code>."),
        ({"can_go_on": True, "is_running": True}, "is still running", "has ended"),
        ({}, "was stopped", "train again"),
    ],
)
def test_a_run_without_scores_says_how_to_get_them(
    state: dict[str, bool], headline: str, step: str
) -> None:
    summary = {"status": "stopped", "accuracy": None, "n_valid": 9}
    verdict = verdict_on(
        RunRecord(name="x", summary=summary, kept={}, **state), FITS, "", gain=False
    )

    assert headline in verdict.headline
    assert step in verdict.steps[0]
    assert verdict.figures == ()


def several(exact: float, **scores: Any) -> dict[str, Any]:  # noqa: ANN401
    count = round(400 * exact)
    ends = asdict(share_interval(count, 400))
    return {"kind": "multi", "exact": exact, "exact_interval": ends} | scores


def test_several_labels_per_photo_are_counted_by_whole_photos() -> None:
    verdict = on(scores=several(0.75, f2=0.9), accuracy=0.97)

    assert verdict.headline == "75.0 % of photos have all their labels right"
    assert "300 have all their labels right" in verdict.sentences[0]
    assert verdict.sentences[1].startswith("On other photos of this kind, expect")
    assert "97.0 % are right" in verdict.sentences[2]
    assert verdict.figures[0][:2] == ("All labels right", "75.0 %")
    assert ("F2", "0.900") in [each[:2] for each in verdict.figures]


@pytest.mark.parametrize(("f2", "is_said"), [(0.85, True), (0.805, False)])
def test_a_threshold_that_misses_fewer_labels_is_named(
    f2: float, is_said: bool
) -> None:
    found = {"threshold": 0.31, "f2": f2, "f2_usual": 0.8}

    steps = on(scores=several(0.75, f2_threshold=found), accuracy=0.97).steps

    assert any("--threshold 0.31" in each for each in steps) is is_said


def test_the_weakest_label_is_that_of_the_lowest_f1() -> None:
    rows = [{"name": name, "recall": 1.0, "precision": f1, "f1": f1, "support": 50}
            for name, f1 in (("sky", 0.9), ("sea", 0.2), ("dog", 0.7))]  # fmt: skip

    steps = " ".join(on(scores=several(0.5, per_class=rows)).steps)
    even = [{**row, "f1": 0.5} for row in rows]

    assert "<bdi>sea</bdi> is the weakest: its F1 is 0.200, and 0.600 on" in steps
    assert "taken for what" not in steps
    assert "weakest" not in " ".join(on(scores=several(0.5, per_class=even)).steps)


def test_a_model_that_never_says_yes_is_not_good() -> None:
    """40 labels, one per photo: 97.5 % of all answers are right, and no photo is."""
    verdict = on(scores=several(0.0, f2=0.0), accuracy=0.975)

    assert (verdict.mood, verdict.words) == ("bad", "needs work")
    assert verdict.headline == "0 % of photos have all their labels right"


@pytest.mark.parametrize(
    ("exact", "words"),
    [(0.95, "very good"), (0.75, "usable with care"), (0.3, "needs work")],
)
def test_whole_photos_decide_how_good_several_labels_are(
    exact: float, words: str
) -> None:
    assert on(scores=several(exact), accuracy=0.99).words == words


def test_the_same_answer_for_all_photos_is_never_good() -> None:
    most = several(0.96, exact_by_one_answer=0.96)
    rows = [{"name": "a", "recall": 1.0, "support": 388, "f1": 1.0},
            {"name": "b", "recall": 0.0, "support": 12, "f1": 0.0}]  # fmt: skip
    one = {**interval(0.948, 0.983), "per_class": rows}

    assert on(scores=most).words == "no better than one answer for all photos"
    assert on(scores=one, accuracy=0.97).mood == "bad"
    assert on(scores={**one, **interval(0.955, 0.988)}, accuracy=0.975).words == (
        "not clearly better than one answer for all photos"
    )
    rows[0]["support"] = rows[1]["support"] = 200
    assert on(scores=one, accuracy=0.97).words == "probably very good"
