"""Where each tensor of a safetensors file lies, without reading any of them.

The format: 8 bytes with the length of a JSON header, that header, padded with spaces,
and the bytes of the tensors without gaps (https://github.com/huggingface/safetensors,
"Format"). All of that is checked against the length of the file here, before anything
as large as a header says is asked for.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from unfreeze.errors import WeightsError
from unfreeze.model_file.fields import (
    as_items,
    as_members,
    as_text,
    as_whole,
    member,
)
from unfreeze.model_file.json_text import parse_json

__all__ = [
    "LENGTH_BYTES",
    "METADATA",
    "MOST_HEADER_BYTES",
    "MOST_TENSORS",
    "Layout",
    "StoredTensor",
    "read_layout",
]

MOST_HEADER_BYTES = 8 * 2**20
"""Of all that describes the file. The largest networks need a few hundred thousand."""

MOST_TENSORS = 20_000
_MOST_AXES = 8
_MOST_BYTES = 2**48
_MOST_NAME = 1_000

METADATA = "__metadata__"
"""Name in the header under which texts stand instead of a tensor."""

_PICKLE = re.compile(rb"\x80[\x02-\x05]|PK\x03\x04")  # bare, or as torch packs it
LENGTH_BYTES = 8
"""At the beginning of a file, which say how long its header is."""

_BYTES_OF: Mapping[str, int] = MappingProxyType(
    {
        "BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "U32": 4, "I32": 4, "U64": 8,
        "I64": 8, "F8_E4M3": 1, "F8_E5M2": 1, "F16": 2, "BF16": 2, "F32": 4, "F64": 8,
    }
)  # fmt: skip
"""Of one number, by the format's name of its type."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor, and the bytes of the file that hold it."""

    dtype: str
    """As the format says it, such as ``F32``."""

    shape: tuple[int, ...]
    begin: int
    """Place of the first byte, counted from the beginning of the file."""

    end: int
    """Place behind the last byte."""

    @property
    def num_elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a whole file holds."""

    tensors: Mapping[str, StoredTensor]
    metadata: Mapping[str, str]
    """Texts by name, as the writer of the file left them."""

    num_bytes: int
    """Of the file."""

    @property
    def num_elements(self) -> int:
        """Numbers in all tensors together."""
        return sum(each.num_elements for each in self.tensors.values())

    @property
    def tensor_bytes(self) -> int:
        """Bytes of all tensors together."""
        return sum(each.end - each.begin for each in self.tensors.values())


def read_layout(path: Path) -> Layout:
    """Read and check the header of a safetensors file.

    Raises:
        WeightsError: If there is no such file, or it is not a whole safetensors file,
            or exceeds the limits above.
    """
    if not path.is_file():
        raise WeightsError(f"There is no model file {path}. Check the path.")
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{path} is not a whole safetensors file ({error}). Restore it from a "
            "copy, or get it again."
        ) from error


def _read(file: BinaryIO, num_bytes: int) -> Layout:
    start = file.read(LENGTH_BYTES)
    length = int.from_bytes(start, "little")
    data_begin = LENGTH_BYTES + length
    if data_begin > num_bytes or length > MOST_HEADER_BYTES:
        raise ValueError(_why_too_long(start, length, num_bytes))
    header = file.read(length).rstrip(b" ")
    if header[:1] != b"{" or header[-1:] != b"}":
        raise ValueError("its header is no JSON object")
    content = as_members(parse_json(header.decode()), "its header")
    metadata = as_members(content.pop(METADATA, {}), METADATA)
    if not all(isinstance(text, str) for text in metadata.values()):
        raise ValueError(f"{METADATA} holds more than texts")
    if len(content) > MOST_TENSORS:
        raise ValueError(f"{len(content):,} tensors, at most {MOST_TENSORS:,} are read")
    tensors = {
        name: _stored(name, entry, data_begin) for name, entry in content.items()
    }
    _require_no_gaps(tensors, data_begin, num_bytes)
    return Layout(MappingProxyType(tensors), MappingProxyType(metadata), num_bytes)


def _why_too_long(start: bytes, length: int, num_bytes: int) -> str:
    if _PICKLE.match(start):
        return "it looks like a Python pickle, which could run code"
    return (
        f"its header would have {length:,} bytes, at most "
        f"{min(num_bytes, MOST_HEADER_BYTES):,} are read"
    )


def _stored(name: str, entry: object, data_begin: int) -> StoredTensor:
    as_text(name, "the name of a tensor", most=_MOST_NAME).encode()
    found = as_members(entry, name)
    dtype = as_text(member(found, "dtype"), f"dtype of {name}", most=_MOST_NAME)
    if dtype not in _BYTES_OF:
        raise ValueError(f"{name} is of type {dtype!r}, which is not read")
    axes = as_items(member(found, "shape"), f"shape of {name}", most=_MOST_AXES)
    shape = tuple(_place(axis, f"shape of {name}") for axis in axes)
    offsets = member(found, "data_offsets")
    begin, end = (
        _place(each, f"data_offsets of {name}")
        for each in as_items(offsets, f"data_offsets of {name}", least=2, most=2)
    )
    expected = math.prod(shape) * _BYTES_OF[dtype]
    if end - begin != expected:
        raise ValueError(f"{name} has {end - begin:,} bytes, its shape {expected:,}")
    return StoredTensor(dtype, shape, data_begin + begin, data_begin + end)


def _place(value: Any, name: str) -> int:  # noqa: ANN401 - not yet checked
    return as_whole(value, name, least=0, most=_MOST_BYTES)


def _require_no_gaps(
    tensors: Mapping[str, StoredTensor], data_begin: int, num_bytes: int
) -> None:
    place = data_begin
    for name, tensor in sorted(
        tensors.items(), key=lambda item: (item[1].begin, item[1].end)
    ):
        if tensor.begin != place:
            raise ValueError(f"{name} begins at {tensor.begin:,}, expected {place:,}")
        place = tensor.end
    if place != num_bytes:
        raise ValueError(f"{num_bytes:,} bytes, its tensors need {place:,}")
