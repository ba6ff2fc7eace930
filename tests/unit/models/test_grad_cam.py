"""Mirrors src/unfreeze/models/grad_cam.py; the oracle is pytorch-grad-cam."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unfreeze.errors import PlanError
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import (
    StagedClassifier,
    with_custom_head,
    with_new_head,
    with_original_head,
)
from unfreeze.models.grad_cam import as_map, explained_layer, grad_cam
from unfreeze.models.groups import freeze_to, layer_groups

_ODD_FAMILIES = {
    "cait_xxs24_224": 224,
    "convit_tiny": 224,
    "convnext_atto": 64,
    "deit_tiny_distilled_patch16_224": 64,
    "densenet121": 64,
    "efficientnet_b0": 64,
    "hrnet_w18_small": 64,
    "levit_128s": 224,
    "mixer_s32_224": 224,
    "swin_tiny_patch4_window7_224": 224,
    "vit_small_patch14_reg4_dinov2": 56,
    "xcit_nano_12_p16_224": 64,
}


def lively(arch: str, size: int, num_classes: int = 3) -> StagedClassifier:
    """A model whose head says different things of different features."""
    model = with_new_head(build_backbone(arch, weights="none", size=size), num_classes)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for layer in model.head:  # type: ignore[union-attr]
            if isinstance(layer, nn.Linear):
                layer.weight.normal_(0, 0.2, generator=generator)
    return model.eval()


@pytest.fixture(scope="module")
def small() -> StagedClassifier:
    return lively("unfreeze_nano", 96)


def oracle(model: StagedClassifier, images: Tensor, classes: list[int]) -> np.ndarray:
    """What pytorch-grad-cam says of the same modules, at the places of features."""
    pytest.importorskip("pytorch_grad_cam", reason="scripts/install brings grad-cam")
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    class Places(nn.Module):
        """The whole model, for a library that wants gradients everywhere."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, images: Tensor) -> Tensor:
            return self.model.head(self.model.pool(self.model.backbone(images)))

    layer = explained_layer(model.backbone, images[:1])
    prefix = model.backbone.num_prefix_tokens

    def reshaped(features: Tensor) -> Tensor:
        if features.ndim == 4:
            return features
        side = int((features.shape[1] - prefix) ** 0.5)
        tokens = features[:, prefix:].reshape(len(features), side, side, -1)
        return tokens.permute(0, 3, 1, 2)

    with GradCAM(Places(), [layer], reshape_transform=reshaped) as cam:
        return cam(images, [ClassifierOutputTarget(each) for each in classes])


def stretched(heat: Tensor, size: int) -> np.ndarray:
    wide = nn.functional.interpolate(heat[:, None], size=(size, size), mode="bilinear")
    return wide[:, 0].numpy()


@pytest.mark.parametrize("arch", ["resnet18", "vit_tiny_patch16_224"])
def test_maps_are_those_of_pytorch_grad_cam(
    arch: str, make_images: Callable[..., Tensor]
) -> None:
    size, model = 128, lively(arch, 128)
    images = make_images(size)
    compared = 0
    for classes in ([0, 1], [2, 0]):
        found = stretched(grad_cam(model, images, torch.tensor(classes)), size)
        expected = oracle(model, images, classes)
        for mine, theirs in zip(found, expected, strict=True):
            if theirs.std() > 0:
                compared += 1
                assert np.corrcoef(mine.ravel(), theirs.ravel())[0, 1] > 0.999
            else:
                assert mine.std() < 1e-6
    assert compared >= 2


def test_a_head_that_looks_at_one_channel_gives_that_channel(
    make_images: Callable[..., Tensor],
) -> None:
    """The score of class k is the mean of channel k, so its map is that channel."""

    class Means(nn.Module):
        def forward(self, maps: Tensor) -> Tensor:
            return maps.mean(dim=(2, 3))[:, :4]

    backbone = build_backbone("resnet18", weights="none", size=64)
    model = with_custom_head(backbone, Means()).eval()
    images = make_images(64)
    with torch.no_grad():
        channels = backbone(images)[torch.arange(2), torch.tensor([1, 3])].relu()

    found = grad_cam(model, images, torch.tensor([1, 3]))

    expected = channels / channels.amax(dim=(1, 2), keepdim=True)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_heat_lies_where_the_object_is() -> None:
    """Colour is all that this network sees, so the red corner is the only reason."""
    backbone = build_backbone("resnet18", weights="none", size=64)
    backbone.network.requires_grad_(False)

    class Red(nn.Module):
        """Coarse means of red and blue, at an eighth of the size."""

        def forward_features(self, images: Tensor) -> Tensor:
            colours = images[:, [0, 2]] - images[:, [2, 0]]
            return nn.functional.avg_pool2d(colours.relu(), 8)

    class Sums(nn.Module):
        def forward(self, maps: Tensor) -> Tensor:
            return maps.sum(dim=(2, 3))

    backbone.network.forward_features = Red().forward_features  # type: ignore[assignment]
    model = with_custom_head(backbone, Sums())
    images = torch.zeros(1, 3, 64, 64)
    images[0, 0, 40:64, 8:24] = 1  # a red shape, below on the left
    images[0, 2, 0:16, 48:64] = 1  # a blue one, above on the right

    red, blue = (grad_cam(model, images, torch.tensor([k]))[0] for k in (0, 1))

    assert red[5:8, 1:3].min() == 1
    assert red.sum() == red[5:8, 1:3].sum()
    assert blue[:2, 6:].min() == 1
    assert blue.sum() == blue[:2, 6:].sum()


