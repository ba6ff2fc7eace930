"""What a saved model says of itself, for people and programs, without building it.

Nothing here needs torch. One function reads one kind of file.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from unfreeze.bundle import BUNDLE_FORMAT, BundleHeader, find_bundle, is_export
from unfreeze.errors import WeightsError
from unfreeze.export.marks import is_program, is_whole_archive, writer_of
from unfreeze.model_file.header import HeadShape
from unfreeze.model_file.reading import FORMAT, read_model_file
from unfreeze.records import ImageSpec
from unfreeze.runs.model_files import FOR_TORCH, model_file

__all__ = ["Inspection", "inspect_model"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one file."""

    is_intact: bool
    """Whether its weights, or all of an exported file, are those that were saved."""

    facts: Mapping[str, Any]
    """By name, in the order in which they are shown; values as JSON can hold them."""

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {**self.facts, "intact": self.is_intact}


def inspect_model(path: Path) -> Inspection:
    """Read what a model says of itself, and compare its bytes with what was saved.

    Args:
        path: A run folder, a model file, or an exported one: ONNX, or for torch.

    Raises:
        DataError: If there is no model at ``path``.
        WeightsError: If the header of a trained model is damaged, an export is cut
            short, it is of a later format, or of a kind that cannot be inspected.
    """
    file = model_file(path)
    if is_export(file):
        return _inspect_bundle(file)
    if file.suffix == ".safetensors":
        return _inspect_safetensors(file)
    if file.suffix.lower() == FOR_TORCH:
        return _inspect_program(file)
    raise WeightsError(
        f"{file} is no model file by its name. Expected one that ends in "
        ".safetensors, .onnx or .pt2."
    )


def _inspect_safetensors(path: Path) -> Inspection:
    file = read_model_file(path)
    header, layout = file.header, file.layout
    facts = {
        "file": str(path),
        "kind": "trained model",
        "format": FORMAT,
        "bytes": layout.num_bytes,
        "digest": file.digest,
        "arch": header.arch,
        "xtra_cut": header.xtra_cut,
        "task": header.task.value,
        "num_classes": len(header.classes),
        "classes": list(header.classes),
        "image": _in_json(header.image),
        "head": _in_json(header.head),
        "temperature": header.temperature,
        "tta_temperature": header.tta_temperature,
        "thresholds": header.thresholds and list(header.thresholds),
        "reject": [asdict(each) for each in header.reject],
        "settings": header.settings,
        "versions": dict(file.versions),
        "tensors": {
            "count": len(layout.tensors),
            "numbers": layout.num_elements,
            "bytes": layout.tensor_bytes,
            "types": sorted({each.dtype for each in layout.tensors.values()}),
        },
    }
    return Inspection(file.is_intact(), facts)


def _inspect_bundle(path: Path) -> Inspection:
    found = find_bundle(path)
    facts: dict[str, Any] = {
        "file": str(path),
        "kind": "exported model",
        "format": BUNDLE_FORMAT,
        "bytes": len(found.content),
        "digest": found.sha256,
    }
    if found.header is not None:
        facts |= _facts_of(found.header)
    return Inspection(found.is_intact, facts)


def _inspect_program(path: Path) -> Inspection:
    """All that a program says without torch, which alone can read the rest."""
    if not is_program(path):
        raise WeightsError(
            f"{path} is no program that unfreeze export wrote, or is cut short. Export "
            "it again; torch.export.load reads those of others."
        )
    facts = {
        "file": str(path),
        "kind": "exported program, for torch.export.load",
        "bytes": path.stat().st_size,
        "digest": _digest(path),
        "takes": "H W 3",
        "versions": {"unfreeze": writer_of(path)},
    }
    return Inspection(is_whole_archive(path), facts)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _facts_of(header: BundleHeader) -> dict[str, Any]:
    answering = header.answering
    return {
        "arch": header.arch,
        "task": answering.task.value,
        "num_classes": len(answering.classes),
        "classes": list(answering.classes),
        "image": _in_json(header.image),
        "precision": header.precision,
        "takes": "N H W 3" if header.is_batched else "H W 3",
        "heat": header.has_heat,
        "temperature": header.temperature,
        "thresholds": answering.thresholds and list(answering.thresholds),
        "reject": [asdict(each) for each in answering.reject],
        "source": header.source,
        "parity": header.parity,
        "versions": header.versions,
    }


def _in_json(record: ImageSpec | HeadShape) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(record).items()
    }
