"""What the layers of a model say about images: the activations of the lesson."""

import difflib
from collections.abc import Sequence

from torch import Tensor, nn

from unfreeze.errors import PlanError
from unfreeze.models.probe import evaluating, watching
from unfreeze.tensors import Images

__all__ = ["activations_of"]


def activations_of(
    model: nn.Module, images: Images, layers: Sequence[str]
) -> dict[str, Tensor]:
    """Run ``model`` once, and keep what the named layers put out.

    The model is left as it was. A layer that runs several times is kept as it ran
    last.

    Args:
        model: Reads ``images``.
        images: Normalised images ``B 3 S S``.
        layers: Names as in ``model.named_modules()``.

    Returns:
        Outputs by name: maps ``B C H W`` of a convolution, vectors ``B D`` behind a
        pool.

    Raises:
        PlanError: If there is no such layer, or it does not put out one tensor.
    """
    known = dict(model.named_modules())
    for name in layers:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3, cutoff=0)
            raise PlanError(
                f"There is no layer {name!r}; the closest names are {close}. "
                "dict(learn.model.named_modules()) lists all."
            )
    found: dict[str, Tensor] = {}

    def notice(name: str, _given: object, made: object) -> None:
        if isinstance(made, Tensor):
            found[name] = made.detach()

    with evaluating(model), watching({name: known[name] for name in layers}, notice):
        model(images)
    silent = [name for name in layers if name not in found]
    if silent:
        raise PlanError(f"The layers {silent} put out no single tensor. Take others.")
    return found
