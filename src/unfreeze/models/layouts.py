"""Fill a network from a file, whichever library named its tensors.

timm can translate many foreign names. torchvision's differ without a pattern in some
networks, but both libraries define those layer by layer in the same order, so there
tensors are matched by position, after every kind and shape has been compared.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from torch import Tensor, nn

from unfreeze.models import zoo
from unfreeze.models.weights import find_misfits, fit_weights, read_weights

__all__ = ["fill_from_file", "match_by_order"]

_AUXILIARY_CLASSIFIER = "AuxLogits"  # in files of inception_v3, for training only

_BATCH_NORM_EPSILON = MappingProxyType(
    {
        "convnext_base": 1e-5,
        "convnext_large": 1e-5,
        "convnext_small": 1e-5,
        "convnext_tiny": 1e-5,
        "efficientnet_b0": 1e-5,
        "efficientnet_b1": 1e-5,
        "efficientnet_b2": 1e-5,
        "efficientnet_b3": 1e-5,
        "efficientnet_b4": 1e-5,
        "efficientnetv2_s": 1e-3,
        "mnasnet_100": 1e-5,
        "mobilenetv2_100": 1e-5,
        "mobilenetv3_large_100": 1e-3,
        "mobilenetv3_small_100": 1e-3,
    }
)
"""Architectures matched by order, with the epsilon of their batch norm in torchvision
0.29. Each was compared output for output (tests/unit/models/test_layouts.py)."""

_SAME_KIND = MappingProxyType({"layer_scale": "gamma"})


def fill_from_file(
    network: nn.Module, arch: str, path: Path, *, leave_out: tuple[str, ...] = ()
) -> None:
    """Fill ``network`` from a file in timm's or torchvision's layout, or not at all.

    Args:
        network: A whole timm network at its own input size.
        arch: Its name.
        path: Weights, as ``read_weights`` takes them.
        leave_out: Children of the network that keep what they have.

    Raises:
        WeightsError: If the file is damaged, or fits in no known layout.
    """
    saved = read_weights(path)
    leave_out = (*leave_out, _AUXILIARY_CLASSIFIER)
    fitting = (
        tensors
        for tensors in _translations(network, arch, saved)
        if not find_misfits(network, tensors, leave_out=leave_out)
    )
    fit_weights(network, next(fitting, saved), what=str(path), leave_out=leave_out)


def match_by_order(
    arch: str, network: nn.Module, tensors: Mapping[str, Tensor]
) -> dict[str, Tensor] | None:
    """Give torchvision's ``tensors`` the names that ``network`` uses.

    Where the two libraries add different epsilons to the variance of a batch norm,
    the difference is added to the stored variance, so that outputs agree.

    Args:
        arch: timm's name of the architecture, without tag.
        network: The whole network, with a classifier of any width.
        tensors: In torchvision's order.

    Returns:
        The renamed tensors, or None where the order is not known to agree.
    """
    epsilon = _BATCH_NORM_EPSILON.get(arch)
    wanted = network.state_dict()
    if epsilon is None or len(wanted) != len(tensors):
        return None
    matched: dict[str, Tensor] = {}
    for (name, place), (theirs, tensor) in zip(
        wanted.items(), tensors.items(), strict=True
    ):
        if _kind(name) != _kind(theirs):
            return None
        same_shape = _shape(place) == _shape(tensor)
        matched[name] = tensor.reshape(place.shape) if same_shape else tensor
    return _with_epsilon(network, matched, epsilon)


def _translations(
    network: nn.Module, arch: str, saved: Mapping[str, Tensor]
) -> Iterator[Mapping[str, Tensor]]:
    yield saved
    bare_name = zoo.timm_name(arch).partition(".")[0]
    yield zoo.rename_for(arch, network, saved) or {}
    yield match_by_order(bare_name, network, saved) or {}


def _kind(name: str) -> str:
    last = name.rpartition(".")[2]
    return _SAME_KIND.get(last, last)


def _shape(tensor: Tensor) -> tuple[int, ...]:
    """Sizes without ones: a linear layer equals a convolution of one pixel."""
    return tuple(size for size in tensor.shape if size != 1)


def _with_epsilon(
    network: nn.Module, tensors: dict[str, Tensor], epsilon: float
) -> dict[str, Tensor]:
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d) and module.eps != epsilon:
            variance = f"{name}.running_var"
            tensors[variance] = tensors[variance] + (epsilon - module.eps)
    return tensors
