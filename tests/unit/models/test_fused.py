"""Mirrors src/unfreeze/models/fused.py."""

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from unfreeze.models import fused
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.models.fused import standing_in
from unfreeze.models.groups import freeze_to, layer_groups

SIZE = 64


@pytest.fixture(autouse=True)
def _one_thread_and_a_generator() -> Iterator[None]:
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=[]):
        yield
    torch.set_num_threads(count)


def _images(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(count, 3, SIZE, SIZE, generator=generator)
    return images.to(memory_format=torch.channels_last)


def _frozen(arch: str) -> StagedClassifier:
    """A network whose batch norms have something to say."""
    backbone = build_backbone(arch, weights="none", size=SIZE)
    generator = torch.Generator().manual_seed(5)
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low in (
                (module.running_mean, -0.2),
                (module.running_var, 0.5),
                (module.weight, 0.5),
                (module.bias, -0.2),
            ):
                assert tensor is not None
                drawn = torch.rand(tensor.shape, generator=generator)
                with torch.no_grad():
                    tensor.copy_(low + drawn)
    model = with_new_head(backbone, 2)
    freeze_to(layer_groups(model), -1)
    return model.eval()


def _features(model: StagedClassifier, images: Tensor) -> Tensor:
    with torch.no_grad():
        return model.features(images)


def _num_norms(model: StagedClassifier) -> tuple[int, int]:
    """Batch norms of the backbone, and of what stands in for it."""
    network = model.stand_in.network
    assert network is not None
    return tuple(
        sum(isinstance(each, nn.BatchNorm2d) for each in part.modules())
        for part in (model.backbone, network)
    )


@pytest.mark.parametrize(
    ("arch", "num_left"),
    [
        ("resnet10t", 0),
        ("mobilenetv2_035", 0),
        ("regnetx_002", 0),
        ("unfreeze_nano", 9),  # its filters are no modules of torch
        ("densenet121", 62),
    ],
)
def test_answers_are_the_same_without_the_norms(arch: str, num_left: int) -> None:
    model, images = _frozen(arch), _images(5)
    expected = _features(model, images)

    with standing_in(model, _images(1), torch.float32):
        before, after = _num_norms(model)
        found = _features(model, images)

    assert before > after
    assert after == num_left
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    assert torch.equal(_features(model, images), expected)


def test_in_half_precision_the_difference_is_that_of_half_precision() -> None:
    model, images = _frozen("resnet10t"), _images(5)
    right = _features(model, images)
    with torch.autocast("cpu", torch.bfloat16):
        usual = _features(model, images).float()
        with standing_in(model, _images(1).float(), torch.bfloat16):
            found = _features(model, images).float()

    def error(answers: Tensor) -> float:
        return float((answers - right).norm() / right.norm())

    assert 0 < error(found) < 1.5 * error(usual)


def test_without_packed_kernels_torch_convolves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Missing:
        def __init__(self, *_: object) -> None:
            raise AttributeError("no attribute '_reorder_convolution_weight'")

    monkeypatch.setattr(fused, "_PackedConv", Missing)
    model, images = _frozen("resnet10t"), _images(3)
    expected = _features(model, images)

    with standing_in(model, _images(1), torch.float32):
        _, left = _num_norms(model)
        found = _features(model, images)

    assert left == 0
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_a_network_that_uses_a_convolution_twice_keeps_its_modules() -> None:
    class Sly(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.norm = nn.BatchNorm2d(3)
            nn.init.constant_(self.norm.weight, 3.0)

        def forward(self, images: Tensor) -> Tensor:
            convolved = self.conv(images)
            return self.norm(convolved) + convolved

    with torch.no_grad():
        found = fused._checked_copy(Sly().eval(), _images(1), torch.float32)

    assert found is None


def test_a_network_without_norms_runs_as_it_is() -> None:
    model = _frozen("vit_tiny_patch16_224")
    with standing_in(model, _images(1), torch.float32):
        assert model.stand_in.network is None


def test_the_model_and_its_copies_know_nothing_of_the_stand_in() -> None:
    model = _frozen("resnet10t")
    names = list(model.state_dict())

    with standing_in(model, _images(1), torch.bfloat16):
        assert list(model.state_dict()) == names
        assert copy.deepcopy(model).stand_in.network is None

    assert model.stand_in.network is None


def test_it_leaves_also_after_an_error() -> None:
    model = _frozen("resnet10t")
    with (
        pytest.raises(KeyboardInterrupt),
        standing_in(model, _images(1), torch.float32),
    ):
        raise KeyboardInterrupt

    assert model.stand_in.network is None
