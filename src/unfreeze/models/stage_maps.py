"""What the stages of a network say about an image, place by place.

A stage is what timm lists as one: the groups of blocks of a convolutional network, the
blocks of a transformer.
"""

from collections.abc import Mapping
from typing import Any, cast

import torch
from jaxtyping import Float32
from torch import Tensor

from unfreeze.models.backbones import Backbone
from unfreeze.models.grad_cam import as_map
from unfreeze.models.probe import evaluating, watching
from unfreeze.tensors import Images

__all__ = ["stage_maps"]


def stage_maps(
    backbone: Backbone, images: Images, *, most: int = 5
) -> Mapping[str, Float32[Tensor, "B C h w"]]:
    """Run the backbone once, in single precision, and keep what its stages put out.

    Args:
        backbone: Stays as it is.
        images: Normalised images.
        most: Stages at most; of more, as many evenly spread ones, the last included.

    Returns:
        Feature maps by stage, from the image to the head. Names are those of
        ``backbone.network.named_modules()``; a network that does not hand its stages
        on as one tensor each has its last features alone, by the name ``last``.

    Raises:
        PlanError: If the features have no places.
    """
    modules = dict(backbone.network.named_modules())
    wanted = {
        name: channels
        for name, channels in _stages_of(backbone).items()
        if name in modules
    }
    found: dict[str, Tensor] = {}

    def notice(name: str, _given: object, made: object) -> None:
        if isinstance(made, Tensor):
            found[name] = made.detach()

    with (
        evaluating(backbone),
        torch.autocast(images.device.type, enabled=False),
        watching({name: modules[name] for name in wanted}, notice),
    ):
        last = backbone(images.float())
    maps = {
        name: _places_first(each, wanted[name], backbone)
        for name, each in found.items()
        if each.ndim in (3, 4)
    }
    if not maps:
        return {"last": as_map(last, backbone.num_prefix_tokens)}
    return {name: maps[name] for name in _spread(list(maps), most)}


def _stages_of(backbone: Backbone) -> dict[str, int]:
    """Names of the stages, as timm states them, and how many channels they have."""
    stated: Any = cast("Any", backbone.network).feature_info
    return {each["module"]: int(each["num_chs"]) for each in stated}


def _places_first(
    made: Tensor, channels: int, backbone: Backbone
) -> Float32[Tensor, "B C h w"]:
    if made.ndim == 4 and made.shape[1] != channels and made.shape[3] == channels:
        made = made.permute(0, 3, 1, 2)
    return as_map(made, backbone.num_prefix_tokens)


def _spread(names: list[str], most: int) -> list[str]:
    if len(names) <= most:
        return names
    return [names[(number * len(names)) // most - 1] for number in range(1, most + 1)]
