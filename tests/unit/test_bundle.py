import hashlib
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from tests.tiny_bundles import write_colour_bundle
from unfreeze import bundle
from unfreeze.answering import Answering
from unfreeze.bundle import (
    BundleHeader,
    FoundBundle,
    find_bundle,
    is_bundle,
    is_export,
    read_bundle,
    write_bundle,
)
from unfreeze.errors import WeightsError
from unfreeze.model_file import json_text
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
    is_batched=True,
    has_heat=True,
    source="abc",
    parity={"images": 3},
    versions={"unfreeze": "0.1.0"},
    is_unfinished=True,
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


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_a_promise_of_single_precision_is_not_read_of_fewer_bits(
    tmp_path: Path, precision: str
) -> None:
    """Earlier versions wrote it into such files."""
    write_bundle(tmp_path / "m.onnx", b"", replace(HEADER, precision=precision))

    found = read_bundle(tmp_path / "m.onnx").header.answering

    assert found.reject == ()
    assert found.thresholds == HEADER.answering.thresholds
    assert precision in found.unpromised


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


def test_a_damaged_file_can_be_looked_at_where_it_has_a_seal(file: Path) -> None:
    whole = file.read_bytes()
    of_the_seal = len("unfreeze_sha256") + 2 + 2 + 2  # without its 64 digits
    described = 0

    for place in range(len(whole)):
        file.write_bytes(
            whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :]
        )
        if len(whole) - 64 - of_the_seal <= place < len(whole) - 64:
            with pytest.raises(WeightsError, match="lacks the seal"):
                find_bundle(file)
            continue
        found = find_bundle(file)
        assert not found.is_intact
        assert len(found.sha256) >= 64
        described += found.header is not None

    assert len(doubling()) + 64 <= described < len(whole)
    file.write_bytes(whole)
    assert find_bundle(file) == FoundBundle(whole, True, HEADER)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_file_that_was_cut_short_is_refused(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])

    with pytest.raises(WeightsError, match="not whole"):
        read_bundle(file)


