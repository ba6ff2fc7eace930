"""From a decoded image to an augmented square, as a function of one generator."""

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, assert_never, get_args

import numpy as np
from jaxtyping import UInt8

from unfreeze.augment import geometry
from unfreeze.augment.batch_draft import Outline
from unfreeze.augment.draft import Draft
from unfreeze.augment.geometry import Canvas, Placement
from unfreeze.augment.kernels import Border
from unfreeze.augment.pixel_steps import ImageFunction, as_step
from unfreeze.augment.steps import Step
from unfreeze.errors import PlanError
from unfreeze.numerics.keyed import uniform
from unfreeze.records import ImageSpec

__all__ = ["Augmentation", "Crop"]

Crop: TypeAlias = Literal["random", "center", "squash", "random-area"]
"""How the square is taken: from a random place, from the centre, by squeezing the
whole image into it, or by stretching a random part of the image over it."""

# The numbers of the 2018 lesson.
_ZOOM_CHANCE = 0.75
_LEAST_AREA = 0.08
_ASPECTS = (3 / 4, 4 / 3)
_AREA_TRIES = 10

# A random area is on average about half of the image, 0.7 of its side. Decoded at
# twice the square's side, four crops in five hold at least as many pixels as the
# square; the smallest is enlarged 1.8 times, where decoding at 1 would make it 3.5.
_AREA_DECODE_FACTOR = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Augmentation:
    """How a training image is varied and brought to the square a model reads.

    In this order: scale (with a random zoom), pad, ``steps``, crop. Neighbouring
    geometry is one bilinear interpolation, and all randomness comes from the
    generator handed to ``apply``.

    Raises:
        PlanError: If a setting is out of range, or contradicts another.
    """

    spec: ImageSpec
    """Side of the square; how it is normalised later is of no concern here."""

    steps: tuple[Step | ImageFunction, ...] = ()
    """What varies the image, in order: steps, or functions as ``pixel_steps``
    describes them."""

    crop: Crop = "random"

    max_zoom: tuple[float, float] | None = None
    """Smallest and largest zoom, above 0: three images in four are scaled to a
    shorter side of zoom times the square's, the others to exactly the square's."""

    pad: int = 0
    """Pixels added on each side after scaling."""

    pad_mode: Border = "reflect"
    """What lies outside the image, wherever a step looks there."""

    _steps: tuple[Step, ...] = field(init=False, repr=False, compare=False)
    """The same steps, each of which is one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_steps", tuple(map(as_step, self.steps)))
        _require_choice(self.crop, get_args(Crop), "crop")
        _require_choice(self.pad_mode, get_args(Border), "pad_mode")
        if self.pad < 0:
            raise PlanError(f"pad must be 0 or more pixels, got {self.pad}.")
        if self.max_zoom and not 0 < self.max_zoom[0] <= self.max_zoom[1] < math.inf:
            raise PlanError(
                f"max_zoom must be two numbers, 0 < smallest <= largest, got "
                f"{self.max_zoom}."
            )
        self._refuse_contradictions()

    @property
    def short_side(self) -> int | None:
        """What to decode the shorter side to, in pixels; None for a squashed image.

        It is the largest that a zoom can ask for, so that the one interpolation
        never shrinks by more than the zoom's range.
        """
        match self.crop:
            case "squash":
                return None
            case "random-area":
                return _AREA_DECODE_FACTOR * self.spec.size
            case "random" | "center":
                largest = self.max_zoom[1] if self.max_zoom else 1.0
                return round(max(largest, 1.0) * self.spec.size)
            case _:
                assert_never(self.crop)

    @property
    def squash_to(self) -> int | None:
        """Side of the square to squeeze the whole image into, in pixels, or None."""
        return self.spec.size if self.crop == "squash" else None

    def apply(
        self,
        pixels: UInt8[np.ndarray, "H W 3"],
        rng: np.random.Generator,
        out: UInt8[np.ndarray, "S S 3"] | None = None,
    ) -> UInt8[np.ndarray, "S S 3"]:
        """Vary one image.

        Args:
            pixels: The image, best decoded to ``short_side`` or ``squash_to``; any
                other size is scaled here. It is never written to.
            rng: The generator of this image in this epoch.
            out: Where the result goes, if it is to go to a certain place.

        Returns:
            A square of ``spec.size`` pixels. Without ``out``, and where nothing had
            to be changed, it shares its memory with ``pixels``.

        Raises:
            PlanError: If a function among the steps returned something unusable.
        """
        return self._decided(pixels, rng).develop(out)

    def outline(
        self, pixels: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator
    ) -> Outline:
        """Decide how to vary one image, as ``apply`` does from the same generator.

        What is left to do, a warp and a light table, can be done for a whole batch at
        once: see ``BatchDraft``. Steps that need the pixels themselves are carried out
        here, with all that comes before them.

        Args:
            pixels: As ``apply`` takes them. They are never written to.
            rng: The generator of this image in this epoch.

        Raises:
            PlanError: If a function among the steps returned something unusable.
        """
        return self._decided(pixels, rng).outline()

    def _decided(
        self, pixels: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator
    ) -> Draft:
        draft = Draft(pixels, self.pad_mode)
        draft.place(self._scale(draft.canvas, rng))
        if self.pad:
            draft.place(geometry.pad(draft.canvas, self.pad))
        for step in self._steps:
            draft.take(step, rng)
        draft.place(self._cut(draft.canvas, rng))
        return draft

    def _scale(self, canvas: Canvas, rng: np.random.Generator) -> Placement:
        if self.crop in ("squash", "random-area"):
            return geometry.keep(canvas)
        zoom = _draw_zoom(self.max_zoom, rng) if self.max_zoom else 1.0
        return _to_short_side(canvas, max(1, int(zoom * self.spec.size)))

    def _cut(self, canvas: Canvas, rng: np.random.Generator) -> Placement:
        square = Canvas(self.spec.size, self.spec.size)
        match self.crop:
            case "random":
                return _random_cut(canvas, square, rng)
            case "center":
                return _central_cut(canvas, square)
            case "squash":
                return geometry.resize(canvas, square)
            case "random-area":
                part = _draw_part(canvas, rng)
                return part.then(geometry.resize(part.canvas, square))
            case _:
                assert_never(self.crop)

    def _refuse_contradictions(self) -> None:
        if self.spec.squash != (self.crop == "squash"):
            raise PlanError(
                f"crop is {self.crop!r}, but the image spec has squash="
                f"{self.spec.squash}. Training and evaluation must agree on it."
            )
        if self.crop in ("squash", "random-area") and (self.max_zoom or self.pad):
            raise PlanError(
                f"max_zoom={self.max_zoom} and pad={self.pad} have no effect with "
                f"crop {self.crop!r}. Leave them out, or crop 'random' or 'center'."
            )


def _require_choice(value: object, choices: tuple[str, ...], name: str) -> None:
    if value not in choices:
        raise PlanError(f"{name} must be one of {list(choices)}, got {value!r}.")


def _draw_zoom(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    zoom = uniform(rng, *bounds)
    return zoom if rng.random() < _ZOOM_CHANCE else 1.0


def _to_short_side(canvas: Canvas, short_side: int) -> Placement:
    """Scale; the longer side is rounded down to whole pixels."""
    width, height = canvas
    before = canvas.short_side
    scaled = Canvas(width * short_side // before, height * short_side // before)
    return geometry.resize(canvas, scaled)


def _random_cut(canvas: Canvas, to: Canvas, rng: np.random.Generator) -> Placement:
    """Cut out any place alike; from a canvas that is too small, its centre."""
    left = _random_place(canvas.width - to.width, rng)
    top = _random_place(canvas.height - to.height, rng)
    return geometry.cut(left, top, to)


def _random_place(room: int, rng: np.random.Generator) -> int:
    """Draw from 0 to ``room``, in a fifth of the time of ``rng.integers``."""
    return int((room + 1) * rng.random()) if room > 0 else room // 2


def _central_cut(canvas: Canvas, to: Canvas) -> Placement:
    """Cut out the centre, halves rounded to even as torchvision's CenterCrop does."""
    left = round((canvas.width - to.width) / 2)
    top = round((canvas.height - to.height) / 2)
    return geometry.cut(left, top, to)


def _draw_part(canvas: Canvas, rng: np.random.Generator) -> Placement:
    """Cut out a random share of the area in a random shape, or the central square.

    After Szegedy et al., "Going deeper with convolutions", 2014.
    """
    for _ in range(_AREA_TRIES):
        area = uniform(rng, _LEAST_AREA, 1.0) * canvas.width * canvas.height
        aspect = uniform(rng, *_ASPECTS)
        sides = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        part = Canvas(*(sides if rng.random() < 0.5 else reversed(sides)))
        if part.width <= canvas.width and part.height <= canvas.height:
            return _random_cut(canvas, part, rng)
    return _central_cut(canvas, Canvas(canvas.short_side, canvas.short_side))
