"""Whether a run went on for too long, and from which epoch on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from unfreeze.insight.report.record import FitRecord
from unfreeze.numerics.overfitting import overfit_report

__all__ = ["FitVerdict", "judge_fits"]

_CLEARLY = 0.02
"""Share by which a loss must fall to be worth a longer training."""


@dataclass(frozen=True, slots=True)
class FitVerdict:
    """What training and validation loss say together."""

    mood: str
    """good, fair, or empty where nothing can be said."""

    title: str
    sentences: tuple[str, ...]
    begins_at: int | None = None
    """Batch of the whole run after which over-fitting shows; None if it does not."""


def judge_fits(fits: Sequence[FitRecord]) -> FitVerdict:
    """Look at every fit of a run; the last one that over-fits decides."""
    judged = [fit for fit in fits if _is_judgeable(fit)]
    if not judged:
        words = (
            "Over-fitting cannot be judged: it takes two epochs of one fit at least."
        )
        return FitVerdict("", "Too short to tell", (words,))
    begin, found = 0, None
    for number, fit in enumerate(fits, start=1):
        if _is_judgeable(fit):
            report = overfit_report(fit.train_by_epoch, fit.valid_by_epoch)
            if report.is_overfitting:
                found = (number, fit, begin, report)
        begin += len(fit.losses.losses)
    if found is None:
        return FitVerdict("good", "No over-fitting", _why_not(judged[-1]))
    number, fit, begin, report = found
    best = report.best_epoch
    batches = fit.losses.valid[best][0]
    lowest, last = fit.valid_by_epoch[best], fit.valid_by_epoch[-1]
    where = f" of fit {number}" if len(fits) > 1 else ""
    return FitVerdict(
        "fair",
        f"Over-fitting begins after epoch {best + 1}{where}",
        (
            f"Up to there the validation loss fell to {lowest:.3f}; at the end of "
            f"that fit it was {last:.3f}, while the training loss ended lower than "
            "then: from there on the model learned the training photos by heart.",
            "The weights that were kept are the best ones on the validation photos, "
            "not the last ones. More photos or stronger augmentation would help more "
            "than more epochs.",
        ),
        begin + batches,
    )


def _why_not(fit: FitRecord) -> tuple[str, ...]:
    report = overfit_report(fit.train_by_epoch, fit.valid_by_epoch)
    epochs = len(fit.valid_by_epoch)
    if report.rise > 0 and "rate is too high" in report.reason:
        return (
            "Both losses rose at the end: the learning rate was too high, rather than "
            "the training too long.",
        )
    if _is_still_falling(fit.valid_by_epoch):
        return (
            "The validation loss was still falling in the last epoch, and so a longer "
            "training might bring a little more.",
        )
    return (
        f"The validation loss was lowest after epoch {report.best_epoch + 1} of "
        f"{epochs} and has not clearly risen since: the length of the training fits.",
    )


def _is_still_falling(losses: Sequence[float]) -> bool:
    """Whether the last epoch was clearly the best. Two epochs show no course."""
    return len(losses) >= 3 and losses[-1] < (1 - _CLEARLY) * min(losses[:-1])


def _is_judgeable(fit: FitRecord) -> bool:
    losses = [*fit.train_by_epoch, *fit.valid_by_epoch]
    return (
        len(fit.valid_by_epoch) >= 2
        and len(fit.train_by_epoch) == len(fit.valid_by_epoch)
        and all(map(math.isfinite, losses))
    )
