"""Mirrors src/unfreeze/model_file/digest.py."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from unfreeze.model_file import digest
from unfreeze.model_file.digest import stored_digest
from unfreeze.model_file.layout import read_layout
from unfreeze.models.weights import content_hash


@pytest.mark.parametrize("chunk", [2**20, 7])
def test_it_is_the_hash_of_the_loaded_tensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(digest, "_CHUNK_BYTES", chunk)
    path = tmp_path / "a.safetensors"
    numbers = torch.linspace(0, 100, 12).view(3, 4)
    names = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64",
             "int64", "float8_e4m3fn", "float8_e5m2", "float16", "bfloat16", "float32",
             "float64"]  # fmt: skip
    tensors = {name: numbers.to(getattr(torch, name)) for name in names}
    tensors |= {"é": torch.tensor(3), "none": torch.zeros(0, 2), "one": torch.ones(1)}
    save_file(tensors, path)

    found = stored_digest(path, read_layout(path))

    assert found == content_hash(load_file(path)) == content_hash(tensors)


def test_swapped_tensors_have_another_hash(tmp_path: Path) -> None:
    first, second = torch.zeros(3), torch.ones(3)
    save_file({"a": first, "b": second}, tmp_path / "one")
    save_file({"a": second, "b": first}, tmp_path / "two")

    digests = {
        stored_digest(tmp_path / name, read_layout(tmp_path / name))
        for name in ("one", "two")
    }

    assert len(digests) == 2
