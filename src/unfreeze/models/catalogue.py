"""Which architectures there are, how large, and whose weights are here already."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, TypeAlias

from unfreeze.atomic import written_whole
from unfreeze.models import zoo
from unfreeze.models.embedded import EMBEDDED_ARCH
from unfreeze.places import cache_home
from unfreeze.written_json import exact_json_text

__all__ = ["ModelInfo", "WeightsPlace", "list_models"]

WeightsPlace: TypeAlias = Literal["embedded", "downloaded", "online", "none"]

_COUNTED_AT_ONCE = 50  # building a network to count it takes about 0.2 seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelInfo:
    """One architecture."""

    name: str
    parameters: int | None
    """Weights of the whole network with its own classifier; None if not counted."""

    weights: WeightsPlace
    """Where its default pretrained weights are; "none" if nobody published any."""

    @property
    def weights_at_hand(self) -> bool:
        """Whether pretrained weights can be used without a network."""
        return self.weights in ("embedded", "downloaded")


def list_models(
    pattern: str | None = None, *, cache_folder: Path | None = None
) -> list[ModelInfo]:
    """List architectures in alphabetical order, without using the network.

    Parameters are counted when at most 50 of the listed networks still need it;
    counts are kept on disk.

    Args:
        pattern: A shell pattern (``"resnet*"``), or a part of the name. None for all.
        cache_folder: Where counts are kept; the user's cache folder unless stated.
    """
    names = [name for name in zoo.arch_names() if _matches(name, pattern)]
    counts = _counts(names, cache_folder or cache_home())
    return [
        ModelInfo(name=name, parameters=counts.get(name), weights=_place(name))
        for name in names
    ]


def _matches(name: str, pattern: str | None) -> bool:
    if not pattern:
        return True
    if any(sign in pattern for sign in "*?["):
        return fnmatchcase(name, pattern)
    return pattern in name


def _place(name: str) -> WeightsPlace:
    if name == EMBEDDED_ARCH:
        return "embedded"
    if zoo.weights_at_hand(name):
        return "downloaded"
    return "online" if zoo.has_weights(name) else "none"


def _counts(names: Iterable[str], folder: Path) -> dict[str, int | None]:
    """Look counts up, and add the missing ones where they are few."""
    file = folder / f"parameters-timm-{zoo.VERSION}.json"
    counts = _read_counts(file)
    missing = [name for name in names if name not in counts]
    if missing and len(missing) <= _COUNTED_AT_ONCE:
        counts |= {name: zoo.count_parameters(name) for name in missing}
        _keep(counts, file)
    return counts


def _read_counts(file: Path) -> dict[str, int | None]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):  # none yet, or not ours: counted again
        return {}


def _keep(counts: dict[str, int | None], file: Path) -> None:
    """Write counts down; where that is not possible, they are counted again."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(file) as stream:
            text = exact_json_text(counts, indent=0, sort_keys=True)
            stream.write(text.encode())
