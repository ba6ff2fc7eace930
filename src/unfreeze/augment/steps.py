"""The three kinds of augmentation step.

A step draws its random numbers in ``draw`` and returns what it decided. Whoever
holds the image carries it out (``draft``), so that neighbouring decisions about
geometry become one interpolation, and those about light one table.
"""

import abc
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from jaxtyping import UInt8

from unfreeze.augment.geometry import Canvas, Placement
from unfreeze.augment.kernels import Light

__all__ = ["GeometricStep", "LightStep", "PixelMap", "PixelStep", "Step"]

PixelMap: TypeAlias = Callable[[UInt8[np.ndarray, "H W 3"]], UInt8[np.ndarray, "H W 3"]]
"""Returns a changed copy of an image, of the same size."""


class GeometricStep(abc.ABC):
    """Moves pixels, and leaves their colours alone."""

    __slots__ = ()

    @abc.abstractmethod
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> Placement:
        """Decide where each place of the next canvas is taken from on ``canvas``."""


class LightStep(abc.ABC):
    """Changes every pixel's value by the same rule, wherever the pixel is."""

    __slots__ = ()

    @abc.abstractmethod
    def draw(self, rng: np.random.Generator) -> Light:
        """Decide how the light changes."""


class PixelStep(abc.ABC):
    """Changes the image in any other way, and keeps its size."""

    __slots__ = ()

    @abc.abstractmethod
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> PixelMap:
        """Decide what happens to an image of the size of ``canvas``."""


Step: TypeAlias = GeometricStep | LightStep | PixelStep