@pytest.mark.parametrize(
    "arch",
    [
        pytest.param(arch, marks=() if arch == "convnext_atto" else pytest.mark.slow)
        for arch in _ODD_FAMILIES
    ],
)
def test_a_family_has_maps_from_zero_to_one(
    arch: str, make_images: Callable[..., Tensor]
) -> None:
    size = _ODD_FAMILIES[arch]
    model = lively(arch, size)
    images = make_images(size, 1)

    found = torch.cat([grad_cam(model, images, torch.tensor([k])) for k in range(3)])

    assert found.ndim == 3
    assert found.shape[1] == found.shape[2] >= 2
    assert found.isfinite().all()
    assert found.min() >= 0
    assert set(found.amax(dim=(1, 2)).tolist()) <= {0.0, 1.0}
    assert found.any()


def test_a_photo_has_the_same_map_in_any_company(
    small: StagedClassifier, make_images: Callable[..., Tensor]
) -> None:
    images = make_images(96, 3)

    together = grad_cam(small, images, torch.tensor([0, 1, 2]))

    for row in range(3):
        alone = grad_cam(small, images[row : row + 1], torch.tensor([row]))
        torch.testing.assert_close(alone[0], together[row], rtol=1e-4, atol=1e-4)


def test_the_model_is_left_as_it_was(
    make_images: Callable[..., Tensor],
) -> None:
    model = lively("vit_tiny_patch16_224", 32)
    freeze_to(layer_groups(model), -1)
    model.head.train()
    before = {name: each.clone() for name, each in model.state_dict().items()}

    def state() -> tuple[list[object], ...]:
        return (
            [each.requires_grad for each in model.parameters()],
            [each.grad for each in model.parameters()],
            [module.training for module in model.modules()],
            [len(module._forward_hooks) for module in model.modules()],
        )

    asked = state()
    grad_cam(model, make_images(32), torch.tensor([0, 1]))
    assert state() == asked
    with pytest.raises(PlanError, match="no class 7: expected 0 to 2"):
        grad_cam(model, make_images(32), torch.tensor([0, 7]))
    assert state() == asked
    after = model.state_dict()
    assert all(torch.equal(after[name], each) for name, each in before.items())
    assert torch.is_grad_enabled()


def test_freezing_does_not_change_a_map(
    small: StagedClassifier, make_images: Callable[..., Tensor]
) -> None:
    images, classes = make_images(96), torch.tensor([0, 2])
    freeze_to(layer_groups(small), 0)
    free = grad_cam(small, images, classes)

    freeze_to(layer_groups(small), -1)
    frozen = grad_cam(small, images, classes)

    assert torch.equal(free, frozen)


def test_the_plain_backbone_is_asked_in_single_precision(
    small: StagedClassifier, make_images: Callable[..., Tensor]
) -> None:
    images, classes = make_images(96), torch.tensor([0, 2])
    expected = grad_cam(small, images, classes)
    small.stand_in.network = nn.Identity()
    try:
        with torch.autocast("cpu", torch.bfloat16):
            found = grad_cam(small, images, classes)
    finally:
        small.stand_in.network = None

    assert torch.equal(found, expected)


def test_an_original_head_can_be_asked_too(
    make_images: Callable[..., Tensor],
) -> None:
    model = with_original_head("unfreeze_nano", weights="pretrained", size=64)

    assert grad_cam(model, make_images(64), torch.tensor([0, 1])).shape == (2, 2, 2)


def test_prefix_tokens_are_left_out_where_they_are() -> None:
    places = torch.arange(18.0).reshape(1, 9, 2)
    tokens = torch.cat([torch.full((1, 2, 2), -1.0), places], dim=1)

    maps = as_map(tokens, 2)

    torch.testing.assert_close(maps[0, :, 1, 0], torch.tensor([6.0, 7.0]))
    torch.testing.assert_close(as_map(places, 1), maps)


@pytest.mark.parametrize("shape", [(1, 7, 4), (1, 8)])
def test_features_without_places_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PlanError, match="have no places in the image"):
        as_map(torch.zeros(shape), 0)
