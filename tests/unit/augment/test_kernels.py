"""Mirrors src/unfreeze/augment/kernels.py."""

from collections.abc import Callable
from typing import get_args

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as tv

from unfreeze.augment import geometry
from unfreeze.augment.geometry import Canvas
from unfreeze.augment.kernels import (
    Border,
    Light,
    blur,
    light,
    light_table,
    warp,
)
from unfreeze.numerics.keyed import Purpose, rng_for

Pixels = NDArray[np.uint8]
SlowWarp = Callable[..., NDArray[np.float64]]

HALF_A_LEVEL = 0.5 + 0.02  # rounding to bytes, and float32 arithmetic
NOISE = Canvas(52, 40)


def channels_first(pixels: Pixels) -> torch.Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float()


def channels_last(image: torch.Tensor) -> NDArray[np.float32]:
    return image.permute(1, 2, 0).numpy()


def test_staying_in_place_is_exact(noise: Pixels) -> None:
    assert np.array_equal(warp(noise, np.eye(3), NOISE), noise)


def test_mirroring_is_exact(noise: Pixels) -> None:
    mirrored = warp(noise, geometry.mirror(NOISE).matrix, NOISE)

    assert np.array_equal(mirrored, noise[:, ::-1])


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns_are_exact(noise: Pixels, turns: int) -> None:
    turned = geometry.quarter_turn(NOISE, turns)

    result = warp(noise, turned.matrix, turned.canvas)

    assert np.array_equal(result, np.rot90(noise, turns))


def test_a_rotation_by_ninety_degrees_is_exact(noise: Pixels) -> None:
    square = noise[:, :40]

    result = warp(square, geometry.rotate(Canvas(40, 40), 90).matrix, Canvas(40, 40))

    assert np.array_equal(result, np.rot90(square))


def test_whole_pixel_shifts_are_exact(noise: Pixels) -> None:
    part = geometry.cut(7, 3, Canvas(20, 30))

    result = warp(noise, part.matrix, part.canvas)

    assert np.array_equal(result, noise[3:33, 7:27])


@pytest.mark.parametrize(
    ("border", "numpy_mode"),
    [("reflect", "reflect"), ("edge", "edge"), ("constant", "constant")],
)
def test_borders_are_those_of_numpy(
    noise: Pixels, border: Border, numpy_mode: str
) -> None:
    padded = geometry.pad(NOISE, 9)

    result = warp(noise, padded.matrix, padded.canvas, border)

    expected = np.pad(noise, ((9, 9), (9, 9), (0, 0)), mode=numpy_mode)  # type: ignore[call-overload]
    assert np.array_equal(result, expected)


@pytest.mark.parametrize("border", get_args(Border))
@pytest.mark.parametrize("seed", range(3))
def test_any_affine_map_agrees_with_bilinear_interpolation_written_out(
    noise: Pixels, slow_warp: SlowWarp, border: Border, seed: int
) -> None:
    matrix = np.eye(3)
    matrix[:2] += np.random.default_rng(seed).uniform(-0.3, 0.3, (2, 3))
    matrix[:2, 2] *= 30

    result = warp(noise, matrix, Canvas(24, 20), border)

    expected = slow_warp(noise, matrix, 24, 20, border)
    assert np.abs(result - expected).max() < HALF_A_LEVEL


def test_rotation_agrees_with_torchvision_inside_the_image(noise: Pixels) -> None:
    square = noise[:, :40]

    result = warp(square, geometry.rotate(Canvas(40, 40), 8).matrix, Canvas(40, 40))

    expected = tv.rotate(
        channels_first(square), 8, interpolation=v2.InterpolationMode.BILINEAR
    )
    difference = np.abs(result - channels_last(expected))[6:-6, 6:-6]
    assert difference.max() < HALF_A_LEVEL


def test_zoom_and_shift_agree_with_torchvision_inside_the_image(noise: Pixels) -> None:
    """In torchvision the shift comes after the zoom, in pixels of the result."""
    moved = geometry.enlarge(NOISE, 1.3, 1.3).then(geometry.cut(-3, -2, NOISE))

    result = warp(noise, moved.matrix, NOISE)

    expected = tv.affine(
        channels_first(noise),
        angle=0,
        translate=[3, 2],
        scale=1.3,
        shear=[0.0],
        interpolation=v2.InterpolationMode.BILINEAR,
    )
    difference = np.abs(result - channels_last(expected))[6:-6, 6:-6]
    assert difference.max() < HALF_A_LEVEL


def test_enlarging_agrees_with_torchvision_resize(noise: Pixels) -> None:
    """Up to the edges: both repeat or mirror the half pixel beyond them alike."""
    larger = Canvas(78, 60)

    result = warp(noise, geometry.resize(NOISE, larger).matrix, larger, "edge")

    expected = tv.resize(channels_first(noise), [60, 78], antialias=False)
    assert np.abs(result - channels_last(expected)).max() < HALF_A_LEVEL


