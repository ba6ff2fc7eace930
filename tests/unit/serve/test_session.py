from pathlib import Path

import numpy as np
import pytest

from tests.tiny_bundles import (
    CLASSES,
    SIZE,
    colour_graph,
    colour_header,
    expected_probabilities,
    write_colour_bundle,
)
from unfreeze.answering import Answering
from unfreeze.bundle import read_bundle, write_bundle
from unfreeze.errors import WeightsError
from unfreeze.serve.session import Session


@pytest.mark.parametrize("is_batched", [True, False])
def test_probabilities_and_heat_are_those_of_the_graph(
    tmp_path: Path, is_batched: bool
) -> None:
    path = write_colour_bundle(tmp_path / "m.onnx", is_batched=is_batched)
    rng = np.random.default_rng(0)
    squares = rng.integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)

    probs, heat = Session(read_bundle(path), path, 1).run(squares, heat=True)

    expected = [expected_probabilities(each) for each in squares]
    np.testing.assert_allclose(probs, expected, atol=1e-5)  # float32
    np.testing.assert_allclose(heat, squares.mean(axis=3) / 255, atol=1e-5)


@pytest.mark.parametrize("is_batched", [True, False])
def test_heat_that_nobody_asked_for_is_not_made(
    tmp_path: Path, is_batched: bool
) -> None:
    path = write_colour_bundle(tmp_path / "m.onnx", is_batched=is_batched)
    squares = np.zeros((1, SIZE, SIZE, 3), np.uint8)

    probs, heat = Session(read_bundle(path), path, 1).run(squares)

    assert probs.shape == (1, 3)
    assert heat is None


def test_a_graph_that_onnx_runtime_refuses_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    write_bundle(path, b"", colour_header())

    with pytest.raises(WeightsError, match=r"cannot run .*m\.onnx"):
        Session(read_bundle(path), path, 1)


@pytest.mark.parametrize("is_batched", [True, False])
@pytest.mark.parametrize("names", ["a", "ab", "abcd"])
def test_a_graph_with_another_number_of_classes_is_refused(
    tmp_path: Path, names: str, is_batched: bool
) -> None:
    path = tmp_path / "m.onnx"
    rules = Answering(classes=tuple(names))
    write_colour_bundle(path, answering=rules, is_batched=is_batched)

    with pytest.raises(
        WeightsError, match=rf"names {len(names)} classes.*shape \(3,\)"
    ):
        Session(read_bundle(path), path, 1)


def test_what_a_graph_says_of_its_shapes_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    graph = colour_graph()
    shape = graph.graph.output[0].type.tensor_type.shape
    shape.dim[1].Clear()
    write_bundle(
        path,
        graph.SerializeToString(),
        colour_header(answering=Answering(classes=CLASSES[:2])),
    )

    with pytest.raises(WeightsError, match="names 2 classes"):
        Session(read_bundle(path), path, 1)


def test_a_graph_for_single_images_that_is_called_batched_is_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.onnx"
    graph = colour_graph(is_batched=False).SerializeToString()
    write_bundle(path, graph, colour_header())

    with pytest.raises(WeightsError, match=r"cannot run .*m\.onnx"):
        Session(read_bundle(path), path, 1)


def test_promised_heat_maps_have_to_be_there(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    graph = colour_graph()
    del graph.graph.output[1]
    write_bundle(path, graph.SerializeToString(), colour_header())

    with pytest.raises(WeightsError, match="promises heat maps"):
        Session(read_bundle(path), path, 1)
