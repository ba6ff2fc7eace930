"""Models to files and back: safetensors, with all that prediction needs in the header.

Loading never runs code. What a file says is checked before anything is built from it,
and its bytes are compared with what was saved.
"""

import re
from pathlib import Path

from safetensors.torch import save

from unfreeze.atomic import written_whole
from unfreeze.errors import WeightsError
from unfreeze.model_file.header import ModelHeader
from unfreeze.model_file.layout import Layout, read_layout
from unfreeze.model_file.reading import (
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

_MOST_TIMES_LARGER = 16
"""Weights of an architecture beside those of a file. The classifier, which a file does
not hold, can be nine tenths of a network (VGG)."""

_SMALL_NETWORK = 200_000_000
"""Weights that any machine has room for. Stages that were cut off are not in the file
either, so more than this is refused only where the file has next to nothing of it."""

_LINEAR = re.compile(r"head\.(\d+)\.weight")


def save_model(path: Path, model: StagedClassifier, header: ModelHeader) -> Path:
    """Write weights and header to ``path`` in one move.

    Raises:
        PlanError: If the header could not be read again.
    """
    tensors = {name: each.contiguous() for name, each in model.state_dict().items()}
    metadata = description(header, digest=content_hash(tensors), versions=versions())
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        stream.write(save(tensors, metadata=metadata))
    return path


def load_weights(model: StagedClassifier, path: Path) -> None:
    """Fill ``model`` from a file, entirely or not at all.

    Takes our own files, and state dicts of the whole model in safetensors or in
    torch's format, also under the lesson's suffix ``.h5``.

    Raises:
        WeightsError: If the file is damaged, or does not fit; the message lists what
            does not.
    """
    if path.suffix == ".safetensors":
        layout = read_layout(path)
        content = read_description(path, layout)
        if content is not None:
            require_intact(path, layout, content.get("digest"))
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
    _require_room(path, header, file.layout)
    model = _blank_model(header)
    fit_weights(model, read_weights(path), what=str(path))
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


def _require_room(path: Path, header: ModelHeader, layout: Layout) -> None:
    """Refuse a header that asks for a much larger model than the file can fill."""
    stored = layout.num_elements
    count = count_parameters(header.arch) or 0
    most = _MOST_TIMES_LARGER * stored
    if header.xtra_cut:
        most = max(most, _SMALL_NETWORK)
    if count > most:
        raise WeightsError(
            f"{path} says that it holds {header.arch}, which has {count:,} weights, "
            f"and it holds {stored:,}. Restore it from a copy, or train again."
        )
    if header.head.kind != "concat-pool":
        return
    wanted, found = [*header.head.xtra_fc, len(header.classes)], _widths_of_head(layout)
    if found != wanted:
        raise WeightsError(
            f"{path} says that the layers of its head have {_few(wanted)} outputs, and "
            f"holds {_few(found)}. Restore it from a copy, or train again."
        )


def _widths_of_head(layout: Layout) -> list[int]:
    """Outputs of each linear layer, in order."""
    found = {
        int(match[1]): tensor.shape[0]
        for name, tensor in layout.tensors.items()
        if (match := _LINEAR.fullmatch(name)) and len(tensor.shape) == 2
    }
    return [found[number] for number in sorted(found)]


def _few(widths: list[int]) -> str:
    return f"{widths[:5]}{' and more' if len(widths) > 5 else ''}"
