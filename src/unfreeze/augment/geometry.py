"""Where each place on a new canvas is taken from on the old one.

Coordinates are continuous: x runs right and y down from the top left corner of the
canvas, so a canvas spans 0 to its width and height, and its first pixel is centred
on (0.5, 0.5). Matrices are 3x3, homogeneous, and map new places to old places. One
move after another is therefore the product of their matrices in the same order.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float64

__all__ = [
    "Canvas",
    "Matrix",
    "Placement",
    "cut",
    "enlarge",
    "keep",
    "mirror",
    "pad",
    "quarter_turn",
    "resize",
    "rotate",
]

Matrix: TypeAlias = Float64[np.ndarray, "3 3"]


class Canvas(NamedTuple):
    """Size of an image in pixels."""

    width: int
    height: int

    @property
    def short_side(self) -> int:
        """The smaller of width and height."""
        return min(self)


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """A new canvas, and where on the old one each of its places comes from."""

    matrix: Matrix
    canvas: Canvas

    def then(self, later: "Placement") -> "Placement":
        """Join with a move that starts from this canvas."""
        return Placement(self.matrix @ later.matrix, later.canvas)


def keep(canvas: Canvas) -> Placement:
    """Change nothing."""
    return Placement(np.eye(3), canvas)


def resize(canvas: Canvas, to: Canvas) -> Placement:
    """Stretch the whole canvas over ``to``."""
    factors = (canvas.width / to.width, canvas.height / to.height, 1.0)
    return Placement(np.diag(factors), to)


def cut(left: int, top: int, to: Canvas) -> Placement:
    """Cut out ``to`` pixels from (``left``, ``top``), which may lie outside."""
    return Placement(_shifted(left, top), to)


def pad(canvas: Canvas, margin: int) -> Placement:
    """Add ``margin`` pixels on all four sides."""
    wider = Canvas(canvas.width + 2 * margin, canvas.height + 2 * margin)
    return cut(-margin, -margin, wider)


def rotate(canvas: Canvas, degrees: float) -> Placement:
    """Turn counter-clockwise about the centre; the canvas keeps its size."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return Placement(_about_centre(turn, canvas), canvas)


def enlarge(canvas: Canvas, across: float, down: float) -> Placement:
    """Magnify about the centre by a factor per axis; the canvas keeps its size."""
    factors = np.diag((1 / across, 1 / down, 1.0))
    return Placement(_about_centre(factors, canvas), canvas)


def mirror(canvas: Canvas) -> Placement:
    """Swap left and right."""
    matrix = np.array([[-1.0, 0.0, canvas.width], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    return Placement(matrix, canvas)


def quarter_turn(canvas: Canvas, turns: int) -> Placement:
    """Turn counter-clockwise by ``turns`` times 90 degrees; the canvas turns too."""
    placement = keep(canvas)
    for _ in range(turns % 4):
        placement = placement.then(_one_quarter(placement.canvas))
    return placement


def _one_quarter(canvas: Canvas) -> Placement:
    matrix = np.array([[0.0, -1.0, canvas.width], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return Placement(matrix, Canvas(canvas.height, canvas.width))


def _about_centre(matrix: Matrix, canvas: Canvas) -> Matrix:
    x, y = canvas.width / 2, canvas.height / 2
    return _shifted(x, y) @ matrix @ _shifted(-x, -y)


def _shifted(x: float, y: float) -> Matrix:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])
