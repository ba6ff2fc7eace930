"""The graph ahead of the network: from pixels of any size to normalised squares.

The same as ``data.decode.preprocess`` and ``augment.normalise``. ONNX Runtime resizes
8-bit images with pillow's own arithmetic when antialiasing is on.
"""

import numpy as np
from onnx import TensorProto

from unfreeze.bundle import PIXELS
from unfreeze.errors import PlanError
from unfreeze.export.nodes import Nodes
from unfreeze.records import ImageSpec, Interpolation

__all__ = ["add_front"]

_PILLOWS_CUBIC = -0.5  # PIL.Image.BICUBIC: Catmull-Rom
_MODES: dict[Interpolation, str] = {"bilinear": "linear", "bicubic": "cubic"}


def add_front(made: Nodes, spec: ImageSpec, to: str, *, is_batched: bool) -> None:
    """Add the operations that bring images to the square a network reads.

    Args:
        made: Gets nodes that read ``PIXELS`` and hand out ``to``.
        spec: How images become squares.
        to: Name of the normalised images, float32 ``N 3 S S``.
        is_batched: Whether pixels are ``N H W 3`` and not ``H W 3``.

    Raises:
        PlanError: If ONNX has no such filter for resizing.
    """
    batch = PIXELS if is_batched else made.add("Unsqueeze", PIXELS, made.constant([0]))
    planes = made.add("Transpose", batch, perm=[0, 3, 1, 2])
    sides = made.add("Shape", batch, start=1, end=3)
    size = _wanted_size(made, sides, spec)
    count = made.add("Shape", batch, start=0, end=1)
    target = made.add("Concat", count, made.constant([3]), size, axis=0)
    resized = made.add(
        "Resize",
        planes,
        "",
        "",
        target,
        mode=_mode(spec.interpolation),
        antialias=1,
        coordinate_transformation_mode="half_pixel",
        cubic_coeff_a=_PILLOWS_CUBIC,
        exclude_outside=1,  # as pillow: what lies outside has no weight
    )
    squares = resized if spec.squash else _centre(made, resized, size, spec.size)
    _normalise(made, squares, spec, to)


def _mode(interpolation: Interpolation) -> str:
    if interpolation not in _MODES:
        raise PlanError(
            f"Photos of this model are resized with the filter {interpolation!r}, "
            "which ONNX lacks. Train with bilinear or bicubic to export."
        )
    return _MODES[interpolation]


def _wanted_size(made: Nodes, sides: str, spec: ImageSpec) -> str:
    """Height and width after resizing: the shorter one is the square's."""
    if spec.squash:
        return made.constant([spec.size, spec.size])
    shorter = made.add("ReduceMin", sides, keepdims=1)
    scaled = made.add("Mul", sides, made.constant([spec.size]))
    return made.add("Div", scaled, shorter)


def _centre(made: Nodes, resized: str, size: str, side: int) -> str:
    """Cut out the centre; Round takes halves to the even neighbour, as Python does."""
    spare = made.add("Sub", size, made.constant([side]))
    spare = made.add("Cast", spare, to=TensorProto.FLOAT)
    half = made.add("Mul", spare, made.constant([0.5], np.float32))
    start = made.add("Cast", made.add("Round", half), to=TensorProto.INT64)
    stop = made.add("Add", start, made.constant([side]))
    return made.add("Slice", resized, start, stop, made.constant([2, 3]))


def _normalise(made: Nodes, squares: str, spec: ImageSpec, to: str) -> None:
    factor = [1 / (255 * std) for std in spec.std]
    offset = [-mean / std for mean, std in zip(spec.mean, spec.std, strict=True)]
    numbers = made.add("Cast", squares, to=TensorProto.FLOAT)
    scaled = made.add("Mul", numbers, _per_channel(made, factor))
    made.add("Add", scaled, _per_channel(made, offset), out=to)


def _per_channel(made: Nodes, values: list[float]) -> str:
    return made.constant(np.reshape(values, (3, 1, 1)), np.float32)
