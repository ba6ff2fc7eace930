"""Mirrors src/unfreeze/augment/pipeline.py."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as tv

from unfreeze.augment.pipeline import Augmentation, Crop
from unfreeze.augment.pixel_steps import Cutout
from unfreeze.augment.policy import RandomFlip, RandomRotate
from unfreeze.augment.recipes import SIDE_ON, TOP_DOWN
from unfreeze.errors import PlanError
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.records import ImageSpec

Pixels = NDArray[np.uint8]
Ramps = Callable[[int, int], Pixels]
StepsOf = Callable[[Pixels, int, int], NDArray[np.float64]]

SQUASHED = ImageSpec(size=32, squash=True)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def views(augmentation: Augmentation, pixels: Pixels, count: int) -> list[Pixels]:
    return [augmentation.apply(pixels, rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("crop", ["random", "center", "random-area"])
@pytest.mark.parametrize("size", [(1, 1), (20, 90), (45, 33), (32, 32), (100, 64)])
@pytest.mark.parametrize("steps", [(), SIDE_ON, (*TOP_DOWN, Cutout(1, 5))])
def test_any_image_becomes_a_square(
    spec: ImageSpec, crop: Crop, size: tuple[int, int], steps: tuple[Any, ...]
) -> None:
    pixels = np.full((*size, 3), 77, dtype=np.uint8)

    result = Augmentation(spec=spec, crop=crop, steps=steps).apply(pixels, rng())

    assert result.shape == (32, 32, 3)
    assert result.dtype == np.uint8


@pytest.mark.parametrize("steps", [SIDE_ON, TOP_DOWN])
@pytest.mark.parametrize("crop", ["random", "random-area"])
def test_equal_generators_give_equal_pixels(
    spec: ImageSpec, noise: Pixels, steps: tuple[Any, ...], crop: Crop
) -> None:
    augmentation = Augmentation(spec=spec, steps=steps, crop=crop)
    keys = [(epoch, row) for epoch in range(3) for row in range(3)]
    seen = [
        [
            augmentation.apply(noise, rng_for(0, Purpose.AUGMENT, epoch=e, row=r))
            for e, r in keys
        ]
        for _ in range(2)
    ]

    assert np.array_equal(*seen)
    assert len({view.tobytes() for view in seen[0]}) == len(keys)


def test_zoom_lies_between_1_and_its_largest(
    spec: ImageSpec, ramps: Ramps, steps_of: StepsOf
) -> None:
    """Without zoom, a pixel of the 32-pixel view is 85 / 32 pixels of the photo."""
    augmentation = Augmentation(spec=spec, max_zoom=(1.0, 1.5))
    zooms = np.array(
        [
            85 / 32 / np.diag(steps_of(view, 85, 85))
            for view in views(augmentation, ramps(85, 85), 500)
        ]
    )

    assert zooms.min() == pytest.approx(1, abs=0.01)
    assert zooms.max() == pytest.approx(int(1.5 * 32) / 32, abs=0.05)
    assert np.mean(zooms[:, 0] > 1.005) == pytest.approx(
        0.75 * 15 / 16, abs=4 * math.sqrt(0.2 / 500)
    )


def test_without_zoom_every_image_is_scaled_alike(
    spec: ImageSpec, ramps: Ramps, steps_of: StepsOf
) -> None:
    for view in views(Augmentation(spec=spec), ramps(85, 85), 5):
        assert 85 / 32 / np.diag(steps_of(view, 85, 85)) == pytest.approx(1, abs=0.01)


def test_a_zoom_below_1_shows_more_than_the_photo(
    spec: ImageSpec, ramps: Ramps, steps_of: StepsOf
) -> None:
    zooms = [
        85 / 32 / steps_of(view, 85, 85)[0, 0]
        for view in views(
            Augmentation(spec=spec, max_zoom=(0.5, 0.6)), ramps(85, 85), 40
        )
    ]

    assert min(zooms) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("max_zoom", "expected"), [(None, 224), ((1.0, 1.1), 246), ((0.8, 0.9), 224)]
)
def test_decoding_is_asked_for_the_largest_zoom(
    max_zoom: tuple[float, float] | None, expected: int
) -> None:
    augmentation = Augmentation(spec=ImageSpec(size=224), max_zoom=max_zoom)

    assert augmentation.short_side == expected
    assert augmentation.squash_to is None


def test_a_squashed_image_is_decoded_to_the_square() -> None:
    augmentation = Augmentation(spec=SQUASHED, crop="squash")

    assert augmentation.squash_to == 32
    assert augmentation.short_side is None


def test_a_squashed_square_is_left_alone() -> None:
    pixels = rng().integers(0, 256, (32, 32, 3), dtype=np.uint8)

    result = Augmentation(spec=SQUASHED, crop="squash").apply(pixels, rng())

    assert np.array_equal(result, pixels)


def test_squashing_shows_the_whole_image(ramps: Ramps, steps_of: StepsOf) -> None:
    view = Augmentation(spec=SQUASHED, crop="squash").apply(ramps(85, 51), rng())

    assert np.diag(steps_of(view, 85, 51)) * 32 == pytest.approx((85, 51), rel=0.01)


@pytest.mark.parametrize(("height", "width"), [(32, 45), (32, 46), (61, 32)])
def test_the_centre_is_that_of_torchvision(
    spec: ImageSpec, height: int, width: int
) -> None:
    pixels = rng().integers(0, 256, (height, width, 3), dtype=np.uint8)

    result = Augmentation(spec=spec, crop="center").apply(pixels, rng())

    expected = tv.center_crop(torch.from_numpy(pixels).permute(2, 0, 1), [32, 32])
    assert np.array_equal(result, expected.permute(1, 2, 0).numpy())


def test_a_random_crop_is_part_of_the_image_anywhere(spec: ImageSpec) -> None:
    """All 14 places of a 32 x 45 image occur, each as often, and nothing else."""
    pixels = rng().integers(0, 256, (32, 45, 3), dtype=np.uint8)
    parts = [pixels[:, left : left + 32].tobytes() for left in range(14)]

    found = [
        parts.index(view.tobytes())
        for view in views(Augmentation(spec=spec), pixels, 1400)
    ]

    counts = np.bincount(found, minlength=14)
    assert np.abs(counts - 100).max() < 45  # 4.5 standard deviations


def test_padding_makes_room_for_the_crop(spec: ImageSpec, noise: Pixels) -> None:
    square = noise[:32, :32]
    padded = np.pad(square, ((4, 4), (4, 4), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (32, 32, 3))
    possible = {window.tobytes() for window in windows.reshape(-1, 32, 32, 3)}

    seen = {
        view.tobytes() for view in views(Augmentation(spec=spec, pad=4), square, 300)
    }

    assert seen <= possible
    assert len(seen) > 60  # of 81


def test_what_lies_outside_can_be_black(spec: ImageSpec) -> None:
    white = np.full((32, 32, 3), 255, dtype=np.uint8)
    augmentation = Augmentation(spec=spec, crop="center", pad_mode="constant", pad=8,
                                steps=(RandomRotate(45, p=1.0),))  # fmt: skip

    corners = [view[0, 0, 0] for view in views(augmentation, white, 20)]

    assert min(corners) == 0


def test_by_default_no_corner_turns_black(spec: ImageSpec) -> None:
    white = np.full((32, 32, 3), 255, dtype=np.uint8)
    augmentation = Augmentation(spec=spec, steps=(RandomRotate(45, p=1.0),), pad=8)

    assert all((view == 255).all() for view in views(augmentation, white, 20))


def test_random_areas_are_those_of_the_lesson(
    spec: ImageSpec, ramps: Ramps, steps_of: StepsOf
) -> None:
    """Shares of the area from 0.08 to 1; shapes from 3:4 to 4:3, both ways alike."""
    augmentation = Augmentation(spec=spec, crop="random-area")
    sides = 32 * np.array(
        [
            np.diag(steps_of(view, 96, 64))
            for view in views(augmentation, ramps(96, 64), 1000)
        ]
    )
    shares, aspects = sides.prod(1) / (96 * 64), sides[:, 0] / sides[:, 1]

    assert shares.min() == pytest.approx(0.08, abs=0.01)
    assert shares.max() > 0.8
    assert aspects.min() == pytest.approx(3 / 4, abs=0.03)
    assert aspects.max() == pytest.approx(4 / 3, abs=0.05)


def test_random_areas_of_a_square_have_uniform_shares(
    spec: ImageSpec, ramps: Ramps, steps_of: StepsOf
) -> None:
    """Below half of the area every shape fits, so nothing is drawn again."""
    augmentation = Augmentation(spec=spec, crop="random-area")
    shares = np.array(
        [
            (32 * np.diag(steps_of(view, 90, 90)) / 90).prod()
            for view in views(augmentation, ramps(90, 90), 1000)
        ]
    )

    small, medium = np.mean(shares < 0.29), np.mean((shares >= 0.29) & (shares < 0.5))
    assert small == pytest.approx(medium, abs=4 * math.sqrt(2 * 0.2 / 1000))


def test_a_strip_without_room_for_an_area_gives_its_central_square(
    spec: ImageSpec, noise: Pixels
) -> None:
    """No shape of at least 0.08 of a 1 : 60 strip is 3:4 to 4:3."""
    strip = np.concatenate([np.zeros((10, 295, 3), np.uint8), noise[:10, :10],
                            np.zeros((10, 295, 3), np.uint8)], axis=1)  # fmt: skip

    result = Augmentation(spec=spec, crop="random-area").apply(strip, rng())

    expected = tv.resize(
        torch.from_numpy(noise[:10, :10].copy()).permute(2, 0, 1).float(), [32, 32],
        interpolation=v2.InterpolationMode.BILINEAR, antialias=False,
    ).permute(1, 2, 0).numpy()  # fmt: skip
    assert np.abs(result - expected)[2:-2, 2:-2].max() < 0.52


def test_random_areas_are_decoded_larger_than_the_square(spec: ImageSpec) -> None:
    assert Augmentation(spec=spec, crop="random-area").short_side == 64


def test_steps_come_after_scaling_and_padding_and_before_the_crop(
    spec: ImageSpec, noise: Pixels
) -> None:
    shapes: list[tuple[int, ...]] = []

    def look(image: NDArray[np.float32]) -> NDArray[np.float32]:
        shapes.append(image.shape)
        return image

    augmentation = Augmentation(spec=spec, steps=(look,), pad=3)
    augmentation.apply(np.zeros((64, 90, 3), np.uint8), rng())

    assert shapes == [(32 + 6, 45 + 6, 3)]


def test_the_order_of_steps_is_kept(spec: ImageSpec) -> None:
    seen: list[str] = []
    augmentation = Augmentation(
        spec=spec,
        steps=(
            lambda image: (seen.append("first"), image)[1],
            RandomFlip(),
            lambda image: (seen.append("second"), image)[1],
        ),
    )

    augmentation.apply(np.zeros((32, 32, 3), np.uint8), rng())

    assert seen == ["first", "second"]


def test_large_sources_do_not_alias(spec: ImageSpec) -> None:
    """A chessboard of single pixels, four times too large, comes out grey."""
    board = ((np.indices((128, 128)).sum(0) % 2) * 255).astype(np.uint8)
    pixels = np.repeat(board[..., None], 3, axis=2)

    for view in views(Augmentation(spec=spec, steps=SIDE_ON), pixels, 10):
        assert np.ptp(view.astype(int)) <= 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"crop": "corner"}, "crop must be one of .*'random-area'.*, got 'corner'"),
        ({"pad_mode": "wrap"}, "pad_mode must be one of .*, got 'wrap'"),
        ({"pad": -1}, "pad must be 0 or more pixels, got -1"),
        ({"max_zoom": (1.2, 1.1)}, "max_zoom must be two numbers"),
        ({"max_zoom": (0, 1.1)}, "max_zoom must be two numbers"),
        ({"max_zoom": (1, math.inf)}, "max_zoom must be two numbers"),
        ({"crop": "squash"}, "squash=False. Training and evaluation must agree"),
        ({"spec": SQUASHED}, "squash=True. Training and evaluation must agree"),
        ({"crop": "random-area", "pad": 2}, "have no effect with crop 'random-area'"),
        ({"crop": "random-area", "max_zoom": (1.0, 1.1)}, "have no effect"),
        ({"steps": (RandomFlip,)}, r"Make one: RandomFlip\(\)"),
        ({"steps": (3,)}, "Got 3 as an augmentation step"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    spec: ImageSpec, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        Augmentation(**({"spec": spec} | settings))
