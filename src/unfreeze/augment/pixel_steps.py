"""Steps that need the pixels themselves: blur, cut-out squares, the user's functions.

Each one splits the chain of geometric steps at its place: what comes before it is
carried out first.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard, final

import numpy as np
from jaxtyping import Float, UInt8
from typing_extensions import override

from unfreeze.augment import kernels
from unfreeze.augment.geometry import Canvas
from unfreeze.augment.policy import require_chance
from unfreeze.augment.steps import (
    GeometricStep,
    LightStep,
    PixelMap,
    PixelStep,
    Step,
)
from unfreeze.errors import PlanError

__all__ = ["Cutout", "ImageFunction", "OwnFunction", "RandomBlur", "as_step"]

ImageFunction: TypeAlias = Callable[..., Float[np.ndarray, "H W 3"]]
"""Takes a float32 RGB image on the 0-1 scale and returns another of the same shape.
If it has a parameter named ``rng``, it is given the generator of that image and
epoch. It is called from several threads at once."""


@final
@dataclass(frozen=True, slots=True)
class RandomBlur(PixelStep):
    """Blur with a Gaussian of a random width."""

    blur_strengths: int | tuple[int, ...] = 5
    """Strengths to choose from, each 1 or more. Strength n blurs with a Gaussian of
    2n - 1 pixels; 1 does nothing."""

    probability: float = 0.5
    """Probability of blurring."""

    def __post_init__(self) -> None:
        if not self._strengths() or min(self._strengths()) < 1:
            raise PlanError(
                f"blur_strengths must be whole numbers of 1 or more, got "
                f"{self.blur_strengths}."
            )
        require_chance(self.probability, "probability")

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> PixelMap:
        strengths = self._strengths()
        chosen = strengths[int(rng.integers(len(strengths)))]
        side = 2 * chosen - 1 if rng.random() < self.probability else 1
        return lambda pixels: kernels.blur(pixels, side)

    def _strengths(self) -> tuple[int, ...]:
        given = self.blur_strengths
        return given if isinstance(given, tuple) else (given,)


@final
@dataclass(frozen=True, slots=True)
class Cutout(PixelStep):
    """Blacken squares at random places; parts may lie outside the image.

    After DeVries and Taylor, "Improved regularization of convolutional neural
    networks with cutout", 2017.
    """

    n_holes: int
    """How many squares."""

    length: int
    """Side of each square, in pixels of the scaled image."""

    p: float = 0.5
    """Probability of cutting at all."""

    def __post_init__(self) -> None:
        if self.n_holes < 1 or self.length < 1:
            raise PlanError(
                f"Cutout got n_holes={self.n_holes} and length={self.length}. "
                "Expected 1 or more of each."
            )
        require_chance(self.p, "p")

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> PixelMap:
        centres = rng.integers((canvas.width, canvas.height), size=(self.n_holes, 2))
        corners = centres - self.length // 2
        is_cut = rng.random() < self.p

        def blacken(pixels: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
            result = pixels.copy()
            for left, top in corners if is_cut else ():
                right, bottom = left + self.length, top + self.length
                result[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = 0
            return result

        return blacken


@final
@dataclass(frozen=True, slots=True)
class OwnFunction(PixelStep):
    """A function of the user's as a step."""

    function: ImageFunction

    takes_rng: bool
    """Whether it has a parameter named ``rng``."""

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> PixelMap:
        def call(pixels: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
            image = pixels.astype(np.float32) / 255
            extra = {"rng": rng} if self.takes_rng else {}
            return _as_pixels(self.function(image, **extra), pixels.shape, self)

        return call


def as_step(given: object) -> Step:
    """Take a step as it is, and turn a function into one.

    Raises:
        PlanError: If ``given`` is a class, or cannot be called.
    """
    if isinstance(given, GeometricStep | LightStep | PixelStep):
        return given
    if isinstance(given, type):
        raise PlanError(
            f"Got the class {given.__name__} as an augmentation step. "
            f"Make one: {given.__name__}()."
        )
    if not callable(given):
        raise PlanError(
            f"Got {given!r} as an augmentation step. Expected one of the steps, such "
            "as RandomFlip(), or a function from a float image to a float image."
        )
    return OwnFunction(given, takes_rng=_takes_rng(given))


def _takes_rng(function: Callable[..., object]) -> bool:
    try:
        return "rng" in inspect.signature(function).parameters
    except ValueError:  # some functions written in C do not tell
        return False


def _as_pixels(
    returned: object, shape: tuple[int, ...], step: OwnFunction
) -> UInt8[np.ndarray, "H W 3"]:
    if not _is_image(returned, shape):
        raise PlanError(
            f"The augmentation {step.function!r} returned {_described(returned)}. "
            f"Expected a float array of shape {shape} on the 0-1 scale."
        )
    if not np.isfinite(returned).all():
        raise PlanError(
            f"The augmentation {step.function!r} returned values that are not finite "
            "numbers. Expected values on the 0-1 scale."
        )
    return np.rint(returned.clip(0, 1) * 255).astype(np.uint8)


def _is_image(
    value: object, shape: tuple[int, ...]
) -> TypeGuard[Float[np.ndarray, "H W 3"]]:
    return (
        isinstance(value, np.ndarray)
        and value.shape == shape
        and np.issubdtype(value.dtype, np.floating)
    )


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} and shape {value.shape}"
    return f"a {type(value).__name__}"
