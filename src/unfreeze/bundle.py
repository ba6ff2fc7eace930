"""An exported model in one ONNX file: what it says of itself, and that it is whole.

Any ONNX runtime reads the file. Behind the graph stand two entries of its metadata:
``unfreeze`` describes the model as JSON, and ``unfreeze_sha256`` is the hash of
everything before it. Both are appended as bytes of the format itself (protocol buffers
allow repeated fields anywhere: https://protobuf.dev/programming-guides/encoding/), so
writing and checking them needs no ONNX library.
"""

import hashlib
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from unfreeze.answering import Answering
from unfreeze.atomic import written_whole
from unfreeze.errors import WeightsError
from unfreeze.model_file.fields import as_members, as_text, member
from unfreeze.model_file.header import header_of
from unfreeze.model_file.json_text import parse_json
from unfreeze.records import ImageSpec
from unfreeze.written_json import exact_json_text

__all__ = [
    "BUNDLE_FORMAT",
    "HEAT",
    "PIXELS",
    "PROBABILITIES",
    "Bundle",
    "BundleHeader",
    "FoundBundle",
    "answering_at",
    "find_bundle",
    "golden_file",
    "is_bundle",
    "is_export",
    "read_bundle",
    "write_bundle",
]

PIXELS = "pixels"
"""The graph's input: uint8 RGB of any size, ``H W 3``; of a file that ``is_batched``,
``N H W 3``. Squares of the model's size pass through unchanged."""

PROBABILITIES = "probabilities"
"""Its first output: float32, ``K``, or ``N K`` of a batch, at the temperature of the
model."""

HEAT = "heat"
"""Its second output: float32, ``h w``, or ``N h w`` of a batch, 0 to 1. Grad-CAM of
the most probable class, at the places of the features, over the square that was read.
Models whose features have no places lack it."""

BUNDLE_FORMAT = 1
"""Of the description. Later ones are refused."""

_DESCRIPTION, _SEAL = "unfreeze", "unfreeze_sha256"
_MOST_BYTES = 2**31 - 1
"""No protocol buffer may be larger."""

_DIGITS = 64
"""Of a SHA-256, in hexadecimal."""

_NO_HEAD = {"kind": "original", "xtra_fc": [], "ps": []}

_MOST_TEXT = 16 * 2**20
"""Bytes of description that are read; a hundred thousand class names fit."""

_MOST_VARINT = 5
"""Bytes of a length in a protocol buffer."""

_MOST_BEFORE = 32
"""Bytes of an entry before its text: key, length and what announces them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleHeader:
    """All that stands in the file besides the graph."""

    arch: str
    answering: Answering
    image: ImageSpec
    temperature: float
    """Is part of the graph, and stated for information only."""

    precision: str = "fp32"
    """Of the arithmetic: ``fp32``, ``fp16`` or ``int8``."""

    is_batched: bool = False
    """Whether the graph takes several images of one size, and not one."""

    has_heat: bool = False
    source: str = "unknown"
    """Digest of the weights that were exported."""

    parity: dict[str, Any] = field(default_factory=dict)
    """How the file compared with the trained model when it was written."""

    versions: dict[str, str] = field(default_factory=dict)

    is_unfinished: bool = False
    """Whether its run was not finished when it was exported; earlier versions of
    unfreeze did not write that down."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file that was read and found whole."""

    content: bytes
    """As an ONNX runtime takes it."""

    header: BundleHeader

    @property
    def sha256(self) -> str:
        """Hash of all that the seal covers, in hexadecimal digits."""
        return self.content[-_DIGITS:].decode()


@dataclass(frozen=True, slots=True)
class FoundBundle:
    """A file that was read, whole or damaged."""

    content: bytes
    is_intact: bool
    """Whether its bytes are those that were sealed."""

    header: BundleHeader | None
    """None where damage has reached what the file says of itself."""

    @property
    def sha256(self) -> str:
        """The hash that the file says it has."""
        return self.content[-_DIGITS:].decode(errors="backslashreplace")


