"""Mirrors src/unfreeze/numerics/keyed.py."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from unfreeze.numerics.keyed import KeyedRngs, Purpose, rng_for, torch_seed, uniform


def test_a_draw_does_not_depend_on_what_was_drawn_before() -> None:
    rng_for(0, Purpose.AUGMENT, epoch=1, row=1).random(1000)

    again = [rng_for(0, Purpose.AUGMENT, epoch=1, row=row).random() for row in (2, 1)]

    assert again[::-1] == [
        rng_for(0, Purpose.AUGMENT, epoch=1, row=row).random() for row in (1, 2)
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1, "purpose": Purpose.ORDER},
        {"seed": 0, "purpose": Purpose.HEAD},
        {"seed": 0, "purpose": Purpose.ORDER, "epoch": 1},
        {"seed": 0, "purpose": Purpose.ORDER, "row": 1},
        {"seed": 0, "purpose": Purpose.ORDER, "turn": 1},
    ],
)
def test_each_part_of_the_key_changes_the_draw(other: dict[str, int]) -> None:
    mine = rng_for(0, Purpose.ORDER).random(4)

    assert not np.any(mine == rng_for(**other).random(4))  # type: ignore[arg-type]


def test_neighbouring_rows_are_not_correlated() -> None:
    draws = [rng_for(3, Purpose.AUGMENT, row=row).random() for row in range(4000)]

    correlation = np.corrcoef(draws[:-1], draws[1:])[0, 1]

    assert abs(correlation) < 0.05  # three standard errors of 4,000 pairs
    assert np.mean(draws) == pytest.approx(0.5, abs=0.015)


def test_a_long_draw_does_not_run_into_the_next_row() -> None:
    first = rng_for(0, Purpose.ORDER, row=0).integers(2**63, size=5000)
    second = rng_for(0, Purpose.ORDER, row=1).integers(2**63, size=5000)

    assert len(np.intersect1d(first, second)) == 0


def test_a_torch_seed_fits_torch() -> None:
    seeds = [torch_seed(0, Purpose.HEAD, row=row) for row in range(100)]

    assert len(set(seeds)) == 100
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_generators_that_follow_one_another_draw_what_single_ones_do() -> None:
    """Also after draws that leave half of a number, or a part of a block, behind."""
    rngs = KeyedRngs(7, Purpose.AUGMENT)
    keys = [(0, 5, 0), (3, 5, 0), (3, 6, 2), (0, 5, 0)]

    drawn = [_some(rngs.at(epoch=e, row=r, turn=t)) for e, r, t in keys]

    assert drawn == [
        _some(rng_for(7, Purpose.AUGMENT, epoch=e, row=r, turn=t)) for e, r, t in keys
    ]


def test_seeds_for_torch_that_follow_one_another_are_those_of_single_calls() -> None:
    rngs = KeyedRngs(7, Purpose.STEP)

    seeds = [rngs.torch_seed(epoch=2, row=row) for row in range(5)]

    assert seeds == [torch_seed(7, Purpose.STEP, epoch=2, row=row) for row in range(5)]


def test_threads_do_not_share_a_generator() -> None:
    rngs = KeyedRngs(0, Purpose.AUGMENT)

    def draw(row: int) -> float:
        rng = rngs.at(epoch=1, row=row)
        rng.random(2000)  # long enough for others to come in between
        return rng.random()

    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(draw, range(200)))

    expected = [rng_for(0, Purpose.AUGMENT, epoch=1, row=row) for row in range(200)]
    assert drawn == [rng.random(2001)[-1] for rng in expected]


def test_uniform_draws_the_number_that_numpy_draws() -> None:
    mine, numpys = rng_for(1, Purpose.AUGMENT), rng_for(1, Purpose.AUGMENT)

    drawn = [uniform(mine, -0.3, 10.7) for _ in range(100)]

    assert drawn == [numpys.uniform(-0.3, 10.7) for _ in range(100)]


def _some(rng: np.random.Generator) -> list[float]:
    return [rng.random(), int(rng.integers(7)), rng.uniform(-3, 2), *rng.random(3)]
