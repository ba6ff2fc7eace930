"""The first thing a report says: how good, how sure, what to do next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unfreeze.insight.markup import joined, tag, with_code
from unfreeze.insight.outlook import FEWEST_VALID
from unfreeze.insight.report.fits import FitVerdict
from unfreeze.insight.report.grades import FEWEST, expected_elsewhere, grade_of
from unfreeze.insight.report.record import RunRecord
from unfreeze.insight.report.tables import (
    by_f1,
    by_recall,
    class_rows,
    interval_in_words,
)
from unfreeze.insight.report.trust_words import trust_in_short
from unfreeze.insight.wording import counted, duration, percent, shortened

__all__ = ["Verdict", "verdict_on"]

_TOO_FEW = 100
"""Validation photos below which an interval is wide whatever the model is worth."""

_WORTH_SAYING = 0.01
"""Of F2, 0 to 1: what another threshold has to bring to be spoken of."""

_WEAK_CLASS = 0.15
"""Recall below the mean of the classes by this much is worth a sentence; or F1 below
that of the labels."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person needs to know who reads nothing else."""

    headline: str
    mood: str
    """good, fair, bad, or empty where nothing can be said."""

    words: str
    """The same in words."""

    sentences: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]
    """(title, value, detail) of the largest figures."""

    steps: tuple[str, ...]
    """What to do next, the most useful first."""


def verdict_on(run: RunRecord, fits: FitVerdict, forecast: str, gain: bool) -> Verdict:
    """Sum a run up.

    Args:
        run: What it left behind.
        fits: Whether it over-fitted.
        forecast: What more photos would bring, as a sentence; may be empty.
        gain: Whether that is a gain to count on.
    """
    summary = run.summary
    accuracy = summary.get("accuracy")
    if not run.is_finished or accuracy is None:
        return _without_scores(run)
    mood, words = grade_of(run, accuracy)
    return Verdict(
        _headline(run, accuracy),
        mood,
        words,
        tuple(_sentences(run, accuracy)),
        tuple(_figures(run, accuracy)),
        tuple(_steps(run, fits, forecast, gain)),
    )


def _without_scores(run: RunRecord) -> Verdict:
    """Of a run that has not come to its end."""
    known = "There are no final scores. What it has recorded so far is below."
    if run.is_running:
        headline, word = "This run is still running", "running"
        command = "unfreeze report RUN"
        step = with_code(
            f"Write this page again when it has ended: {command}.", command
        )
    elif run.can_go_on:
        headline, word = "This run was stopped before its end", "stopped"
        command = "unfreeze resume RUN"
        step = with_code(f"Go on from where it was stopped: {command}.", command)
    else:
        headline, word = "This run was stopped before its end", "stopped"
        step = with_code(
            "It left nothing to go on from: train again for a whole result."
        )
    return Verdict(headline, "", word, (known,), (), (step,))


def _headline(run: RunRecord, accuracy: float) -> str:
    count = run.summary["n_valid"]
    share = run.scores["exact"] if run.is_multi else accuracy
    ends = "have all their labels right" if run.is_multi else "are recognised"
    if share == 1:
        return f"All {count:,} validation photos {ends}"
    if count < FEWEST:  # of which a percentage would say more than is known
        return f"{round(share * count)} of {count} validation photos {ends}"
    return f"{percent(share)} of photos {ends}{'' if run.is_multi else ' correctly'}"


def _sentences(run: RunRecord, accuracy: float) -> Iterator[str]:
    count = run.summary["n_valid"]
    yield from _several(run, accuracy) if run.is_multi else _single(run, accuracy)
    yield with_code(
        "The best epoch and the temperature were chosen on these same photos, which "
        "flatters every figure a little: photos that had no part in it, and unfreeze "
        "evaluate, would tell.",
        "unfreeze evaluate",
    )
    trust = run.scores.get("calibration")
    if trust:
        yield trust_in_short(trust, count, is_multi=run.is_multi)


def _single(run: RunRecord, accuracy: float) -> Iterator[str]:
    wrong = round((1 - accuracy) * run.summary["n_valid"])
    yield f"{_measured_on(run)} it mistook {wrong:,}."
    yield from _elsewhere(run, accuracy)


def _several(run: RunRecord, accuracy: float) -> Iterator[str]:
    right = round(run.scores["exact"] * run.summary["n_valid"])
    yield (
        f"{_measured_on(run)} {right:,} have all their labels right, and none that is "
        "not theirs."
    )
    yield from _elsewhere(run, accuracy)
    yield (
        f"Of all its yes-or-no answers, {percent(accuracy)} are right: that is called "
        "its accuracy. Where most "
        "labels are rare, saying no to all of them gets most of these right, too."
    )


def _measured_on(run: RunRecord) -> str:
    photos = counted(run.summary["n_valid"], "photo")
    leaked = run.num_leaked
    if not leaked:
        return f"Of {photos} put aside to measure with,"
    return (
        f"Of {photos} to measure with, {leaked:,} had a part in learning, or a near "
        "copy had. Of all of them,"
    )


