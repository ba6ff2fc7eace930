"""The hash of all tensors of a file, from its bytes, without torch."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from unfreeze.model_file.layout import Layout

__all__ = ["stored_digest"]

_CHUNK_BYTES = 2**20

_TORCH_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16",
        "U32": "uint32", "I32": "int32", "U64": "uint64", "I64": "int64",
        "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F16": "float16",
        "BF16": "bfloat16", "F32": "float32", "F64": "float64",
    }
)  # fmt: skip
"""What the hash calls each type of the format."""


def stored_digest(path: Path, layout: Layout) -> str:
    """Name the tensors of a file by names, types, shapes and bytes.

    Returns:
        32 hexadecimal digits, those of ``models.weights.content_hash`` for the same
        tensors.
    """
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        for name in sorted(layout.tensors):
            tensor = layout.tensors[name]
            dtype = f"torch.{_TORCH_NAMES[tensor.dtype]}"
            digest.update(f"{name}\0{dtype}\0{tensor.shape}\n".encode())
            file.seek(tensor.begin)
            for start in range(tensor.begin, tensor.end, _CHUNK_BYTES):
                digest.update(file.read(min(_CHUNK_BYTES, tensor.end - start)))
    return digest.hexdigest()
