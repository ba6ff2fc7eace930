"""Mirrors tools/nano_teacher.py."""

import importlib
import math
from types import ModuleType
from typing import Any, TypeAlias

import pytest
import timm
import torch

from unfreeze.models.nano import UnfreezeNano

TimmNetwork: TypeAlias = Any  # timm carries no types

pytestmark = pytest.mark.usefixtures("global_draws")


@pytest.fixture
def lessons() -> ModuleType:
    return importlib.import_module("nano_teacher")


@pytest.fixture
def original() -> TimmNetwork:
    """MobileNetV2 with random weights and statistics."""
    net = timm.create_model("mobilenetv2_100", pad_type="same")
    for name, values in net.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            values.uniform_(0.5, 1.5)
    return net.eval().requires_grad_(False)


def test_the_folded_teacher_says_what_timm_says(
    lessons: ModuleType, original: TimmNetwork
) -> None:
    images = torch.randn(2, 3, 64, 64)

    said = lessons.Teacher(original)(images)

    torch.testing.assert_close(said.logits, original(images), rtol=1e-3, atol=1e-3)
    features = original.forward_features(images)
    torch.testing.assert_close(said.final, features, rtol=1e-3, atol=1e-3)


def test_the_student_begins_with_the_teachers_blocks(
    lessons: ModuleType, original: TimmNetwork
) -> None:
    """Below 6, where the teacher cuts off, both stages compute the same."""
    net = UnfreezeNano(num_classes=0).eval()
    lessons.start_from_teacher(net, original)
    maps = torch.randn(2, 64, 8, 8) * 0.01

    torch.testing.assert_close(net.stages[1](maps), original.blocks[4](maps))


def test_guessing_each_channels_mean_is_a_map_loss_of_one(lessons: ModuleType) -> None:
    truth = torch.randn(8, 5, 16, 16) * torch.tensor([1, 2, 5, 10, 20.0]).view(5, 1, 1)
    guess = truth.mean((0, 2, 3), keepdim=True).expand_as(truth)

    assert lessons.map_loss(guess, truth).item() == pytest.approx(1, rel=1e-3)
    assert lessons.map_loss(truth, truth).item() == 0


def test_the_answer_loss_is_the_divergence_at_the_raised_temperature(
    lessons: ModuleType,
) -> None:
    """Odds 3:1 against even odds: 3/4 ln(3/2) + 1/4 ln(1/2), times 2 squared."""
    truth = torch.tensor([[2 * math.log(3), 0.0]])

    loss = lessons.answer_loss(torch.zeros(1, 2), truth)

    expected = 4 * (0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    assert loss.item() == pytest.approx(expected, rel=1e-5)
