"""Mirrors src/unfreeze/export/tracing.py; the oracle is the model itself."""

import copy

import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from tests.unit.export.conftest import SIZE, lively
from unfreeze.errors import PlanError
from unfreeze.export.tracing import Traced, traced
from unfreeze.models.classifier import StagedClassifier, with_custom_head
from unfreeze.models.grad_cam import grad_cam


def _linear(width: int, classes: int) -> nn.Linear:
    layer = nn.Linear(width, classes, device="meta").to_empty(device="cpu")
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def noise(count: int, size: int) -> Tensor:
    generator = torch.Generator().manual_seed(count)
    return torch.randn(count, 3, size, size, generator=generator)


def test_the_operations_answer_as_the_model_for_any_number_of_images(
    model: StagedClassifier, trace: Traced
) -> None:
    for count in (1, 2, 5):
        images = noise(count, SIZE)
        with torch.no_grad():
            expected = model(images)

        logits, heat = trace.operations(images)

        torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)
        wanted = grad_cam(model, images, expected.argmax(1))
        torch.testing.assert_close(heat, wanted, rtol=1e-4, atol=1e-5)


def test_the_model_stays_as_it_is(model: StagedClassifier) -> None:
    learning = copy.deepcopy(model).train()
    before = {name: each.clone() for name, each in learning.state_dict().items()}

    traced(learning, SIZE)

    assert learning.training
    assert all(each.requires_grad for each in learning.parameters())
    assert all(
        torch.equal(before[name], each) for name, each in learning.state_dict().items()
    )


def test_features_without_places_have_no_heat(model: StagedClassifier) -> None:
    class Vectors(nn.Module):
        num_prefix_tokens = 0
        network = nn.Identity()

        @override
        def forward(self, images: Tensor) -> Tensor:
            return images.mean(dim=(2, 3))

    flat = with_custom_head(model.backbone, _linear(3, 2)).eval()
    flat.backbone = Vectors()  # type: ignore[assignment]

    found = traced(flat, SIZE)

    assert not found.has_heat
    (logits,) = found.operations(torch.ones(2, 3, SIZE, SIZE))
    assert logits.shape == (2, 2)


def test_a_model_that_decides_by_its_input_is_refused(model: StagedClassifier) -> None:
    class Deciding(nn.Module):
        @override
        def forward(self, features: Tensor) -> Tensor:
            pooled = features.mean(dim=(2, 3))[:, :2]
            return pooled if bool(features.detach().sum() > 0) else -pooled

    with pytest.raises(PlanError, match="cannot be exported: torch cannot trace it"):
        traced(with_custom_head(model.backbone, Deciding()).eval(), SIZE)


def test_ctrl_c_is_no_fault_of_the_model(model: StagedClassifier) -> None:
    """Torch's tracer catches it, goes on, and fails at something else."""

    class Interrupted(nn.Module):
        calls = 0

        @override
        def forward(self, features: Tensor) -> Tensor:
            self.calls += 1
            if self.calls == 1:  # as it is looked at, before it is traced
                return features.mean(dim=(2, 3))[:, :2]
            try:
                raise KeyboardInterrupt
            except KeyboardInterrupt:
                raise TypeError("unsupported operand") from None

    with pytest.raises(KeyboardInterrupt):
        traced(with_custom_head(model.backbone, Interrupted()).eval(), SIZE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arch", "size"),
    [
        ("vit_tiny_patch16_224", 224),
        ("deit_tiny_distilled_patch16_224", 224),
        ("swin_tiny_patch4_window7_224", 224),
        ("convnext_atto", 64),
        ("efficientnet_b0", 64),
        ("mobilenetv2_100", 64),
        ("resnet18", 64),
    ],
)
def test_networks_of_many_families_keep_answers_and_heat(arch: str, size: int) -> None:
    model = lively(arch, size)
    images = noise(3, size)

    logits, heat = traced(model, size).operations(images)

    with torch.no_grad():
        expected = model(images)
    torch.testing.assert_close(logits, expected, rtol=1e-3, atol=1e-4)
    wanted = grad_cam(model, images, expected.argmax(1))
    torch.testing.assert_close(heat, wanted, rtol=1e-2, atol=1e-3)