def answering_at(precision: str, answering: Answering) -> Answering:
    """What a trained model may answer, and what of it an export still promises.

    How often answers are right was measured on probabilities in single precision; with
    fewer bits they are others.

    Args:
        precision: Of the arithmetic of the export.
        answering: Of the trained model.
    """
    if precision == "fp32":
        return answering
    why = (
        f"This export computes in {precision}, and from which probability on answers "
        "are right often enough was measured in fp32: it promises no precision. Use "
        "the run folder or an export in fp32, or pass a threshold of your own."
    )
    return replace(answering, reject=(), unpromised=why)


def golden_file(path: Path) -> Path:
    """Where the example answers of the bundle ``path`` stand."""
    return path.with_suffix(".golden.npz")


def is_bundle(path: Path) -> bool:
    """Whether a file ends with a seal of ours, be it whole or damaged."""
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - len(_seal_with("0" * _DIGITS))))
        return _begins_with_seal(stream.read())


def is_export(path: Path) -> bool:
    """Whether a path leads to an exported model, by its name or by its seal."""
    if path.suffix.lower() == ".onnx":
        return not path.is_dir()
    return path.is_file() and os.access(path, os.R_OK) and is_bundle(path)


def write_bundle(path: Path, graph: bytes, header: BundleHeader) -> None:
    """Write an ONNX model with its description and its seal, whole or not at all.

    Args:
        path: Of the new file.
        graph: A serialised ONNX model.
        header: What to say of it.

    Raises:
        WeightsError: If the file would be larger than the format allows, or what is
            said of the model could not be read again.
    """
    description = _entry(_DESCRIPTION, _readable(header))
    digest = hashlib.sha256(graph)
    digest.update(description)
    parts = (graph, description, _seal_with(digest.hexdigest()))
    size = sum(map(len, parts))
    if size > _MOST_BYTES:
        raise WeightsError(
            f"The exported model would have {size:,} bytes, and an ONNX file "
            f"cannot have more than {_MOST_BYTES:,}. Export with --fp16, or train a "
            "smaller architecture."
        )
    with written_whole(path) as stream:
        for each in parts:
            stream.write(each)


def read_bundle(path: Path) -> Bundle:
    """Read an exported model and check that it is whole. Runs nothing.

    Raises:
        WeightsError: If there is no such file, or it is damaged, not one of ours, or
            of a later format.
    """
    found = find_bundle(path)
    if not found.is_intact or found.header is None:
        raise WeightsError(
            f"{path} is damaged: its content is not what was exported. Restore it "
            "from a copy, or write it again: unfreeze export RUN FILE.onnx."
        )
    return Bundle(found.content, found.header)


