"""Mirrors src/unfreeze/model_file/reading.py."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from unfreeze.errors import PlanError, WeightsError
from unfreeze.model_file.digest import stored_digest
from unfreeze.model_file.header import ModelHeader
from unfreeze.model_file.layout import read_layout
from unfreeze.model_file.reading import (
    description,
    read_description,
    read_header,
    read_model_file,
    require_intact,
)
from unfreeze.records import ImageSpec

_HEADER = ModelHeader(arch="resnet18", classes=("a", "é"), image=ImageSpec(size=64))
_TENSORS = {"weight": np.arange(6, dtype=np.float32), "bias": np.ones(2, np.float32)}


def digest_of_tensors(folder: Path) -> str:
    save_file(_TENSORS, folder / "plain")
    return stored_digest(folder / "plain", read_layout(folder / "plain"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    metadata = description(
        _HEADER, digest=digest_of_tensors(tmp_path), versions={"torch": "2.11"}
    )
    save_file(_TENSORS, tmp_path / "a.safetensors", metadata=metadata)
    return tmp_path / "a.safetensors"


def says(file: Path, text: str) -> Path:
    """The same tensors under another text, sealed."""
    data = text.encode(errors="surrogatepass")
    seal = hashlib.blake2b(data, digest_size=16).hexdigest()
    save_file(_TENSORS, file, metadata={"unfreeze": text, "unfreeze_blake2b": seal})
    return file


def with_words(file: Path, **words: Any) -> Path:  # noqa: ANN401 - JSON
    content = json.loads(read_layout(file).metadata["unfreeze"])
    return says(file, json.dumps({**content, **words}))


def test_what_was_said_comes_back(file: Path) -> None:
    found = read_model_file(file)

    assert found.header == read_header(file) == _HEADER
    assert found.versions == {"torch": "2.11"}
    assert found.path == file
    assert found.layout.num_elements == 8
    assert found.is_intact()


def test_other_tensors_are_told_from_those_that_were_saved(file: Path) -> None:
    metadata = dict(read_layout(file).metadata)
    save_file({**_TENSORS, "bias": np.zeros(2, np.float32)}, file, metadata=metadata)

    found = read_model_file(file)

    assert not found.is_intact()
    with pytest.raises(WeightsError, match="weights are not those it was saved with"):
        require_intact(file, found.layout, found.digest)


def test_a_file_of_others_has_no_description(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file(_TENSORS, path, metadata={"format": "pt"})

    assert read_description(path, read_layout(path)) is None
    with pytest.raises(WeightsError, match="not a model file of unfreeze"):
        read_model_file(path)


@pytest.mark.parametrize("lost", ["unfreeze", "unfreeze_blake2b"])
def test_a_description_and_its_seal_belong_together(file: Path, lost: str) -> None:
    metadata = dict(read_layout(file).metadata)
    del metadata[lost]
    save_file(_TENSORS, file, metadata=metadata)

    with pytest.raises(WeightsError, match="damaged: its header"):
        read_header(file)


def test_another_text_under_the_old_seal_is_refused(file: Path) -> None:
    metadata = dict(read_layout(file).metadata)
    metadata["unfreeze"] = metadata["unfreeze"].replace("resnet18", "resnet34")
    save_file(_TENSORS, file, metadata=metadata)

    with pytest.raises(WeightsError, match="damaged: its header"):
        read_header(file)


@pytest.mark.parametrize("later", [2, 2**63, 10**4000])
def test_later_formats_ask_for_an_update(file: Path, later: int) -> None:
    with pytest.raises(
        WeightsError, match=r"has format \d+.*Update unfreeze"
    ) as caught:
        read_header(with_words(file, format=later, classes="told otherwise"))

    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"format": 0}, "format is 0"),
        ({"format": "1"}, "format is '1'"),
        ({"format": 1.0}, "format is 1.0"),
        ({"format": True}, "format is True"),
        ({"classes": ["a", "a"]}, "same name"),
        ({"digest": None}, "digest is None"),
        ({"versions": ["torch"]}, "versions is"),
        ({"versions": {"torch": 2}}, "a version is 2"),
    ],
)
def test_what_makes_no_sense_is_refused(
    file: Path, words: dict[str, Any], reason: str
) -> None:
    with pytest.raises(WeightsError, match=rf"does not understand \(.*{reason}"):
        read_header(with_words(file, **words))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "{", "[" * 100_000, '{"format": NaN}', '"\\ud800"']
)
def test_a_sealed_text_that_describes_nothing_is_refused(file: Path, text: str) -> None:
    with pytest.raises(WeightsError, match="does not understand"):
        read_header(says(file, text))


def test_what_could_not_be_read_again_is_not_written() -> None:
    doubled = ModelHeader(arch="a", classes=("b", "b"), image=ImageSpec(size=1))

    with pytest.raises(PlanError, match="two classes have the same name"):
        description(doubled, digest="", versions={})


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"lr": float("nan")}, "NaN"), ({"a": json.loads("[" * 40 + "]" * 40)}, "deeper")],
)
def test_settings_that_could_not_be_read_again_are_not_written(
    settings: dict[str, Any], reason: str
) -> None:
    header = ModelHeader(
        arch="a", classes=("b",), image=ImageSpec(size=1), settings=settings
    )

    with pytest.raises(PlanError, match=reason):
        description(header, digest="", versions={})
