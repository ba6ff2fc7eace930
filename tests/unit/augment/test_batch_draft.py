"""Mirrors src/unfreeze/augment/batch_draft.py."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from unfreeze.augment.batch_draft import BatchDraft
from unfreeze.augment.kernels import Border
from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.pixel_steps import Cutout, RandomBlur
from unfreeze.augment.policy import AddPadding, RandomRotateZoom, RandomZoom
from unfreeze.augment.recipes import BASIC, SIDE_ON, TOP_DOWN
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.records import ImageSpec

Pixels = NDArray[np.uint8]

SIDES = ((40, 40), (40, 71), (90, 40), (300, 40), (23, 31), (1, 8), (150, 130))


def photos(count: int = 21) -> list[Pixels]:
    """Noise in which neighbours are alike, as in photos, of several sizes."""
    rng = np.random.default_rng(5)
    found = []
    for number in range(count):
        height, width = SIDES[number % len(SIDES)]
        coarse = rng.integers(0, 256, (height // 4 + 2, width // 4 + 2, 3))
        fine = coarse.repeat(4, axis=0).repeat(4, axis=1)[:height, :width]
        found.append((0.8 * fine + rng.integers(0, 50, fine.shape)).astype(np.uint8))
    return found


def assert_all_but_equal(at_once: Pixels, one_by_one: Pixels, most: Pixels) -> None:
    """A few values lie one level beside; contrast may make more of a level."""
    difference = np.abs(at_once.astype(int) - one_by_one).reshape(len(most), -1)
    assert (difference.max(axis=1) <= most).all()
    assert (difference == 0).mean() > 0.999  # ties where a scale is a simple fraction


def both_ways(
    augmentation: Augmentation, images: list[Pixels], epoch: int = 0
) -> tuple[Pixels, Pixels, Pixels]:
    """The batch at once, its images one by one, and how far a level may carry."""

    def rng(row: int) -> np.random.Generator:
        return rng_for(3, Purpose.AUGMENT, epoch=epoch, row=row)

    outlines = [augmentation.outline(each, rng(i)) for i, each in enumerate(images)]
    size = augmentation.spec.size
    draft = BatchDraft.of(outlines, size, augmentation.pad_mode)
    single = [augmentation.apply(each, rng(i)) for i, each in enumerate(images)]
    steepest = np.diff(draft.tables.numpy().astype(int), axis=1).max(axis=1)
    return draft.develop().numpy(), np.stack(single), steepest


@pytest.mark.parametrize("size", [16, 33, 64])
@pytest.mark.parametrize("pad_mode", ["reflect", "edge", "constant"])
@pytest.mark.parametrize("steps", [SIDE_ON, TOP_DOWN, BASIC], ids=["side", "top", "b"])
@pytest.mark.parametrize("pad", [0, 5])
def test_a_batch_at_once_is_its_images_one_by_one(
    steps: tuple[Any, ...], size: int, pad_mode: Border, pad: int
) -> None:
    augmentation = Augmentation(
        spec=ImageSpec(size=size),
        steps=steps,
        max_zoom=(1.0, 1.2),
        pad=pad,
        pad_mode=pad_mode,
    )

    for epoch in range(2):
        assert_all_but_equal(*both_ways(augmentation, photos(), epoch))


@pytest.mark.parametrize(
    "words",
    [
        {"steps": ()},
        {"steps": (RandomRotateZoom(30, 0.5, 0.5), AddPadding(7)), "crop": "center"},
        {"steps": (RandomZoom(-0.2, -0.6),), "pad_mode": "constant"},
        {"crop": "random-area", "steps": SIDE_ON},
        {"crop": "squash", "spec": ImageSpec(size=24, squash=True), "steps": SIDE_ON},
        {"steps": (*SIDE_ON, RandomBlur(3, 1.0), *TOP_DOWN, Cutout(2, 6, 1.0))},
        {"steps": (lambda image: image**2, *SIDE_ON)},
        {"steps": (*SIDE_ON, lambda image, rng: image * rng.uniform(0.2, 1.0))},
    ],
    ids=["none", "zooms", "shrinks", "area", "squash", "pixels", "own", "own-random"],
)
def test_any_steps_may_be_taken(words: dict[str, Any]) -> None:
    """Those that need the pixels are carried out for each image in either way."""
    augmentation = Augmentation(**{"spec": ImageSpec(size=24), **words})

    assert_all_but_equal(*both_ways(augmentation, photos()))


def test_without_anything_to_do_pixels_stay_as_they_are() -> None:
    image = photos(1)[0][:24, :24]
    augmentation = Augmentation(spec=ImageSpec(size=24), crop="center")

    at_once, _, _ = both_ways(augmentation, [image, image[::-1]])

    assert np.array_equal(at_once, np.stack([image, image[::-1]]))


def test_only_what_is_read_is_packed() -> None:
    panorama = np.zeros((24, 4000, 3), dtype=np.uint8)
    augmentation = Augmentation(spec=ImageSpec(size=24), steps=SIDE_ON)
    rng = rng_for(0, Purpose.AUGMENT)

    draft = BatchDraft.of([augmentation.outline(panorama, rng)], 24, "reflect")

    assert len(draft) == 1
    assert len(draft.pixels) < 24 * 40