@pytest.mark.parametrize("side", [20, 50])
def test_fine_patterns_turn_grey_when_shrunk(side: int) -> None:
    """A chessboard of single pixels has no detail that a third of them can show."""
    board = ((np.indices((150, 150)).sum(0) % 2) * 255).astype(np.uint8)
    pixels = np.repeat(board[..., None], 3, axis=2)
    small = geometry.resize(Canvas(150, 150), Canvas(side, side))

    result = warp(pixels, small.matrix, small.canvas)

    assert np.abs(result.astype(int) - 128).max() <= 15


def test_shrinking_agrees_with_averaging(noise: Pixels) -> None:
    half = geometry.resize(NOISE, Canvas(26, 20))

    result = warp(noise, half.matrix, half.canvas)

    expected = noise.reshape(20, 2, 26, 2, 3).mean(axis=(1, 3))
    assert np.abs(result - expected).max() < HALF_A_LEVEL


def test_a_single_pixel_fills_any_canvas() -> None:
    pixels = np.full((1, 1, 3), 9, dtype=np.uint8)

    assert (warp(pixels, np.eye(3), Canvas(5, 4)) == 9).all()


def test_panoramas_wider_than_sixteen_bits_can_count_are_cut_in_the_right_place() -> (
    None
):
    pixels = np.zeros((8, 40_000, 3), dtype=np.uint8)
    pixels[:, 39_000:39_008] = 200
    part = geometry.cut(39_000, 0, Canvas(8, 8))

    assert (warp(pixels, part.matrix, part.canvas) == 200).all()


@pytest.mark.parametrize(
    "change",
    [Light(0.1, 1.0), Light(-0.04, 1.05), Light(0, 0.5), Light(-0.9, 3), Light(1, 0)],
)
def test_light_follows_its_formula(noise: Pixels, change: Light) -> None:
    result = light(noise, [change])

    image = (noise / 255 - 0.5) * change.contrast + 0.5 + change.brightness
    assert np.abs(result - image.clip(0, 1) * 255).max() <= 0.5 + 1e-4


def test_a_straight_line_and_a_table_differ_in_one_value_of_100_000() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(1, 256, 1).repeat(3, axis=2)
    draws = rng_for(0, Purpose.AUGMENT)
    changes = [
        Light(draws.uniform(-0.2, 0.2), draws.uniform(0.6, 1.6)) for _ in range(1000)
    ]

    differences = np.stack(
        [
            light(values, [each])[0, :, 0].astype(int) - light_table([each])
            for each in changes
        ]
    )

    assert np.abs(differences).max() <= 1
    assert np.count_nonzero(differences) <= 10


def test_several_changes_of_light_are_rounded_once(noise: Pixels) -> None:
    changes = [Light(0.013, 0.7), Light(-0.021, 1.3)]

    result = light(noise, changes)

    image = ((noise / 255 - 0.5) * 0.7 + 0.513 - 0.5) * 1.3 + 0.479
    assert np.abs(result - image.clip(0, 1) * 255).max() <= 0.5 + 1e-9


def test_light_may_be_changed_in_place(noise: Pixels) -> None:
    pixels = noise.copy()

    light(pixels, [Light(0.1, 1.1)], out=pixels)

    assert np.array_equal(pixels, light(noise, [Light(0.1, 1.1)]))


@pytest.mark.parametrize("border", ["reflect", "edge", "constant"])
def test_a_warp_gives_what_opencv_gives_for_images_of_three_channels(
    noise: Pixels, border: Border
) -> None:
    """An oracle on the spare channel: it must not show anywhere."""
    turned = geometry.rotate(NOISE, 31).then(geometry.enlarge(NOISE, 0.8, 1.1))

    result = warp(noise, turned.matrix, NOISE, border)

    half = turned.matrix[:2].copy()
    half[:, 2] += half[:, :2].sum(axis=1) / 2 - 0.5
    expected = cv2.warpAffine(
        noise,
        half,
        NOISE,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode={
            "reflect": cv2.BORDER_REFLECT_101,
            "edge": cv2.BORDER_REPLICATE,
            "constant": cv2.BORDER_CONSTANT,
        }[border],
    )
    assert np.array_equal(result, expected)


def test_no_change_of_light_keeps_every_value() -> None:
    assert np.array_equal(light_table([]), np.arange(256))
    assert np.array_equal(light_table([Light(0, 1)]), np.arange(256))


def test_light_that_burnt_out_does_not_come_back() -> None:
    assert light_table([Light(0.5, 1.0), Light(-0.5, 1.0)])[[0, 127, 200, 255]] == (
        pytest.approx([0, 127, 127.5, 127.5], abs=0.5)
    )


@pytest.mark.parametrize("side", [3, 9])
def test_blur_agrees_with_torchvision(noise: Pixels, side: int) -> None:
    result = blur(noise, side)

    sigma = 0.15 * side + 0.35
    expected = tv.gaussian_blur(channels_first(noise), [side, side], [sigma, sigma])
    assert np.abs(result - channels_last(expected)).max() <= 1.5


def test_a_blur_of_one_pixel_changes_nothing(noise: Pixels) -> None:
    assert np.array_equal(blur(noise, 1), noise)
