"""Mirrors src/unfreeze/data/looks.py."""

import numpy as np
import pytest

from unfreeze.data.looks import LOOK, Glance, as_look
from unfreeze.data.perceptual import perceptual_hash


def _glance(picture: np.ndarray) -> Glance:
    return Glance(
        file_format="JPEG2000",
        mode="I;16",
        size=(70_000, 3),
        orientation=6,
        is_see_through=True,
        is_animated=False,
        picture=picture,
    )


def test_a_look_keeps_what_the_glance_saw() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)

    look = as_look(_glance(picture))

    assert look["format"] == b"JPEG2000"
    assert look["mode"] == b"I;16"
    assert (look["width"], look["height"], look["orientation"]) == (70_000, 3, 6)
    assert (look["is_see_through"], look["is_animated"]) == (True, False)
    assert not look["is_grey"]


def test_grey_is_weighted_as_eyes_do() -> None:
    """ITU-R BT.601, as pillow converts; it rounds where this cuts off."""
    image = pytest.importorskip("PIL.Image")
    picture = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)

    look = as_look(_glance(picture))

    grey = np.asarray(image.fromarray(picture).convert("L"))
    assert look["contrast"] == pytest.approx(grey.std(), abs=0.05)
    differing = np.unpackbits(look["hash"] ^ perceptual_hash(grey)).sum()
    assert differing <= 3


@pytest.mark.parametrize(("tint", "is_grey"), [(0, True), (3, True), (4, False)])
def test_a_tint_makes_the_difference_between_grey_and_colour(
    tint: int, is_grey: bool
) -> None:
    picture = np.full((32, 32, 3), 100, dtype=np.uint8)
    picture[3, 4, 2] += tint

    assert as_look(_glance(picture))["is_grey"] == is_grey


def test_a_blank_picture_has_no_hash_and_no_contrast() -> None:
    look = as_look(_glance(np.full((32, 32, 3), 77, dtype=np.uint8)))

    assert look["contrast"] == 0
    assert not look["hash"].any()


def test_a_look_is_small() -> None:
    assert LOOK.itemsize == 64
