"""How the last features of a network are read, and what they look like."""

from dataclasses import dataclass
from enum import Enum
from math import isqrt
from typing import Any, cast

from torch import Tensor, nn

from unfreeze.errors import PlanError
from unfreeze.models.probe import blank_images, evaluating
from unfreeze.tensors import Features, Images

__all__ = ["Layout", "Readout", "cut_stages", "read_features", "readout_of"]

# What timm's code raises for an image it cannot read or a stage it cannot leave out.
_REFUSALS = (
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Layout(Enum):
    """The axes of a network's features, in its own order."""

    MAP = ("B", "C", "H", "W")
    CHANNELS_LAST_MAP = ("B", "H", "W", "C")
    TOKENS = ("B", "N", "C")


@dataclass(frozen=True, kw_only=True, slots=True)
class Readout:
    """What a network's last features look like, as seen in one run."""

    layout: Layout
    num_features: int
    """Channels C."""

    num_prefix_tokens: int
    """Tokens ahead of the image's own; 0 for maps."""


def read_features(
    network: nn.Module, images: Images, *, last_stage: int | None
) -> Features:
    """Run ``network`` up to its last features, or to the end of one stage.

    Args:
        network: A timm network.
        images: Normalised.
        last_stage: Number of the stage to end with, counted from 0. None for all.

    Returns:
        Features in the network's own layout; maps where ``last_stage`` is given.
    """
    timm_network = cast("Any", network)  # timm's methods are unknown to nn.Module
    if last_stage is None:
        return cast("Tensor", timm_network.forward_features(images))
    (stage,) = timm_network.forward_intermediates(
        images,
        indices=[last_stage],
        stop_early=True,
        intermediates_only=True,
        output_fmt="NCHW",
    )
    return cast("Tensor", stage)


def readout_of(
    network: nn.Module, arch: str, *, size: int, last_stage: int | None
) -> Readout:
    """Run ``network`` on one black image and describe what comes out.

    Args:
        network: A timm network.
        arch: Its name, for the error message.
        size: Side of the image, in pixels.
        last_stage: As for ``read_features``.

    Raises:
        PlanError: If the network cannot read images of this size, or hands out
            something other than feature maps or tokens.
    """
    try:
        with evaluating(network):
            images = blank_images(network, size)
            output = read_features(network, images, last_stage=last_stage)
    except _REFUSALS as error:
        raise PlanError(_unreadable(network, arch, size, error)) from error
    layout = _layout_of(output, network, last_stage)
    if layout is None:
        raise PlanError(
            f"{arch} does not hand out feature maps or tokens, so it cannot carry "
            "another head. Choose another architecture."
        )
    return Readout(
        layout=layout,
        num_features=output.shape[layout.value.index("C")],
        num_prefix_tokens=(
            _count_prefix_tokens(network, output) if layout is Layout.TOKENS else 0
        ),
    )


def cut_stages(network: nn.Module, arch: str, xtra_cut: int) -> int | None:
    """Remove the last ``xtra_cut`` stages of ``network`` for good.

    Returns:
        Number of the stage that is now the last, or None if nothing was removed.

    Raises:
        PlanError: If there are not that many stages, or the network cannot be cut.
    """
    if xtra_cut == 0:
        return None
    timm_network = cast("Any", network)
    try:
        count = len(timm_network.feature_info)
        last_stage = count - 1 - xtra_cut
        if not 0 <= last_stage < count:
            raise PlanError(
                f"{arch} has {count} stages: xtra_cut must be 0 to {count - 1}, "
                f"got {xtra_cut}."
            )
        timm_network.prune_intermediate_layers([last_stage], prune_norm=True)
    except _REFUSALS as error:
        raise PlanError(
            f"{arch} cannot be cut short ({error}). Leave xtra_cut at 0."
        ) from error
    return last_stage


def _unreadable(network: nn.Module, arch: str, size: int, error: Exception) -> str:
    cfg = cast("Any", network).pretrained_cfg
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    return (
        f"{arch} cannot read images of {size} pixels ({reason.rstrip('.')}). "
        f"Its own size is {cfg['input_size'][-1]}; try that or a multiple of 32."
    )


def _layout_of(
    output: object, network: nn.Module, last_stage: int | None
) -> Layout | None:
    if not isinstance(output, Tensor):
        return None
    if last_stage is not None:
        return Layout.MAP
    width = cast("Any", network).num_features
    fitting = [
        layout
        for layout in Layout
        if len(layout.value) == output.ndim
        and output.shape[layout.value.index("C")] == width
    ]
    return fitting[0] if fitting else None


def _count_prefix_tokens(network: nn.Module, tokens: Tensor) -> int:
    """Take what timm's transformers state; others show it by their token count.

    A square image has a square number of tokens, so what is beyond the largest
    square comes ahead of them.
    """
    count = tokens.shape[1]
    stated = vars(network).get("num_prefix_tokens", count - isqrt(count) ** 2)
    return int(stated)
