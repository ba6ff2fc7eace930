"""The whole graph: pixels in, probabilities and a heat map out."""

import numpy as np
from onnx import (
    ModelProto,
    OperatorSetIdProto,
    TensorProto,
    ValueInfoProto,
    checker,
    helper,
)

from unfreeze.bundle import HEAT, PIXELS, PROBABILITIES
from unfreeze.export.front import add_front
from unfreeze.export.network import HEAT_MAPS, IMAGES, LOGITS, OPSET
from unfreeze.export.nodes import Nodes
from unfreeze.records import ImageSpec, Task

__all__ = ["whole_graph"]

_IR_VERSION = 10
"""Of the file format: what ONNX Runtime reads since 1.18 (May 2024)."""


def whole_graph(
    network: ModelProto,
    spec: ImageSpec,
    temperature: float,
    task: Task,
    *,
    is_batched: bool = False,
) -> bytes:
    """Put what comes before and behind a network around it.

    Args:
        network: As ``network_of`` makes it, or a version of that in fewer bits.
        spec: How images become squares.
        temperature: Logits are divided by it.
        task: Whether probabilities compete.
        is_batched: Whether it takes several images of one size, and not one.

    Returns:
        A serialised ONNX model with the inputs and outputs that ``bundle`` names.

    Raises:
        PlanError: If ONNX cannot resize as the model needs it.
    """
    front, tail = Nodes("front"), Nodes("tail")
    add_front(front, spec, IMAGES, is_batched=is_batched)
    images = ["N"] if is_batched else []
    _hand_out(tail, _add_probabilities(tail, temperature, task), PROBABILITIES, images)
    outputs = [_value(PROBABILITIES, TensorProto.FLOAT, [*images, "K"])]
    if HEAT_MAPS in [each.name for each in network.graph.output]:
        _hand_out(tail, HEAT_MAPS, HEAT, images)
        outputs.append(_value(HEAT, TensorProto.FLOAT, [*images, "h", "w"]))
    graph = helper.make_graph(
        [*front.nodes, *network.graph.node, *tail.nodes],
        "unfreeze",
        [_value(PIXELS, TensorProto.UINT8, [*images, "H", "W", 3])],
        outputs,
        [*front.constants, *network.graph.initializer, *tail.constants],
    )
    model = helper.make_model(
        graph,
        producer_name="unfreeze",
        ir_version=_IR_VERSION,
        opset_imports=_opsets(network),
        functions=list(network.functions),
    )
    checker.check_model(model)
    return bytes(model.SerializeToString())


def _value(name: str, kind: int, shape: list[str | int]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _opsets(network: ModelProto) -> list[OperatorSetIdProto]:
    own = ("", "ai.onnx")
    others = [each for each in network.opset_import if each.domain not in own]
    return [helper.make_opsetid("", OPSET), *others]


def _add_probabilities(made: Nodes, temperature: float, task: Task) -> str:
    scaled = made.add("Div", LOGITS, made.constant([temperature], np.float32))
    if task is Task.SINGLE:
        return made.add("Softmax", scaled, axis=-1)
    return made.add("Sigmoid", scaled)


def _hand_out(made: Nodes, values: str, name: str, images: list[str]) -> None:
    """Call values ``N ...`` by the name of an output; of one image, without ``N``."""
    if images:
        made.add("Identity", values, out=name)
    else:
        made.add("Squeeze", values, made.constant([0]), out=name)
