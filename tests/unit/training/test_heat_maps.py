"""Mirrors src/unfreeze/training/heat_maps.py."""

import numpy as np
import pytest
import torch

from unfreeze.augment.normalise import normalise
from unfreeze.errors import PlanError
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.models.grad_cam import grad_cam
from unfreeze.records import ImageSpec
from unfreeze.training.heat_maps import heat_maps

_SPEC = ImageSpec(size=64)


@pytest.fixture(scope="module")
def model() -> StagedClassifier:
    backbone = build_backbone("unfreeze_nano", weights="pretrained", size=64)
    return with_new_head(backbone, 3)


@pytest.fixture
def pixels() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return list(rng.integers(0, 256, (20, 64, 64, 3), dtype=np.uint8))


def test_photos_are_normalised_and_keep_their_order_over_batches(
    model: StagedClassifier, pixels: list[np.ndarray]
) -> None:
    classes = [row % 3 for row in range(20)]

    found = heat_maps(model, pixels, _SPEC, classes)

    images = normalise(torch.from_numpy(np.stack(pixels[17:19])), _SPEC)
    expected = grad_cam(model, images, torch.tensor(classes[17:19]))
    np.testing.assert_allclose(found[17:19], expected.numpy(), atol=1e-4)
    assert found.shape == (20, 2, 2)
    assert found.any()


def test_no_photos_have_no_maps(model: StagedClassifier) -> None:
    assert len(heat_maps(model, [], _SPEC, [])) == 0


def test_a_class_for_each_photo_is_required(
    model: StagedClassifier, pixels: list[np.ndarray]
) -> None:
    with pytest.raises(PlanError, match="Got 1 classes for 20 photos"):
        heat_maps(model, pixels, _SPEC, [0])
