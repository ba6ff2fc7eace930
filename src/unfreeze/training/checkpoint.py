"""Models to files and back: safetensors, with all that prediction needs in the header.

Loading never runs code. What a file says is checked before anything is built from it,
and its bytes are compared with what was saved.
"""

import re
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save

from unfreeze.atomic import written_whole
from unfreeze.errors import WeightsError
from unfreeze.model_file.header import ModelHeader
from unfreeze.model_file.layout import read_layout
from unfreeze.model_file.ordered import in_order
from unfreeze.model_file.reading import (
    ModelFile,
    description,
    read_description,
    read_model_file,
    require_intact,
)
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import (
    StagedClassifier,
    with_new_head,
    with_original_head,
)
from unfreeze.models.weights import content_hash, fit_weights, read_weights
from unfreeze.models.zoo import count_parameters
from unfreeze.versions import versions

__all__ = ["load_model", "load_weights", "save_model"]

_MOST_TIMES_LARGER = 64
"""Weights of an architecture beside those of a file. Of VGG or a small LCNet, whose own
classifiers are left out, a file holds less than a tenth."""

_SMALL_NETWORK = 200_000_000
"""Weights that any machine has room for. Stages that were cut off are not in the file
either, so more than this is refused only where the file has next to nothing of it."""

_LINEAR = re.compile(r"head\.(\d+)\.weight")


def save_model(path: Path, model: StagedClassifier, header: ModelHeader) -> Path:
    """Write weights and header to ``path`` in one move: the same give the same bytes.

    Raises:
        PlanError: If the header could not be read again.
    """
    tensors = {name: each.contiguous() for name, each in model.state_dict().items()}
    metadata = description(header, digest=content_hash(tensors), versions=versions())
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        for part in in_order(save(tensors, metadata=metadata)):
            stream.write(part)
    return path


def load_weights(
    model: StagedClassifier, path: Path, header: ModelHeader | None = None
) -> None:
    """Fill ``model`` from a file, entirely or not at all.

    Takes our own files, and state dicts of the whole model in safetensors or in
    torch's format, also under the lesson's suffix ``.h5``. Those of others do not say
    which class an output stands for.

    Args:
        model: The network to fill.
        path: The file.
        header: What the outputs of ``model`` mean. A file of ours must mean the same.

    Raises:
        WeightsError: If the file is damaged, was trained for other classes or another
            task, or does not fit; the message lists what does not.
    """
    if path.suffix == ".safetensors":
        layout = read_layout(path)
        content = read_description(path, layout)
        if content is not None:
            require_intact(path, layout, content.get("digest"))
            if header is not None:
                _require_same_outputs(path, content, header)
    fit_weights(model, read_weights(path), what=str(path))


def load_model(path: Path) -> tuple[StagedClassifier, ModelHeader]:
    """Build the model of a file, on the CPU, ready to predict.

    Raises:
        WeightsError: As ``read_header`` and ``load_weights`` do, and for a model whose
            head was an arbitrary module, which a file cannot describe.
        PlanError: If its architecture is not among those installed here.
    """
    file = read_model_file(path)
    header = file.header
    if header.head.kind == "custom":
        raise WeightsError(
            f"{path} has a head of its own making, which a file cannot describe. "
            "Build the learner as it was trained and call learn.load()."
        )
    require_intact(path, file.layout, file.digest)
    model = _blank_model(file)
    fit_weights(model, read_weights(path), what=str(path))
    return model.eval(), header


def _require_same_outputs(
    path: Path, content: Mapping[str, Any], header: ModelHeader
) -> None:
    """Refuse weights whose outputs stand for something else than the learner's.

    Args:
        path: Of the file.
        content: What it says of its model.
        header: Of the learner.
    """
    classes, wanted = content.get("classes"), list(header.classes)
    if classes != wanted:
        raise WeightsError(
            f"{path} was trained for the classes {reprlib.repr(classes)}, and this "
            f"learner has {reprlib.repr(wanted)}{_first_difference(classes, wanted)}: "
            "its answers would get the wrong names. Give the class folders the names "
            "that they had, or train again."
        )
    if content.get("task") != header.task.value:
        raise WeightsError(
            f"{path} was trained for the task {content.get('task')!r:.50}, and the "
            f"photos of this learner are labelled for {header.task.value!r}. Load it "
            "where photos are labelled as then, or train again."
        )


def _first_difference(found: object, wanted: Sequence[str]) -> str:
    """Say where two long lists of classes part, which their beginnings hide."""
    names = found if isinstance(found, list) else []
    for number, (one, other) in enumerate(zip(names, wanted, strict=False)):
        if one != other:
            return f" (class {number} was {one!r:.60}, and is {other!r:.60})"
    return f" ({len(names)} and {len(wanted)} of them)"


def _blank_model(file: ModelFile) -> StagedClassifier:
    """Build what the header asks for, as far as the file can fill it."""
    header, size = file.header, file.header.image.size
    _require_backbone(file)
    if header.head.kind == "original":
        return with_original_head(header.arch, weights="none", size=size)
    backbone = build_backbone(
        header.arch, weights="none", size=size, xtra_cut=header.xtra_cut
    )
    widths = header.head.xtra_fc
    _require_head(file, [2 * backbone.num_features, *widths, len(header.classes)])
    return with_new_head(
        backbone, len(header.classes), xtra_fc=widths, ps=header.head.ps
    )


def _require_backbone(file: ModelFile) -> None:
    """Refuse a header that names a network much larger than the file."""
    arch, stored = file.header.arch, file.layout.num_elements
    count = count_parameters(arch) or 0
    most = _MOST_TIMES_LARGER * stored
    if file.header.xtra_cut:
        most = max(most, _SMALL_NETWORK)
    if count > most:
        raise WeightsError(
            f"{file.path} says that it holds {arch}, which has {count:,} weights, and "
            f"it holds {stored:,}. Restore it from a copy, or train again."
        )


def _require_head(file: ModelFile, widths: list[int]) -> None:
    """Refuse a header whose head is not the one in the file.

    Args:
        file: With tensors ``head.N.weight`` of outputs by inputs, N rising.
        widths: What the head reads, and the outputs of each linear layer.
    """
    shapes = {
        int(match[1]): tensor.shape
        for name, tensor in file.layout.tensors.items()
        if (match := _LINEAR.fullmatch(name)) and len(tensor.shape) == 2
    }
    found = [shapes[number] for number in sorted(shapes)]
    wanted = list(zip(widths[1:], widths[:-1], strict=True))
    if found != wanted:
        raise WeightsError(
            f"{file.path} says that its head has layers of {reprlib.repr(wanted)} "
            f"outputs and inputs, and holds {reprlib.repr(found)}. Restore it from a "
            "copy, or train again."
        )
