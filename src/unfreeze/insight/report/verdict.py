"""The first thing a report says: how good, how sure, what to do next."""

from collections.abc import Iterator
from dataclasses import dataclass

from unfreeze.insight.report.fits import FitVerdict
from unfreeze.insight.report.record import RunRecord
from unfreeze.insight.report.trust_words import trust_in_short
from unfreeze.insight.wording import counted, duration, percent, shortened

__all__ = ["Verdict", "verdict_on"]

_GOOD, _FAIR = 0.95, 0.8
_MOODS = {"good": "very good", "fair": "usable with care", "bad": "needs work"}
_FEWEST = 30
"""Validation photos below which nothing is said of the model, only of the photos."""

_TOO_FEW = 100
"""Validation photos below which an interval is wide whatever the model is worth."""

_MANY_SUSPECTS = 3
_WEAK_CLASS = 0.15
"""Recall below the mean of the classes by this much is worth a sentence."""


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
        return Verdict(
            "This run was stopped before its end",
            "",
            "stopped",
            (
                "There are no final scores. What it recorded until then is below.",
                "Train again for a whole result; stored activations are used again.",
            ),
            (),
            (),
        )
    mood, words = _mood(run, accuracy)
    return Verdict(
        _headline(run, accuracy),
        mood,
        words,
        tuple(_sentences(run, accuracy)),
        tuple(_figures(run, accuracy)),
        tuple(_steps(run, fits, forecast, gain)),
    )


def _mood(run: RunRecord, accuracy: float) -> tuple[str, str]:
    """How good it is, as far as so many photos can say."""
    ends = run.scores.get("accuracy_interval") or {"low": accuracy, "high": accuracy}
    mood, low, high = map(_grade, (accuracy, ends["low"], ends["high"]))
    if run.summary["n_valid"] < _FEWEST or {low, high} == {"good", "bad"}:
        return "", "too few photos to say"
    if low == high:
        return mood, _MOODS[mood]
    return ("fair" if mood == "good" else mood), f"probably {_MOODS[mood]}"


def _grade(accuracy: float) -> str:
    return "good" if accuracy >= _GOOD else "fair" if accuracy >= _FAIR else "bad"


def _headline(run: RunRecord, accuracy: float) -> str:
    if run.scores.get("kind") == "multi":
        return f"{percent(accuracy)} of all yes-or-no answers are right"
    if accuracy == 1:
        return f"All {run.summary['n_valid']:,} validation photos are recognised"
    count = run.summary["n_valid"]
    if count < _FEWEST:  # of which a percentage would say more than is known
        return f"{round(accuracy * count)} of {count} validation photos are recognised"
    return f"{percent(accuracy)} of photos are recognised correctly"


def _sentences(run: RunRecord, accuracy: float) -> Iterator[str]:
    count = run.summary["n_valid"]
    wrong = round((1 - accuracy) * count)
    if run.scores.get("kind") == "multi":
        share = percent(run.scores.get("exact", 0.0))
        yield f"Of {count:,} photos, {share} have all their labels right."
    else:
        yield (
            f"Of {counted(count, 'photo')} that it did not learn from, it mistook "
            f"{wrong:,}."
        )
    interval = run.scores.get("accuracy_interval")
    if interval:
        yield (
            "On other photos of this kind, expect between "
            f"{percent(interval['low'])} and {percent(interval['high'])}."
        )
    yield (
        "The best epoch and the temperature were chosen on these same photos, which "
        "flatters every figure a little: photos that had no part in it, and unfreeze "
        "evaluate, would tell."
    )
    trust = run.scores.get("calibration")
    if trust:
        yield trust_in_short(trust, count)


def _figures(run: RunRecord, accuracy: float) -> Iterator[tuple[str, str, str]]:
    summary, scores = run.summary, run.scores
    interval = scores.get("accuracy_interval")
    detail = f"on {counted(summary['n_valid'], 'validation photo')}"
    if interval:
        detail = f"{percent(interval['low'])} to {percent(interval['high'])}, {detail}"
    yield "Accuracy", percent(accuracy), detail
    if summary.get("tta_accuracy") is not None:
        views = "averaged over augmented views of each photo"
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


def _steps(
    run: RunRecord, fits: FitVerdict, forecast: str, gain: bool
) -> Iterator[str]:
    suspects = [each for each in run.findings if each["kind"] == "label_suspect"]
    leaks = [each for each in run.findings if each["kind"] == "leakage"]
    if leaks:
        yield (
            "The accuracy is flattered: the model has learned from "
            f"{counted(len(leaks), 'validation photo')}, or from near copies. Separate "
            "training and validation photos, and train again."
        )
    if len(suspects) >= _MANY_SUSPECTS:
        yield (
            f"Look at the {len(suspects)} photos whose labels look wrong, before "
            "anything else: they teach and measure wrongly."
        )
    elif any(not each.is_right for each in run.answers):
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
    if "still falling" in " ".join(fits.sentences):
        yield "Train for longer: the validation loss was still falling."
    yield "Try it on photos of your own: unfreeze predict."


def _weakest(run: RunRecord) -> str:
    rows = [row for row in run.scores.get("per_class", ()) if row["support"]]
    if len(rows) < 2:
        return ""
    mean = sum(row["recall"] for row in rows) / len(rows)
    worst = min(rows, key=lambda row: row["recall"])
    if mean - worst["recall"] < _WEAK_CLASS:
        return ""
    return (
        f"{shortened(worst['name'], 40)} is the weakest class: "
        f"{percent(worst['recall'])} of its photos are recognised. See what they are "
        "taken for below."
    )
