"""Whether a run went on for too long, and from which epoch on."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unfreeze.insight.report.record import FitRecord
from unfreeze.numerics.overfitting import OverfitReport, overfit_report
from unfreeze.words import counted, ordinal

__all__ = ["FitVerdict", "judge_fits"]

_CLEARLY = 0.02
"""Share by which a loss must fall to be worth a longer training."""

_COURSE = 3
"""Epochs below which losses show no course."""

_FEWEST = 100
"""Validation photos below which no verdict is given. Heads on activations of real
photos, judged by draws of their validation photos and by all of them: of runs that
over-fitted, 41 % looked well on 10 photos, 17 % on 50, 11 % on 100 and 6 % on 200; of
the others, 9, 6, 4 and 3 % looked over-fitted (see docs/decisions.md)."""

_MANY = 200
"""Validation photos below which an over-fitted run in ten is still missed."""


@dataclass(frozen=True, slots=True)
class FitVerdict:
    """What training and validation loss say together."""

    title: str
    sentences: tuple[str, ...]
    begins_at: int | None = None
    """Batch of the whole run after which over-fitting shows; None if it does not."""

    is_still_falling: bool = False
    """Whether the last fit of the run might have brought more if it had been longer."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A fit of two epochs or more, and what its losses say."""

    number: int
    """Among the fits of the run, from 1."""

    fit: FitRecord
    is_last: bool
    """Whether no other fit of the run came after it."""

    begin: int
    """Batches of the run before it."""

    report: OverfitReport

    @property
    def num_epochs(self) -> int:
        return len(self.fit.valid_by_epoch)

    @property
    def best(self) -> int:
        """Epoch of the lowest validation loss, from 1."""
        return self.report.best_epoch + 1

    @property
    def is_still_falling(self) -> bool:
        """Whether the last epoch was clearly the best."""
        losses = self.fit.valid_by_epoch
        is_course = len(losses) >= _COURSE
        return is_course and losses[-1] < (1 - _CLEARLY) * min(losses[:-1])

    @property
    def answered_better_later(self) -> bool:
        """Whether a later epoch was kept, which means that its answers were better."""
        kept = self.fit.kept_epoch
        return kept is not None and kept > self.best


def judge_fits(fits: Sequence[FitRecord], num_valid: int | None = None) -> FitVerdict:
    """Look at every fit of a run; the one whose weights were kept decides.

    Where that is not known or it cannot be judged, the last before it that can be does.
    Losses say where over-fitting begins; which weights a run keeps is decided by its
    answers.

    Args:
        fits: Of the run, in order.
        num_valid: Photos that the validation loss is a mean of; None if not known.
            Below 100 of them nothing is judged.
    """
    judged = list(_judged(fits))
    kept = _number_of_kept(fits)
    until = [each for each in judged if each.number <= (kept or len(fits))]
    if not until:
        words = (
            "Over-fitting cannot be judged: it takes two epochs of one fit at least."
            if kept is None or kept == len(fits)
            else "Over-fitting cannot be judged: the fit whose weights were kept had "
            "less than two epochs, or its losses exploded."
        )
        said = (words, *_kept(None, fits), *_in_vain(kept, len(fits)))
        return FitVerdict("Too short to tell", said)
    chosen = until[-1]
    if num_valid is not None and num_valid < _FEWEST:
        return _too_few(chosen, fits, num_valid)
    sentences = (
        *_which(chosen, fits, kept),
        *(_too_long if chosen.report.is_overfitting else _why_not)(chosen),
        *_as_far_as_seen(chosen, num_valid),
        *_kept(chosen.number, fits),
        *_in_vain(kept, len(fits)),
        *_others(chosen, judged),
    )
    return FitVerdict(
        _title(chosen, len(fits)),
        sentences,
        _onset(chosen),
        chosen.is_last and chosen.is_still_falling,
    )


def _too_few(judged: _Judged, fits: Sequence[FitRecord], num_valid: int) -> FitVerdict:
    """Say what the losses were, and that so few photos do not tell what it means."""
    losses = judged.fit.valid_by_epoch
    kept = _number_of_kept(fits)
    sentences = (
        *_which(judged, fits, kept),
        f"On {counted(num_valid, 'validation photo')}, the loss was lowest after the "
        f"{ordinal(judged.best)} of {judged.num_epochs} epochs, "
        f"{min(losses):.3f}, and {losses[-1]:.3f} after the last.",
        f"So few cannot tell over-fitting from chance. It takes about {_FEWEST} to be "
        "right nine times in ten.",
        *_kept(judged.number, fits),
    )
    return FitVerdict("Too few photos to tell whether it over-fitted", sentences)


def _as_far_as_seen(judged: _Judged, num_valid: int | None) -> Iterator[str]:
    """How sure it is that a run did not over-fit, where that is worth a word."""
    if num_valid is None or num_valid >= _MANY or judged.report.is_overfitting:
        return
    yield (
        f"On {num_valid} validation photos, about one over-fitted run in ten looks "
        "like this, too."
    )


