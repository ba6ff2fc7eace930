"""What to draw at random about geometry and light, and how strongly.

Class and field names are those of the 2018 lesson.
"""

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from typing_extensions import override

from unfreeze.augment import geometry
from unfreeze.augment.geometry import Canvas, Placement
from unfreeze.augment.kernels import Light
from unfreeze.augment.steps import GeometricStep, LightStep
from unfreeze.errors import PlanError
from unfreeze.numerics.keyed import uniform

__all__ = [
    "AddPadding",
    "RandomDihedral",
    "RandomFlip",
    "RandomLighting",
    "RandomRotate",
    "RandomRotateZoom",
    "RandomStretch",
    "RandomZoom",
    "require_chance",
]


@final
@dataclass(frozen=True, slots=True)
class RandomRotate(GeometricStep):
    """Turn about the centre, as often to the left as to the right."""

    deg: float = 10.0
    """Largest angle in degrees, 0 to 180."""

    p: float = 0.75
    """Probability of turning at all."""

    def __post_init__(self) -> None:
        _require_degrees(self.deg)
        require_chance(self.p, "p")

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> Placement:
        degrees = uniform(rng, -self.deg, self.deg)
        is_turned = rng.random() < self.p
        return geometry.rotate(canvas, degrees) if is_turned else geometry.keep(canvas)


@final
@dataclass(frozen=True, slots=True)
class RandomFlip(GeometricStep):
    """Swap left and right."""

    p: float = 0.5
    """Probability of swapping."""

    def __post_init__(self) -> None:
        require_chance(self.p, "p")

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> Placement:
        is_mirrored = rng.random() < self.p
        return geometry.mirror(canvas) if is_mirrored else geometry.keep(canvas)


@final
@dataclass(frozen=True, slots=True)
class RandomDihedral(GeometricStep):
    """Take one of the 8 orientations of a square: a quarter turn, then a mirror."""

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> Placement:
        turned = geometry.quarter_turn(canvas, int(rng.integers(4)))
        return turned.then(RandomFlip().draw(rng, turned.canvas))


@final
@dataclass(frozen=True, slots=True)
class RandomZoom(GeometricStep):
    """Enlarge the middle by a factor between 1 + zoom_min and 1 + zoom_max."""

    zoom_max: float
    """Largest enlargement: 0.1 is a tenth."""

    zoom_min: float = 0.0
    """Smallest enlargement, above -1; negative numbers shrink."""

    def __post_init__(self) -> None:
        if not -1 < self.zoom_min <= self.zoom_max < math.inf:
            raise PlanError(
                f"RandomZoom got zoom_min={self.zoom_min:g} and "
                f"zoom_max={self.zoom_max:g}. Expected -1 < zoom_min <= zoom_max."
            )

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> Placement:
        factor = 1 + uniform(rng, self.zoom_min, self.zoom_max)
        return geometry.enlarge(canvas, factor, factor)


@final
@dataclass(frozen=True, slots=True)
class RandomStretch(GeometricStep):
    """Enlarge the middle along one axis, as often across as down."""

    max_stretch: float
    """Largest enlargement, 0 or more: 0.1 is a tenth."""

    def __post_init__(self) -> None:
        _require_enlargement(self.max_stretch, "max_stretch")

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> Placement:
        factor = 1 + uniform(rng, 0, self.max_stretch)
        if rng.random() < 0.5:
            return geometry.enlarge(canvas, factor, 1.0)
        return geometry.enlarge(canvas, 1.0, factor)


@final
@dataclass(frozen=True, slots=True)
class RandomRotateZoom(GeometricStep):
    """Rotate, zoom or stretch, or leave the image as it is: one of the four."""

    deg: float
    """Largest angle in degrees, 0 to 180."""

    zoom: float
    """Largest enlargement in a zoom, 0 or more."""

    stretch: float
    """Largest enlargement in a stretch, 0 or more."""

    ps: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.25)
    """Probability of rotating, zooming, stretching and doing nothing. Sums to 1."""

    def __post_init__(self) -> None:
        _require_degrees(self.deg)
        _require_enlargement(self.zoom, "zoom")
        _require_enlargement(self.stretch, "stretch")
        is_share = len(self.ps) == 4 and min(self.ps) >= 0
        if not (is_share and math.isclose(sum(self.ps), 1, abs_tol=1e-6)):
            raise PlanError(
                f"ps must be 4 probabilities that add up to 1 (rotate, zoom, "
                f"stretch, nothing), got {self.ps}."
            )

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> Placement:
        chosen = np.searchsorted(np.cumsum(self.ps[:3]), rng.random(), side="right")
        match chosen:
            case 0:
                return RandomRotate(self.deg, p=1.0).draw(rng, canvas)
            case 1:
                return RandomZoom(self.zoom).draw(rng, canvas)
            case 2:
                return RandomStretch(self.stretch).draw(rng, canvas)
            case _:
                return geometry.keep(canvas)


@final
@dataclass(frozen=True, slots=True)
class AddPadding(GeometricStep):
    """Widen the canvas on all four sides, filled as the image's border says."""

    pad: int
    """Pixels per side, 0 or more."""

    def __post_init__(self) -> None:
        if self.pad < 0:
            raise PlanError(f"pad must be 0 or more pixels, got {self.pad}.")

    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> Placement:
        return geometry.pad(canvas, self.pad)


@final
@dataclass(frozen=True, slots=True)
class RandomLighting(LightStep):
    """Make the image a little brighter or darker, and stronger or weaker."""

    b: float = 0.05
    """Largest brightness added or taken away on the 0-1 scale, 0 to 1."""

    c: float = 0.05
    """Largest change of contrast, 0 or more: 0.05 gives factors from 1/1.05 to
    1.05 around mid grey."""

    def __post_init__(self) -> None:
        if not (0 <= self.b <= 1 and 0 <= self.c < math.inf):
            raise PlanError(
                f"RandomLighting got b={self.b:g} and c={self.c:g}. "
                "Expected b from 0 to 1 and c of 0 or more."
            )

    @override
    def draw(self, rng: np.random.Generator) -> Light:
        brightness = uniform(rng, -self.b, self.b)
        change = uniform(rng, -self.c, self.c)
        return Light(brightness, 1 + change if change >= 0 else 1 / (1 - change))


def require_chance(value: float, name: str) -> None:
    """Raise PlanError unless ``value`` is a probability, 0 to 1."""
    if not 0 <= value <= 1:
        raise PlanError(f"{name} must be a probability from 0 to 1, got {value:g}.")


def _require_degrees(value: float) -> None:
    if not 0 <= value <= 180:
        raise PlanError(f"deg must be an angle from 0 to 180 degrees, got {value:g}.")


def _require_enlargement(value: float, name: str) -> None:
    if not 0 <= value < math.inf:
        raise PlanError(f"{name} must be a finite number, 0 or more, got {value:g}.")
