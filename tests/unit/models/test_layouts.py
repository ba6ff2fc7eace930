"""Mirrors src/unfreeze/models/layouts.py, and how files of torchvision are filled in.

The oracle is torchvision itself: its network and ours, with the same weights, must
compute the same.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torchvision
from torch import Tensor, nn

from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import with_original_head
from unfreeze.models.layouts import match_by_order
from unfreeze.models.probe import evaluating

_SLOW = [
    ("resnet50", "resnet50"),
    ("resnext50_32x4d", "resnext50"),
    ("wide_resnet50_2", "wrn"),
    ("densenet121", "dn121"),
    ("vgg16", "vgg16.tv_in1k"),
    ("vgg16_bn", "vgg16"),
    ("inception_v3", "inception_v3"),
    ("regnet_x_400mf", "regnetx_004_tv"),
    ("regnet_y_400mf", "regnety_004"),
    ("convnext_tiny", "convnext_tiny"),
    ("convnext_small", "convnext_small"),
    ("convnext_base", "convnext_base"),
    ("mnasnet1_0", "mnasnet_100"),
    ("mobilenet_v3_large", "mobilenet_v3"),
    ("efficientnet_b0", "efficientnet_b0"),
    ("efficientnet_b1", "efficientnet_b1"),
    ("efficientnet_b2", "efficientnet_b2"),
    ("efficientnet_b3", "efficientnet_b3"),
    ("efficientnet_b4", "efficientnet_b4"),
    ("efficientnet_v2_s", "efficientnetv2_s"),
]
_PAIRS = [
    ("resnet18", "resnet18"),
    ("mobilenet_v2", "mobilenet_v2"),
    ("mobilenet_v3_small", "mobilenetv3_small_100"),
    *(pytest.param(*pair, marks=pytest.mark.slow) for pair in _SLOW),
]


@pytest.mark.usefixtures("global_draws")
@pytest.mark.parametrize(("theirs", "ours"), _PAIRS)
def test_a_torchvision_file_computes_what_torchvision_does(
    theirs: str, ours: str, make_images: Callable[..., Tensor], tmp_path: Path
) -> None:
    size = 299 if theirs == "inception_v3" else 224
    options = {"init_weights": True} if theirs == "inception_v3" else {}
    oracle: nn.Module = torchvision.models.get_model(theirs, weights=None, **options)
    _unsettle(oracle)
    torch.save(oracle.state_dict(), tmp_path / "tv.pth")

    model = with_original_head(ours, weights=tmp_path / "tv.pth", size=size)

    images = make_images(size)
    with evaluating(oracle), evaluating(model):
        expected, found = oracle(images), model(images)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * _largest(found))


@pytest.mark.usefixtures("global_draws")
def test_a_torchvision_file_for_other_classes_fills_the_backbone(
    tmp_path: Path, make_images: Callable[..., Tensor]
) -> None:
    oracle = torchvision.models.mobilenet_v2(weights=None, num_classes=37)
    _unsettle(oracle)
    torch.save(oracle.state_dict(), tmp_path / "tv.pth")

    backbone = build_backbone("mobilenet_v2", weights=tmp_path / "tv.pth", size=64)

    images = make_images(64)
    with evaluating(oracle), evaluating(backbone):
        torch.testing.assert_close(backbone(images), oracle.features(images))


def test_an_unknown_order_is_not_guessed() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 1, device="meta"))

    assert match_by_order("swin_t", network, network.state_dict()) is None


def test_tensors_of_another_kind_or_number_do_not_match() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 1, device="meta"))
    kernel, bias = network.state_dict().values()

    swapped = {"0.bias": bias, "0.weight": kernel}
    assert match_by_order("mnasnet_100", network, swapped) is None
    assert match_by_order("mnasnet_100", network, {"0.weight": kernel}) is None


def _unsettle(network: nn.Module) -> None:
    """Give batch norm statistics and weights that show when they are mixed up."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)  # type: ignore[union-attr]
            module.running_var.uniform_(1e-3, 1.5)  # type: ignore[union-attr]
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)


def _largest(tensor: Tensor) -> float:
    return tensor.abs().max().item()
