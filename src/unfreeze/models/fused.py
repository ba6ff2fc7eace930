"""A stand-in for a network that does not learn: the same answers, sooner.

A convolution and the batch norm behind it are both linear, so without learning they are
one convolution: the norm's scale goes into the weights, its shift into the bias. On a
CPU, weights are laid out for the kernel once, and a ReLU runs inside it. Answers are
compared before the copy is used, so that a network which does something else with a
convolution's output simply keeps its own modules.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias, cast, final

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from unfreeze.models.chains import Chain, chains_of
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.probe import evaluating
from unfreeze.tensors import Images

__all__ = ["standing_in"]

_TOLERANCE = 1e-3
"""Largest difference of answers in single precision, in terms of the largest answer.
Rounding makes about 1e-5; a norm folded in the wrong place, 1e-1."""


@contextmanager
def standing_in(
    model: StagedClassifier, example: Images, precision: torch.dtype
) -> Iterator[None]:
    """Let a fused copy of the backbone compute features for the time being.

    The backbone must not learn meanwhile: the copy has its weights of now. Where
    nothing can be fused, the backbone goes on as it is.

    Args:
        model: Its modules, parameters and files stay as they are.
        example: An image or more to watch and to check the network with, B C H W.
        precision: Number format of the fused convolutions.
    """
    with evaluating(model):
        model.stand_in.network = _checked_copy(model.backbone, example, precision)
    try:
        yield
    finally:
        model.stand_in.network = None


@final
class _FusedConv(nn.Module):
    """One convolution with a bias, and a ReLU on request; forward only."""

    def __init__(
        self, conv: nn.Conv2d, weight: Tensor, bias: Tensor, chain: Chain
    ) -> None:
        super().__init__()
        padding = cast("tuple[int, ...]", conv.padding)
        self._window = conv.stride, padding, conv.dilation, conv.groups
        self._weight = weight.contiguous(memory_format=torch.channels_last)
        self._bias = bias
        self._has_relu = chain.relu is not None

    @override
    def forward(self, images: Tensor) -> Tensor:
        images = images.to(self._weight.dtype)
        found = functional.conv2d(images, self._weight, self._bias, *self._window)
        return found.relu_() if self._has_relu else found


@final
class _PackedConv(nn.Module):
    """The same for CPUs, by the operations of oneDNN that ``torch.compile`` emits."""

    def __init__(
        self, conv: nn.Conv2d, weight: Tensor, bias: Tensor, chain: Chain
    ) -> None:
        super().__init__()
        window = map(list, (cast("Sequence[int]", conv.padding), conv.stride))
        self._window = (*window, list(conv.dilation), conv.groups)
        self._weight = torch.ops.mkldnn._reorder_convolution_weight(
            weight, *self._window, list(chain.input_shape)
        )
        self._dtype = weight.dtype
        self._bias = bias
        self._after = "none" if chain.relu is None else "relu"

    @override
    def forward(self, images: Tensor) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(
            images.to(self._dtype),
            self._weight,
            self._bias,
            *self._window,
            self._after,
            [],  # a ReLU has no parameters,
            "",  # and is computed in one way only
        )


_Fused: TypeAlias = Callable[[nn.Conv2d, Tensor, Tensor, Chain], nn.Module]


def _checked_copy(
    backbone: nn.Module, example: Images, precision: torch.dtype
) -> nn.Module | None:
    """A fused copy whose answers were found equal, or None."""
    chains, expected = chains_of(backbone, example)
    if not chains:
        return None
    is_on_cpu = example.device.type == "cpu"
    kinds: list[_Fused] = [_PackedConv, _FusedConv] if is_on_cpu else [_FusedConv]
    for kind in kinds:
        try:
            found = _fused_copy(backbone, chains, torch.float32, kind)(example)
            if _is_alike(found, expected):
                return _fused_copy(backbone, chains, precision, kind)
        except (AttributeError, RuntimeError):
            continue  # this build of torch has no such kernel
    return None


def _is_alike(found: Tensor, expected: Tensor) -> bool:
    largest = expected.abs().max()
    return bool((found - expected).abs().max() <= _TOLERANCE * largest)


def _fused_copy(
    backbone: nn.Module,
    chains: Sequence[Chain],
    precision: torch.dtype,
    kind: _Fused,
) -> nn.Module:
    """Copy the modules but not their weights, and put fused ones in their places."""
    shared = {id(each): each for each in (*backbone.parameters(), *backbone.buffers())}
    twin = copy.deepcopy(backbone, shared)
    for chain in chains:
        conv = cast("nn.Conv2d", twin.get_submodule(chain.conv))
        norm = cast("nn.BatchNorm2d", twin.get_submodule(chain.norm))
        weight, bias = (each.to(precision) for each in _folded(conv, norm))
        twin.set_submodule(chain.conv, kind(conv, weight, bias, chain))
        twin.set_submodule(chain.norm, _rest_of(norm))
        if chain.relu is not None:
            twin.set_submodule(chain.relu, nn.Identity())
    return twin


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weights and bias of the one convolution, in double precision."""
    mean, var = norm.running_mean, norm.running_var
    if mean is None or var is None:
        raise AttributeError("a batch norm without statistics cannot be folded")
    scale = (var.double() + norm.eps).rsqrt()
    shift = -mean.double() if conv.bias is None else conv.bias.double() - mean.double()
    if norm.affine:
        scale = scale * norm.weight.double()
    weight, bias = conv.weight.double() * scale.view(-1, 1, 1, 1), shift * scale
    return weight, bias + norm.bias.double() if norm.affine else bias


def _rest_of(norm: nn.BatchNorm2d) -> nn.Module:
    """What a norm does after normalising: timm's may end with an activation."""
    return dict(norm.named_children()).get("act", nn.Identity())
