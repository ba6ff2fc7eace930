"""Mirrors src/unfreeze/numerics/losses.py."""

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from unfreeze.errors import PlanError
from unfreeze.numerics.losses import log_probs, loss
from unfreeze.records import Task

_RNG = np.random.default_rng(0)
_LOGITS = torch.from_numpy(_RNG.normal(size=(50, 4)).astype(np.float32))
_LABELS = torch.from_numpy(_RNG.integers(4, size=50))
_ROWS = torch.from_numpy(_RNG.integers(2, size=(50, 4)).astype(np.float32))


def test_a_single_label_costs_what_scikit_learn_says() -> None:
    probs = torch.softmax(_LOGITS.double(), dim=1).numpy()

    expected = log_loss(_LABELS.numpy(), probs, labels=range(4))

    assert loss(_LOGITS, _LABELS, Task.SINGLE).item() == pytest.approx(expected, 1e-5)


def test_several_labels_cost_the_mean_over_all_answers() -> None:
    probs = torch.sigmoid(_LOGITS.double()).numpy().ravel()

    expected = log_loss(_ROWS.numpy().ravel(), probs)

    assert loss(_LOGITS, _ROWS, Task.MULTI).item() == pytest.approx(expected, 1e-5)


def test_smoothing_mixes_in_the_loss_of_an_undecided_target() -> None:
    undecided_single = -log_probs(_LOGITS, Task.SINGLE).mean()
    undecided_multi = loss(_LOGITS, torch.full((50, 4), 0.5), Task.MULTI)

    single = loss(_LOGITS, _LABELS, Task.SINGLE, label_smoothing=0.2)
    multi = loss(_LOGITS, _ROWS, Task.MULTI, label_smoothing=0.2)

    plain_single = loss(_LOGITS, _LABELS, Task.SINGLE)
    plain_multi = loss(_LOGITS, _ROWS, Task.MULTI)
    assert single.item() == pytest.approx(
        (0.8 * plain_single + 0.2 * undecided_single).item()
    )
    assert multi.item() == pytest.approx(
        (0.8 * plain_multi + 0.2 * undecided_multi).item()
    )


@pytest.mark.parametrize(
    ("task", "targets"), [(Task.SINGLE, _LABELS), (Task.MULTI, _ROWS)]
)
def test_half_precision_logits_are_summed_in_float32(
    task: Task, targets: torch.Tensor
) -> None:
    logits = _LOGITS.bfloat16()

    result = loss(logits, targets, task)

    assert result.dtype == torch.float32
    assert result.item() == loss(logits.float(), targets, task).item()


def test_log_probs_exponentiate_to_softmax_and_to_sigmoid() -> None:
    single, multi = log_probs(_LOGITS, Task.SINGLE), log_probs(_LOGITS, Task.MULTI)

    torch.testing.assert_close(single.exp(), torch.softmax(_LOGITS, dim=1))
    torch.testing.assert_close(multi.exp(), torch.sigmoid(_LOGITS))


def test_extreme_logits_stay_finite() -> None:
    logits = torch.tensor([[1e4, -1e4]])

    assert loss(logits, torch.tensor([1]), Task.SINGLE).item() == pytest.approx(2e4)
    assert torch.isfinite(log_probs(logits, Task.MULTI)).all()


def test_smoothing_of_everything_is_refused() -> None:
    with pytest.raises(PlanError, match=r"label_smoothing must be in \[0, 1\), got 1"):
        loss(_LOGITS, _LABELS, Task.SINGLE, label_smoothing=1.0)


_WEIGHTS = (0.5, 2.0, 1.0, 3.0)


def test_weights_multiply_what_images_of_a_class_cost() -> None:
    weights = np.array(_WEIGHTS)[_LABELS.numpy()]
    probs = torch.softmax(_LOGITS.double(), dim=1).numpy()

    expected = log_loss(_LABELS.numpy(), probs, labels=range(4), sample_weight=weights)

    found = loss(_LOGITS, _LABELS, Task.SINGLE, class_weights=_WEIGHTS)
    assert found.item() == pytest.approx(expected, 1e-5)


def test_weights_multiply_what_a_missed_label_costs() -> None:
    probs = torch.sigmoid(_LOGITS.double())
    yes, no = _ROWS * probs.log(), (1 - _ROWS) * (1 - probs).log()
    expected = -(torch.tensor(_WEIGHTS) * yes + no).mean()

    found = loss(_LOGITS, _ROWS, Task.MULTI, class_weights=_WEIGHTS)
    assert found.item() == pytest.approx(expected.item(), 1e-5)
