"""How good a model is in a word, as far as so many photos can say."""

from dataclasses import dataclass

from unfreeze.insight.report.record import RunRecord
from unfreeze.insight.report.tables import class_rows
from unfreeze.numerics.intervals import Interval, share_interval

__all__ = ["FEWEST", "expected_elsewhere", "grade_of"]

FEWEST = 30
"""Validation photos below which nothing is said of the model, only of the photos."""

_WORDS = {"good": "very good", "fair": "usable with care", "bad": "needs work"}


@dataclass(frozen=True, slots=True)
class _Measure:
    """A share of photos, and from where on it is good or fair."""

    share: float
    low: float
    high: float
    by_one_answer: float | None
    """What the same answer for all photos gets, at its best; None if not known."""

    good: float
    fair: float

    def grade(self, share: float) -> str:
        """Of a share, 0 to 1."""
        if share >= self.good:
            return "good"
        return "fair" if share >= self.fair else "bad"


def grade_of(run: RunRecord, accuracy: float) -> tuple[str, str]:
    """Grade a finished run.

    Returns:
        good, fair, bad, or empty where nothing can be said; and the same in words.
    """
    measure = (_several if run.is_multi else _single)(run, accuracy)
    ends = (measure.low, measure.high)
    mood, low, high = map(measure.grade, (measure.share, *ends))
    if run.summary["n_valid"] < FEWEST or {low, high} == {"good", "bad"}:
        return "", "too few photos to say"
    cautious = "fair" if mood == "good" else mood
    lazy = measure.by_one_answer
    if lazy is not None and lazy >= measure.low:
        if lazy >= measure.share:
            return "bad", "no better than one answer for all photos"
        return cautious, "not clearly better than one answer for all photos"
    if low == high:
        return mood, _WORDS[mood]
    return cautious, f"probably {_WORDS[mood]}"


def expected_elsewhere(run: RunRecord, accuracy: float) -> Interval | None:
    """Which share of other photos will be right; None where that was not measured.

    Photos that were learned from may all be right for that reason, or none of them:
    they widen the interval.
    """
    measured = run.scores.get("exact_interval" if run.is_multi else "accuracy_interval")
    leaked, count = run.num_leaked, run.summary["n_valid"]
    if measured is None or not leaked:
        return None if measured is None else Interval(measured["low"], measured["high"])
    if leaked >= count:
        return Interval(0.0, 1.0)
    right = round(count * (run.scores["exact"] if run.is_multi else accuracy))
    rest = count - leaked
    return Interval(
        share_interval(max(right - leaked, 0), rest).low,
        share_interval(min(right, rest), rest).high,
    )


def _single(run: RunRecord, accuracy: float) -> _Measure:
    ends = expected_elsewhere(run, accuracy) or Interval(accuracy, accuracy)
    counts = [row["support"] for row in class_rows(run)]
    most = max(counts) / sum(counts) if sum(counts) else None
    return _Measure(accuracy, ends.low, ends.high, most, 0.95, 0.8)


def _several(run: RunRecord, accuracy: float) -> _Measure:
    """Of all yes-or-no answers, most are easy noes; so whole photos are counted.

    Which is stricter the more labels there are, so that less of it is asked.
    """
    share = run.scores["exact"]
    ends = expected_elsewhere(run, accuracy) or Interval(share, share)
    lazy = run.scores.get("exact_by_one_answer")
    return _Measure(share, ends.low, ends.high, lazy, 0.9, 0.6)
