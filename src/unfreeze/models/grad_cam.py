"""Where in an image the reasons for one answer lie: Grad-CAM.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization" (2017), https://arxiv.org/abs/1610.02391. A feature map counts as much as
the score of the class would rise if the map rose everywhere; the sum of the maps, so
weighted, is large where the image speaks for the class.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isqrt
from typing import Any

import torch
from jaxtyping import Float32, Int64
from torch import Tensor, nn

from unfreeze.errors import PlanError
from unfreeze.models.backbones import Backbone
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.probe import evaluating, watching
from unfreeze.tensors import Features, Images, Logits

__all__ = ["answer_with_heat", "as_map", "explained_layer", "grad_cam"]


def grad_cam(
    model: StagedClassifier, images: Images, classes: Int64[Tensor, " B"]
) -> Float32[Tensor, "B h w"]:
    """Show for each image what speaks for one class, at the places of the features.

    Runs in single precision and evaluation mode; nothing else needs to be computed
    than one pass and the gradients of what follows ``explained_layer``. The model is
    afterwards as it was, gradients and frozen layers included, also after an error.

    Args:
        model: Stays as it is; whether it is frozen does not matter.
        images: Normalised images.
        classes: The class to look for in each of them.

    Returns:
        0 where nothing speaks for the class, 1 where most does. A map is 0 throughout
        where no place speaks for the class.

    Raises:
        PlanError: If there is no such class, or the features have no places.
    """
    layer = explained_layer(model.backbone, images[:1])
    with (
        evaluating(model),
        _nothing_learning(model),
        torch.autocast(images.device.type, enabled=False),
    ):
        _, heat = _explained(model, layer, images.float(), classes)
    return _scaled(heat)


def answer_with_heat(
    model: StagedClassifier, layer: nn.Module, images: Images
) -> tuple[Logits, Float32[Tensor, "B h w"]]:
    """Compute logits, and what speaks for the most probable class of each image.

    The same as ``grad_cam``, of a model in evaluation mode whose parameters do not
    learn; written so that it can be traced into a graph of plain operations.

    Args:
        model: Stays as it is.
        layer: As ``explained_layer`` finds it.
        images: Normalised images, in single precision.

    Returns:
        Logits, and maps from 0 to 1.
    """
    logits, heat = _explained(model, layer, images, None)
    return logits, _scaled(heat)


def explained_layer(backbone: Backbone, image: Images) -> nn.Module:
    """The layer whose features are explained.

    The last features, where the head reads places. Where it reads a class token, the
    places have no say any more at the end; they are taken where that token looks at
    them last: behind the first norm of the last block, or, in networks whose class
    token joins late, behind the last block without one. Behind that norm, what the
    places hand on past the last block, to the mean of the tokens, is not seen.

    Args:
        backbone: Stays as it is.
        image: One image to watch it with.
    """
    blocks: Any = dict(backbone.network.named_children()).get("blocks")
    if not backbone.num_prefix_tokens or not blocks:
        return backbone
    last = blocks[len(blocks) - 1]
    norm = dict(last.named_children()).get("norm1")
    if norm is None:
        return backbone
    counts: dict[str, int] = {}

    def notice(name: str, _given: object, made: object) -> None:
        counts[name] = made.shape[1] if isinstance(made, Tensor) else 0

    watched = {"norm": norm, "last": backbone}
    with evaluating(backbone), watching(watched, notice):
        backbone(image)
    return norm if counts["norm"] == counts["last"] else last


def as_map(features: Features, num_prefix_tokens: int) -> Float32[Tensor, "B C h w"]:
    """Lay tokens ``B N C`` out as the square they came from; leave maps as they are.

    Args:
        features: Maps ``B C H W`` or tokens.
        num_prefix_tokens: Tokens ahead of the image's own, to be left out. They may be
            missing: then all tokens are places.

    Raises:
        PlanError: If the tokens make no square, or there are no places at all.
    """
    if features.ndim == 4:
        return features.float()
    count = features.shape[1] if features.ndim == 3 else 0
    for prefix in (num_prefix_tokens, 0):
        side = isqrt(max(count - prefix, 0))
        if side and side * side == count - prefix:
            places = features[:, prefix:].transpose(1, 2)
            return places.reshape(features.shape[0], -1, side, side).float()
    raise PlanError(
        f"Features of the shape {tuple(features.shape)} have no places in the image, "
        "so nothing can be shown on it. Use a backbone with maps or tokens."
    )


def _explained(
    model: StagedClassifier,
    layer: nn.Module,
    images: Images,
    classes: Int64[Tensor, " B"] | None,
) -> tuple[Logits, Float32[Tensor, "B h w"]]:
    """Weigh the maps by how the score of a class, or the highest one, depends on them.

    Raises:
        PlanError: If there is no such class, or the features have no places.
    """
    with torch.enable_grad(), _taken_from(layer) as seen:
        logits = model.classify(model.pool(model.backbone(images)))
        if classes is None:
            score = logits.amax(dim=1).sum()
        else:
            _require_classes(classes, logits.shape[1])
            score = logits.gather(1, classes.to(logits.device)[:, None]).sum()
        (slopes,) = torch.autograd.grad(score, seen)
    prefix = model.backbone.num_prefix_tokens
    maps, slopes = (as_map(each, prefix).detach() for each in (seen[0], slopes))
    weights = slopes.mean(dim=(2, 3), keepdim=True)
    return logits.detach(), (weights * maps).sum(dim=1).relu()


@contextmanager
def _taken_from(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Let gradients begin at the output of ``layer``; the list holds it afterwards."""
    seen: list[Tensor] = []

    def begin_here(_layer: nn.Module, _given: object, made: Tensor) -> Tensor:
        seen[:] = [made.detach().requires_grad_()]
        return seen[0].clone()  # which the next layer may change in place

    handle = layer.register_forward_hook(begin_here)
    try:
        yield seen
    finally:
        handle.remove()


@contextmanager
def _nothing_learning(model: nn.Module) -> Iterator[None]:
    """Keep no gradients for parameters, so that a pass costs little memory."""
    learning = [each for each in model.parameters() if each.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)


def _require_classes(classes: Int64[Tensor, " B"], count: int) -> None:
    wrong = classes[(classes < 0) | (classes >= count)]
    if len(wrong):
        raise PlanError(
            f"There is no class {int(wrong[0])}: expected 0 to {count - 1}."
        )


def _scaled(heat: Float32[Tensor, "B h w"]) -> Float32[Tensor, "B h w"]:
    most = heat.amax(dim=(1, 2), keepdim=True)
    return torch.where(most > 0, heat / most.clamp_min(torch.finfo(heat.dtype).tiny), 0)
