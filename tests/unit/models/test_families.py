"""Mirrors src/unfreeze/models/{backbones,groups}.py, over one of each timm family."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import timm
import torch
from torch import Tensor, nn

from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import (
    StagedClassifier,
    with_new_head,
    with_original_head,
)
from unfreeze.models.groups import freeze_to, layer_groups, set_mode
from unfreeze.models.probe import evaluating

_FAMILIES = {
    "beit_base_patch16_224": 64,
    "cait_xxs24_224": 224,
    "coatnet_nano_rw_224": 64,
    "convit_tiny": 224,
    "convnext_atto": 64,
    "convnextv2_atto": 64,
    "deit_tiny_distilled_patch16_224": 64,
    "deit_tiny_patch16_224": 64,
    "densenet121": 64,
    "dla34": 64,
    "dpn68": 64,
    "edgenext_xx_small": 64,
    "efficientformer_l1": 224,
    "efficientnet_b0": 64,
    "eva02_tiny_patch14_224": 56,
    "fastvit_t8": 64,
    "ghostnet_100": 64,
    "hgnetv2_b0": 64,
    "hrnet_w18_small": 64,
    "inception_resnet_v2": 96,
    "inception_v3": 96,
    "inception_v4": 96,
    "levit_128s": 224,
    "maxvit_tiny_rw_224": 224,
    "mixer_s32_224": 224,
    "mobilenetv2_100": 64,
    "mobilenetv3_small_100": 64,
    "mobilenetv4_conv_small": 64,
    "mobileone_s0": 64,
    "mobilevitv2_050": 64,
    "nfnet_l0": 64,
    "poolformer_s12": 64,
    "pvt_v2_b0": 64,
    "regnetx_002": 64,
    "repvgg_a0": 64,
    "resnest14d": 64,
    "resnet34": 64,
    "resnext50_32x4d": 64,
    "rexnet_100": 64,
    "swin_tiny_patch4_window7_224": 64,
    "swinv2_tiny_window8_256": 64,
    "tinynet_e": 64,
    "vgg11_bn": 64,
    "vit_small_patch14_reg4_dinov2": 56,
    "vit_tiny_patch16_224": 64,
    "xception41": 64,
    "xcit_nano_12_p16_224": 64,
}
"""One architecture of each family, and the side of images to try it with."""

_resampled_biases = pytest.mark.filterwarnings(
    # timm's own, while it fits relative positions to another size
    "ignore:Using a non-tuple sequence for multidimensional indexing",
    "ignore:torch.searchsorted",
)

_EVERY_TEST_RUN = {"convnext_atto", "resnet34", "vit_tiny_patch16_224"}

_cases = pytest.mark.parametrize(
    ("arch", "size"),
    [
        pytest.param(
            *case, marks=() if case[0] in _EVERY_TEST_RUN else pytest.mark.slow
        )
        for case in _FAMILIES.items()
    ],
)


@pytest.fixture(autouse=True)
def _own_stream() -> Iterator[None]:
    """Dropout draws from the global stream."""
    with torch.random.fork_rng(devices=[]):
        yield


@_resampled_biases
@_cases
def test_a_family_has_three_layer_groups_that_freeze(
    arch: str, size: int, make_images: Callable[..., Tensor]
) -> None:
    model = with_new_head(build_backbone(arch, weights="none", size=size), 3)
    groups = layer_groups(model)
    _assert_every_parameter_is_in_one_of_three(groups, model)
    _assert_stages_equal_whole(model, make_images(size))

    freeze_to(groups, -1)
    before = [_snapshot(group) for group in groups]
    backbone_before = _snapshot(model.backbone)
    _train_one_step(model, groups, make_images(size, 4))
    assert _changed(model.backbone, backbone_before) == set()
    assert _changed(groups[2], before[2])

    freeze_to(groups, 0)
    _train_one_step(model, groups, make_images(size, 4))
    assert all(_changed(g, b) for g, b in zip(groups, before, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("arch", _FAMILIES)
def test_a_family_keeps_its_own_head(
    arch: str, make_images: Callable[..., Tensor]
) -> None:
    size = timm.get_pretrained_cfg(arch).input_size[-1]
    model = with_original_head(arch, weights="none", size=size)
    oracle = timm.create_model(arch).eval()
    merged = {
        **_named(model.backbone.network),
        **_named(model.head.network),  # type: ignore[arg-type]
    }
    oracle.load_state_dict(merged)

    with evaluating(model), torch.no_grad():
        torch.testing.assert_close(
            model(make_images(size, 1)), oracle(make_images(size, 1))
        )


def _named(network: nn.Module) -> dict[str, Tensor]:
    return dict(network.state_dict())


def _assert_every_parameter_is_in_one_of_three(
    groups: list[nn.Module], model: StagedClassifier
) -> None:
    counts = Counter(p for group in groups for p in group.parameters())
    assert len(groups) == 3
    assert all(any(True for _ in group.parameters()) for group in groups)
    assert set(counts) == set(model.parameters())
    assert set(counts.values()) == {1}


def _assert_stages_equal_whole(model: StagedClassifier, images: Tensor) -> None:
    with evaluating(model):
        features = model.features(images)
        assert features.shape == (len(images), 2 * model.backbone.num_features)
        torch.testing.assert_close(model.classify(features), model(images))


def _train_one_step(
    model: StagedClassifier, groups: list[nn.Module], images: Tensor
) -> None:
    set_mode(groups, training=True)  # type: ignore[arg-type]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    model(images).square().sum().backward()
    optimizer.step()


def _snapshot(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def _changed(module: nn.Module, before: dict[str, Tensor]) -> set[str]:
    after = module.state_dict()
    return {name for name in before if not torch.equal(before[name], after[name])}
