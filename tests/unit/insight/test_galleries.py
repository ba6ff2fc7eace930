"""Mirrors src/unfreeze/insight/galleries.py."""

import io

import numpy as np
import pytest
from PIL import Image

from unfreeze.insight.feature_maps import strongest
from unfreeze.insight.feature_space import feature_space
from unfreeze.insight.galleries import (
    Seen,
    answer_of,
    explained_photos,
    feature_map_grid,
    space_plot,
)
from unfreeze.insight.heat import overlay
from unfreeze.insight.plots import Picture
from unfreeze.records import Predictions

_NAME = "<script>alert(1)</script> and more of it"


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8)


@pytest.fixture
def answers() -> Predictions:
    probs = np.array([[0.75, 0.25], [0.9, 0.1]])
    return Predictions(["a", "b"], ("cats", _NAME), np.log(probs), np.array([0, 1]))


def drawn(picture: Picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB"))


def titles(picture: Picture) -> list[str]:
    return [axes.get_title() for axes in picture.axes]


def test_an_answer_says_how_sure_and_what_is_true(answers: Predictions) -> None:
    assert answer_of(answers, 0) == "cats 0.750\nright"
    assert answer_of(answers, 1) == "cats 0.900\nis <script>alert(1)</scrip… 0.100"


def test_an_unlabelled_photo_has_an_answer_alone(answers: Predictions) -> None:
    alone = Predictions(["a"], answers.classes, answers.log_probs[:1], None)

    assert answer_of(alone, 0) == "cats 0.750"


def test_each_photo_is_followed_by_its_heat_maps(photo: np.ndarray) -> None:
    heat = np.eye(3)
    both = Seen(photo, "wrong", {"cats": heat, "dogs": 1 - heat})
    one = Seen(photo, "right", {"cats": heat})

    picture = explained_photos([both, one], "Largest losses")

    assert titles(picture) == ["wrong", "cats", "dogs", "right", "cats", ""]
    shown = [np.asarray(axes.images[0].get_array()) for axes in picture.axes]
    np.testing.assert_array_equal(shown[0], photo)
    np.testing.assert_array_equal(shown[2], overlay(photo, 1 - heat))
    assert (shown[5] == 255).all()


def test_photos_without_heat_maps_lie_four_abreast(photo: np.ndarray) -> None:
    picture = explained_photos([Seen(photo, str(n), {}) for n in range(5)])

    assert titles(picture)[:5] == ["0", "1", "2", "3", "4"]
    assert len(picture.axes) == 8


def test_no_photos_give_an_empty_sheet() -> None:
    assert drawn(explained_photos([], "No mistake")).size > 0


def test_feature_maps_have_a_row_for_each_stage(photo: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    early = strongest("layer1", rng.random((6, 8, 8)), 3)
    late = strongest("layer4", rng.random((2, 2, 2)), 3)

    picture = feature_map_grid(photo, [early, late], "cat.1.jpg")

    words = titles(picture)
    assert len(words) == 8
    assert words[0] == "layer1\n8 x 8 places"
    assert words[1].startswith(f"map {early[0].channel}\npeak {early[0].peak:.2g}")
    assert words[4] == "layer4\n2 x 2 places"
    assert words[7] == ""


def test_fine_maps_stand_alone(photo: np.ndarray) -> None:
    places = np.zeros((1, 50, 50))
    places[0, 10, 20] = 4

    picture = feature_map_grid(photo, [strongest("act1", places, 1)])

    shown = np.asarray(picture.axes[1].images[0].get_array())
    assert shown.shape == (50, 50, 3)
    assert shown[10, 20].sum() > 600
    assert (shown[0, 0] == shown[49, 49]).all()


def test_a_map_of_features_rings_mistakes() -> None:
    rng = np.random.default_rng(2)
    log_probs = np.log(np.eye(2)[[0, 0, 1, 1]] * 0.8 + 0.1)
    labels = np.array([0, 1, 1, 1])
    answers = Predictions(list("abcd"), ("cats", "dogs"), log_probs, labels)

    picture = space_plot(feature_space(rng.random((4, 3)), answers), "title")

    (axes,) = picture.axes
    counts = [len(each.get_offsets()) for each in axes.collections]
    assert counts == [1, 3, 1]
    words = [text.get_text() for text in picture.legends[0].get_texts()]
    assert words == ["cats", "dogs", "taken for another (1)"]


def test_many_classes_are_not_all_named() -> None:
    names = tuple(f"class {number}" for number in range(40))
    answers = Predictions(
        [str(n) for n in range(40)], names, np.log(np.eye(40) + 0.01), np.arange(40)
    )

    picture = space_plot(feature_space(np.eye(40), answers))

    words = [text.get_text() for text in picture.legends[0].get_texts()]
    assert words == ["taken for another (0)"]
    assert drawn(picture).std() > 3
