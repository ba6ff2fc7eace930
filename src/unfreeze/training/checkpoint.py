"""One file per model: safetensors, with everything prediction needs in its header.

Loading never runs code. The header carries a hash of the tensors and one of itself, so
a file with one changed byte is refused.
"""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from unfreeze.atomic import written_whole
from unfreeze.errors import WeightsError
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import (
    StagedClassifier,
    with_new_head,
    with_original_head,
)
from unfreeze.models.weights import content_hash, fit_weights, read_weights
from unfreeze.records import ImageSpec, RejectAt, Task
from unfreeze.versions import versions

__all__ = [
    "HeadShape",
    "ModelHeader",
    "load_model",
    "load_weights",
    "read_header",
    "save_model",
]

_FORMAT = 1
_FIELD = "unfreeze"
"""Key of our JSON in the header's metadata."""

_SEAL = "unfreeze_blake2b"
"""Key of the hash of that JSON."""


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


def save_model(path: Path, model: StagedClassifier, header: ModelHeader) -> Path:
    """Write weights and header to ``path`` in one move."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: each.contiguous() for name, each in model.state_dict().items()}
    content = {
        "format": _FORMAT,
        **dataclasses.asdict(header),
        "task": header.task.value,
        "versions": versions(),
        "digest": content_hash(tensors),
    }
    text = json.dumps(content)
    with written_whole(path) as stream:
        stream.write(save(tensors, metadata={_FIELD: text, _SEAL: _seal(text)}))
    return path


def read_header(path: Path) -> ModelHeader:
    """Read what a model file says of itself, without reading its weights.

    Raises:
        WeightsError: If the file is missing, damaged, not one of ours, or of a later
            format than this version knows.
    """
    content = _metadata(path)
    if content is None:
        raise WeightsError(
            f"{path} is not a model file of unfreeze: it has no description in its "
            "header. Expected a file written by learn.save() or unfreeze train."
        )
    try:
        return _header_of(content)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path} describes its model in a way that this version of unfreeze does "
            f"not understand ({error!r}). Open it with the version that wrote it."
        ) from error


def load_weights(model: StagedClassifier, path: Path) -> None:
    """Fill ``model`` from a file, entirely or not at all.

    Takes our own files, and state dicts of the whole model in safetensors or in
    torch's format, also under the lesson's suffix ``.h5``.

    Raises:
        WeightsError: If the file is damaged, or does not fit; the message lists what
            does not.
    """
    tensors = read_weights(path)
    content = _metadata(path) if path.suffix == ".safetensors" else None
    if content is not None and content.get("digest") != content_hash(tensors):
        raise WeightsError(
            f"{path} is damaged: its weights are not those it was saved with. "
            "Restore it from a copy, or train again."
        )
    fit_weights(model, tensors, what=str(path))


def load_model(path: Path) -> tuple[StagedClassifier, ModelHeader]:
    """Build the model of a file, on the CPU, ready to predict.

    Raises:
        WeightsError: As ``read_header`` and ``load_weights`` do, and for a model whose
            head was an arbitrary module, which a file cannot describe.
        PlanError: If its architecture is not among those installed here.
    """
    header = read_header(path)
    if header.head.kind == "custom":
        raise WeightsError(
            f"{path} has a head of its own making, which a file cannot describe. "
            "Build the learner as it was trained and call learn.load()."
        )
    model = _blank_model(header)
    load_weights(model, path)
    return model.eval(), header


def _blank_model(header: ModelHeader) -> StagedClassifier:
    size = header.image.size
    if header.head.kind == "original":
        return with_original_head(header.arch, weights="none", size=size)
    backbone = build_backbone(
        header.arch, weights="none", size=size, xtra_cut=header.xtra_cut
    )
    return with_new_head(
        backbone, len(header.classes), xtra_fc=header.head.xtra_fc, ps=header.head.ps
    )


def _metadata(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        raise WeightsError(f"There is no model file {path}. Check the path.")
    try:
        with safe_open(path, framework="np") as file:
            found = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"{path} is not a whole safetensors file ({error})."
        ) from error
    text, seal = found.get(_FIELD), found.get(_SEAL)
    if text is None and seal is None:
        return None
    if text is None or seal != _seal(text):
        raise WeightsError(
            f"{path} is damaged: its header is not the one it was saved with. "
            "Restore it from a copy, or train again."
        )
    content: dict[str, Any] = json.loads(text)
    if content.get("format") != _FORMAT:
        raise WeightsError(
            f"{path} has format {content.get('format')!r}, and this version of "
            f"unfreeze reads format {_FORMAT}. Update unfreeze to open it."
        )
    return content


def _seal(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _header_of(content: Mapping[str, Any]) -> ModelHeader:
    image, head = content["image"], content["head"]
    return ModelHeader(
        arch=content["arch"],
        classes=tuple(content["classes"]),
        image=ImageSpec(
            **{**image, "mean": tuple(image["mean"]), "std": tuple(image["std"])}
        ),
        xtra_cut=content["xtra_cut"],
        task=Task(content["task"]),
        head=HeadShape(
            kind=head["kind"], xtra_fc=tuple(head["xtra_fc"]), ps=tuple(head["ps"])
        ),
        settings=content["settings"],
        **_answering_of(content),
    )


def _answering_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """What files have carried only since models were calibrated, as far as it is there.

    Raises:
        ValueError: If a temperature is none, or thresholds do not fit the classes.
    """
    found = {
        name: content[name]
        for name in ("temperature", "tta_temperature", "thresholds", "reject")
        if content.get(name) is not None
    }
    for name in ("temperature", "tta_temperature"):
        if not 0 < found.get(name, 1.0) < math.inf:
            raise ValueError(f"{name} {found[name]}")
    if "thresholds" in found:
        found["thresholds"] = tuple(float(each) for each in found["thresholds"])
        if len(found["thresholds"]) != len(content["classes"]):
            raise ValueError(f"{len(found['thresholds'])} thresholds")
    if "reject" in found:
        found["reject"] = tuple(RejectAt(**each) for each in found["reject"])
    return found
