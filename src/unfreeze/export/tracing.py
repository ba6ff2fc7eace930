"""Write down which operations a model carries out, its explanation included."""

import copy
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.attention import SDPBackend, sdpa_kernel

from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.grad_cam import answer_with_heat, explained_layer

__all__ = ["REFUSALS", "Traced", "exporter_at_rest", "traced", "was_interrupted"]

REFUSALS = (
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What torch's tracers and translators raise for a model that is beyond them."""

_EXAMPLES = 2
"""Images to trace with. Not 3, which torch would take for the number of channels, and
not 1, which it treats as a case of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A model as plain operations, for any number of images."""

    operations: GraphModule
    """Takes normalised images ``N 3 S S`` and returns logits ``N K``, and behind them
    heat maps ``N h w`` where there are any."""

    size: int
    has_heat: bool

    @property
    def example(self) -> Tensor:
        """Images of the shape that it takes."""
        return torch.zeros(_EXAMPLES, 3, self.size, self.size)


def traced(model: StagedClassifier, size: int) -> Traced:
    """Trace a model and its Grad-CAM, with single precision on the CPU.

    Gradients of the last layers become operations like all others, so that a heat map
    needs no more than a graph that can be run forwards.

    Args:
        model: Stays as it is.
        size: Side of the images, in pixels.

    Raises:
        PlanError: If torch cannot trace the model.
    """
    network = copy.deepcopy(model).cpu().float().eval().requires_grad_(False)
    images = torch.zeros(_EXAMPLES, 3, size, size)
    answer = _explaining(network, images)
    try:
        with exporter_at_rest(), sdpa_kernel(SDPBackend.MATH), torch.no_grad():
            found = make_fx(
                answer or (lambda given: (network(given),)),
                tracing_mode="symbolic",
                _allow_non_fake_inputs=True,  # the parameters
            )(images)
    except REFUSALS as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from error
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise PlanError(
            f"This model cannot be exported: torch cannot trace it ({reason}). Train "
            "another architecture to export it."
        ) from error
    return Traced(found, size, answer is not None)


def was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: torch's tracers go on and fail elsewhere."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


@contextmanager
def exporter_at_rest() -> Iterator[None]:
    """Keep torch's exporter from warning about its own inner workings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _explaining(
    network: StagedClassifier, images: Tensor
) -> Callable[[Tensor], tuple[Tensor, Tensor]] | None:
    """What answers with a heat map; None where features have no places."""
    layer: nn.Module = explained_layer(network.backbone, images[:1])
    try:
        answer_with_heat(network, layer, images)
    except PlanError:
        return None
    return lambda given: answer_with_heat(network, layer, given)
