"""Heads that saw their photos plain, freshly augmented, or in stored views."""

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from benchmarks.ours.learning import silent_learner
from benchmarks.photos import fresh_photos
from benchmarks.protocol import Figures, Prepare, Repeat, Task, serve
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.plan import usual_plan

_Way: TypeAlias = Callable[[ConvLearner], object]
"""Trains the head of a learner whose backbone is frozen."""

_USUAL_RATE = 1e-2


def plain(learn: ConvLearner) -> float:
    """Steps 1 to 3 of the notes. Returns the rate."""
    return _from_stored(learn, True)


def twice(learn: ConvLearner) -> None:
    """More of the same, to tell what views bring from what steps bring."""
    _fit_long(learn, plain(learn))


def fresh(learn: ConvLearner) -> None:
    """Steps 1 to 4."""
    rate = plain(learn)
    learn.precompute = False
    learn.fit(rate, 2, cycle_len=1)


def after(learn: ConvLearner, count: int) -> None:
    """Steps 1 to 3, and then stored views."""
    rate = plain(learn)
    learn.precompute = count
    _fit_long(learn, rate)


def instead(learn: ConvLearner, count: int) -> None:
    """Steps 1 to 3 with stored views instead of plain photos."""
    _from_stored(learn, count)


def _from_stored(learn: ConvLearner, precompute: bool | int) -> float:
    learn.precompute = precompute
    rate = learn.lr_find().rate or _USUAL_RATE
    _fit_long(learn, rate)
    return rate


def _fit_long(learn: ConvLearner, rate: float) -> None:
    plan = usual_plan(len(learn.data.train.index), learn.data.bs)
    learn.fit(rate, 1, cycle_len=plan.head_epochs)


def _following(train: _Way) -> Prepare:
    """Go one way in every repeat, on photos of which nothing is stored."""

    def prepare(task: Task) -> Repeat:
        seeds = itertools.count()

        def repeat() -> Figures:
            with fresh_photos(task.photos) as photos:
                learn = silent_learner(replace(task, data=photos), next(seeds))
                began = time.perf_counter()
                train(learn)
                seconds = time.perf_counter() - began
                return {
                    "accuracy": learn.sched.rec_metrics[-1][0],
                    "log loss": learn.sched.val_losses[-1],
                    "seconds": seconds,
                }

        return repeat

    return prepare


if __name__ == "__main__":
    serve(
        {
            "plain": _following(plain),
            "twice": _following(twice),
            "fresh": _following(fresh),
            "after_2": _following(lambda learn: after(learn, 2)),
            "after_4": _following(lambda learn: after(learn, 4)),
            "after_8": _following(lambda learn: after(learn, 8)),
            "instead_2": _following(lambda learn: instead(learn, 2)),
            "instead_4": _following(lambda learn: instead(learn, 4)),
            "instead_8": _following(lambda learn: instead(learn, 8)),
        }
    )
