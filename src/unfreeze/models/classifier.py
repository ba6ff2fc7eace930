"""A backbone, a pool and a head in a row, with the middle within reach."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import nn
from typing_extensions import override

from unfreeze.models.backbones import Backbone, Weights, build_with_original_head
from unfreeze.models.heads import ConcatPool, Head, build_head
from unfreeze.models.probe import blank_images, evaluating
from unfreeze.tensors import Features, Images, Logits

__all__ = [
    "Compiled",
    "StagedClassifier",
    "StandIn",
    "with_custom_head",
    "with_new_head",
    "with_original_head",
]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A backbone as compiled for learning from batches of one shape.

    Its parameters are those of the backbone.
    """

    run: Callable[[Images], Features]
    shape: torch.Size

    def suits(self, images: Images) -> bool:
        """Whether these would not make it be compiled once more."""
        return images.shape == self.shape and torch.is_grad_enabled()


@final
class StandIn:
    """What computes the features instead of the backbone, for the time being.

    It is no part of the model that holds it, neither saved nor copied with it.
    """

    network: nn.Module | None = None
    """Does so in every case, while nothing learns. ``models.fused`` puts it here."""

    compiled: Compiled | None = None
    """Does so where it suits, while the backbone learns."""

    def instead_of(
        self, backbone: nn.Module, images: Images
    ) -> Callable[[Images], Features]:
        """Choose what runs ``images``."""
        if self.network is not None:
            return self.network
        if self.compiled is not None and self.compiled.suits(images):
            return self.compiled.run
        return backbone

    def __deepcopy__(self, memo: object) -> "StandIn":
        return StandIn()


@final
class StagedClassifier(nn.Module):
    """Images to features to logits.

    ``features`` is what precomputed activations store; ``classify`` is what learns
    from them. The backbone's precision is the caller's business (autocast).

    Args:
        backbone: Computes maps or tokens.
        pool: Reduces them to one vector per image, or hands them on.
        head: Turns that into logits.
    """

    def __init__(self, backbone: Backbone, pool: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.pool = pool
        self.head = head
        self.stand_in = StandIn()

    def features(self, images: Images) -> Features:
        """Compute what the head reads: ``B 2C`` behind a ConcatPool."""
        run = self.stand_in.instead_of(self.backbone, images)
        return self.pool(run(images))

    def can_read(self, size: int) -> bool:
        """Whether it takes images of ``size`` pixels a side as it is, without change.

        Tried on a black one, since networks and heads of a user's own find out only
        when they run.
        """
        if self.backbone.is_tied_to_size:
            return size == self.backbone.size
        try:
            with evaluating(self):
                self(blank_images(self, size))
        except Exception:  # they raise anything
            return False
        return True

    def classify(self, features: Features) -> Logits:
        """Compute logits from what ``features`` returned, in single precision.

        The head costs next to nothing, and so it says the same about an image whether
        its features come from the backbone or from the disk. Only while a ``Head``
        learns under autocast, its layers round what they gain from.
        """
        if isinstance(self.head, Head) and self.head.training:
            return self.head(features.float())
        with torch.autocast(features.device.type, enabled=False):
            logits: Logits = self.head(features.float())
        return logits

    @property
    def is_backbone_frozen(self) -> bool:
        """Whether nothing but the head can learn."""
        return not any(each.requires_grad for each in self.backbone.parameters())

    @override
    def forward(self, images: Images) -> Logits:
        """Compute logits of normalised images."""
        return self.classify(self.features(images))


def with_new_head(
    backbone: Backbone,
    num_classes: int,
    *,
    xtra_fc: Sequence[int] = (512,),
    ps: float | Sequence[float] | None = None,
    seed: int = 0,
) -> StagedClassifier:
    """Put concat pooling and a new head on ``backbone``; see ``build_head``.

    Raises:
        PlanError: If a width or dropout is out of range, or their counts disagree.
    """
    head = build_head(
        2 * backbone.num_features, num_classes, xtra_fc=xtra_fc, ps=ps, seed=seed
    )
    return StagedClassifier(backbone, ConcatPool(backbone.num_prefix_tokens), head)


def with_custom_head(backbone: Backbone, head: nn.Module) -> StagedClassifier:
    """Put ``head`` on ``backbone``; it reads maps ``B C H W`` or tokens ``B N C``."""
    return StagedClassifier(backbone, nn.Identity(), head)


def with_original_head(
    arch: str, *, weights: Weights, size: int, seed: int = 0
) -> StagedClassifier:
    """Build a network with the classifier it was trained with, in stages.

    Its logits equal those of the network as timm or torchvision builds it. The
    arguments and errors are those of ``backbones.build_backbone``.
    """
    backbone, head = build_with_original_head(
        arch, weights=weights, size=size, seed=seed
    )
    return StagedClassifier(backbone, nn.Identity(), head)
