"""What the embedded backbone learns from: its teacher, and how far it is from it.

See train_nano.py for the whole.
"""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import timm
import torch
from timm.models._efficientnet_blocks import DepthwiseSeparableConv
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval
from typing_extensions import override

from unfreeze.models.nano import UnfreezeNano

TimmNetwork: TypeAlias = Any  # timm carries no types

TEMPERATURE = 2.0

# The teacher's blocks that the student's stages begin as, and whose output they learn.
STEM_BLOCK = 2
STAGE_BLOCKS = (3, 4, 5)


@dataclass(frozen=True, slots=True)
class Maps:
    """What one network says about a batch.

    Letters: B images, C channels, h and w positions, K classes.
    """

    stages: list[Tensor]
    """Stem and stages, each B C h w."""

    final: Tensor
    """The teacher's last map, or the student's guess of it: B 1280 h w."""

    logits: Tensor
    """ImageNet's classes, B K."""


def read_teacher(path: Path) -> TimmNetwork:
    """Read timm's mobilenetv2_100, frozen.

    "same" padding is how these weights were trained: with timm's default they lose
    nine points of ImageNet accuracy.
    """
    net = timm.create_model("mobilenetv2_100", pad_type="same")
    net.load_state_dict(torch.load(path, weights_only=True))
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)


class Teacher(nn.Module):
    """MobileNetV2 with everything that the student is to repeat laid open."""

    def __init__(self, net: TimmNetwork) -> None:
        super().__init__()
        self.net = copy.deepcopy(net)
        fold_norms(self.net)

    def stem_map(self, images: Tensor) -> Tensor:
        """Return the map at an eighth of the side, B 32 h w."""
        maps = self.net.bn1(self.net.conv_stem(images))
        return self.net.blocks[: STEM_BLOCK + 1](maps).float()

    @override
    def forward(self, images: Tensor) -> Maps:
        """Return maps of all depths and the logits."""
        maps = self.net.bn1(self.net.conv_stem(images))
        depths = []
        for block in self.net.blocks:
            maps = block(maps)
            depths.append(maps.float())
        final = self.net.bn2(self.net.conv_head(maps)).float()
        logits = self.net.classifier(final.mean((2, 3))).float()
        return Maps([depths[i] for i in (STEM_BLOCK, *STAGE_BLOCKS)], final, logits)


def fold_norms(net: TimmNetwork) -> None:
    """Fold each batch norm into the convolution before it: a fifth faster."""
    names = (("conv_stem", "bn1"), ("conv_head", "bn2"), ("conv_pw", "bn1"))
    inverted = (*names, ("conv_dw", "bn2"), ("conv_pwl", "bn3"))
    separable = (("conv_dw", "bn1"), ("conv_pw", "bn2"))
    for module in net.modules():
        is_separable = isinstance(module, DepthwiseSeparableConv)
        for conv, norm in separable if is_separable else inverted:
            if conv in module._modules:
                folded = fuse_conv_bn_eval(
                    module.get_submodule(conv), module.get_submodule(norm)
                )
                module.set_submodule(conv, folded)
                module.set_submodule(norm, module.get_submodule(f"{norm}.act"))


class Pupil(nn.Module):
    """The student, with a throw-away layer that translates its last map."""

    def __init__(self, net: UnfreezeNano, teacher: Teacher) -> None:
        super().__init__()
        self.net = net
        self.translate = nn.Conv2d(net.num_features, teacher.net.num_features, 1)
        self.classifier = teacher.net.classifier

    @override
    def forward(self, images: Tensor) -> Maps:
        """Return maps of all depths, and logits through the teacher's classifier."""
        stages = [self.net.stem(images)]
        for stage in self.net.stages:
            stages.append(stage(stages[-1]))
        final = functional.relu(self.translate(self.net.final(stages[-1]))).float()
        logits = self.classifier(final.mean((2, 3))).float()
        return Maps([maps.float() for maps in stages], final, logits)


def start_from_teacher(net: UnfreezeNano, teacher: TimmNetwork) -> None:
    """Copy the teacher's blocks into the student's stages.

    The first stage is one block shorter than the teacher's.
    """
    stages: Any = net.stages
    for stage, number in zip(stages, STAGE_BLOCKS, strict=True):
        blocks = teacher.blocks[number][: len(stage)]
        for ours, theirs in zip(stage, blocks, strict=True):
            pairs = (
                (ours.widen, theirs.conv_pw, theirs.bn1),
                (ours.filter, theirs.conv_dw, theirs.bn2),
                (ours.narrow, theirs.conv_pwl, theirs.bn3),
            )
            for layer, conv, norm in pairs:
                layer.conv.load_state_dict(conv.state_dict())
                layer.norm.load_state_dict(norm.state_dict())


def map_loss(guess: Tensor, truth: Tensor) -> Tensor:
    """Squared error as a share of each channel's variance, averaged over channels."""
    error = (guess - truth).square().mean((0, 2, 3))
    return (error / (truth.var((0, 2, 3)) + 1e-3)).mean()


def answer_loss(guess: Tensor, truth: Tensor) -> Tensor:
    """Distance between two softened answers, in nats (Hinton et al., 2015)."""
    distance = functional.kl_div(
        functional.log_softmax(guess / TEMPERATURE, 1),
        functional.log_softmax(truth / TEMPERATURE, 1),
        reduction="batchmean",
        log_target=True,
    )
    return distance * TEMPERATURE**2


def total_loss(guess: Maps, truth: Maps) -> Tensor:
    """Add up what the student gets wrong, the last layers weighing most."""
    pairs = zip((0.25, 0.25, 0.5, 1.0), guess.stages, truth.stages, strict=True)
    inner = sum(weight * map_loss(ours, theirs) for weight, ours, theirs in pairs)
    return (
        inner
        + map_loss(guess.final, truth.final)
        + answer_loss(guess.logits, truth.logits)
    )
