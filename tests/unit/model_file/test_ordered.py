"""Mirrors src/unfreeze/model_file/ordered.py."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load, save

from unfreeze.model_file.ordered import in_order

TENSORS = {"b.weight": np.arange(6.0).reshape(2, 3), "a": np.array([7], dtype=np.int8)}
METADATA = {f"key {n}": 'some "text", ö' for n in range(9)}


def ordered(metadata: dict[str, str] | None) -> bytes:
    return b"".join(in_order(save(TENSORS, metadata=metadata)))


def test_texts_stand_in_the_order_of_their_names() -> None:
    content = ordered(dict(reversed(METADATA.items())))

    end = 8 + int.from_bytes(content[:8], "little")
    assert list(json.loads(content[8:end])["__metadata__"]) == sorted(METADATA)
    assert end % 8 == 0


def test_the_library_reads_what_it_has_written(tmp_path: Path) -> None:
    file = tmp_path / "m.safetensors"
    file.write_bytes(ordered(METADATA))

    read = load(file.read_bytes())
    with safe_open(file, "numpy") as opened:
        assert opened.metadata() == METADATA
    assert set(read) == set(TENSORS)
    for name, tensor in TENSORS.items():
        assert np.array_equal(read[name], tensor)


@pytest.mark.parametrize("metadata", [None, {}, {"one": "text"}])
def test_what_has_no_order_stays_as_it_is(metadata: dict[str, str] | None) -> None:
    assert ordered(metadata) == save(TENSORS, metadata=metadata)
