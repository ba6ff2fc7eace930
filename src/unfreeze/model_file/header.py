"""What a model needs besides its weights, as a record and as JSON.

A field that this version does not know is passed over, so that files of a later
version of the same format can be read; one that it knows must make sense.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from unfreeze.model_file.fields import (
    as_items,
    as_members,
    as_number,
    as_text,
    as_whole,
    member,
)
from unfreeze.records import ImageSpec, Interpolation, RejectAt, Task

__all__ = ["MOST_PIXELS", "HeadShape", "ModelHeader", "as_content", "header_of"]

MOST_PIXELS = 4_096
"""Side of the largest image that a model reads."""

_HEAD_KINDS = ("concat-pool", "original", "custom")

_MOST_CLASSES = 100_000
_MOST_CHARACTERS = 4_096  # of a class name
_MOST_STAGES = 100
_MOST_LAYERS = 32
_MOST_WIDTH = 2**20
_MOST_LEVELS = 1_000
_TEMPERATURES = (1e-12, 1e12)
_BELOW_ONE = 1 - 2**-53


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadShape:
    """Which layers follow the backbone."""

    kind: str = "concat-pool"
    """``concat-pool``, ``original`` (the architecture's own), or ``custom``."""

    xtra_fc: tuple[int, ...] = (512,)
    ps: tuple[float, ...] = (0.25, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHeader:
    """All that is needed, besides the weights, to predict as in training."""

    arch: str
    classes: tuple[str, ...]
    image: ImageSpec
    xtra_cut: int = 0
    task: Task = Task.SINGLE
    head: HeadShape = field(default_factory=HeadShape)
    settings: dict[str, Any] = field(default_factory=dict)
    """Hyperparameters of the run that made the weights."""

    temperature: float = 1.0
    """Logits are divided by it, so that probabilities are right on average."""

    tta_temperature: float | None = None
    """Likewise for an average over views; None takes ``temperature``."""

    thresholds: tuple[float, ...] | None = None
    """For each class of a model for several labels, the probability above which it is
    named. None is 0.5 for all."""

    reject: tuple[RejectAt, ...] = ()
    """Rising with precision. Empty where nothing was measured, or nothing could be
    promised."""


def as_content(header: ModelHeader) -> dict[str, Any]:
    """The header as JSON can hold it; ``header_of`` reads it again."""
    return {**dataclasses.asdict(header), "task": header.task.value}


def header_of(content: Mapping[str, Any]) -> ModelHeader:
    """Read a header from JSON.

    Raises:
        ValueError: If something is missing, of another kind, out of range, or
            contradicts the rest.
    """
    classes = _classes(member(content, "classes"))
    return ModelHeader(
        arch=as_text(member(content, "arch"), "arch", most=200),
        classes=classes,
        image=_image(as_members(member(content, "image"), "image")),
        xtra_cut=as_whole(
            member(content, "xtra_cut"), "xtra_cut", least=0, most=_MOST_STAGES
        ),
        task=Task(as_text(member(content, "task"), "task", most=20)),
        head=_head(as_members(member(content, "head"), "head")),
        settings=as_members(member(content, "settings"), "settings"),
        **_answering(content, len(classes)),
    )


def _classes(value: object) -> tuple[str, ...]:
    items = as_items(value, "classes", least=1, most=_MOST_CLASSES)
    names = tuple(as_text(each, "a class", most=_MOST_CHARACTERS) for each in items)
    if len(set(names)) < len(names):
        raise ValueError("two classes have the same name")
    return names


def _image(found: Mapping[str, Any]) -> ImageSpec:
    interpolation = found.get("interpolation", "bilinear")
    if interpolation not in get_args(Interpolation):
        raise ValueError(f"interpolation is {interpolation!r:.50}")
    squash = found.get("squash", False)
    if not isinstance(squash, bool):
        raise ValueError(f"squash is {squash!r:.50}")
    return ImageSpec(
        size=as_whole(member(found, "size"), "size", least=1, most=MOST_PIXELS),
        mean=_channels(member(found, "mean"), "mean", least=-1e6),
        std=_channels(member(found, "std"), "std", least=1e-6),
        interpolation=interpolation,
        squash=squash,
    )


def _channels(value: object, name: str, *, least: float) -> tuple[float, float, float]:
    red, green, blue = (
        as_number(each, name, least=least, most=1e6)
        for each in as_items(value, name, least=3, most=3)
    )
    return red, green, blue


def _head(found: Mapping[str, Any]) -> HeadShape:
    kind = member(found, "kind")
    if kind not in _HEAD_KINDS:
        raise ValueError(f"the head is of kind {kind!r:.50}")
    widths = as_items(member(found, "xtra_fc"), "xtra_fc", most=_MOST_LAYERS)
    dropouts = as_items(member(found, "ps"), "ps", most=_MOST_LAYERS + 1)
    if kind == "concat-pool" and len(dropouts) != len(widths) + 1:
        raise ValueError(f"{len(dropouts)} dropouts for {len(widths) + 1} layers")
    return HeadShape(
        kind=kind,
        xtra_fc=tuple(
            as_whole(each, "xtra_fc", least=1, most=_MOST_WIDTH) for each in widths
        ),
        ps=tuple(as_number(each, "ps", least=0, most=_BELOW_ONE) for each in dropouts),
    )


def _answering(content: Mapping[str, Any], num_classes: int) -> dict[str, Any]:
    """What files have carried only since models were calibrated, as far as it is there.

    Where it is not, the defaults of the record say what held before.
    """
    found: dict[str, Any] = {}
    least, most = _TEMPERATURES
    for name in ("temperature", "tta_temperature"):
        if content.get(name) is not None:
            found[name] = as_number(content[name], name, least=least, most=most)
    if content.get("thresholds") is not None:
        items = as_items(
            content["thresholds"], "thresholds", least=num_classes, most=num_classes
        )
        found["thresholds"] = tuple(_share(each, "a threshold") for each in items)
    if content.get("reject") is not None:
        found["reject"] = _reject(content["reject"])
    return found


def _reject(value: object) -> tuple[RejectAt, ...]:
    levels = [
        as_members(each, "reject")
        for each in as_items(value, "reject", most=_MOST_LEVELS)
    ]
    found = tuple(
        RejectAt(
            precision=_share(member(level, "precision"), "precision"),
            threshold=_share(member(level, "threshold"), "threshold"),
        )
        for level in levels
    )
    precisions = [each.precision for each in found]
    if precisions != sorted(precisions):
        raise ValueError("reject does not rise with precision")
    return found


def _share(value: object, name: str) -> float:
    return as_number(value, name, least=0, most=1)
