"""An image on its way through the augmentation steps."""

from typing import assert_never, final

import numpy as np
from jaxtyping import UInt8

from unfreeze.augment import kernels
from unfreeze.augment.batch_draft import Outline
from unfreeze.augment.geometry import Canvas, Placement, keep
from unfreeze.augment.kernels import Border, Light
from unfreeze.augment.steps import GeometricStep, LightStep, PixelStep, Step
from unfreeze.augment.windows import cut_to_window

__all__ = ["Draft"]


@final
class Draft:
    """An image, with geometry and light that are decided but not yet carried out.

    Decisions about geometry join into one, whatever light changes stand between
    them; light is applied to the result. Only a step that needs the pixels, and the
    end, carry them out.

    Args:
        pixels: The image to start from. It is never written to.
        border: What lies outside it.
    """

    _pixels: UInt8[np.ndarray, "H W 3"]
    _placement: Placement
    _lights: list[Light]

    def __init__(self, pixels: UInt8[np.ndarray, "H W 3"], border: Border) -> None:
        self._border = border
        self._begin(pixels)

    @property
    def canvas(self) -> Canvas:
        """Size of the image as decided so far."""
        return self._placement.canvas

    def place(self, placement: Placement) -> None:
        """Add a decision about geometry, drawn for the present canvas."""
        self._placement = self._placement.then(placement)

    def take(self, step: Step, rng: np.random.Generator) -> None:
        """Let ``step`` decide, and carry out what can no longer wait."""
        match step:
            case GeometricStep():
                self.place(step.draw(rng, self.canvas))
            case LightStep():
                self._lights.append(step.draw(rng))
            case PixelStep():
                change = step.draw(rng, self.canvas)
                self._begin(change(self.develop()))
            case _:
                assert_never(step)

    def develop(
        self, out: UInt8[np.ndarray, "h w 3"] | None = None
    ) -> UInt8[np.ndarray, "h w 3"]:
        """Carry out what was decided: at most one warp and one change of light.

        Args:
            out: Where the result goes. Without it, and where nothing was decided, the
                result is the array that came in.
        """
        pixels = self._pixels
        if not self._is_in_place():
            matrix, canvas = self._placement.matrix, self._placement.canvas
            pixels = kernels.warp(pixels, matrix, canvas, self._border, out)
        if self._lights:
            pixels = kernels.light(pixels, self._lights, out)
        if out is not None and pixels is not out:
            np.copyto(out, pixels)
            return out
        return pixels

    def outline(self) -> Outline:
        """Hand on what was decided, for ``BatchDraft`` to carry it out."""
        matrix, canvas = self._placement.matrix, self._placement.canvas
        pixels, matrix = kernels.average_areas(self._pixels, matrix)
        pixels, matrix = cut_to_window(pixels, matrix, canvas)
        return Outline(pixels, matrix, kernels.light_table(self._lights))

    def _begin(self, pixels: UInt8[np.ndarray, "H W 3"]) -> None:
        height, width = pixels.shape[:2]
        self._pixels = pixels
        self._placement = keep(Canvas(width, height))
        self._lights = []

    def _is_in_place(self) -> bool:
        height, width = self._pixels.shape[:2]
        return self.canvas == (width, height) and self._placement.is_still
