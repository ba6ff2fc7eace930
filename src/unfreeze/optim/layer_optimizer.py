"""One learning rate and one weight decay per layer group."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, final

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from unfreeze.errors import PlanError
from unfreeze.optim.builders import OptimizerBuilder

__all__ = ["LayerOptimizer", "PerGroup", "one_each"]

PerGroup: TypeAlias = float | Sequence[float] | np.ndarray


@final
class LayerOptimizer:
    """An optimizer whose rates differ by layer group, body first, head last.

    Args:
        opt_fn: Builds a torch optimizer from a list of parameter groups.
        layer_groups: Modules in forward order. Frozen parameters may be among them:
            without a gradient they are neither updated nor decayed.
        lrs: Peak learning rate, one for all groups or one per group.
        wds: Weight decay, given the same way. None means no decay.

    Raises:
        PlanError: If the number of rates or decays is neither 1 nor the number of
            groups, or one of them is negative or not finite.
    """

    def __init__(
        self,
        opt_fn: OptimizerBuilder,
        layer_groups: Sequence[nn.Module],
        lrs: PerGroup,
        wds: PerGroup | None = None,
    ) -> None:
        count = len(layer_groups)
        self.lrs = one_each(lrs, count, "learning rates")
        self.wds = one_each(0.0 if wds is None else wds, count, "weight decays")
        self.decay_factor = 1.0
        self._is_decoupled = False
        groups: list[dict[str, Any]] = [
            {"params": list(group.parameters()), "lr": lr, "weight_decay": wd}
            for group, lr, wd in zip(layer_groups, self.lrs, self.wds, strict=True)
        ]
        self.opt: Optimizer = opt_fn([group for group in groups if group["params"]])
        self._filled = tuple(i for i, group in enumerate(groups) if group["params"])

    @property
    def rates(self) -> tuple[float, ...]:
        """The rate in force for each group, body first."""
        now = list(self.lrs)
        for i, group in zip(self._filled, self.opt.param_groups, strict=True):
            now[i] = float(group["lr"])
        return tuple(now)

    def set_multiplier(self, multiplier: float) -> None:
        """Put every group at ``multiplier`` times its own peak rate."""
        for i, group in zip(self._filled, self.opt.param_groups, strict=True):
            group["lr"] = self.lrs[i] * multiplier

    def set_momentum(self, momentum: float) -> None:
        """Set momentum, or Adam's first beta, of every group.

        Raises:
            PlanError: If the optimizer has neither.
        """
        for group in self.opt.param_groups:
            if "momentum" in group:
                group["momentum"] = momentum
            elif "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                raise PlanError(
                    f"{type(self.opt).__name__} has no momentum to schedule. Leave the "
                    "momentum values out of use_clr, or pass opt_fn=SGD or Adam."
                )

    @contextmanager
    def momentum_put_back(self) -> Iterator[None]:
        """Return momentum, or betas, to those on entry: a schedule moves them."""
        names = ("momentum", "betas")
        before = [
            {name: group[name] for name in names if name in group}
            for group in self.opt.param_groups
        ]
        try:
            yield
        finally:
            for group, values in zip(self.opt.param_groups, before, strict=True):
                group.update(values)

    def decouple_decay(self) -> None:
        """Leave decay to this class, which applies it to the weights from now on.

        Each step then does ``weight -= rate * decay * decay_factor * weight`` first
        (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019).
        """
        self._is_decoupled = True
        for group in self.opt.param_groups:
            group["weight_decay"] = 0.0

    def couple_decay(self) -> None:
        """Leave decay to the torch optimizer again, as before ``decouple_decay``."""
        self._is_decoupled = False
        self.decay_factor = 1.0
        for i, group in zip(self._filled, self.opt.param_groups, strict=True):
            group["weight_decay"] = self.wds[i]

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        if self._is_decoupled:
            self._decay()
        self.opt.step()

    def zero_grad(self) -> None:
        """Forget the gradients of the last step."""
        for group in self.opt.param_groups:
            for parameter in _with_gradient(group["params"]):
                parameter.grad = None

    @torch.no_grad()
    def _decay(self) -> None:
        for i, group in zip(self._filled, self.opt.param_groups, strict=True):
            keep = 1.0 - group["lr"] * self.wds[i] * self.decay_factor
            for parameter in _with_gradient(group["params"]):
                parameter.mul_(keep)


def _with_gradient(parameters: Sequence[nn.Parameter]) -> Iterator[nn.Parameter]:
    return (parameter for parameter in parameters if parameter.grad is not None)


def one_each(value: PerGroup, count: int, what: str) -> tuple[float, ...]:
    """Spread one number over ``count`` groups, or check that there is one each.

    Example:
        >>> one_each(0.1, 3, "learning rates")
        (0.1, 0.1, 0.1)
    """
    try:
        values = np.atleast_1d(np.asarray(value, dtype=float))
    except (TypeError, ValueError) as error:
        raise PlanError(
            f"The {what} must be numbers, got {value!r}. Pass one number for all layer "
            f"groups, or a list of {count}, one per group."
        ) from error
    if values.ndim != 1 or len(values) not in (1, count):
        raise PlanError(
            f"Got {values.size} {what} {values.tolist()} for {count} layer groups. "
            "Pass one number for all groups, or one per group."
        )
    if not np.isfinite(values).all() or (values < 0).any():
        raise PlanError(
            f"The {what} must be finite and not negative, got {values.tolist()}."
        )
    return tuple(float(each) for each in np.broadcast_to(values, count))
