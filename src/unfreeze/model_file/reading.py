"""Open a model file: what it says, and whether it is what was saved.

A file of ours carries its description as JSON under ``unfreeze`` among the metadata of
the safetensors format, and the hash of that text under ``unfreeze_blake2b``. The
description holds the hash of the tensors. So one changed byte anywhere shows.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfreeze.errors import PlanError, WeightsError
from unfreeze.model_file.digest import stored_digest
from unfreeze.model_file.fields import as_members, as_text, member
from unfreeze.model_file.header import ModelHeader, as_content, header_of
from unfreeze.model_file.json_text import parse_json
from unfreeze.model_file.layout import Layout, read_layout
from unfreeze.written_json import exact_json_text

__all__ = [
    "FORMAT",
    "ModelFile",
    "description",
    "read_description",
    "read_header",
    "read_model_file",
    "require_intact",
]

FORMAT = 1
_FIELD, _SEAL = "unfreeze", "unfreeze_blake2b"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What a model file says of itself. Its weights were not read."""

    path: Path
    layout: Layout
    header: ModelHeader
    digest: str
    """Hash of the tensors that were saved; ``is_intact`` compares."""

    versions: Mapping[str, str]
    """Of the libraries that wrote it."""

    def is_intact(self) -> bool:
        """Read all bytes of the tensors, and say whether they are those saved."""
        return stored_digest(self.path, self.layout) == self.digest


def description(
    header: ModelHeader, *, digest: str, versions: Mapping[str, str]
) -> dict[str, str]:
    """Compose the metadata of a model file, such as ``read_model_file`` reads.

    Raises:
        PlanError: If it could not be read again.
        TypeError: If settings hold what JSON does not know.
    """
    content = {
        "format": FORMAT,
        **as_content(header),
        "versions": dict(versions),
        "digest": digest,
    }
    try:
        text = exact_json_text(content)
        header_of(parse_json(text))
    except ValueError as error:
        raise PlanError(
            f"A model file cannot say this of its model: {error}. Change that, then "
            "save again."
        ) from error
    return {_FIELD: text, _SEAL: _seal(text)}


def read_header(path: Path) -> ModelHeader:
    """Read what a model file says of its model; the errors of ``read_model_file``."""
    return read_model_file(path).header


def read_model_file(path: Path) -> ModelFile:
    """Read all that a model file says of itself, without reading its weights.

    Raises:
        WeightsError: If the file is missing, damaged, not one of ours, or of a later
            format than this version knows.
    """
    layout = read_layout(path)
    content = read_description(path, layout)
    if content is None:
        raise WeightsError(
            f"{path} is not a model file of unfreeze: it has no description in its "
            "header. Expected a file written by learn.save() or unfreeze train."
        )
    try:
        versions = as_members(content.get("versions", {}), "versions")
        return ModelFile(
            path=path,
            layout=layout,
            header=header_of(content),
            digest=as_text(member(content, "digest"), "digest", most=100),
            versions={
                name: as_text(each, "a version", most=200)
                for name, each in versions.items()
            },
        )
    except ValueError as error:
        raise _not_understood(path, error) from error


def read_description(path: Path, layout: Layout) -> dict[str, Any] | None:
    """What the writer of a file said of it, its seal and format checked.

    Args:
        path: For the words of errors.
        layout: Of that file.

    Returns:
        None for a file that others wrote.

    Raises:
        WeightsError: If the description was changed, or is of a later format.
    """
    text, seal = layout.metadata.get(_FIELD), layout.metadata.get(_SEAL)
    if text is None and seal is None:
        return None
    if text is None or seal != _seal(text):
        raise WeightsError(
            f"{path} is damaged: its header is not the one it was saved with. "
            "Restore it from a copy, or train again."
        )
    try:
        content = as_members(parse_json(text), "the description")
        found = member(content, "format")
        if type(found) is not int or found < 1:
            raise ValueError(f"format is {found!r:.50}")
    except ValueError as error:
        raise _not_understood(path, error) from error
    if found != FORMAT:
        raise WeightsError(
            f"{path} has format {found!s:.50}, and this version of unfreeze reads "
            f"format {FORMAT}. Update unfreeze to open it."
        )
    return content


def require_intact(path: Path, layout: Layout, digest: object) -> None:
    """Refuse a file whose tensors are not those it was saved with.

    Args:
        path: Of the file, all of which is read.
        layout: Of that file.
        digest: What its description says of the tensors.

    Raises:
        WeightsError: If they are others.
    """
    if digest != stored_digest(path, layout):
        raise WeightsError(
            f"{path} is damaged: its weights are not those it was saved with. "
            "Restore it from a copy, or train again."
        )


def _not_understood(path: Path, error: ValueError) -> WeightsError:
    return WeightsError(
        f"{path} describes its model in a way that this version of unfreeze does not "
        f"understand ({error}). Open it with the version that wrote it."
    )


def _seal(text: str) -> str:
    # A lone surrogate can be hashed, too: it just is not what was saved.
    data = text.encode(errors="surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()
