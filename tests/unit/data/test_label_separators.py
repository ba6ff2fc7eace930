"""Mirrors src/unfreeze/data/label_separators.py."""

import numpy as np
import pytest

from unfreeze.data.label_separators import guessed_separator
from unfreeze.errors import DataError

WEATHER = ("clear", "cloudy", "haze")
GROUND = ("primary", "road", "water", "agriculture", "habitation", "cultivation")


def _satellite(count: int, sign: str) -> list[str]:
    """Labels as the satellite photos of the lesson have them: weather, and ground."""
    rng = np.random.default_rng(3)
    return [
        sign.join(
            [str(rng.choice(WEATHER)), *(g for g in GROUND if rng.random() < 0.4)]
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("sign", [" ", ",", ", "])
def test_words_that_recur_in_many_combinations_are_labels(sign: str) -> None:
    assert guessed_separator(_satellite(200, sign)) == sign[0]


@pytest.mark.parametrize("sign", [";", "|", "; "])
def test_a_sign_that_no_name_has_parts_labels(sign: str) -> None:
    cells = ["golden retriever", f"pug{sign}great dane", "pug"]

    assert guessed_separator(cells) == sign[0]


@pytest.mark.parametrize(
    "cells",
    [
        ["golden retriever", "labrador retriever", "irish setter", "pug"],
        ["Märchen Wald", "Märchen", "Wald"],
        ["fox, red", "fox, arctic", "wolf"],
        # every colour with every shape: a name each
        [f"{a} {b}" for a in "abcdefgh" for b in "ijklmnop"],
        # a word twice in a name
        ["new new york", *_satellite(200, " ")],
        ["great white shark", "white shark", "shark", "white stork", "stork"],
    ],
)
def test_names_of_several_words_stay_whole(cells: list[str]) -> None:
    assert guessed_separator(cells * 3) == ""


def test_single_words_stay_whole() -> None:
    assert guessed_separator(["cat", " dog ", "", "cat"]) == ""
    assert guessed_separator([]) == ""


def test_two_such_signs_are_refused() -> None:
    with pytest.raises(DataError, match=r"'a;b', 'c\|d'.*--label-separator"):
        guessed_separator(["a;b", "c|d"])
