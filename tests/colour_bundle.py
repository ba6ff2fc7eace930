"""A tiny exported model that knows photos by their mean colour."""

from pathlib import Path

import numpy as np

from onnx import TensorProto, helper, numpy_helper

from unfreeze.answering import Answering
from unfreeze.bundle import HEAT, PIXELS, PROBABILITIES, BundleHeader, write_bundle
from unfreeze.records import ImageSpec, Task

__all__ = ["SIZE", "write_colour_bundle"]

SIZE = 32
"""Side of the square that it reads, in pixels."""

_GAIN = 12.0  # a pure colour is answered with near certainty, grey with none


def write_colour_bundle(
    path: Path, classes: tuple[str, ...], task: Task = Task.SINGLE
) -> None:
    """Write a model whose first three classes are red, green and blue photos.

    The heat map is the photo's brightness, pixel by pixel.

    Args:
        path: Of the new file.
        classes: At least three; the others are always improbable.
        task: Whether the classes exclude each other.
    """
    weight = np.zeros((3, len(classes)), dtype=np.float32)
    weight[:, :3] = _GAIN * (np.eye(3) - 0.5)
    last = "Softmax" if task is Task.SINGLE else "Sigmoid"
    axis = {"axis": -1} if task is Task.SINGLE else {}
    nodes = [
        helper.make_node("Cast", [PIXELS], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["cast", "most"], ["light"]),
        helper.make_node("ReduceMean", ["light", "places"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "weight"], ["moved"]),
        helper.make_node("Add", ["moved", "bias"], ["logits"]),
        helper.make_node(last, ["logits"], [PROBABILITIES], **axis),
        helper.make_node("ReduceMean", ["light", "colours"], [HEAT], keepdims=0),
    ]
    constants = {
        "most": np.float32(255),
        "weight": weight,
        "bias": np.array([0] * 3 + [-4] * (len(classes) - 3), dtype=np.float32),
        "places": np.array([-3, -2]),
        "colours": np.array([-1]),
    }
    graph = helper.make_graph(
        nodes,
        "colour",
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, None)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
            for name in (PROBABILITIES, HEAT)
        ],
        [
            numpy_helper.from_array(np.asarray(value), name)
            for name, value in constants.items()
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10
    )
    header = BundleHeader(
        arch="colour",
        answering=Answering(classes=classes, task=task),
        image=ImageSpec(size=SIZE),
        temperature=1.0,
        has_heat=True,
    )
    write_bundle(path, model.SerializeToString(), header)
