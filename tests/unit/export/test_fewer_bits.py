"""Mirrors src/unfreeze/export/fewer_bits.py and speed.py."""

import numpy as np
import onnx
import pytest
import torch

from tests.unit.export.conftest import SIZE, SPEC, photo
from unfreeze.augment.normalise import normalise
from unfreeze.export.fewer_bits import in_half_precision, in_whole_numbers
from unfreeze.export.graph import whole_graph
from unfreeze.export.session import GraphSession
from unfreeze.export.speed import speeds_of
from unfreeze.records import Task

IMAGES = [photo(SIZE, SIZE, seed) for seed in range(12)]


def session_of(network: onnx.ModelProto) -> GraphSession:
    return GraphSession(whole_graph(network, SPEC, 1.0, Task.SINGLE))


def answers(session: GraphSession) -> np.ndarray:
    return np.stack([session.probabilities(image) for image in IMAGES])


@pytest.fixture
def plain(network: bytes) -> onnx.ModelProto:
    return onnx.ModelProto.FromString(network)


def test_half_precision_halves_the_file_and_hardly_changes_answers(
    plain: onnx.ModelProto,
) -> None:
    before = plain.SerializeToString()

    halved = in_half_precision(plain)

    assert plain.SerializeToString() == before
    assert halved.ByteSize() < 0.6 * plain.ByteSize()
    expected = answers(session_of(plain))
    assert answers(session_of(halved)) == pytest.approx(expected, abs=0.02)


def test_whole_numbers_make_the_file_small_and_keep_most_of_the_answers(
    plain: onnx.ModelProto,
) -> None:
    examples = [
        normalise(torch.from_numpy(image)[None], SPEC).contiguous().numpy()
        for image in IMAGES
    ]

    quantised = in_whole_numbers(plain, examples)

    kinds = {tensor.data_type for tensor in quantised.graph.initializer}
    assert onnx.TensorProto.INT8 in kinds
    assert quantised.ByteSize() < 0.6 * plain.ByteSize()
    expected, found = answers(session_of(plain)), answers(session_of(quantised))
    assert np.abs(found - expected).mean() < 0.1
    assert not np.array_equal(found, expected)


def test_a_graph_is_as_fast_as_itself(plain: onnx.ModelProto) -> None:
    session = session_of(plain)

    speed = speeds_of(session, session, SIZE)

    assert speed.images_per_second > 0
    assert 0.1 < speed.times_fp32 < 10  # noise of the machine, not a measurement
