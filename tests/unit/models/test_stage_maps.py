"""Mirrors src/unfreeze/models/stage_maps.py."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unfreeze.models.activations import activations_of
from unfreeze.models.backbones import build_backbone
from unfreeze.models.stage_maps import stage_maps


def test_stages_of_a_convolutional_network_are_its_layers(
    make_images: Callable[..., Tensor],
) -> None:
    backbone = build_backbone("resnet18", weights="none", size=64)
    images = make_images(64)

    found = stage_maps(backbone, images)

    expected = activations_of(backbone.network, images, ["layer1", "layer4"])
    assert list(found) == ["act1", "layer1", "layer2", "layer3", "layer4"]
    torch.testing.assert_close(found["layer1"], expected["layer1"])
    torch.testing.assert_close(found["layer4"], expected["layer4"])


def test_blocks_of_a_transformer_are_spread_and_lose_their_class_token(
    make_images: Callable[..., Tensor],
) -> None:
    backbone = build_backbone("vit_tiny_patch16_224", weights="none", size=64)

    found = stage_maps(backbone, make_images(64), most=4)

    assert list(found) == ["blocks.2", "blocks.5", "blocks.8", "blocks.11"]
    assert all(each.shape == (2, 192, 4, 4) for each in found.values())


@pytest.mark.slow
def test_maps_with_channels_last_are_turned(
    make_images: Callable[..., Tensor],
) -> None:
    backbone = build_backbone("swin_tiny_patch4_window7_224", weights="none", size=224)

    found = stage_maps(backbone, make_images(224, 1))

    sizes = [(96, 56, 56), (192, 28, 28), (384, 14, 14), (768, 7, 7)]
    assert [tuple(each.shape[1:]) for each in found.values()] == sizes


@pytest.mark.slow
def test_a_network_without_single_stages_has_its_last_features(
    make_images: Callable[..., Tensor],
) -> None:
    backbone = build_backbone("hrnet_w18_small", weights="none", size=64)

    (name,) = found = stage_maps(backbone, make_images(64))

    assert name == "last"
    assert found[name].shape[1] == backbone.num_features


def test_a_shortened_network_has_the_stages_that_are_left(
    make_images: Callable[..., Tensor],
) -> None:
    backbone = build_backbone("resnet18", weights="none", size=64, xtra_cut=1)

    assert list(stage_maps(backbone, make_images(64)))[-1] == "layer3"
