"""Mirrors src/unfreeze/model_file/layout.py."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch_file

from unfreeze.errors import WeightsError
from unfreeze.model_file import layout
from unfreeze.model_file.layout import read_layout

_ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def write(path: Path, content: object, data: bytes = bytes(8)) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    header = text.encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return path


def changed(**words: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"a": {**_ENTRY, **words}}


def test_it_finds_what_the_library_of_the_format_wrote(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    rng = np.random.default_rng(1)
    saved = {
        "wide": rng.normal(size=(3, 4)).astype(np.float32),
        "scalar": np.array(7, dtype=np.int64),
        "none": np.zeros((0, 5), dtype=np.float16),
        "é": rng.integers(0, 255, 5).astype(np.uint8),
    }
    save_file(saved, path, metadata={"who": "me"})

    found = read_layout(path)

    whole = path.read_bytes()
    assert found.metadata == {"who": "me"}
    assert found.num_bytes == len(whole)
    assert found.num_elements == 12 + 1 + 5
    assert found.tensor_bytes == 48 + 8 + 5
    assert found.tensors.keys() == saved.keys()
    for name, tensor in found.tensors.items():
        assert tensor.shape == saved[name].shape
        assert tensor.num_elements == saved[name].size
        assert whole[tensor.begin : tensor.end] == saved[name].tobytes()


def test_it_knows_every_type_that_torch_and_the_format_share(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    names = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64",
             "int64", "float8_e4m3fn", "float8_e5m2", "float16", "bfloat16", "float32",
             "float64"]  # fmt: skip
    save_torch_file(
        {name: torch.zeros(3, dtype=getattr(torch, name)) for name in names}, path
    )

    found = read_layout(path)

    with safe_open(path, framework="pt") as file:
        for name in names:
            assert found.tensors[name].dtype == file.get_slice(name).get_dtype()


def test_spaces_behind_the_header_are_part_of_the_format(tmp_path: Path) -> None:
    path = write(tmp_path / "a", json.dumps(changed()) + "   ")

    assert read_layout(path).tensors["a"].shape == (2,)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no JSON object"),
        ("[]", "no JSON object"),
        (json.dumps(changed()) + "\n ", "no JSON object"),
        ("{'a': 1}", "Expecting property name"),
        ('{"a": NaN}', "NaN is no number"),
        ({"a": []}, r"a is \[\], expected an object"),
        ({"a": {}}, "dtype is missing"),
        ({"": _ENTRY}, "the name of a tensor is ''"),
        ({"n" * 1_001: _ENTRY}, "the name of a tensor"),
        ({"__metadata__": [], **changed()}, "expected an object"),
        ({"__metadata__": {"a": 1}, **changed()}, "more than texts"),
        (
            '{"\\ud800": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}',
            "lone surrogates",
        ),
        (
            '{"\\udce9": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}',
            "codec",
        ),
        (changed(dtype="F4"), "type 'F4', which is not read"),
        (changed(dtype=["F32"]), "dtype of a is"),
        (changed(shape=2), "shape of a is 2"),
        (changed(shape=[2.0]), r"shape of a is 2\.0"),
        (changed(shape=[-2]), "shape of a is -2"),
        (changed(shape=[True, 2]), "shape of a is True"),
        (changed(shape=[1] * 9), "shape of a"),
        (changed(shape=[2**48 + 1]), "shape of a"),
        (changed(shape=[2**40] * 8), "a has 8 bytes, its shape"),
        (changed(shape=[3]), "a has 8 bytes, its shape 12"),
        (changed(data_offsets=[0]), "data_offsets of a"),
        (changed(data_offsets=[8, 0]), "a has -8 bytes"),
        (changed(data_offsets=[0, -8]), "data_offsets of a"),
        (changed(data_offsets=[4, 12]), "begins at"),
        (changed(data_offsets=[2**40, 2**40 + 8]), "begins at"),
        ({"a": _ENTRY, "b": _ENTRY}, "begins at"),
        ({"a": {**_ENTRY, "shape": [1], "data_offsets": [0, 4]}}, "its tensors need"),
        ({"a": _ENTRY, "b": {**_ENTRY, "data_offsets": [8, 16]}}, "its tensors need"),
        ({}, "its tensors need"),
    ],
)
def test_a_header_that_does_not_fit_its_file_is_refused(
    tmp_path: Path, content: object, reason: str
) -> None:
    path = write(tmp_path / "a.safetensors", content)

    with pytest.raises(
        WeightsError, match=rf"not a whole safetensors file \(.*{reason}"
    ):
        read_layout(path)


@pytest.mark.parametrize("content", [b"", b"\x01", b"\x00" * 8, b"\xff" * 64])
def test_a_file_without_room_for_a_header_is_refused(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)

    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        read_layout(path)


def test_a_huge_header_is_not_read_even_where_the_file_is_that_large(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.safetensors"
    with path.open("wb") as file:
        file.write((2**40 - 8).to_bytes(8, "little"))
        file.truncate(2**40)  # takes no room on the disk

    with pytest.raises(WeightsError, match=r"would have 1,099.* at most 8,388,608"):
        read_layout(path)


def test_a_header_whose_length_looks_like_a_pickle_is_no_pickle(
    tmp_path: Path,
) -> None:
    """896 is 80 03 in the file, as protocol 3 begins."""
    text = json.dumps(changed()).ljust(896)
    path = write(tmp_path / "a.safetensors", text)
    assert path.read_bytes()[:2] == b"\x80\x03"

    assert read_layout(path).num_elements == 2


def test_too_many_tensors_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "MOST_TENSORS", 2)
    entry = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
    path = write(tmp_path / "a", dict.fromkeys("abc", entry), b"")

    with pytest.raises(WeightsError, match="3 tensors, at most 2 are read"):
        read_layout(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(WeightsError, match=f"no model file {path}"):
            read_layout(path)


def test_limits_leave_room_for_the_largest_networks() -> None:
    """Twenty thousand tensors whose names are long."""
    entry = {"dtype": "F32", "shape": [1024] * 4, "data_offsets": [2**38, 2**38]}
    text = json.dumps({"n" * 80: entry}) * layout.MOST_TENSORS

    assert len(text) < layout.MOST_HEADER_BYTES
    assert math.prod(entry["shape"]) * 4 < 2**48
