"""Mirrors src/unfreeze/training/callbacks/average_weights.py."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from unfreeze.models.classifier import StagedClassifier
from unfreeze.training.callbacks.average_weights import AverageWeights
from unfreeze.training.callbacks.base import RunView
from unfreeze.training.evaluate import Evaluation
from unfreeze.training.history import EpochRow

Epochs = Callable[..., list[dict[str, float]]]


def _measured(loss: float = 0.5) -> Evaluation:
    log_probs = np.zeros((1, 3), dtype=np.float32)
    return Evaluation(loss, {"accuracy": 0.75}, log_probs)


def _set_weights(model: StagedClassifier, value: float) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)


@pytest.fixture
def run_epochs(
    model: StagedClassifier,
    make_view: Callable[..., RunView],
    make_row: Callable[..., EpochRow],
) -> Epochs:
    """Let epochs end with all weights at these values; return the extra figures."""

    def run(callback: AverageWeights, *values: float) -> list[dict[str, float]]:
        figures = []
        for epoch, value in enumerate(values):
            _set_weights(model, value)
            rows = [make_row(number) for number in range(epoch)]
            view = make_view(*rows, epochs=len(values))
            figures.append(dict(callback.extra_figures(view)))
        return figures

    return run


@pytest.mark.parametrize(("start", "mean"), [(1, 4.0), (2, 5.5), (3, 8.0)])
def test_the_average_is_the_mean_over_epoch_ends_that_count(
    run_epochs: Epochs, start: int, mean: float
) -> None:
    callback = AverageWeights(lambda model: _measured(), start=start)

    run_epochs(callback, 1.0, 3.0, 8.0)

    assert callback.model is not None
    for parameter in callback.model.parameters():
        torch.testing.assert_close(parameter, torch.full_like(parameter, mean))


def test_the_model_that_learns_is_left_alone(
    run_epochs: Epochs, model: StagedClassifier
) -> None:
    callback = AverageWeights(lambda model: _measured())

    run_epochs(callback, 1.0, 3.0)

    assert callback.model is not model
    assert all((parameter == 3.0).all() for parameter in model.parameters())


def test_before_the_first_epoch_that_counts_there_is_no_average(
    run_epochs: Epochs,
) -> None:
    callback = AverageWeights(lambda model: _measured(), start=3)

    assert run_epochs(callback, 1.0, 2.0) == [{}, {}]
    assert callback.model is None


def test_the_average_is_measured_at_intervals_and_at_the_end(
    run_epochs: Epochs,
) -> None:
    callback = AverageWeights(lambda model: _measured(), start=2, measure_every=3)

    figures = run_epochs(callback, *[1.0] * 7)

    expected = {"swa_loss": 0.5, "swa_accuracy": 0.75}
    assert figures == [{}, expected, {}, {}, expected, {}, expected]


def test_an_average_that_was_left_unmeasured_is_settled_once(
    run_epochs: Epochs,
) -> None:
    callback = AverageWeights(lambda model: _measured())
    assert callback.settle() == {}

    figures = run_epochs(callback, 1.0, 3.0)
    assert figures[-1]
    assert callback.settle() == {}


def test_what_is_measured_is_the_average(run_epochs: Epochs) -> None:
    seen: list[float] = []

    def measure(model: StagedClassifier) -> Evaluation:
        seen.append(next(model.parameters()).flatten()[0].item())
        return _measured()

    run_epochs(AverageWeights(measure, measure_every=1), 1.0, 3.0, 8.0)

    assert seen == pytest.approx([1.0, 2.0, 4.0])
