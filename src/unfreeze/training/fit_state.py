"""All that a fit is between two steps, as named tensors, and back again.

The order of photos, their augmentation and dropout are functions of the seed, the
epoch and the step, so no generator is among it.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn.modules.module import _IncompatibleKeys
from torch.optim import Optimizer

from unfreeze.errors import WeightsError
from unfreeze.models.classifier import StagedClassifier

__all__ = [
    "Tensors",
    "optimizer_state",
    "put_optimizer_state",
    "put_weights",
    "weights_of",
    "within",
]

Tensors: TypeAlias = Mapping[str, Tensor]

_BACKBONE = "backbone."
_MODEL = "model"
_OPTIMIZER = "optimizer"


def weights_of(model: StagedClassifier) -> dict[str, Tensor]:
    """Weights and statistics that learning can have changed, under ``model.``.

    A backbone that does not learn is left out: it is as it was built. The tensors are
    those of the model, not copies.
    """
    is_frozen = model.is_backbone_frozen
    return {
        f"{_MODEL}.{name}": tensor
        for name, tensor in model.state_dict().items()
        if not (is_frozen and name.startswith(_BACKBONE))
    }


def put_weights(model: StagedClassifier, tensors: Tensors) -> None:
    """Fill a model with what ``weights_of`` gave.

    Raises:
        WeightsError: If that was another model, or a part is missing.
    """
    state = within(tensors, _MODEL)
    try:
        unmatched = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise _misfit(str(error)) from error
    if strangers := _strangers(unmatched):
        raise _misfit(f"for example {strangers[0]}")


def optimizer_state(optimizer: Optimizer) -> dict[str, Tensor]:
    """What an optimizer remembers of each parameter, under ``optimizer.<number>.``.

    Rates, momentum and decay are not among it: they are set at every step, or by
    whoever builds the optimizer.
    """
    return {
        f"{_OPTIMIZER}.{number}.{name}": value
        for number, parameter in enumerate(_parameters(optimizer))
        for name, value in optimizer.state.get(parameter, {}).items()
        if isinstance(value, Tensor)
    }


def put_optimizer_state(optimizer: Optimizer, tensors: Tensors) -> None:
    """Give a fresh optimizer of the same parameters what ``optimizer_state`` gave.

    Raises:
        WeightsError: If it does not fit the parameters.
    """
    parameters = _parameters(optimizer)
    for name, value in within(tensors, _OPTIMIZER).items():
        number, _, key = name.partition(".")
        if int(number) >= len(parameters):
            raise _misfit(f"there is no parameter {number}")
        parameter = parameters[int(number)]
        if value.shape not in (parameter.shape, ()):
            raise _misfit(f"{tuple(value.shape)} for {tuple(parameter.shape)}")
        # Fused steps walk through the memory of both, which must lie in one order.
        like = parameter.detach() if value.shape == parameter.shape else value
        own = torch.empty_like(like, dtype=value.dtype, device=parameter.device)
        optimizer.state[parameter][key] = own.copy_(value)


def within(tensors: Tensors, name: str) -> dict[str, Tensor]:
    """The tensors whose names begin with ``name.``, without that."""
    start = f"{name}."
    return {
        each.removeprefix(start): tensor
        for each, tensor in tensors.items()
        if each.startswith(start)
    }


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [each for group in optimizer.param_groups for each in group["params"]]


def _strangers(unmatched: _IncompatibleKeys) -> Sequence[str]:
    missing: Sequence[str] = unmatched.missing_keys
    unexpected: Sequence[str] = unmatched.unexpected_keys
    return [*unexpected, *(each for each in missing if not each.startswith(_BACKBONE))]


def _misfit(words: str) -> WeightsError:
    return WeightsError(
        f"What was kept of the run does not fit this model ({words}). Go on with the "
        "versions that it began with, or train anew."
    )
