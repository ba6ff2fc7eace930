"""Every layer of a model: what goes in, what comes out, what learns."""

from typing import TypedDict

from torch import Tensor, nn

from unfreeze.models.probe import blank_images, evaluating, watching

__all__ = ["LayerRow", "summarise"]


class LayerRow(TypedDict):
    """One layer in one run of a model. Shapes show the batch as -1."""

    input_shape: list[int]
    """Shape of the first input; empty for parameters that no layer owns alone."""

    output_shape: list[int]
    trainable: bool
    """Whether any of its parameters learns."""

    nb_params: int
    """Number of its weights; 0 where a layer runs again."""


def summarise(model: nn.Module, size: int) -> dict[str, LayerRow]:
    """Run ``model`` on one black image and describe each layer as it runs.

    The model is left as it was, running means and training mode included. The
    weights of all rows add up to those of the model.

    Args:
        model: Reads normalised images ``B 3 S S``.
        size: Side S of the image, in pixels.

    Returns:
        Rows by class and position, ``"Conv2d-1"`` first, in the order of running.
    """
    layers = {name: layer for name, layer in model.named_modules() if _is_layer(layer)}
    rows: dict[str, LayerRow] = {}
    uncounted = dict(layers)

    def add(name: str, given: object, made: object) -> None:
        layer = layers[name]
        row = LayerRow(
            input_shape=_shape(given),
            output_shape=_shape(made),
            trainable=any(p.requires_grad for p in _own(layer)),
            nb_params=sum(p.numel() for p in _own(layer)) if name in uncounted else 0,
        )
        uncounted.pop(name, None)
        rows[f"{type(layer).__name__}-{len(rows) + 1}"] = row

    with evaluating(model), watching(layers, add):
        model(blank_images(model, size))
    for name in [name for name, layer in uncounted.items() if _own(layer)]:
        add(name, None, None)
    return rows


def _is_layer(module: nn.Module) -> bool:
    return bool(_own(module)) or not any(True for _ in module.children())


def _own(module: nn.Module) -> list[nn.Parameter]:
    return list(module.parameters(recurse=False))


def _shape(value: object) -> list[int]:
    if isinstance(value, tuple) and value:
        value = value[0]
    return [-1, *value.shape[1:]] if isinstance(value, Tensor) else []
