from pathlib import Path

import numpy as np
import pytest

from tests.tiny_bundles import (
    SIZE,
    colour_header,
    expected_probabilities,
    write_colour_bundle,
)
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
