"""Mirrors src/unfreeze/augment/pixel_steps.py."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from torchvision.transforms.v2 import functional as tv

from unfreeze.augment.geometry import Canvas
from unfreeze.augment.kernels import blur
from unfreeze.augment.pixel_steps import Cutout, OwnFunction, RandomBlur, as_step
from unfreeze.augment.policy import RandomFlip
from unfreeze.augment.steps import PixelStep
from unfreeze.errors import PlanError

Pixels = NDArray[np.uint8]
NOISE = Canvas(52, 40)


def changed(step: object, pixels: Pixels, seed: int = 0) -> Pixels:
    pixel_step = as_step(step)
    assert isinstance(pixel_step, PixelStep)
    return pixel_step.draw(np.random.default_rng(seed), NOISE)(pixels)


def test_half_of_the_images_are_blurred(noise: Pixels) -> None:
    blurred = [not np.array_equal(changed(RandomBlur(), noise, n), noise)
               for n in range(200)]  # fmt: skip

    assert np.mean(blurred) == pytest.approx(0.5, abs=0.15)


def test_a_blur_strength_is_chosen_from_the_list(noise: Pixels) -> None:
    step = RandomBlur(blur_strengths=(2, 3), probability=1.0)
    seen = {changed(step, noise, seed).tobytes() for seed in range(30)}

    assert seen == {blur(noise, 3).tobytes(), blur(noise, 5).tobytes()}


def test_holes_are_black_squares_of_the_given_side() -> None:
    """One hole of 4 pixels, wholly or partly inside; everything else stays."""
    white = np.full((40, 52, 3), 255, dtype=np.uint8)
    for seed in range(50):
        rows, columns = np.nonzero(
            changed(Cutout(1, 4, p=1.0), white, seed)[..., 0] == 0
        )
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert 2 <= height <= 4
        assert 2 <= width <= 4
        assert len(rows) == height * width


def test_holes_lie_everywhere() -> None:
    white = np.full((40, 52, 3), 255, dtype=np.uint8)
    is_cut = [changed(Cutout(3, 9, p=1.0), white, seed) == 0 for seed in range(400)]

    assert np.any(is_cut, axis=0).all()


def test_half_of_the_images_are_cut() -> None:
    white = np.full((40, 52, 3), 255, dtype=np.uint8)
    is_cut = [changed(Cutout(1, 4), white, seed).min() == 0 for seed in range(400)]

    assert np.mean(is_cut) == pytest.approx(0.5, abs=0.1)


def test_a_function_sees_a_float_image_from_0_to_1(noise: Pixels) -> None:
    def check(image: NDArray[np.float32]) -> NDArray[np.float32]:
        assert image.dtype == np.float32
        assert np.allclose(image, noise / 255)
        return image

    assert np.array_equal(changed(check, noise), noise)


def test_a_function_changes_the_pixels(noise: Pixels) -> None:
    result = changed(lambda image: 1 - image, noise)

    assert np.array_equal(result, 255 - noise)


def test_values_beyond_the_scale_are_clamped(noise: Pixels) -> None:
    result = changed(lambda image: image * 2, noise)

    assert np.array_equal(result, np.minimum(noise.astype(int) * 2, 255))


def test_a_function_may_change_its_image_in_place(noise: Pixels) -> None:
    def darken(image: NDArray[np.float32]) -> NDArray[np.float32]:
        image *= 0
        return image

    before = noise.copy()

    assert changed(darken, noise).max() == 0
    assert np.array_equal(noise, before)


def test_a_function_that_asks_for_it_gets_the_generator_of_the_image(
    noise: Pixels,
) -> None:
    def speckle(
        image: NDArray[np.float32], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        return image * rng.random(image.shape)

    assert np.array_equal(changed(speckle, noise, 1), changed(speckle, noise, 1))
    assert not np.array_equal(changed(speckle, noise, 1), changed(speckle, noise, 2))


def test_a_function_that_tells_nothing_of_its_parameters_gets_the_image_alone() -> None:
    """``max`` is one: Python knows no signature of it."""
    assert as_step(max) == OwnFunction(max, takes_rng=False)


def test_steps_are_taken_as_they_are() -> None:
    step = RandomFlip()

    assert as_step(step) is step


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda image: None, "returned a NoneType. Expected a float array of shape"),
        (lambda image: image[1:], r"returned an array of float32 and shape \(39, 52"),
        (lambda image: image.sum(2), r"float32 and shape \(40, 52\)"),
        (lambda image: image > 0, "returned an array of bool"),
        (lambda image: (image * 255).astype(np.uint8), "returned an array of uint8"),
        (lambda image: image * np.nan, "values that are not finite"),
    ],
)
def test_what_a_function_returns_is_checked(
    noise: Pixels, function: Callable[..., object], message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        changed(function, noise)


def test_an_error_inside_a_function_arrives_as_it_is(noise: Pixels) -> None:
    def broken(image: NDArray[np.float32]) -> NDArray[np.float32]:
        raise KeyError("mask")

    with pytest.raises(KeyError, match="mask"):
        changed(broken, noise)


def test_a_class_in_place_of_a_step_is_refused() -> None:
    with pytest.raises(PlanError, match=r"class RandomFlip.*Make one: RandomFlip\(\)"):
        as_step(RandomFlip)


def test_anything_else_is_refused() -> None:
    with pytest.raises(PlanError, match="Got 'flip' as an augmentation step"):
        as_step("flip")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomBlur(0), "whole numbers of 1 or more, got 0"),
        (lambda: RandomBlur(()), "whole numbers of 1 or more"),
        (lambda: RandomBlur(probability=3), "probability must be a probability"),
        (lambda: Cutout(0, 4), "n_holes=0 and length=4"),
        (lambda: Cutout(1, 4, p=-1), "p must be a probability"),
    ],
)
def test_settings_out_of_range_are_refused(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        make()


def test_torchvision_functions_can_be_wrapped(noise: Pixels) -> None:
    """An independent solarisation, as a user would write it."""
    import torch

    def solarise(image: NDArray[np.float32]) -> NDArray[np.float32]:
        return tv.solarize(torch.from_numpy(image), threshold=0.5).numpy()

    expected = np.where(noise >= 128, 255 - noise, noise)
    assert np.array_equal(changed(solarise, noise), expected)
