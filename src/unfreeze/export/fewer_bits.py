"""The same network in fewer bits: half precision, or 8-bit integers."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from jaxtyping import Float32
from onnx import ModelProto
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from unfreeze.export.network import IMAGES, LOGITS

__all__ = ["in_half_precision", "in_whole_numbers"]

_QUANTISED = ("Conv", "Gemm", "Add", "Mul", "MaxPool")
"""What takes nearly all of the time, and what stands between: without it, numbers
would be turned back and forth."""


def in_half_precision(network: ModelProto) -> ModelProto:
    """Store and compute in 16-bit floats; inputs and outputs stay in 32 bits.

    Half the size. Processors without 16-bit arithmetic convert as they go.
    """
    copied = ModelProto.FromString(network.SerializeToString())
    halved = OnnxModel(convert_float_to_float16(copied, keep_io_types=True))
    halved.topological_sort()  # it puts conversions of the input last
    return halved.model


def in_whole_numbers(
    network: ModelProto, examples: Sequence[Float32[np.ndarray, "1 3 S S"]]
) -> ModelProto:
    """Compute convolutions and linear layers of the backbone in 8-bit integers.

    Weights get a scale per output channel, activations one each, from the range that
    they take on the examples (Jacob et al., "Quantization and Training of Neural
    Networks for Efficient Integer-Arithmetic-Only Inference", 2018). The heat map is
    computed in 32 bits.

    Args:
        network: In single precision.
        examples: Normalised photos, some hundred.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, made = (str(Path(folder) / f"{name}.onnx") for name in "abc")
        onnx.save(network, plain)
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantize_static(
            ready,
            made,
            _one_by_one(examples),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(_QUANTISED),
            nodes_to_exclude=_beside_the_answer(onnx.load(ready)),
            calibrate_method=CalibrationMethod.MinMax,
        )
        return onnx.load(made)


def _beside_the_answer(network: ModelProto) -> list[str]:
    """Names of the nodes that logits do not depend on."""
    makers = {name: node for node in network.graph.node for name in node.output}
    needed: set[str] = set()
    waiting = [LOGITS]
    while waiting:
        node = makers.get(waiting.pop())
        if node is not None and node.name not in needed:
            needed.add(node.name)
            waiting += node.input
    return [node.name for node in network.graph.node if node.name not in needed]


def _one_by_one(
    examples: Sequence[Float32[np.ndarray, "1 3 S S"]],
) -> CalibrationDataReader:
    """Hand the examples out as ONNX Runtime asks for them: until there is none."""
    rest = iter(examples)

    def get_next(_self: object) -> dict[str, Float32[np.ndarray, "1 3 S S"]] | None:
        example = next(rest, None)
        return None if example is None else {IMAGES: example}

    made: CalibrationDataReader = type(
        "Examples", (CalibrationDataReader,), {"get_next": get_next}
    )()
    return made
