"""Mirrors src/unfreeze/augment/draft.py."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from unfreeze.augment import geometry
from unfreeze.augment.draft import Draft
from unfreeze.augment.geometry import Canvas
from unfreeze.augment.pixel_steps import as_step
from unfreeze.augment.policy import RandomFlip, RandomLighting, RandomRotate

Pixels = NDArray[np.uint8]
NOISE = Canvas(52, 40)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def blacken_left(image: NDArray[np.float32]) -> NDArray[np.float32]:
    image[:, :10] = 0
    return image


def test_an_untouched_image_comes_back_as_it_is(noise: Pixels) -> None:
    assert Draft(noise, "reflect").develop() is noise


def test_neighbouring_moves_are_one_interpolation(
    noise: Pixels, slow_warp: Callable[..., NDArray[np.float64]]
) -> None:
    """Equal to one slow warp of the product, so rounded and blurred only once."""
    draft = Draft(noise, "reflect")
    turn, zoom = geometry.rotate(NOISE, 7), geometry.enlarge(NOISE, 1.2, 1.1)
    part = geometry.cut(5, 6, Canvas(30, 24))

    for placement in (turn, zoom, part):
        draft.place(placement)

    matrix = turn.matrix @ zoom.matrix @ part.matrix
    expected = slow_warp(noise, matrix, 30, 24, "reflect")
    assert np.abs(draft.develop() - expected).max() < 0.52


def test_turning_there_and_back_loses_nothing(noise: Pixels) -> None:
    draft = Draft(noise, "reflect")

    draft.place(geometry.rotate(NOISE, 7))
    draft.place(geometry.rotate(NOISE, -7))

    assert np.array_equal(draft.develop(), noise)


def test_light_between_moves_does_not_separate_them(
    noise: Pixels, rng: np.random.Generator
) -> None:
    """A light that changes nothing leaves no trace of an interpolation either."""
    draft = Draft(noise, "reflect")

    draft.place(geometry.rotate(NOISE, 7))
    draft.take(RandomLighting(0, 0), rng)
    draft.place(geometry.rotate(NOISE, -7))

    assert np.array_equal(draft.develop(), noise)


def test_light_is_applied(noise: Pixels, rng: np.random.Generator) -> None:
    draft = Draft(noise, "reflect")

    draft.take(RandomLighting(b=0.2, c=0), rng)

    shift = np.random.default_rng(0).uniform(-0.2, 0.2)
    expected = np.clip(noise / 255 + shift, 0, 1) * 255
    assert np.abs(draft.develop() - expected).max() <= 0.5 + 1e-9


def test_a_function_sees_what_comes_before_it_and_not_what_comes_after(
    noise: Pixels, rng: np.random.Generator
) -> None:
    function_first, mirror_first = Draft(noise, "reflect"), Draft(noise, "reflect")

    function_first.take(as_step(blacken_left), rng)
    function_first.take(RandomFlip(1.0), rng)
    mirror_first.take(RandomFlip(1.0), rng)
    mirror_first.take(as_step(blacken_left), rng)

    blackened = noise.copy()
    blackened[:, :10] = 0
    assert np.array_equal(function_first.develop(), blackened[:, ::-1])
    mirrored = noise[:, ::-1].copy()
    mirrored[:, :10] = 0
    assert np.array_equal(mirror_first.develop(), mirrored)


def test_a_function_sees_the_whole_canvas(
    noise: Pixels, rng: np.random.Generator
) -> None:
    seen: list[tuple[int, ...]] = []
    draft = Draft(noise, "edge")
    draft.place(geometry.pad(NOISE, 3))

    draft.take(as_step(lambda image: (seen.append(image.shape), image)[1]), rng)

    assert seen == [(46, 58, 3)]
    assert draft.canvas == (58, 46)


def test_a_light_before_a_function_is_seen_by_it_once(
    noise: Pixels, rng: np.random.Generator
) -> None:
    means: list[float] = []
    draft = Draft(np.full_like(noise, 100), "reflect")

    draft.take(RandomLighting(b=0.2, c=0), rng)
    draft.take(as_step(lambda image: (means.append(image.mean()), image)[1]), rng)

    assert means[0] != pytest.approx(100 / 255)
    assert draft.develop().mean() == pytest.approx(means[0] * 255)


def test_the_source_is_never_written_to(
    noise: Pixels, rng: np.random.Generator
) -> None:
    """The fixture is read-only: writing would raise."""
    draft = Draft(noise, "reflect")
    for step in (as_step(blacken_left), RandomRotate(), RandomLighting()):
        draft.take(step, rng)

    assert draft.develop() is not noise
