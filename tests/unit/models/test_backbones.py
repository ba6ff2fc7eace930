"""Mirrors src/unfreeze/models/backbones.py."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from unfreeze.errors import PlanError, WeightsError
from unfreeze.models.backbones import Backbone, build_backbone, spec_for
from unfreeze.models.probe import evaluating
from unfreeze.models.weights import content_hash


def _saved(network: nn.Module, path: Path) -> Path:
    save_file(network.state_dict(), path)
    return path


def _run(module: nn.Module, images: Tensor) -> Tensor:
    with evaluating(module):
        output: Tensor = module(images)
    return output


def _names(backbone: Backbone, group: int) -> set[str]:
    own = {p: name for name, p in backbone.network.named_parameters()}
    return {own[p].split(".")[0] for p in backbone.groups[group].parameters()}


@pytest.mark.usefixtures("global_draws")
def test_features_are_timms(tmp_path: Path, make_images: Callable[..., Tensor]) -> None:
    oracle = timm.create_model("resnet18").eval()

    backbone = build_backbone(
        "resnet18", weights=_saved(oracle, tmp_path / "w.safetensors"), size=64
    )

    images = make_images(64)
    with torch.no_grad():
        expected = oracle.forward_features(images)
    assert torch.equal(_run(backbone, images), expected)
    assert backbone.num_features == expected.shape[1] == 512


def test_groups_of_resnet34_are_the_lessons() -> None:
    backbone = build_backbone("resnet34", weights="none", size=32)

    assert _names(backbone, 0) == {"conv1", "bn1", "layer1", "layer2"}
    assert _names(backbone, 1) == {"layer3", "layer4"}


def test_no_parameter_of_the_old_head_remains() -> None:
    backbone = build_backbone("mobilenetv3_small_050", weights="none", size=32)

    children = dict(backbone.network.named_children())
    assert isinstance(children["conv_head"], nn.Identity)
    assert isinstance(children["classifier"], nn.Identity)


def test_same_seed_same_random_weights() -> None:
    first, again, other = (
        content_hash(build_backbone("resnet18", weights="none", size=32, seed=seed))
        for seed in (1, 1, 2)
    )

    assert first == again != other


def test_a_fresh_backbone_is_in_training_mode() -> None:
    backbone = build_backbone("resnet18", weights="none", size=32)

    assert all(module.training for module in backbone.modules())


@pytest.mark.parametrize(("xtra_cut", "channels", "side"), [(1, 256, 4), (3, 64, 16)])
def test_extra_cut_removes_trailing_stages(
    xtra_cut: int, channels: int, side: int, make_images: Callable[..., Tensor]
) -> None:
    backbone = build_backbone("resnet18", weights="none", size=64, xtra_cut=xtra_cut)

    assert backbone.num_features == channels
    assert _run(backbone, make_images(64)).shape == (2, channels, side, side)
    kept = {name.split(".")[0] for name, _ in backbone.network.named_parameters()}
    assert kept == {"conv1", "bn1", *(f"layer{n}" for n in range(1, 5 - xtra_cut))}


def test_cutting_more_than_there_is_is_refused() -> None:
    with pytest.raises(
        PlanError, match=r"has 5 stages: xtra_cut must be 0 to 4, got 5"
    ):
        build_backbone("resnet18", weights="none", size=64, xtra_cut=5)


@pytest.mark.usefixtures("global_draws")
def test_position_embeddings_follow_the_input_size(
    tmp_path: Path, make_images: Callable[..., Tensor]
) -> None:
    name = "vit_tiny_patch16_224"
    path = _saved(timm.create_model(name), tmp_path / "w.safetensors")

    backbone = build_backbone(name, weights=path, size=96)
    assert _run(backbone, make_images(96)).shape == (2, 1 + 36, 192)
    backbone.resize_input(64)

    assert backbone.size == 64
    assert _run(backbone, make_images(64)).shape == (2, 1 + 16, 192)


def test_resizing_keeps_the_weights_of_convolutions() -> None:
    backbone = build_backbone("resnet18", weights="none", size=64)
    before = content_hash(backbone)

    backbone.resize_input(96)

    assert content_hash(backbone) == before
    assert backbone.size == 96


def test_a_refused_size_leaves_the_backbone_as_it_was() -> None:
    backbone = build_backbone("vit_tiny_patch16_224", weights="none", size=64)
    before = content_hash(backbone)

    with pytest.raises(
        PlanError, match=r"multiple of 16 pixels, got 100\. Nearest: 96"
    ):
        backbone.resize_input(100)

    assert content_hash(backbone) == before
    assert backbone.size == 64


def test_resizing_leaves_frozen_parameters_frozen() -> None:
    backbone = build_backbone("vit_tiny_patch16_224", weights="none", size=64)
    backbone.requires_grad_(False)

    backbone.resize_input(96)

    assert not any(parameter.requires_grad for parameter in backbone.parameters())


def test_weights_given_as_a_plain_string_are_not_ignored() -> None:
    with pytest.raises(PlanError, match=r"or the Path of a file, got 'w\.pth'"):
        build_backbone("resnet18", weights="w.pth", size=64)  # type: ignore[arg-type]


def test_a_copy_is_independent(make_images: Callable[..., Tensor]) -> None:
    backbone = build_backbone("resnet18", weights="none", size=32)
    twin = copy.deepcopy(backbone)

    with torch.no_grad():
        twin.groups[0][0].weight.zero_()

    assert not torch.equal(_run(twin, make_images(32)), _run(backbone, make_images(32)))


@pytest.mark.usefixtures("global_draws")
def test_a_file_of_another_architecture_is_refused_with_misfits(
    tmp_path: Path,
) -> None:
    path = _saved(timm.create_model("resnet18"), tmp_path / "w.safetensors")

    with pytest.raises(WeightsError, match=r"missing layer1\.2\.bn1.* and 75 more"):
        build_backbone("resnet34", weights=path, size=32)


@pytest.mark.usefixtures("global_draws")
def test_a_file_without_classifier_is_enough(tmp_path: Path) -> None:
    body = timm.create_model("resnet18", num_classes=0)

    build_backbone(
        "resnet18", weights=_saved(body, tmp_path / "w.safetensors"), size=32
    )


def test_specs_are_timms_records() -> None:
    spec = spec_for("inception_4", 299)

    assert spec.size == 299
    assert spec.mean == spec.std == (0.5, 0.5, 0.5)
    assert spec.interpolation == "bicubic"
    assert spec_for("resnet18.tv_in1k", 64).interpolation == "bilinear"
    assert spec_for("resnet34", 64).mean == pytest.approx((0.485, 0.456, 0.406))


def test_an_unknown_architecture_is_refused_with_a_suggestion() -> None:
    with pytest.raises(
        PlanError,
        match=r"^Unknown architecture 'resnt34'\. Did you mean 'resnet34'\?$",
    ):
        build_backbone("resnt34", weights="none", size=32)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("arch", "file"),
    [("resnet18", "resnet18.safetensors"), ("mobilenet_v2", "mobilenetv2_100.pth")],
)
def test_real_files_load_whole(arch: str, file: str, shared_data: Path) -> None:
    backbone = build_backbone(arch, weights=shared_data / "weights" / file, size=64)

    random_one = build_backbone(arch, weights="none", size=64)
    for name, tensor in backbone.state_dict().items():
        assert tensor.isfinite().all()
        if tensor.ndim == 4:
            assert not torch.equal(tensor, random_one.state_dict()[name])


@pytest.mark.parametrize(
    ("arch", "is_tied"),
    [("resnet18", False), ("unfreeze_nano", False), ("vit_tiny_patch16_224", True)],
)
def test_networks_tied_to_a_size_say_so(arch: str, is_tied: bool) -> None:
    backbone = build_backbone(arch, weights="none", size=224)

    assert backbone.is_tied_to_size is is_tied