def find_bundle(path: Path) -> FoundBundle:
    """Read an exported model, also where bytes of it have changed. Runs nothing.

    Raises:
        WeightsError: If there is no such file, or it is not one of ours, not whole,
            or of a later format.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= _MOST_BYTES else b""
    except OSError as error:
        raise WeightsError(
            f"The exported model {path} cannot be read: {error.strerror}. Expected a "
            "file that unfreeze export RUN FILE.onnx has written."
        ) from error
    is_intact = _is_sealed(content, path)
    try:
        return FoundBundle(content, is_intact, _header_in(content, path))
    except WeightsError:
        if is_intact:
            raise
        return FoundBundle(content, is_intact, None)


def _readable(header: BundleHeader) -> bytes:
    """What is said of a model, as it is written, after reading it once.

    Raises:
        WeightsError: If it could not be read again.
    """
    try:
        text = exact_json_text({"format": BUNDLE_FORMAT, **_as_json(header)})
        if len(text) > _MOST_TEXT:
            raise ValueError(f"{len(text):,} bytes, at most {_MOST_TEXT:,} are read")
        _from_json(parse_json(text))
    except ValueError as error:
        raise WeightsError(
            f"The description of the exported model could not be read again ({error}). "
            "Train it with fewer classes or shorter names, and export it again."
        ) from error
    return text.encode()


def _is_sealed(content: bytes, path: Path) -> bool:
    """Whether the seal at the end of a file is that of all before it.

    Raises:
        WeightsError: If there is no seal.
    """
    end = _end_of(content)
    seal = content[end:]
    if not _begins_with_seal(seal):
        raise WeightsError(
            f"{path} is not whole, or not an export of unfreeze: its end lacks the "
            "seal. Write it again: unfreeze export RUN FILE.onnx."
        )
    with memoryview(content)[:end] as body:  # of which there may be 2 GB
        digest = hashlib.sha256(body).hexdigest()
    return seal == _seal_with(digest)


def _begins_with_seal(end: bytes) -> bool:
    return end.startswith(_seal_with("0" * _DIGITS)[:-_DIGITS])


def _end_of(content: bytes) -> int:
    """Where the seal begins."""
    return max(0, len(content) - len(_seal_with("0" * _DIGITS)))


def _header_in(content: bytes, path: Path) -> BundleHeader:
    try:
        description = _description_in(content, _end_of(content)).decode()
        found = as_members(parse_json(description), "it")
        later = member(found, "format")
        if later == BUNDLE_FORMAT:
            return _from_json(found)
    except ValueError as error:
        raise WeightsError(
            f"{path} describes its model in a way that this version of unfreeze does "
            f"not understand ({error}). Open it with the version that wrote it."
        ) from error
    raise WeightsError(
        f"{path} has format {later!r:.50}, and this version of unfreeze reads format "
        f"{BUNDLE_FORMAT}. Update unfreeze to open it."
    )


def _description_in(content: bytes, end: int) -> bytes:
    """Find the last entry before ``end``: its text follows the last place of its key.

    Raises:
        ValueError: If there is none, or it ends elsewhere.
    """
    key = _key(_DESCRIPTION)
    start = content.rfind(key, max(0, end - _MOST_TEXT - _MOST_BEFORE), end)
    if start < 0:
        raise ValueError("no description")
    found = content[start + len(key) : end]
    for width in range(1, min(_MOST_VARINT, len(found) - 1) + 1):
        mark = b"\x12" + _varint(len(found) - 1 - width)
        if len(mark) == 1 + width and found.startswith(mark):
            return found[len(mark) :]
    raise ValueError("a description of another length than it says")


def _as_json(header: BundleHeader) -> dict[str, Any]:
    content = asdict(header)
    answering = content.pop("answering")
    del answering["unpromised"]  # follows from the arithmetic
    return {**content, **answering, "task": header.answering.task.value}


def _from_json(found: dict[str, Any]) -> BundleHeader:
    """Check what the file says of itself, as that of a trained model is checked.

    Raises:
        ValueError: If something is missing, of another kind, or out of range.
    """
    # Of the trained model, a graph lacks what it takes to build it.
    trained = header_of(
        {**found, "xtra_cut": 0, "head": _NO_HEAD, "settings": {}},
    )
    precision = as_text(member(found, "precision"), "precision", most=20)
    return BundleHeader(
        arch=trained.arch,
        answering=answering_at(
            precision,
            Answering(
                classes=trained.classes,
                task=trained.task,
                thresholds=trained.thresholds,
                reject=trained.reject,  # earlier versions wrote them at any precision
            ),
        ),
        image=trained.image,
        temperature=trained.temperature,
        precision=precision,
        is_batched=member(found, "is_batched") is True,
        has_heat=member(found, "has_heat") is True,
        source=as_text(member(found, "source"), "source", most=200),
        parity=as_members(member(found, "parity"), "parity"),
        versions=as_members(member(found, "versions"), "versions"),
        is_unfinished=found.get("is_unfinished") is True,
    )


def _seal_with(digits: str) -> bytes:
    return _entry(_SEAL, digits.encode())


def _entry(key: str, value: bytes) -> bytes:
    """One key and value of ONNX's ``ModelProto.metadata_props``, field 14."""
    pair = _key(key) + b"\x12" + _varint(len(value)) + value
    return b"\x72" + _varint(len(pair)) + pair


def _key(key: str) -> bytes:
    return b"\x0a" + _varint(len(key)) + key.encode()


def _varint(number: int) -> bytes:
    """Seven bits to a byte, the lowest first; the top bit says that more follow."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