def test_a_plain_onnx_model_is_not_one_of_ours(tmp_path: Path, file: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(doubling())
    (tmp_path / "short").write_bytes(b"x")
    assert not is_bundle(tmp_path / "x.onnx")
    assert not is_bundle(tmp_path / "short")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert is_bundle(file)  # though it is damaged

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
def test_a_description_that_makes_no_sense_is_neither_written_nor_read(
    tmp_path: Path, header: BundleHeader, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.onnx"
    with pytest.raises(WeightsError, match="could not be read again"):
        write_bundle(path, doubling(), header)
    assert list(tmp_path.iterdir()) == []

    with monkeypatch.context() as careless:
        text = json.dumps({"format": 1, **bundle._as_json(header)}).encode()
        careless.setattr(bundle, "_readable", lambda _: text)
        write_bundle(path, doubling(), header)
    with pytest.raises(WeightsError, match="does not understand"):
        read_bundle(path)


def test_a_file_larger_than_the_format_allows_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "_MOST_BYTES", 100)

    with pytest.raises(WeightsError, match="cannot have more than 100"):
        write_bundle(tmp_path / "m.onnx", doubling(), HEADER)
    assert list(tmp_path.iterdir()) == []


# --- hostile files ------------------------------------------------------------------

SEAL_BYTES = 85
KEY = b"\x0a\x08unfreeze"


def sealed(body: bytes) -> bytes:
    """An entry of ``metadata_props``, written down byte by byte."""
    digits = hashlib.sha256(body).hexdigest().encode()
    return body + b"\x72\x53\x0a\x0funfreeze_sha256\x12\x40" + digits


def _mutated(body: bytes, rng: np.random.Generator) -> bytes:
    """Change one to three things from shortly before the description to the end."""
    found = bytearray(body)
    tokens = [b"", b"\x00", b"\xff", b"\x80" * 9, b'"', b"[", b"]]", b"{", b"}", b","]
    tokens += [b"null", b"true", b"-1", b"1e999", b"9" * 5000, b'"\\ud800"', b"NaN"]
    tokens += [
        b"[" * 99,
        b"0.5,0.5,0.5",
        KEY,
        KEY + b"\x12",
        KEY + b"\x12\x80",
        b"\x12",
    ]
    for _ in range(rng.integers(1, 4)):
        least = max(0, body.rfind(KEY) - 8)
        first = int(rng.integers(least, max(least, len(found)) + 1))
        if rng.random() < 0.2:  # what ends there has no text, or no length
            del found[first:]
        else:
            width = int(rng.integers(0, 6))
            found[first : first + width] = tokens[int(rng.integers(len(tokens)))]
    return bytes(found)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_stands_under_a_seal_is_read_or_refused_in_a_sentence(
    file: Path, seed: int
) -> None:
    body = file.read_bytes()[:-SEAL_BYTES]
    rng = np.random.default_rng([20, seed])

    refusals = []
    for _ in range(30):
        file.write_bytes(sealed(_mutated(body, rng)))
        try:
            read_bundle(file)
        except WeightsError as error:
            refusals.append(str(error))

    assert refusals
    assert max(map(len, refusals)) < 1000


def test_a_file_that_ends_anywhere_in_its_description_is_refused(file: Path) -> None:
    body = file.read_bytes()[:-SEAL_BYTES]
    assert sealed(body) == file.read_bytes()
    start = body.rfind(KEY)

    for end in [*range(start, start + 20), *range(start + 20, len(body), 11)]:
        file.write_bytes(sealed(body[:end]))
        with pytest.raises(WeightsError, match="does not understand"):
            read_bundle(file)


@pytest.mark.parametrize("tail", [b"", b"\x12", b"\x12\x80", b"\x12" + b"\x80" * 20])
def test_a_key_without_a_text_is_refused(file: Path, tail: bytes) -> None:
    file.write_bytes(sealed(b"\x72\x40" + KEY + tail))

    with pytest.raises(WeightsError, match="does not understand"):
        read_bundle(file)


@pytest.mark.parametrize(
    "header",
    [
        replace(HEADER, answering=Answering(classes=("a" * 4_097, "b"))),
        replace(HEADER, answering=Answering(classes=("\ud800", "b"))),
        replace(HEADER, parity={"names": ["a" * 5_000]}),
        replace(HEADER, parity={"values": [0] * 1_000}),
    ],
)
def test_what_could_not_be_read_again_is_not_written(
    tmp_path: Path, header: BundleHeader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "_MOST_TEXT", 4_000)
    monkeypatch.setattr(json_text, "MOST_MARKS", 900)
    write_bundle(tmp_path / "m.onnx", doubling(), HEADER)
    (tmp_path / "m.onnx").unlink()

    with pytest.raises(WeightsError, match="could not be read again"):
        write_bundle(tmp_path / "m.onnx", doubling(), header)
    assert list(tmp_path.iterdir()) == []


def test_class_names_that_are_no_text_are_read_again(tmp_path: Path) -> None:
    header = replace(HEADER, answering=Answering(classes=("caf\udce9", "b")))

    write_bundle(tmp_path / "m.onnx", b"", header)

    assert read_bundle(tmp_path / "m.onnx").header == header


def test_a_large_file_is_in_memory_once(tmp_path: Path) -> None:
    graph, path = bytes(20_000_000), tmp_path / "m.onnx"
    peaks = []
    for action in (
        lambda: write_bundle(path, graph, HEADER),
        lambda: read_bundle(path).sha256,
    ):
        tracemalloc.start()
        try:
            action()
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()

    assert peaks[0] < 2_000_000
    assert peaks[1] < 22_000_000


def test_an_export_is_known_by_its_name_or_its_seal(tmp_path: Path) -> None:
    write_colour_bundle(tmp_path / "model.bin")
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "run.onnx").mkdir()

    exports = ["model.bin", "nowhere.onnx", "NOWHERE.ONNX"]
    others = ["notes.txt", "nowhere", "run.onnx", ""]
    assert all(is_export(tmp_path / name) for name in exports)
    assert not any(is_export(tmp_path / name) for name in others)
