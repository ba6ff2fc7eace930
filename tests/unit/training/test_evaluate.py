"""Mirrors src/unfreeze/training/evaluate.py."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss
from torch import Tensor, nn

from unfreeze.augment.normalise import normalise
from unfreeze.data.index import ImageIndex
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.metrics import Metric, accuracy, as_metric
from unfreeze.records import ImageSpec, Task
from unfreeze.training.evaluate import evaluate, logits_over, score
from unfreeze.training.source import FromFeatures, FromImages, Setup


def _plain_logits(model: StagedClassifier, source: FromImages) -> Tensor:
    """One pass over everything at once, in plain torch."""
    images = normalise(torch.from_numpy(source.index.sources), source.spec)
    with torch.no_grad():
        return model.eval()(images)


@pytest.mark.parametrize("batch_size", [1, 4, 21, 64])
def test_every_row_is_run_once_in_index_order(
    model: StagedClassifier,
    source: FromImages,
    make_setup: Callable[..., Setup],
    batch_size: int,
) -> None:
    setup = make_setup(batch_size=batch_size, num_workers=2)

    logits = logits_over(model, source, setup)

    torch.testing.assert_close(logits, _plain_logits(model, source))


def test_loss_and_metrics_are_those_of_the_whole_split(
    model: StagedClassifier, source: FromImages, setup: Setup, index: ImageIndex
) -> None:
    """The last batch is smaller than the others: a mean of batch means would differ."""
    metric = Metric("surprise", lambda preds, targs: float(np.ptp(preds)))

    found = evaluate(model, source, index.labels, setup, [as_metric(accuracy), metric])

    probs = _plain_logits(model, source).double().softmax(1).numpy()
    assert found.loss == pytest.approx(log_loss(index.labels, probs), rel=1e-5)
    assert found.metrics == {
        "accuracy": accuracy_score(index.labels, probs.argmax(1)),
        "surprise": pytest.approx(np.ptp(np.log(probs)), rel=1e-5),
    }
    np.testing.assert_allclose(found.log_probs, np.log(probs), rtol=1e-4)


def test_several_labels_are_scored_by_binary_cross_entropy() -> None:
    logits = torch.tensor([[2.0, -1.0], [0.0, 3.0]])
    labels = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)

    found = score(logits, labels, Task.MULTI, [])

    shares = 1 / (1 + np.exp(-logits.double().numpy()))
    by_hand = -np.log(np.where(labels > 0, shares, 1 - shares)).mean()
    assert found.loss == pytest.approx(by_hand, rel=1e-6)
    np.testing.assert_allclose(found.log_probs, np.log(shares), rtol=1e-5)


def test_features_are_run_through_the_head_alone(
    model: StagedClassifier, setup: Setup, index: ImageIndex
) -> None:
    rows = np.linspace(-1, 1, 22 * 12, dtype=np.float32).reshape(22, 12)

    logits = logits_over(model, FromFeatures(rows, index.labels), setup)

    with torch.no_grad():
        by_hand = model.eval().head(torch.from_numpy(rows))
    torch.testing.assert_close(logits, by_hand)


def test_a_last_batch_of_one_image_is_measured(
    model: StagedClassifier,
    make_index: Callable[..., ImageIndex],
    spec: ImageSpec,
    setup: Setup,
) -> None:
    assert len(logits_over(model, FromImages(make_index(21), spec), setup)) == 21


@pytest.fixture
def mixed_modes(model: StagedClassifier) -> dict[str, bool]:
    model.train()
    model.backbone.network.stem.eval()
    return {name: module.training for name, module in model.named_modules()}


def test_modes_weights_and_statistics_are_as_before(
    model: StagedClassifier,
    source: FromImages,
    setup: Setup,
    mixed_modes: dict[str, bool],
    state_of: Callable[[nn.Module], dict[str, bytes]],
) -> None:
    before = state_of(model)

    logits = logits_over(model, source, setup)

    assert not logits.requires_grad
    assert {name: m.training for name, m in model.named_modules()} == mixed_modes
    assert state_of(model) == before


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_modes_are_as_before_also_after_an_error(
    model: StagedClassifier,
    source: FromImages,
    setup: Setup,
    mixed_modes: dict[str, bool],
    error: type[BaseException],
) -> None:
    def fail(*_: object) -> None:
        raise error

    hook = model.head.register_forward_hook(fail)
    with pytest.raises(error):
        logits_over(model, source, setup)
    hook.remove()

    assert {name: m.training for name, m in model.named_modules()} == mixed_modes


def test_what_a_network_keeps_while_measured_can_be_used_in_training(
    model: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    """Some networks remember position embeddings or masks of the last size."""
    kept: list[Tensor] = []
    hook = model.backbone.register_forward_hook(lambda *args: kept.append(args[2]))
    logits_over(model, source, setup)
    hook.remove()

    weight = nn.Parameter(torch.ones(()))
    (weight * kept[0]).sum().backward()

    assert weight.grad is not None


def test_rows_are_the_same_where_the_memory_holds_less_than_a_batch(
    model: StagedClassifier,
    source: FromImages,
    make_setup: Callable[..., Setup],
    memory_for: Callable[..., Any],
) -> None:
    with memory_for(model.train(), 5) as sizes:
        logits = logits_over(model, source, make_setup(batch_size=12))

    assert sizes == [12, 6, 3, 3, 3, 3, 3, 3, 2, 2]
    torch.testing.assert_close(logits, _plain_logits(model, source))


def test_memory_for_not_even_one_photo_is_given_up(
    model: StagedClassifier,
    source: FromImages,
    setup: Setup,
    memory_for: Callable[..., Any],
) -> None:
    with memory_for(model, 0), pytest.raises(PlanError, match="too small even for 1"):
        logits_over(model, source, setup)
