"""Mirrors src/unfreeze/numerics/learning_curves.py."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from unfreeze.numerics.learning_curves import (
    forecast_of,
    is_right_after,
    parts_of_class,
    stratified_parts,
)

PHOTOS = (100, 200, 400, 800)


def clouds(
    count: int, width: int, seed: int, distance: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Three normal clouds around three corners."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    corners = distance * np.eye(3, width)
    return corners[labels] + rng.normal(size=(count, width)), labels


@pytest.mark.parametrize("width", [8, 300])
def test_heads_agree_with_scikit_learn_whichever_matrix_is_smaller(width: int) -> None:
    features, labels = clouds(150, width, seed=1)
    asked, truth = clouds(90, width, seed=2)
    # Ours adds the mean of the scatter matrix's diagonal to it: half and half.
    oracle = LinearDiscriminantAnalysis(
        solver="lsqr", shrinkage=0.5, priors=np.full(3, 1 / 3)
    ).fit(features, labels)

    (found,) = is_right_after(features, labels, [np.arange(150)], asked, truth)

    np.testing.assert_array_equal(found, oracle.predict(asked) == truth)


def test_parts_hold_every_class_in_its_share_and_never_a_row_twice() -> None:
    labels = np.repeat([0, 1, 2], [100, 40, 10])

    parts = stratified_parts(labels, (0.1, 0.5, 1.0), draws=3, seed=0)

    assert [number for number, _ in parts] == [0, 0, 0, 1, 1, 1, 2]
    for number, rows in parts:
        assert len(set(rows.tolist())) == len(rows)
        counts = np.bincount(labels[rows]).tolist()
        assert counts == [[10, 4, 2], [50, 20, 5], [100, 40, 10]][number]


def test_draws_differ_and_come_back_with_the_same_seed() -> None:
    labels = np.arange(60) % 2

    first = stratified_parts(labels, (0.3, 1.0), draws=2, seed=5)
    again = stratified_parts(labels, (0.3, 1.0), draws=2, seed=5)
    other = stratified_parts(labels, (0.3, 1.0), draws=2, seed=6)

    assert all((a[1] == b[1]).all() for a, b in zip(first, again, strict=True))
    assert not (first[0][1] == first[1][1]).all()
    assert not (first[0][1] == other[0][1]).all()


def test_parts_of_a_class_leave_the_others_whole() -> None:
    labels = np.repeat([0, 1], [30, 50])

    parts = parts_of_class(labels, 1, (0.2, 1.0), draws=2, seed=0)

    assert [np.bincount(labels[rows]).tolist() for _, rows in parts] == [
        [30, 10],
        [30, 10],
        [30, 50],
    ]


def answers_with(
    errors: list[float], draws: int, photos: int
) -> tuple[np.ndarray, ...]:
    """Heads that are wrong about exactly these shares of the photos."""
    sizes, rows = [], []
    for number, error in enumerate(errors):
        for _ in range(draws if number < len(errors) - 1 else 1):
            row = np.ones(photos, dtype=bool)
            row[: round(error * photos)] = False
            sizes.append(number)
            rows.append(row)
    return np.array(sizes), np.array(rows)


def test_a_curve_that_is_a_power_law_is_continued_as_one() -> None:
    law = [0.02 + 0.3 * (n / 100) ** -0.5 for n in PHOTOS]
    sizes, is_right = answers_with(law, draws=4, photos=20_000)

    found = forecast_of(PHOTOS, sizes, is_right, more=800)

    then = 0.02 + 0.3 * 16**-0.5
    assert found.law.error(1600) == pytest.approx(then, abs=0.002)
    assert found.saved == pytest.approx(1 - then / law[-1], abs=0.03)
    assert found.low <= found.saved <= found.high
    assert found.is_seen


def test_a_flat_curve_promises_nothing() -> None:
    rng = np.random.default_rng(3)
    sizes = np.repeat(np.arange(4), [5, 5, 5, 1])
    is_right = rng.random((16, 300)) > 0.1

    found = forecast_of(PHOTOS, sizes, is_right, more=100)

    assert not found.is_seen
    assert abs(found.saved) < 0.1


def test_a_model_without_mistakes_has_nothing_to_gain() -> None:
    sizes, is_right = answers_with([0.0, 0.0, 0.0, 0.0], draws=2, photos=50)

    found = forecast_of(PHOTOS, sizes, is_right, more=100)

    assert not found.is_seen
    assert found.law.error(10_000) == 0


def test_the_same_seed_gives_the_same_forecast() -> None:
    sizes, is_right = answers_with([0.4, 0.3, 0.22, 0.2], draws=3, photos=200)

    assert forecast_of(PHOTOS, sizes, is_right, 100, seed=1) == forecast_of(
        PHOTOS, sizes, is_right, 100, seed=1
    )


def test_more_photos_never_bring_less_than_fewer() -> None:
    sizes, is_right = answers_with([0.4, 0.3, 0.22, 0.2], draws=3, photos=200)

    gains = [forecast_of(PHOTOS, sizes, is_right, more).saved for more in (50, 400)]

    assert 0 <= gains[0] < gains[1] <= 1
