"""Whole fits against loops in plain torch: the same weights, bit for bit."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from unfreeze.augment.normalise import normalise
from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.recipes import SIDE_ON
from unfreeze.data.batches import epoch_order
from unfreeze.data.index import ImageIndex
from unfreeze.data.quick import read_quickly
from unfreeze.data.screen import screen
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups
from unfreeze.numerics.keyed import Purpose, rng_for, torch_seed
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.records import ImageSpec, Task
from unfreeze.training.evaluate import Evaluation
from unfreeze.training.features import FeatureKeeper
from unfreeze.training.loop import Fit
from unfreeze.training.plan import FitPlan
from unfreeze.training.runtime import PlainRuntime
from unfreeze.training.source import FromFeatures, FromImages, Loading, Setup, Source

MakeModel = Callable[..., StagedClassifier]

_SEED = 11
_BATCH = 8
_ENDS = [0, 8, 16, 24, 29, 34]  # 34 photos: two are left over, and shared by the last
_STEPS = 5
_PLAN = FitPlan(cycles=2, cycle_len=1, cycle_mult=2)  # three epochs
_RATES = (1e-3, 1e-2, 1e-1)
_DECAY = 0.01


def _setup(num_workers: int) -> Setup:
    loading = Loading(batch_size=_BATCH, num_workers=num_workers, seed=_SEED)
    return Setup(loading=loading, runtime=PlainRuntime(), task=Task.SINGLE)


def _unmeasured(model: StagedClassifier) -> Evaluation:
    """Validation is not what is compared here."""
    return Evaluation(1.0, {}, np.zeros((1, 3), dtype=np.float32))


def _fit(model: StagedClassifier, source: Source, num_workers: int = 0) -> Fit:
    groups = layer_groups(model)
    return Fit(
        model=model,
        groups=groups,
        source=source,
        setup=_setup(num_workers),
        optimizer=LayerOptimizer(sgd, groups, _RATES, _DECAY),
        schedule=_PLAN.schedule(_STEPS),
        epochs=_PLAN.epochs,
        validate=_unmeasured,
    )


def _multipliers() -> list[float]:
    """The lesson's cosine with restarts, after 5 % of the first cycle at 1/100."""
    cycles = [_STEPS, 2 * _STEPS]
    falls = [(1 + math.cos(math.pi * i / n)) / 2 for n in cycles for i in range(n)]
    return [0.01, *falls[1:]]


def _fit_by_hand(
    model: StagedClassifier, photos: ImageIndex, augmentation: Augmentation
) -> None:
    """Learn with nothing of ours but the decoder, the augmentation and the keys."""
    names = [f"backbone.network.{name}" for name in ("stem", "stages.0", "stages.1")]
    early = [p for n, p in model.named_parameters() if n.startswith(tuple(names))]
    head = list(model.head.parameters())
    known = {id(parameter) for parameter in (*early, *head)}
    late = [p for p in model.parameters() if id(p) not in known]
    optimizer = torch.optim.SGD(
        [
            {"params": params, "lr": rate}
            for params, rate in zip((early, late, head), _RATES, strict=True)
        ],
        momentum=0.9,
        weight_decay=_DECAY,
        fused=True,
    )
    model.train()
    multipliers = iter(_multipliers())
    for epoch in range(3):
        order = epoch_order(len(photos), seed=_SEED, epoch=epoch)
        for step in range(_STEPS):
            rows = order[_ENDS[step] : _ENDS[step + 1]]
            squares = [
                _augmented(photos, augmentation, epoch, row) for row in rows.tolist()
            ]
            multiplier = next(multipliers)
            for group, rate in zip(optimizer.param_groups, _RATES, strict=True):
                group["lr"] = rate * multiplier
            torch.manual_seed(torch_seed(_SEED, Purpose.STEP, epoch=epoch, row=step))
            images = normalise(torch.stack(squares), augmentation.spec)
            labels = torch.from_numpy(photos.labels[rows])
            loss = functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def _augmented(
    photos: ImageIndex, augmentation: Augmentation, epoch: int, row: int
) -> torch.Tensor:
    pixels = read_quickly(photos.sources[row], short_side=augmentation.short_side)
    rng = rng_for(_SEED, Purpose.AUGMENT, epoch=epoch, row=row)
    return torch.from_numpy(augmentation.apply(pixels, rng))


def _tensors(module: nn.Module) -> dict[str, bytes]:
    return {n: t.numpy().tobytes() for n, t in module.state_dict().items()}


@pytest.fixture
def augmentation(spec: ImageSpec) -> Augmentation:
    return Augmentation(spec=spec, steps=SIDE_ON, max_zoom=(1.0, 1.1))


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_fit_of_the_whole_network_equals_a_loop_in_plain_torch(
    make_model: MakeModel,
    photos: ImageIndex,
    augmentation: Augmentation,
    num_workers: int,
) -> None:
    ours, by_hand = make_model(), make_model()
    source = FromImages(photos, augmentation.spec, augmentation)

    _fit(ours, source, num_workers).run()
    with torch.random.fork_rng(devices=[]):
        _fit_by_hand(by_hand, photos, augmentation)

    assert _tensors(ours) == _tensors(by_hand)


def test_a_head_trained_on_stored_activations_equals_one_trained_on_images(
    make_model: MakeModel, photos: ImageIndex, spec: ImageSpec
) -> None:
    """Without augmentation, up to rounding: batches hold other rows when stored."""
    on_images, on_features = make_model(), make_model()
    for model in (on_images, on_features):
        freeze_to(layer_groups(model), -1)
    keeper = FeatureKeeper(model=on_features, spec=spec, folder=None, setup=_setup(0))
    digests = screen(photos, None, num_workers=0).digests
    stored = FromFeatures(keeper.features(photos, digests), photos.labels)

    _fit(on_images, FromImages(photos, spec)).run()
    _fit(on_features, stored).run()

    assert _tensors(on_images.backbone) == _tensors(on_features.backbone)
    for name, found in on_features.head.state_dict().items():
        expected = on_images.head.state_dict()[name]
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
