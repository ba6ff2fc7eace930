"""A safetensors file whose bytes follow from what it holds.

The library writes its metadata in an order that chance decides, in each process anew.
Two files of one model would then differ, and nobody could compare their hashes.
"""

import json

from unfreeze.model_file.layout import LENGTH_BYTES, METADATA
from unfreeze.written_json import exact_json_text

__all__ = ["in_order"]


def in_order(content: bytes) -> tuple[bytes, memoryview]:
    """Sort the metadata of a file by name.

    Args:
        content: Of a whole file, as ``safetensors`` has made it.

    Returns:
        The beginning of the file, header included, and the rest, which is not copied.
    """
    end = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "little")
    header = json.loads(content[LENGTH_BYTES:end])
    if METADATA in header:
        header[METADATA] = dict(sorted(header[METADATA].items()))
    text = exact_json_text(header, is_compact=True).encode()
    padded = text + b" " * (-len(text) % LENGTH_BYTES)  # so that tensors lie aligned
    begin = len(padded).to_bytes(LENGTH_BYTES, "little") + padded
    return begin, memoryview(content)[end:]
