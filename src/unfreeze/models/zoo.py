"""The timm door: names, records and networks of architectures.

timm has no types and one naming habit per network; both end here.
"""

import difflib
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from unfreeze.errors import PlanError, WeightsError
from unfreeze.models.archs import LESSON_NAMES, resolve_arch
from unfreeze.models.embedded import EMBEDDED_ARCH, EMBEDDED_FILE
from unfreeze.models.hub import downloaded_file, is_reachable
from unfreeze.numerics.keyed import Purpose, torch_seed

__all__ = [
    "VERSION",
    "arch_names",
    "coarse_groups",
    "count_parameters",
    "create_network",
    "has_weights",
    "record_of",
    "rename_for",
    "timm_name",
    "weights_at_hand",
]

VERSION = timm.__version__
"""timm's version, which what is learned about its networks depends on."""

_HUB_NAMES = ("model.safetensors", "pytorch_model.bin")  # timm's two, best first

_FILTER_NAMES = (
    "checkpoint_filter_fn",
    "_filter_fn",
    "_filter_torchvision_pretrained",
    "pretrained_filter_fn",
)
"""What timm's files call the function that translates foreign tensor names."""

# What code that expects another network's names or shapes may raise.
_MISMATCHES = (
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


def arch_names() -> list[str]:
    """List every architecture in alphabetical order, without weight tags."""
    return sorted(timm.list_models())


def timm_name(arch: str) -> str:
    """Translate ``arch`` to a name timm knows, with its weight tag if it has one.

    Raises:
        PlanError: If there is no such architecture, or no such tag of it.
    """
    name = resolve_arch(arch)
    bare, _, tag = name.partition(".")
    if not timm.is_model(bare):
        raise PlanError(_unknown(arch))
    if tag and name not in (known := timm.list_models(f"{bare}.*", include_tags=True)):
        raise PlanError(f"There are no weights {name!r}. There are: {known}.")
    return name


def record_of(arch: str) -> dict[str, Any]:
    """Look up timm's record of ``arch`` (its ``pretrained_cfg``), without building it.

    Raises:
        PlanError: If there is no such architecture.
    """
    record = timm.get_pretrained_cfg(timm_name(arch)) or timm.models.PretrainedCfg()
    return dict(record.to_dict())


def create_network(arch: str, *, pretrained: bool, seed: int) -> nn.Module:
    """Build a whole network with its own classifier, in training mode.

    Args:
        arch: Any architecture name.
        pretrained: Fill it with timm's weights, from its cache or the network.
        seed: Key of the random weights otherwise. No global state is changed.

    Raises:
        PlanError: If there is no such architecture.
        WeightsError: If its pretrained weights cannot be had.
    """
    name = timm_name(arch)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(torch_seed(seed, Purpose.BACKBONE))
        if pretrained:
            return _create_pretrained(name)
        network: nn.Module = timm.create_model(name)
    return network


def weights_at_hand(arch: str) -> Path | None:
    """Find the pretrained weights of ``arch`` on this machine, without the network.

    Returns:
        The embedded or downloaded file, or None where it would have to be fetched.

    Raises:
        PlanError: If there is no such architecture.
    """
    if timm_name(arch) == EMBEDDED_ARCH:
        return EMBEDDED_FILE
    record = record_of(arch)
    own_name = record.get("hf_hub_filename")
    return downloaded_file(
        record.get("hf_hub_id"),
        (own_name,) if own_name else _HUB_NAMES,
        record.get("url"),
    )


def has_weights(arch: str) -> bool:
    """Tell whether anybody published pretrained weights of ``arch``."""
    return bool(timm.models.is_model_pretrained(timm_name(arch)))


def count_parameters(arch: str) -> int | None:
    """Count the weights of a whole network, without memory for them.

    Returns:
        None where a network cannot be built that way.
    """
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            network: nn.Module = timm.create_model(timm_name(arch))
    except _MISMATCHES:
        return None
    return sum(parameter.numel() for parameter in network.parameters())


def rename_for(
    arch: str, network: nn.Module, tensors: Mapping[str, Tensor]
) -> dict[str, Tensor] | None:
    """Translate foreign tensor names and shapes to ``network``'s, timm's way.

    Returns:
        The translated tensors, or None where timm has no translation for this
        architecture or it does not understand these tensors.
    """
    entry = timm.models.model_entrypoint(timm_name(arch).partition(".")[0])
    functions = vars(importlib.import_module(entry.__module__))
    for name in _FILTER_NAMES:
        if name in functions:
            return _translated(functions[name], network, tensors)
    return None


def coarse_groups(network: nn.Module) -> list[list[str]] | None:
    """List parameter names stage by stage, in forward order, as timm groups them.

    Returns:
        None where timm does not know the stages of this network.
    """
    try:
        matcher = network.group_matcher(coarse=True)  # type: ignore[operator]
        groups = timm.models.group_parameters(network, matcher)
    except _MISMATCHES:
        return None
    return [list(groups[number]) for number in sorted(groups)]


def _create_pretrained(name: str) -> nn.Module:
    file = weights_at_hand(name)
    is_on_hub = "hf_hub_id" in record_of(name)
    if file is None and is_on_hub and not is_reachable():
        raise WeightsError(_unavailable(name, "no network"))
    overlay = {"file": str(file)} if file else None
    try:
        network: nn.Module = timm.create_model(
            name, pretrained=True, pretrained_cfg_overlay=overlay
        )
    except (OSError, RuntimeError, SafetensorError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise WeightsError(_unavailable(name, reason)) from error
    return network


def _unavailable(name: str, reason: str) -> str:
    return (
        f"Could not get the pretrained weights of {name} ({reason}). Use a local file "
        "(weights=FILE), no pretrained weights (pretrained=False), or the embedded "
        f"architecture {EMBEDDED_ARCH}, which needs no network."
    )


def _translated(
    function: Any,  # noqa: ANN401 - one or two arguments, by timm's habit
    network: nn.Module,
    tensors: Mapping[str, Tensor],
) -> dict[str, Tensor] | None:
    for arguments in ((dict(tensors), network), (dict(tensors),)):
        try:
            return dict(function(*arguments))
        except _MISMATCHES:
            continue
    return None


def _unknown(arch: str) -> str:
    known = [*LESSON_NAMES, *timm.list_models()]
    close = difflib.get_close_matches(resolve_arch(arch).partition(".")[0], known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else "See: unfreeze models"
    return f"Unknown architecture {str(arch)!r}. {hint}"
