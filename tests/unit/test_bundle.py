import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from unfreeze import bundle
from unfreeze.answering import Answering
from unfreeze.bundle import BundleHeader, read_bundle, write_bundle
from unfreeze.errors import WeightsError
from unfreeze.records import ImageSpec, RejectAt, Task

HEADER = BundleHeader(
    arch="resnet18",
    answering=Answering(
        classes=("a cat", 'a "dog" {ö}'),
        task=Task.MULTI,
        thresholds=(0.25, 0.5),
        reject=(RejectAt(0.9, 0.5),),
    ),
    image=ImageSpec(size=32, interpolation="bicubic"),
    temperature=1.5,
    precision="int8",
    is_batched=True,
    has_heat=True,
    source="abc",
    parity={"images": 3},
    versions={"unfreeze": "0.1.0"},
)


def doubling() -> bytes:
    """A graph that doubles three numbers."""
    node = helper.make_node("Add", ["x", "x"], ["y"])
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [3]) for name in "xy"
    )
    graph = helper.make_graph([node], "doubling", [x], [y])
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    )
    return bytes(made.SerializeToString())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "m.onnx", doubling(), HEADER)
    return tmp_path / "m.onnx"


def test_what_was_said_of_a_model_is_read_again(file: Path) -> None:
    found = read_bundle(file)

    assert found.header == HEADER
    assert found.content == file.read_bytes()
    assert len(found.sha256) == 64


@pytest.mark.parametrize("length", range(200))
def test_descriptions_of_any_length_are_read_again(tmp_path: Path, length: int) -> None:
    header = replace(HEADER, arch="x" * (1 + length))

    write_bundle(tmp_path / "m.onnx", b"", header)

    assert read_bundle(tmp_path / "m.onnx").header == header


def test_a_bundle_is_an_onnx_model_with_our_words_in_its_metadata(file: Path) -> None:
    model = onnx.load(file)
    onnx.checker.check_model(model)
    said = {entry.key: entry.value for entry in model.metadata_props}
    session = onnxruntime.InferenceSession(file)

    assert json.loads(said["unfreeze"])["classes"] == list(HEADER.answering.classes)
    assert said["unfreeze_sha256"] == read_bundle(file).sha256
    assert session.get_modelmeta().custom_metadata_map == said
    (doubled,) = session.run(None, {"x": np.float32([1, 2, 3])})
    assert doubled.tolist() == [2, 4, 6]


def test_one_changed_byte_anywhere_is_refused(file: Path) -> None:
    whole = file.read_bytes()

    for place in range(len(whole)):
        file.write_bytes(
            whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :]
        )
        with pytest.raises(WeightsError, match=r"damaged|not whole"):
            read_bundle(file)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_file_that_was_cut_short_is_refused(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])

    with pytest.raises(WeightsError, match="not whole"):
        read_bundle(file)


def test_a_plain_onnx_model_is_not_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(doubling())

    with pytest.raises(WeightsError, match="not an export of unfreeze"):
        read_bundle(tmp_path / "x.onnx")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.onnx cannot be read: No such file"):
        read_bundle(tmp_path / "none.onnx")


def test_a_later_format_is_refused_politely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        later.setattr(bundle, "BUNDLE_FORMAT", 2)
        write_bundle(tmp_path / "m.onnx", doubling(), HEADER)

    with pytest.raises(WeightsError, match=r"format 2.*Update unfreeze"):
        read_bundle(tmp_path / "m.onnx")


@pytest.mark.parametrize(
    "header",
    [
        replace(HEADER, temperature=float("nan")),
        replace(HEADER, answering=replace(HEADER.answering, classes=())),
        replace(HEADER, answering=replace(HEADER.answering, thresholds=(0.5,))),
        replace(HEADER, image=replace(HEADER.image, size=10**9)),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(
    tmp_path: Path, header: BundleHeader
) -> None:
    write_bundle(tmp_path / "m.onnx", doubling(), header)

    with pytest.raises(WeightsError, match="does not understand"):
        read_bundle(tmp_path / "m.onnx")


def test_a_file_larger_than_the_format_allows_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "_MOST_BYTES", 100)

    with pytest.raises(WeightsError, match="cannot have more than 100"):
        write_bundle(tmp_path / "m.onnx", doubling(), HEADER)
    assert list(tmp_path.iterdir()) == []
