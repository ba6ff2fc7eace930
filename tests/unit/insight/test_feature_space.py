"""Mirrors src/unfreeze/insight/feature_space.py."""

import tracemalloc

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from unfreeze.errors import DataError
from unfreeze.insight.feature_space import (
    by_neighbours,
    by_spread,
    feature_space,
    pooled_rows,
)
from unfreeze.records import Predictions


@pytest.fixture
def rows() -> np.ndarray:
    """Three heaps of twenty in eight dimensions."""
    rng = np.random.default_rng(2)
    middles = 6 * np.eye(8)[:3] + 1
    return np.repeat(middles, 20, axis=0) + rng.normal(0, 0.4, (60, 8))


def said(labels: object, predicted: list[int]) -> Predictions:
    log_probs = np.log(np.eye(3)[predicted] * 0.9 + 0.03)
    names = [f"{row}.jpg" for row in range(len(predicted))]
    known = None if labels is None else np.array(labels)
    return Predictions(names, ("x", "y", "z"), log_probs, known)


def test_directions_are_those_of_scikit_learn_but_for_their_ends(
    rows: np.ndarray,
) -> None:
    expected = PCA(2, svd_solver="full").fit_transform(rows)

    found = by_spread(rows)

    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)


def test_wide_rows_have_the_same_directions(rows: np.ndarray) -> None:
    wide = np.random.default_rng(1).normal(size=(12, 90))
    expected = PCA(2, svd_solver="full").fit_transform(wide)

    np.testing.assert_allclose(np.abs(by_spread(wide)), np.abs(expected), atol=1e-9)


def test_very_many_photos_take_no_more_memory_than_a_few_thousand() -> None:
    rows = np.random.default_rng(0).random((60_000, 64), dtype=np.float32)
    rows[:, 3] *= 9
    tracemalloc.start()

    found = by_spread(rows)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < rows.nbytes  # a full decomposition takes six times as much
    correlation = np.corrcoef(found[:, 0], rows[:, 3])[0, 1]
    assert abs(correlation) > 0.99


def test_maps_are_averaged_over_their_places() -> None:
    maps = np.arange(24.0).reshape(2, 3, 2, 2)

    np.testing.assert_allclose(pooled_rows(maps)[0], [1.5, 5.5, 9.5])
    assert pooled_rows(maps[:, :, 0, 0]).shape == (2, 3)


def test_the_order_of_rows_does_not_turn_the_picture(rows: np.ndarray) -> None:
    order = np.random.default_rng(0).permutation(60)

    np.testing.assert_allclose(
        by_spread(rows[order]), by_spread(rows)[order], atol=1e-9
    )


@pytest.mark.parametrize("shape", [(0, 4), (1, 4), (3, 1), (2, 5)])
def test_hardly_any_photos_or_features_still_have_places(
    shape: tuple[int, int],
) -> None:
    found = by_spread(np.arange(np.prod(shape), dtype=float).reshape(shape))

    assert found.shape == (shape[0], 2)
    assert np.isfinite(found).all()


def test_neighbours_of_one_heap_stay_together_and_always_in_the_same_place(
    rows: np.ndarray,
) -> None:
    labels = np.repeat([0, 1, 2], 20)

    found = by_neighbours(rows)

    assert KNeighborsClassifier(3).fit(found, labels).score(found, labels) == 1
    np.testing.assert_array_equal(found, by_neighbours(rows))


def test_equal_rows_do_not_stop_the_map() -> None:
    assert np.isfinite(by_neighbours(np.ones((12, 4)))).all()


def test_records_tell_class_and_mistake(rows: np.ndarray) -> None:
    space = feature_space(rows[:3], said([0, 1, 2], [0, 2, 2]))

    assert space.mistakes.tolist() == [False, True, False]
    second = space.records()[1]
    assert second == {
        "name": "1.jpg",
        "x": pytest.approx(space.places[1, 0]),
        "y": pytest.approx(space.places[1, 1]),
        "class": "y",
        "predicted": "z",
        "mistake": True,
    }


def test_few_photos_have_no_neighbourhoods(rows: np.ndarray) -> None:
    space = feature_space(rows[:4], said([0] * 4, [0] * 4), "tsne")

    assert space.method == "pca"


@pytest.mark.parametrize(
    "wrong", [np.ones((2, 4)), np.ones((3, 2, 2)), np.full((3, 2), np.nan)]
)
def test_features_of_other_photos_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(DataError, match="one row per photo"):
        feature_space(wrong, said([0] * 3, [0] * 3))


@pytest.mark.parametrize("labels", [None, [[0, 1, 1]] * 3])
def test_photos_without_one_label_each_are_refused(labels: object) -> None:
    with pytest.raises(DataError, match="one label per photo"):
        feature_space(np.ones((3, 2)), said(labels, [0] * 3))
