"""Mirrors src/unfreeze/models/classifier.py."""

from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from unfreeze.models.backbones import Backbone, build_backbone
from unfreeze.models.classifier import (
    with_custom_head,
    with_new_head,
    with_original_head,
)
from unfreeze.models.probe import evaluating


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return build_backbone("resnet18", weights="none", size=32)


@pytest.mark.parametrize("num_classes", [2, 17, 120])
def test_a_new_head_has_one_logit_per_class(
    backbone: Backbone, num_classes: int, make_images: Callable[..., Tensor]
) -> None:
    model = with_new_head(backbone, num_classes)

    with evaluating(model):
        assert model(make_images(32)).shape == (2, num_classes)


def test_features_then_classify_is_the_whole_model(
    backbone: Backbone, make_images: Callable[..., Tensor]
) -> None:
    model = with_new_head(backbone, 3)

    with evaluating(model):
        features = model.features(make_images(32))
        assert features.shape == (2, 1024)
        assert torch.equal(model.classify(features), model(make_images(32)))


def test_a_custom_head_reads_the_feature_map(
    backbone: Backbone, make_images: Callable[..., Tensor]
) -> None:
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = with_custom_head(backbone, head)

    with evaluating(model):
        images = make_images(32)
        assert torch.equal(model.features(images), backbone(images))
        torch.testing.assert_close(model(images), backbone(images).mean((2, 3)))


@pytest.mark.usefixtures("global_draws")
@pytest.mark.parametrize(
    ("arch", "size"),
    [("resnet18", 64), ("mobilenetv3_small_050", 64), ("vit_tiny_patch16_224", 224)],
)
def test_the_original_head_computes_what_timm_does(
    arch: str, size: int, tmp_path: Path, make_images: Callable[..., Tensor]
) -> None:
    oracle = timm.create_model(arch).eval()
    save_file(oracle.state_dict(), tmp_path / "w.safetensors")

    model = with_original_head(arch, weights=tmp_path / "w.safetensors", size=size)

    images = make_images(size)
    with evaluating(model), torch.no_grad():
        assert torch.equal(model(images), oracle(images))
    assert sum(p.numel() for p in model.parameters()) == sum(
        p.numel() for p in oracle.parameters()
    )


@pytest.fixture(scope="module")
def rows() -> Tensor:
    """Stored activations of eight images, as the backbone above hands them out."""
    return torch.randn(8, 1024, generator=torch.Generator().manual_seed(0))


def test_a_new_head_rounds_under_autocast_while_it_learns_and_only_then(
    backbone: Backbone, rows: Tensor
) -> None:
    model = with_new_head(backbone, 3, ps=0.0)
    for_sure = model.head.train()(rows).detach()

    with torch.autocast("cpu", torch.bfloat16):
        learning = model.classify(rows).detach()
        measuring = model.eval().classify(rows).detach()

    error = (learning - for_sure).norm() / for_sure.norm()
    assert learning.dtype is torch.float32
    assert 1e-5 < error < 0.02  # bfloat16 has eight significant bits
    assert torch.equal(measuring, model.head(rows))
    assert torch.equal(model.train().classify(rows), for_sure)


def test_a_head_of_the_user_s_own_learns_in_single_precision(
    backbone: Backbone, rows: Tensor
) -> None:
    head = nn.Sequential(nn.Linear(1024, 256, device="meta").to_empty(device="cpu"))
    nn.init.eye_(head[0].weight)
    nn.init.zeros_(head[0].bias)
    model = with_custom_head(backbone, head).train()

    with torch.autocast("cpu", torch.bfloat16):
        found = model.classify(rows)

    assert torch.equal(found, rows[:, :256])
