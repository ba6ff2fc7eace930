"""What stands on a backbone: pooling of its output, and layers that end in logits.

Heads return logits. The log-softmax or sigmoid of the lesson is part of the loss.
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import nn
from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.models.dropout import Dropout
from unfreeze.models.linear import Linear
from unfreeze.numerics.keyed import Purpose, torch_seed
from unfreeze.tensors import Features

__all__ = ["ConcatPool", "Head", "build_head", "dropouts_of"]

_HIDDEN_DROPOUT, _LAST_DROPOUT = 0.25, 0.5  # the lesson's defaults


@final
class ConcatPool(nn.Module):
    """Two summaries of a backbone's output, side by side, in single precision.

    Feature maps ``B C H W`` and tokens ``B N C`` without prefix: the maximum over
    places, then the mean. Tokens with prefix tokens: the first one (the class
    token), then the mean of the image tokens.

    Args:
        num_prefix_tokens: Tokens ahead of the image's own. 0 for feature maps.
    """

    def __init__(self, num_prefix_tokens: int = 0) -> None:
        super().__init__()
        self.num_prefix_tokens = num_prefix_tokens

    @override
    def forward(self, output: Features) -> Features:
        """Reduce ``B C H W`` or ``B N C`` to ``B 2C``."""
        places = output.float()
        if places.ndim == 4:
            places = places.flatten(2).transpose(1, 2)
        patches = places[:, self.num_prefix_tokens :]
        first = places[:, 0] if self.num_prefix_tokens else patches.amax(1)
        return torch.cat((first, patches.mean(1)), dim=1)

    @override
    def extra_repr(self) -> str:
        return f"num_prefix_tokens={self.num_prefix_tokens}"


@final
class Head(nn.Sequential):
    """The layers of ``build_head``: under autocast, each knows what it may round."""


def build_head(
    num_features: int,
    num_classes: int,
    *,
    xtra_fc: Sequence[int] = (512,),
    ps: float | Sequence[float] | None = None,
    seed: int = 0,
) -> Head:
    """Build batch norm, dropout and a linear layer per width, ending in logits.

    Weights are Kaiming-normal (He et al., 2015), biases zero. The same seed gives
    the same weights, whatever was drawn before.

    Args:
        num_features: Width of the pooled features.
        num_classes: Width of the logits.
        xtra_fc: Widths of the hidden layers, each followed by a ReLU.
        ps: Dropout ahead of each linear layer, from 0 to below 1: one number for
            all, or one per layer. Without it, 0.25 for hidden layers and 0.5 for
            the last. A layer with 0 has no dropout module.
        seed: Key of the initial weights.

    Raises:
        PlanError: If a width or dropout is out of range, or their counts disagree.
    """
    widths = [num_features, *xtra_fc, num_classes]
    if min(widths) < 1:
        raise PlanError(f"Widths of a head must be 1 or more, got {widths}.")
    dropouts = dropouts_of(ps, len(xtra_fc) + 1)
    generator = torch.Generator().manual_seed(torch_seed(seed, Purpose.HEAD))
    layers: list[nn.Module] = []
    for width_in, width_out, dropout in zip(
        widths[:-1], widths[1:], dropouts, strict=True
    ):
        layers.append(nn.BatchNorm1d(width_in))
        if dropout:
            layers.append(Dropout(dropout))
        layers += [_linear(width_in, width_out, generator), nn.ReLU()]
    return Head(*layers[:-1])


def dropouts_of(ps: float | Sequence[float] | None, count: int) -> list[float]:
    """Spell out the dropout ahead of each of a head's ``count`` linear layers.

    Raises:
        PlanError: If a dropout is out of range, or there are not ``count``.
    """
    if ps is None:
        return [_HIDDEN_DROPOUT] * (count - 1) + [_LAST_DROPOUT]
    dropouts = [ps] * count if isinstance(ps, (int, float)) else list(ps)
    if len(dropouts) != count:
        raise PlanError(
            f"Got {len(dropouts)} dropouts {dropouts} for {count} linear layers. "
            "Pass one number for all layers, or one per layer."
        )
    if not all(0 <= dropout < 1 for dropout in dropouts):
        raise PlanError(f"Dropout must be in [0, 1), got {dropouts}.")
    return dropouts


def _linear(width_in: int, width_out: int, generator: torch.Generator) -> Linear:
    # Built without memory first: torch would draw its own weights globally.
    layer = Linear(width_in, width_out, device="meta").to_empty(device="cpu")
    nn.init.kaiming_normal_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer
