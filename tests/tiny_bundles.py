"""Exported models of a few bytes: the mean colour of a photo decides."""

from pathlib import Path

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from unfreeze.answering import Answering
from unfreeze.bundle import BundleHeader, golden_file, write_bundle
from unfreeze.records import ImageSpec, RejectAt, Task

CLASSES = ("red", "green", "blue")
SIZE = 32
SHARPNESS = 8.0


def colour_header(**changes: object) -> BundleHeader:
    """What is said of a model that names the strongest of three colours."""
    usual: dict[str, object] = {
        "arch": "mean_colour",
        "answering": Answering(
            classes=CLASSES, task=Task.SINGLE, reject=(RejectAt(0.9, 0.75),)
        ),
        "image": ImageSpec(size=SIZE),
        "temperature": 1.0,
        "has_heat": True,
        "is_batched": True,
    }
    return BundleHeader(**(usual | changes))  # type: ignore[arg-type]


def colour_graph(*, is_batched: bool = True, is_shaky: bool = False) -> ModelProto:
    """Softmax of 8 times the mean of each channel, 0 to 1; heat is the brightness.

    Where it ``is_shaky``, it says NaN of black photos: 0 divided by 0.
    """
    rank = 4 if is_batched else 3
    places, channels = ([1, 2], 3) if is_batched else ([0, 1], 2)
    shape = [None] * (rank - 1) + [3]
    outer = [None] if is_batched else []
    constants = {
        "white": np.float32(255),
        "sharpness": np.float32(SHARPNESS),
        "places": np.array(places, np.int64),
        "channels": np.array([channels], np.int64),
        "last": np.array([-1], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["numbers", "white"], ["shares"]),
        helper.make_node("ReduceMean", ["shares", "places"], ["means"], keepdims=0),
        helper.make_node("Mul", ["means", "sharpness"], ["sharp"]),
        *_times_one(is_shaky),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
        helper.make_node("ReduceMean", ["shares", "channels"], ["heat"], keepdims=0),
    ]
    floats = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "mean colour",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, shape)],
        [
            helper.make_tensor_value_info("probabilities", floats, [*outer, 3]),
            helper.make_tensor_value_info("heat", floats, [*outer, None, None]),
        ],
        [numpy_helper.from_array(value, key) for key, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def _times_one(is_shaky: bool) -> list[NodeProto]:
    if not is_shaky:
        return [helper.make_node("Identity", ["sharp"], ["logits"])]
    return [
        helper.make_node("ReduceMean", ["means", "last"], ["light"], keepdims=1),
        helper.make_node("Div", ["light", "light"], ["one"]),
        helper.make_node("Mul", ["sharp", "one"], ["logits"]),
    ]


def expected_probabilities(square: np.ndarray) -> np.ndarray:
    """The same in numpy."""
    logits = SHARPNESS * square.reshape(-1, 3).mean(axis=0) / 255
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def write_colour_bundle(
    path: Path, *, is_shaky: bool = False, **changes: object
) -> Path:
    """Write the model and two golden answers beside it."""
    header = colour_header(**changes)
    graph = colour_graph(is_batched=header.is_batched, is_shaky=is_shaky)
    write_bundle(path, graph.SerializeToString(), header)
    images = [
        np.full((SIZE, SIZE, 3), colour, np.uint8)
        for colour in ((200, 30, 30), (30, 60, 200))
    ]
    np.savez(
        golden_file(path),
        probabilities=np.float32([expected_probabilities(each) for each in images]),
        **{f"pixels_{row}": each for row, each in enumerate(images)},
    )
    return path
