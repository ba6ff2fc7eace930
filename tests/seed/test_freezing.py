"""The notes on freezing and on the last layer (S16, S39, S40, S55, S60, S61)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import models

from unfreeze import ConvLearner, ImageClassifierData, resnet18, tfms_from_model
from unfreeze.training.runtime import PlainRuntime

Snapshot = Callable[[nn.Module], dict[str, torch.Tensor]]
Same = Callable[[nn.Module, dict[str, torch.Tensor]], bool]


@pytest.mark.parametrize("precompute", [True, False])
def test_s16_a_learner_begins_frozen_and_fit_updates_the_head(
    make_learner: Callable[..., ConvLearner],
    precompute: bool,
    snapshot: Snapshot,
    same: Same,
) -> None:
    learner = make_learner(precompute=precompute)
    backbone, head = snapshot(learner.model.backbone), snapshot(learner.model.head)

    learner.fit(1e-2, 1)

    assert same(learner.model.backbone, backbone)  # statistics of batch norm, too
    assert not same(learner.model.head, head)


def test_s39_frozen_layers_are_neither_updated_nor_decayed(
    learn: ConvLearner, snapshot: Snapshot, same: Same
) -> None:
    learn.freeze_to(1)
    early, late, _ = learn.get_layer_groups()
    frozen, learning = snapshot(early), snapshot(late)

    learn.fit(1e-2, 1, wds=0.1)

    assert same(early, frozen)
    assert not same(late, learning)
    assert all(each.grad is None for each in early.parameters())


def _begin_with_stored_activations(learner: ConvLearner) -> None:
    learner.precompute = True


def _begin_half_frozen(learner: ConvLearner) -> None:
    learner.freeze_to(1)


def _begin_with_one_group(learner: ConvLearner) -> None:
    learner.freeze_all_but(0)


def _begin_with_kept_statistics(learner: ConvLearner) -> None:
    learner.bn_freeze(True)


def _begin_after_a_fit(learner: ConvLearner) -> None:
    learner.precompute = True
    learner.fit(1e-2, 1)


@pytest.mark.parametrize(
    "begin",
    [
        _begin_with_stored_activations,
        _begin_half_frozen,
        _begin_with_one_group,
        _begin_with_kept_statistics,
        _begin_after_a_fit,
    ],
)
def test_s40_unfreeze_frees_all_layers_in_one_call(
    learn: ConvLearner, begin: Callable[[ConvLearner], None]
) -> None:
    begin(learn)

    learn.unfreeze()

    assert all(each.requires_grad for each in learn.model.parameters())
    assert not learn.precompute


def test_s55_step_five_lets_every_layer_learn(
    quick: ConvLearner, snapshot: Snapshot, same: Same
) -> None:
    quick.fit(1e-2, 1)
    quick.unfreeze()
    before = [snapshot(group) for group in quick.get_layer_groups()]

    quick.fit([1e-4, 1e-3, 1e-2], 1, cycle_len=1)

    groups = zip(quick.get_layer_groups(), before, strict=True)
    assert not any(same(group, state) for group, state in groups)


@pytest.mark.parametrize("classes", [2, 17, 120])
def test_s60_the_last_layer_fits_the_classes(
    make_learner: Callable[..., ConvLearner],
    arrays: Callable[..., tuple[np.ndarray, np.ndarray]],
    tmp_path: Path,
    classes: int,
) -> None:
    photos = ImageClassifierData.from_arrays(
        tmp_path, arrays(classes, classes), arrays(classes, classes), num_workers=0
    )

    learner = make_learner(photos)

    assert learner.predict().shape == (classes, classes)
    assert learner.model.head[-1].out_features == classes


def test_s61_the_original_head_predicts_a_thousand_classes(
    arrays: Callable[..., Any], tmp_path: Path, global_draws: None
) -> None:
    original = models.resnet18().eval()
    torch.save(original.state_dict(), tmp_path / "resnet18.pth")
    photos = ImageClassifierData.from_arrays(
        tmp_path,
        arrays(4, 4, side=64),
        arrays(4, 4, side=64),
        tfms=tfms_from_model(resnet18, 64),
        classes=[f"class {number}" for number in range(1000)],
        num_workers=0,
    )
    learner = ConvLearner.pretrained(
        resnet18,
        photos,
        weights=tmp_path / "resnet18.pth",
        original_head=True,
        runtime=PlainRuntime(),
    )

    images = np.stack([image for image, _ in (photos.val_ds[i] for i in range(4))])
    with torch.no_grad():
        expected = original(torch.from_numpy(images)).log_softmax(-1).numpy()

    assert learner.predict().shape == (4, 1000)
    np.testing.assert_allclose(learner.predict(), expected, atol=1e-4)