def _number_of_kept(fits: Sequence[FitRecord]) -> int | None:
    """Which fit, from 1, the kept weights are from; None if that is not known."""
    found = [number for number, fit in enumerate(fits, start=1) if fit.kept_epoch]
    return found[-1] if found else None


def _judged(fits: Sequence[FitRecord]) -> Iterator[_Judged]:
    begin = 0
    for number, fit in enumerate(fits, start=1):
        if _is_judgeable(fit):
            report = overfit_report(fit.train_by_epoch, fit.valid_by_epoch)
            yield _Judged(number, fit, number == len(fits), begin, report)
        begin += len(fit.losses.losses)


def _title(judged: _Judged, num_fits: int) -> str:
    where = f" of fit {judged.number}" if num_fits > 1 else ""
    if not judged.report.is_overfitting:
        is_short = judged.num_epochs < _COURSE
        return f"No over-fitting{' so far' if is_short else ''}"
    if judged.answered_better_later:
        return f"The loss rises after the {ordinal(judged.best)} epoch{where}"
    return f"Over-fitting begins after the {ordinal(judged.best)} epoch{where}"


def _onset(judged: _Judged) -> int | None:
    if not judged.report.is_overfitting or judged.answered_better_later:
        return None
    return judged.begin + judged.fit.losses.valid[judged.report.best_epoch][0]


def _which(
    judged: _Judged, fits: Sequence[FitRecord], kept: int | None
) -> Iterator[str]:
    """Name the fit that is judged, where there are several."""
    if len(fits) == 1:
        return
    step = f", of the step “{judged.fit.step}”" if judged.fit.step else ""
    yield f"Judged is fit {judged.number} of {len(fits)}{step}."
    if kept is not None and judged.number < kept < len(fits):
        yield f"Fit {kept} was too short to judge, or its losses exploded."
    elif judged.number != kept and not judged.is_last:
        yield "What came after it was too short to judge, or its losses exploded."


def _too_long(judged: _Judged) -> Iterator[str]:
    lowest = judged.fit.valid_by_epoch[judged.report.best_epoch]
    last = judged.fit.valid_by_epoch[-1]
    found = (
        f"The validation loss was lowest after the {ordinal(judged.best)} epoch, "
        f"{lowest:.3f}; at the end of the fit it was {last:.3f}, while the training "
        "loss ended lower than then"
    )
    if judged.answered_better_later:
        yield (
            f"{found}. Its answers became better all the same: from there on the model "
            "was too sure of them, rather than worse."
        )
        return
    yield f"{found}: from there on the model learned the training photos by heart."
    yield "More photos or stronger augmentation usually help more than more epochs."


def _why_not(judged: _Judged) -> Iterator[str]:
    if "rate is too high" in judged.report.reason:
        yield (
            "The losses rose together towards the end, which speaks for a learning "
            "rate that was too high, rather than a training that was too long."
        )
    elif judged.num_epochs < _COURSE:
        yield (
            f"{counted(judged.num_epochs, 'epoch')} do not tell whether a longer "
            "training would help."
        )
    elif judged.is_still_falling and not judged.is_last:
        yield "The validation loss was still falling in its last epoch."
    elif judged.is_still_falling:
        yield (
            "The validation loss was still falling in the last epoch, and so a longer "
            "training might bring a little more."
        )
    else:
        yield (
            f"The validation loss was lowest after the {ordinal(judged.best)} of "
            f"{judged.num_epochs} epochs and has not clearly risen since: nothing "
            "speaks against the length of the training."
        )


def _kept(judged: int | None, fits: Sequence[FitRecord]) -> Iterator[str]:
    """Say which weights the run kept, where that is known."""
    for number, fit in enumerate(fits, start=1):
        if fit.kept_epoch is None:
            continue
        which = "this fit" if number == judged else f"fit {number}"
        epochs = counted(len(fit.valid_by_epoch), "epoch")
        yield (
            f"The weights that were kept are those of the {ordinal(fit.kept_epoch)} of "
            f"{epochs} of {which}: of all epochs, it answered best on the validation "
            "photos."
        )


def _in_vain(kept: int | None, num_fits: int) -> Iterator[str]:
    """Say that fits after the kept one brought nothing, where there are any."""
    if kept is None or kept == num_fits:
        return
    after = "the last fit" if num_fits - kept == 1 else f"fits {kept + 1} to {num_fits}"
    yield f"What came after it gained nothing: no epoch of {after} answered better."


def _others(chosen: _Judged, judged: Sequence[_Judged]) -> Iterator[str]:
    for each in judged:
        if each.report.is_overfitting and each is not chosen:
            where = "before" if each.number < chosen.number else "after it"
            yield (
                f"In fit {each.number}, {where}, the validation loss rose after the "
                f"{ordinal(each.best)} epoch."
            )


def _is_judgeable(fit: FitRecord) -> bool:
    losses = [*fit.train_by_epoch, *fit.valid_by_epoch]
    return (
        len(fit.valid_by_epoch) >= 2
        and len(fit.train_by_epoch) == len(fit.valid_by_epoch)
        and all(map(math.isfinite, losses))
    )
