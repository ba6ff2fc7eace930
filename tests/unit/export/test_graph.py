"""Mirrors src/unfreeze/export/graph.py, front.py, network.py, nodes.py and session.py.

The oracles are pillow, through ``preprocess``, and the model itself.
"""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tests.unit.export.conftest import SIZE, SPEC, photo
from unfreeze.augment.normalise import normalise
from unfreeze.bundle import HEAT, PIXELS, PROBABILITIES
from unfreeze.data.decode import preprocess
from unfreeze.errors import PlanError, WeightsError
from unfreeze.export.front import add_front
from unfreeze.export.graph import whole_graph
from unfreeze.export.nodes import Nodes
from unfreeze.export.session import GraphSession
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.grad_cam import grad_cam
from unfreeze.records import ImageSpec, Interpolation, Task

SHAPES = [(SIZE, SIZE), (75, 100), (100, 75), (31, 200), (40, 44), (301, 97)]


def squares_by(spec: ImageSpec, pixels: np.ndarray) -> np.ndarray:
    """What the front alone makes of an image."""
    made = Nodes("front")
    add_front(made, spec, "squares", is_batched=False)
    graph = onnx.helper.make_graph(
        made.nodes,
        "front",
        [
            onnx.helper.make_tensor_value_info(
                PIXELS, onnx.TensorProto.UINT8, ["H", "W", 3]
            )
        ],
        [onnx.helper.make_tensor_value_info("squares", onnx.TensorProto.FLOAT, None)],
        made.constants,
    )
    whole = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10
    )
    session = onnxruntime.InferenceSession(whole.SerializeToString())
    (found,) = session.run(None, {PIXELS: pixels})
    return np.asarray(found)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("squash", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_front_resizes_cuts_and_normalises_as_preprocessing_does(
    interpolation: Interpolation, squash: bool, shape: tuple[int, int]
) -> None:
    spec = replace(SPEC, interpolation=interpolation, squash=squash)
    pixels = photo(*shape)
    square = preprocess(pixels, spec)

    found = squares_by(spec, pixels)

    expected = normalise(torch.from_numpy(square)[None], spec).numpy()
    levels = np.abs(found - expected) * 255 * np.reshape(spec.std, (3, 1, 1))
    assert levels.max() < 1.01  # of 255, where it was rounded the other way
    # Pillow begins with the rows or the columns of a narrow image, ONNX with the rows.
    assert (levels > 0.01).mean() < (0.25 if max(shape) > 2 * min(shape) else 0.06)


@pytest.mark.parametrize("interpolation", ["lanczos", "box"])
def test_a_filter_that_onnx_lacks_is_refused(interpolation: Interpolation) -> None:
    with pytest.raises(PlanError, match=f"'{interpolation}', which ONNX lacks"):
        squares_by(replace(SPEC, interpolation=interpolation), photo(9, 9))


def answered(graph: bytes, pixels: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(graph)
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(None, {PIXELS: pixels}), strict=True))


def test_the_graph_answers_and_explains_as_the_model(
    model: StagedClassifier, network: bytes
) -> None:
    proto = onnx.ModelProto.FromString(network)
    graph = whole_graph(proto, SPEC, 1.7, Task.SINGLE)
    square = photo(SIZE, SIZE)
    images = normalise(torch.from_numpy(square)[None], SPEC)
    with torch.no_grad():
        logits = model(images)

    found = answered(graph, square)

    expected = (logits[0] / 1.7).softmax(-1).numpy()
    assert found[PROBABILITIES].shape == (3,)
    assert found[PROBABILITIES] == pytest.approx(expected, abs=1e-5)
    heat = grad_cam(model, images, logits.argmax(1))[0].numpy()
    assert found[HEAT] == pytest.approx(heat, abs=1e-4)


def test_a_graph_for_batches_answers_each_image_as_alone(network: bytes) -> None:
    proto = onnx.ModelProto.FromString(network)
    single = whole_graph(proto, SPEC, 1.0, Task.MULTI)
    batched = whole_graph(proto, SPEC, 1.0, Task.MULTI, is_batched=True)
    images = [photo(60, 80, seed) for seed in range(3)]

    found = answered(batched, np.stack(images))

    for row, image in enumerate(images):
        alone = answered(single, image)
        assert found[PROBABILITIES][row] == pytest.approx(
            alone[PROBABILITIES], abs=1e-6
        )
        assert found[HEAT][row] == pytest.approx(alone[HEAT], abs=1e-5)


def test_several_labels_have_probabilities_of_their_own(
    model: StagedClassifier, network: bytes
) -> None:
    graph = whole_graph(onnx.ModelProto.FromString(network), SPEC, 2.0, Task.MULTI)
    square = photo(SIZE, SIZE, 3)
    with torch.no_grad():
        logits = model(normalise(torch.from_numpy(square)[None], SPEC))[0]

    found = GraphSession(graph).probabilities(square)

    assert found == pytest.approx((logits / 2).sigmoid().numpy(), abs=1e-5)


def test_the_inputs_and_outputs_are_declared(network: bytes) -> None:
    proto = onnx.ModelProto.FromString(network)

    for is_batched, axes in ((False, []), (True, ["N"])):
        graph = whole_graph(proto, SPEC, 1.0, Task.SINGLE, is_batched=is_batched)
        session = onnxruntime.InferenceSession(graph)
        (given,) = session.get_inputs()
        assert (given.name, given.type) == (PIXELS, "tensor(uint8)")
        assert given.shape == [*axes, "H", "W", 3]
        shapes = {each.name: each.shape for each in session.get_outputs()}
        assert shapes == {PROBABILITIES: [*axes, 3], HEAT: [*axes, "h", "w"]}


def test_what_is_no_graph_is_refused_in_our_words() -> None:
    with pytest.raises(WeightsError, match=r"ONNX Runtime .* cannot read this model"):
        GraphSession(b"no graph at all")
