"""Mirrors src/unfreeze/augment/batch_warp.py."""

from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from unfreeze.augment import geometry, kernels
from unfreeze.augment.batch_warp import light_batch, pack, warp_batch
from unfreeze.augment.geometry import Canvas
from unfreeze.augment.kernels import Border, Light, light_table

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]
SlowWarp = Callable[..., NDArray[np.float64]]

HALF_A_LEVEL = 0.5 + 0.02  # rounding to bytes, and float32 arithmetic
OFTEN_ENOUGH_EQUAL = 1 - 0.0005  # of all values; a handful in 100,000 are measured


def draw_image(rng: np.random.Generator, width: int, height: int) -> Pixels:
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def draw_matrix(
    rng: np.random.Generator, canvas: Canvas, size: int, *, strides: tuple[float, float]
) -> Matrix:
    """Turn, mirror, stretch and shear, mostly looking at the image."""
    angle, shear = rng.uniform(-np.pi, np.pi), rng.uniform(-0.3, 0.3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.diag(rng.uniform(*strides, 2) * rng.choice((-1, 1), 2))
    matrix = np.eye(3)
    matrix[:2, :2] = turn @ stretch @ [[1, shear], [0, 1]]
    middle = np.array(canvas) * rng.uniform(-0.2, 1.2, 2)
    matrix[:2, 2] = middle - matrix[:2, :2] @ (size / 2, size / 2)
    return matrix


def canvas_of(image: Pixels) -> Canvas:
    return Canvas(image.shape[1], image.shape[0])


def warp_all(
    images: Sequence[Pixels],
    matrices: Sequence[Matrix],
    size: int,
    border: Border = "reflect",
) -> Pixels:
    pixels, sizes = pack(images)
    stack = torch.from_numpy(np.stack(matrices))
    return warp_batch(pixels, sizes, stack, size, border).numpy()


def one_by_one(
    images: Sequence[Pixels], matrices: Sequence[Matrix], size: int, border: Border
) -> Pixels:
    canvas = Canvas(size, size)
    pairs = zip(images, matrices, strict=True)
    return np.stack([kernels.warp(*pair, canvas, border) for pair in pairs])


def assert_all_but_equal(result: Pixels, expected: Pixels) -> None:
    difference = np.abs(result.astype(int) - expected)
    assert difference.max() <= 1
    assert (difference == 0).mean() >= OFTEN_ENOUGH_EQUAL


@pytest.mark.parametrize("border", get_args(Border))
@pytest.mark.parametrize("seed", range(3))
def test_any_matrices_give_what_the_warp_of_single_images_gives(
    border: Border, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    images = [draw_image(rng, *rng.integers(1, 300, 2)) for _ in range(40)]
    matrices = [
        draw_matrix(rng, canvas_of(image), 64, strides=(0.2, 1.0)) for image in images
    ]

    result = warp_all(images, matrices, 64, border)

    assert_all_but_equal(result, one_by_one(images, matrices, 64, border))


def test_with_averaged_areas_shrinking_gives_what_the_warp_of_single_images_gives() -> (
    None
):
    rng = np.random.default_rng(0)
    images = [draw_image(rng, *rng.integers(100, 300, 2)) for _ in range(20)]
    matrices = [
        draw_matrix(rng, canvas_of(image), 48, strides=(1.6, 5.0)) for image in images
    ]
    pairs = zip(images, matrices, strict=True)
    averaged = [kernels.average_areas(*pair) for pair in pairs]

    smaller, their_matrices = zip(*averaged, strict=True)
    result = warp_all(smaller, their_matrices, 48)

    assert_all_but_equal(result, one_by_one(images, matrices, 48, "reflect"))


@pytest.mark.parametrize("border", get_args(Border))
def test_tiny_images_agree_with_bilinear_interpolation_written_out(
    slow_warp: SlowWarp, border: Border
) -> None:
    """Most of these squares lies far outside, beyond several reflections."""
    rng = np.random.default_rng(1)
    images = [draw_image(rng, *rng.integers(2, 6, 2)) for _ in range(30)]
    matrices = [
        draw_matrix(rng, canvas_of(image), 9, strides=(0.5, 3.0)) for image in images
    ]

    result = warp_all(images, matrices, 9, border)

    pairs = zip(images, matrices, strict=True)
    expected = np.stack([slow_warp(*pair, 9, 9, border) for pair in pairs])
    assert np.abs(result - expected).max() < HALF_A_LEVEL


@pytest.mark.parametrize("border", get_args(Border))
def test_staying_in_place_is_exact(border: Border) -> None:
    images = [draw_image(np.random.default_rng(seed), 30, 30) for seed in range(3)]

    result = warp_all(images, [np.eye(3)] * 3, 30, border)

    assert np.array_equal(result, np.stack(images))


@pytest.mark.parametrize(
    ("border", "numpy_mode"),
    [("reflect", "reflect"), ("edge", "edge"), ("constant", "constant")],
)
def test_each_image_has_its_own_border(border: Border, numpy_mode: str) -> None:
    """Also where one of its sides is a single pixel, and far outside."""
    rng = np.random.default_rng(2)
    images = [draw_image(rng, *sides) for sides in ((40, 7), (5, 31), (1, 9), (1, 1))]
    margin = 40
    size = 41  # reaches the first pixel of all of them
    padded = [geometry.pad(canvas_of(image), margin).matrix for image in images]

    result = warp_all(images, padded, size, border)

    for square, image in zip(result, images, strict=True):
        margins = ((margin, margin), (margin, margin), (0, 0))
        expected = np.pad(image, margins, mode=numpy_mode)  # type: ignore[call-overload]
        assert np.array_equal(square, expected[:size, :size])


def test_whole_pixel_shifts_are_exact() -> None:
    rng = np.random.default_rng(3)
    images = [draw_image(rng, 70, 50), draw_image(rng, 45, 90)]
    corners = ((7, 3), (20, 61))
    square = Canvas(24, 24)
    matrices = [geometry.cut(*corner, square).matrix for corner in corners]

    result = warp_all(images, matrices, 24)

    for cut, image, (left, top) in zip(result, images, corners, strict=True):
        assert np.array_equal(cut, image[top : top + 24, left : left + 24])


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_mirroring_and_turning_by_right_angles_is_exact(degrees: int) -> None:
    square = Canvas(33, 33)
    image = draw_image(np.random.default_rng(4), 33, 33)
    moves = (
        geometry.quarter_turn(square, degrees // 90),
        geometry.rotate(square, degrees),
        geometry.quarter_turn(square, degrees // 90).then(geometry.mirror(square)),
    )

    result = warp_all([image] * 3, [move.matrix for move in moves], 33)

    turned = np.rot90(image, degrees // 90)
    assert np.array_equal(result, np.stack([turned, turned, turned[:, ::-1]]))


def test_halves_are_rounded_to_even() -> None:
    """Places half way between grey levels 0, 1, 2 and 3 have 0.5, 1.5 and 2.5."""
    image = np.repeat(np.arange(4, dtype=np.uint8), 12).reshape(1, 4, 12)[..., :3]
    half_way = geometry.resize(Canvas(4, 1), Canvas(4, 3)).matrix
    half_way[0, 2] = 0.5

    result = warp_all([image], [half_way], 3)

    assert result[0, 0, :, 0].tolist() == [0, 2, 2]


def test_more_images_than_are_worked_on_at_once_are_all_filled() -> None:
    images = [np.full((2, 2, 3), level, dtype=np.uint8) for level in range(9)]
    size = 500
    stretch = geometry.resize(Canvas(2, 2), Canvas(size, size)).matrix
    doubled = torch.arange(256).mul(2).clamp(max=255).to(torch.uint8)

    pixels, sizes = pack(images)
    stack = torch.from_numpy(stretch).expand(9, 3, 3)
    squares = warp_batch(pixels, sizes, stack, size)
    lit = light_batch(squares, doubled.expand(9, 256))

    levels = torch.arange(9).view(9, 1, 1, 1)
    assert (squares == levels).all()
    assert (lit == 2 * levels).all()


def test_packing_lays_images_of_any_memory_order_row_by_row() -> None:
    image = draw_image(np.random.default_rng(5), 6, 4)
    images = [image, image[:, ::-1], image.transpose(1, 0, 2)[:3]]

    pixels, sizes = pack(images)

    assert sizes.tolist() == [[6, 4], [6, 4], [4, 3]]
    expected = [image.reshape(-1, 3) for image in images]
    assert np.array_equal(pixels.numpy(), np.concatenate(expected))


def test_packing_copies() -> None:
    image = np.zeros((2, 3, 3), dtype=np.uint8)

    pixels, _ = pack([image])
    pixels += 1

    assert not image.any()


def test_light_is_that_of_single_images() -> None:
    rng = np.random.default_rng(6)
    squares = rng.integers(0, 256, (5, 31, 31, 3), dtype=np.uint8)
    tables = [
        light_table([Light(*rng.uniform((-0.4, 0.5), (0.4, 1.5)))]) for _ in squares
    ]

    result = light_batch(torch.from_numpy(squares), torch.from_numpy(np.stack(tables)))

    pairs = zip(squares, tables, strict=True)
    expected = np.stack([table[image] for image, table in pairs])
    assert np.array_equal(result.numpy(), expected)


@pytest.mark.gpu
@pytest.mark.parametrize("border", get_args(Border))
def test_an_accelerator_gives_what_the_warp_of_single_images_gives(
    border: Border,
) -> None:
    rng = np.random.default_rng(7)
    images = [draw_image(rng, *rng.integers(1, 300, 2)) for _ in range(40)]
    matrices = [
        draw_matrix(rng, canvas_of(image), 64, strides=(0.2, 1.0)) for image in images
    ]

    pixels, sizes = pack(images, pinned=True)
    stack = torch.from_numpy(np.stack(matrices))
    result = warp_batch(pixels.cuda(), sizes.cuda(), stack.cuda(), 64, border)

    assert pixels.is_pinned()
    expected = one_by_one(images, matrices, 64, border)
    assert_all_but_equal(result.cpu().numpy(), expected)