def _elsewhere(run: RunRecord, accuracy: float) -> Iterator[str]:
    expected = expected_elsewhere(run, accuracy)
    if expected is None:
        return
    why = " That allows for the leaks." if run.num_leaked else ""
    yield (
        "On other photos of this kind, expect between "
        f"{percent(expected.low)} and {percent(expected.high)}.{why}"
    )


def _figures(run: RunRecord, accuracy: float) -> Iterator[tuple[str, str, str]]:
    summary, scores = run.summary, run.scores
    yield _main_figure(run, accuracy)
    if run.is_multi:
        yield "Accuracy", percent(accuracy), "of yes-or-no answers, over all labels"
    if "f2" in scores:
        yield "F2", f"{scores['f2']:.3f}", "mean of all photos, at a threshold of 50 %"
    if summary.get("tta_accuracy") is not None:
        views = "averaged over augmented views of each photo"
        if run.is_multi:
            views = f"accuracy of yes-or-no answers, {views}"
        yield "With more looks", percent(summary["tta_accuracy"]), views
    if "macro_f1" in scores:
        rare = "mean of all classes, rare ones count in full"
        yield "Macro F1", f"{scores['macro_f1']:.3f}", rare
    loss = summary.get("valid_loss")
    if loss is not None:
        trust = scores.get("calibration")
        detail = "nats per validation photo; 0 is perfect"
        if trust and "log_loss_before" in trust and trust["temperature"] != 1:
            detail += (
                f". At temperature {trust['temperature']:.2f}; without, it is "
                f"{trust['log_loss_before']:.3f}"
            )
        yield "Loss", f"{loss:.3f}", detail
    yield (
        "Time",
        duration(summary["seconds"]),
        f"for {counted(summary['n_train'], 'training photo')}",
    )


def _main_figure(run: RunRecord, accuracy: float) -> tuple[str, str, str]:
    name, share, kept = "Accuracy", accuracy, "accuracy_interval"
    if run.is_multi:
        name, share, kept = "All labels right", run.scores["exact"], "exact_interval"
    detail = f"on {counted(run.summary['n_valid'], 'validation photo')}"
    interval = interval_in_words(run.scores.get(kept))
    return name, percent(share), f"{interval}, {detail}" if interval else detail


def _fewer_missed(run: RunRecord) -> Iterator[str]:
    """What to do where a missed label is worse than a false one."""
    found = run.scores.get("f2_threshold")
    if found and found["f2"] >= found["f2_usual"] + _WORTH_SAYING:
        option = f"--threshold {found['threshold']:.2f}"
        yield with_code(
            "Labels are named above a probability of 50 %. Where a missed label is "
            f"worse than a false one, pass {option} to unfreeze predict and unfreeze "
            f"serve: F2 {found['f2']:.3f} instead of {found['f2_usual']:.3f}.",
            option,
            "unfreeze predict",
            "unfreeze serve",
        )


def _steps(
    run: RunRecord, fits: FitVerdict, forecast: str, gain: bool
) -> Iterator[str]:
    leaked = run.num_leaked
    if leaked:
        yield (
            "The figures are flattered: the model has learned from "
            f"{counted(leaked, 'validation photo')}, or from near copies. Separate "
            "training and validation photos, and train again."
        )
    if not run.has_no_mistake:
        yield "Look at the most wrong photos below: some labels may be at fault."
    weak = _weakest(run)
    if weak:
        yield weak
    if gain and forecast:
        yield forecast
    if run.summary["n_valid"] < _TOO_FEW:
        yield (
            f"Put more photos aside for validation: with {run.summary['n_valid']} of "
            "them, the accuracy is a rough estimate."
        )
    yield from _fewer_missed(run)
    if fits.is_still_falling:
        yield "Train for longer: the validation loss was still falling."
    command = "unfreeze predict RUN PHOTO"
    yield with_code(f"Try it on photos of your own: {command}.", command)


def _weakest(run: RunRecord) -> str:
    rows = [row for row in class_rows(run) if row["support"] >= FEWEST_VALID]
    if len(rows) < 2:
        return ""
    if run.is_multi:
        return _weakest_label(rows)
    mean = sum(row["recall"] for row in rows) / len(rows)
    worst = by_recall(rows)[0]
    if mean - worst["recall"] < _WEAK_CLASS:
        return ""
    return joined(
        (
            f"Of classes with {FEWEST_VALID} validation photos or more, ",
            tag("bdi", shortened(worst["name"], 40)),
            f" is the weakest: {percent(worst['recall'])} of its photos are "
            "recognised. Look at what is taken for what.",
        )
    )


def _weakest_label(rows: Sequence[Mapping[str, Any]]) -> str:
    mean = sum(row["f1"] for row in rows) / len(rows)
    worst = by_f1(rows)[0]
    if mean - worst["f1"] < _WEAK_CLASS:
        return ""
    return joined(
        (
            f"Of labels on {FEWEST_VALID} validation photos or more, ",
            tag("bdi", shortened(worst["name"], 40)),
            f" is the weakest: its F1 is {worst['f1']:.3f}, and {mean:.3f} on average. "
            "Look at whether it is missed or named too often.",
        )
    )
