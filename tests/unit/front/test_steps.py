"""Mirrors src/unfreeze/front/steps.py."""

import time

import pytest
import torch

from unfreeze.errors import DataError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.steps import NoteFit, StepClock
from unfreeze.front.summary import StepSummary
from unfreeze.numerics.schedules import constant
from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.keep_best import BestScore
from unfreeze.training.history import EpochRow, History


def test_seconds_of_the_steps_add_up_to_those_of_the_run() -> None:
    clock = StepClock(lambda line: None, time.perf_counter() - 1.0)
    with clock.step("first"):
        pass
    time.sleep(0.02)
    with clock.step("second"):
        time.sleep(0.02)
    time.sleep(0.02)
    clock.settle()

    first, second = (step.seconds for step in clock.steps)

    assert first >= 1.0
    assert second >= 0.06
    assert first + second == pytest.approx(clock.seconds, abs=0.01)


def test_seconds_of_earlier_processes_count() -> None:
    clock = StepClock(lambda line: None, time.perf_counter(), before=[100.0, 20.0])
    with clock.step("first"):
        pass
    with clock.step("second"):
        pass
    with clock.step("third"):
        pass

    seconds = clock.seconds_of_steps()

    assert seconds == pytest.approx([100, 20, 0], abs=1)
    assert sum(seconds) == pytest.approx(clock.seconds, abs=0.01)


def test_titles_are_numbered_and_notes_stand_below_them() -> None:
    lines: list[str] = []
    clock = StepClock(lines.append, time.perf_counter())

    with clock.step("Look") as step:
        step.note = "word " * 30
    with clock.step("Leap"):
        pass

    assert lines[0] == "\n1. Look"
    assert lines[2] == "\n2. Leap"
    assert max(len(line) for line in lines[1].split("\n")) < 80


def fail_in(clock: StepClock) -> None:
    with clock.step("first"):
        raise DataError("no photos")


def test_a_step_that_fails_is_timed_too() -> None:
    clock = StepClock(lambda line: None, time.perf_counter() - 1.0)

    with pytest.raises(DataError):
        fail_in(clock)

    assert clock.steps[0].seconds >= 1.0


def test_a_fit_leaves_its_last_figures(quick: ConvLearner) -> None:
    step = StepSummary("train")

    row = quick.fit([1e-4, 1e-3, 1e-2], 2, cycle_len=1, callbacks=[NoteFit(step)])

    assert step.epochs == 2
    assert step.lr == pytest.approx([1e-4, 1e-3, 1e-2])
    assert (step.train_loss, step.valid_loss) == (row.train_loss, row.valid_loss)
    assert step.accuracy == row.metrics["accuracy"]
    assert step.images_per_second == pytest.approx(
        72 / sum(quick.sched.times), rel=1e-6
    )


def test_the_best_epoch_is_told_apart_from_the_last(quick: ConvLearner) -> None:
    step, best = StepSummary("train"), BestScore()
    note = NoteFit(step, best, quick.metrics)
    history = History()
    history.add_step(0, (0.1,), None, torch.tensor(1.0))
    view = RunView(
        model=quick.model,
        history=history,
        schedule=constant(1, 3),
        epochs=3,
        steps_per_epoch=1,
    )

    for number, (loss, share) in enumerate([(0.5, 0.8), (0.3, 0.9), (0.2, 0.85)]):
        metrics = {"accuracy": share}
        history.epochs.append(EpochRow(number, 0.1, loss, metrics, 1.0, 8))
        note.on_epoch_end(view)

    assert (step.valid_loss, step.accuracy) == (0.2, 0.85)
    assert step.best_epoch == 2
    assert (step.best_valid_loss, step.best_accuracy) == (0.3, 0.9)


def test_an_epoch_that_beats_none_before_it_is_not_marked(quick: ConvLearner) -> None:
    step, best = StepSummary("train"), BestScore()
    best.take(0.0, {"accuracy": 1.0}, quick.metrics[0])

    quick.fit(1e-3, 1, cycle_len=1, callbacks=[NoteFit(step, best, quick.metrics)])

    assert step.best_epoch is None
    assert step.best_valid_loss is None


def test_figures_of_several_fits_add_up(quick: ConvLearner) -> None:
    step = StepSummary("train")
    note = NoteFit(step)

    quick.fit(1e-3, 2, cycle_len=1, callbacks=[note])
    first = sum(quick.sched.times)
    row = quick.fit(1e-3, 1, cycle_len=1, callbacks=[note])

    assert step.epochs == 3
    assert step.valid_loss == row.valid_loss
    assert step.images_per_second == pytest.approx(
        3 * 36 / (first + sum(quick.sched.times)), rel=1e-6
    )
