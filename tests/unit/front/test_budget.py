"""Mirrors src/unfreeze/front/budget.py."""

import itertools
import re
from dataclasses import replace

import pytest

from unfreeze.errors import PlanError
from unfreeze.front.budget import (
    MOST_EPOCHS,
    MOST_HEAD_EPOCHS,
    Prices,
    Work,
    further_epochs,
    plan_after_head,
    plan_before_measuring,
    plan_before_sweep,
    plan_before_whole,
    plan_from_start,
    prices_of,
    seconds_after_head,
)
from unfreeze.front.plan import Plan, Recipe
from unfreeze.numerics.durations import seconds_of
from unfreeze.training.speeds import Speeds

MOST = Plan(head_epochs=5, frozen_epochs=2, sweep_batches=50, epochs=None, num_views=4)
PRICES = Prices(
    storing=10.0,
    head=5.0,
    frozen_epoch=3.0,
    batch=0.1,
    whole_epoch=10.0,
    look=1.0,
    answer=2.0,
    answer_of_head=2.0,
    view=1.0,
    batches_per_epoch=100.0,
)
CLOSING = 3.0  # an answer, and a second
WORK = Work(
    num_train=1000,
    num_valid=200,
    num_missing=(1000, 200),
    num_unanswered=200,
    batch_size=64,
)
SPEEDS = Speeds(answer=0.012, store=0.008, head=0.0001, frozen=0.02, whole=0.05)


# --- prices ------------------------------------------------------------------------


def test_prices_add_up_photo_by_photo() -> None:
    prices = prices_of(WORK, SPEEDS, head_epochs=5)

    assert prices.storing == pytest.approx(9.6)
    assert prices.head == pytest.approx(300 * 64 * 1e-4 + 5 * 1200 * 1e-4)
    assert prices.frozen_epoch == pytest.approx(20.0 + 0.02)
    assert prices.batch == pytest.approx(3.2)
    assert prices.whole_epoch == pytest.approx(50.0 + 1.6)
    assert prices.look == pytest.approx(1.6)
    assert prices.answer == pytest.approx(2.4)
    assert prices.view == pytest.approx(2.4 + 200 * (0.02 - 0.008))
    assert prices.closing("eight-steps") == pytest.approx(3.4)


@pytest.mark.parametrize(
    ("num_missing", "num_unanswered", "head"),
    [
        ((1000, 200), 200, 2.4 - 1.6),  # in another format, instead of that of training
        ((0, 0), 200, 2.4),
        ((0, 0), 0, 0.0),
        ((0, 200), 0, -1.6),
    ],
)
def test_where_only_the_head_learns_answers_are_stored_in_step_1(
    num_missing: tuple[int, int], num_unanswered: int, head: float
) -> None:
    work = replace(WORK, num_missing=num_missing, num_unanswered=num_unanswered)

    prices = prices_of(work, SPEEDS, head_epochs=5)

    assert prices.closing("eight-steps") == pytest.approx(3.4)
    assert prices.closing("head") == pytest.approx(1.0 + head)


@pytest.mark.parametrize(("answer", "epochs"), [(2.0, 2), (0.0, 3)])
def test_answers_that_are_there_leave_time_for_step_4(
    answer: float, epochs: int
) -> None:
    prices = replace(PRICES, answer_of_head=answer)

    plan = plan_after_head(MOST, prices, 10.9)

    assert (plan.recipe, plan.frozen_epochs) == ("head", epochs)


def test_augmentation_never_saves_time() -> None:
    noisy = replace(SPEEDS, frozen=0.007)

    assert prices_of(WORK, noisy, 5).view == prices_of(WORK, noisy, 5).answer


def test_a_set_smaller_than_a_batch_is_a_batch() -> None:
    assert prices_of(replace(WORK, num_train=20), SPEEDS, 5).batch == pytest.approx(1.0)


@pytest.mark.parametrize("num_train", [20, 1000])
def test_another_price_of_a_batch_is_another_speed(num_train: int) -> None:
    work = replace(WORK, num_train=num_train)
    slower = replace(SPEEDS, whole=0.08)

    expected = prices_of(work, slower, 5)
    found = prices_of(work, SPEEDS, 5).with_batch(expected.batch)

    assert found.whole_epoch == pytest.approx(expected.whole_epoch)
    assert found == replace(expected, whole_epoch=found.whole_epoch)


@pytest.mark.parametrize(
    ("batches_per_epoch", "fewest"), [(1, 3), (37, 3), (38, 2), (75, 1), (400, 1)]
)
def test_three_epochs_or_75_steps_are_the_least(
    batches_per_epoch: float, fewest: int
) -> None:
    prices = replace(PRICES, batches_per_epoch=batches_per_epoch)

    assert prices.fewest_epochs == fewest
    below = plan_after_head(MOST, prices, fewest * 10.0 - 0.1 + CLOSING)
    enough = plan_after_head(MOST, prices, fewest * 10.0 + CLOSING)
    assert (below.recipe, enough.recipe) == ("head", "eight-steps")
    assert enough.epochs == fewest


def test_early_epochs_cost_what_their_smaller_photos_do() -> None:
    """Of five epochs three are early: 50 seconds at half, and 1.6 of a look."""
    work = replace(WORK, early_share=0.5)

    prices = prices_of(work, SPEEDS, head_epochs=5)

    assert prices.whole_epoch == pytest.approx(51.6)
    assert prices.early_epoch == pytest.approx(26.6)
    assert prices.cycle(1) == pytest.approx(51.6)
    assert prices.cycle(5) == pytest.approx(3 * 26.6 + 2 * 51.6)
    assert prices.cycle(0) == 0


def test_cheaper_early_epochs_leave_room_for_step_8() -> None:
    """15 seconds go to all else; 30 are three equal epochs, or two and two halves."""
    halves = replace(PRICES, early_share=0.5)

    plans = [plan_after_head(MOST, each, 45 + CLOSING) for each in (PRICES, halves)]

    assert [plan.epochs for plan in plans] == [3, 4]


def test_a_dearer_epoch_makes_early_ones_dearer_in_proportion() -> None:
    prices = replace(PRICES, early_share=0.5).with_whole_epoch(30.0)

    assert prices.cycle(1) == 30.0
    assert prices.cycle(3) == pytest.approx(30.0 + 2 * 15.0)


def test_every_epoch_on_photos_saves() -> None:
    dearer = PRICES.with_saving(0.5)

    assert dearer == replace(PRICES, frozen_epoch=3.5, whole_epoch=10.5)


# --- plans -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        # (frozen epochs, sweep, epochs, views); beside step 8, all takes 15 seconds
        (1000, (2, 50, 30, 4)),  # no more, however much there is
        (200, (2, 50, 18, 4)),
        (45, (2, 50, 3, 4)),  # 4 epochs without the rest; 3 are two thirds of them
        (35, (2, 50, 2, 4)),
        (26, (1, 25, 2, 0)),
        (29, (2, 25, 2, 0)),  # 3.5 seconds beside that: an epoch of step 4
        (20, (0, 0, 2, 0)),
        (10, (0, 0, 1, 0)),
    ],
)
def test_most_of_the_time_goes_to_the_whole_network(
    left: float, expected: tuple[int, int, int, int]
) -> None:
    plan = plan_after_head(MOST, PRICES, left + CLOSING)

    assert plan.recipe == "eight-steps"
    found = (plan.frozen_epochs, plan.sweep_batches, plan.epochs, plan.num_views)
    assert found == expected


@pytest.mark.parametrize(("left", "frozen_epochs"), [(23.5, 1), (29.0, 6)])
def test_seconds_without_another_use_go_to_step_4(
    left: float, frozen_epochs: int
) -> None:
    """Two epochs take 20 and a short sweep 2.5; four views would take 80."""
    prices = replace(PRICES, frozen_epoch=1.0, view=20.0)

    plan = plan_after_head(MOST, prices, left + CLOSING)

    assert (plan.sweep_batches, plan.epochs, plan.num_views) == (25, 2, 0)
    assert plan.frozen_epochs == frozen_epochs


@pytest.mark.parametrize(
    ("recipe", "left", "expected"),
    [
        ("eight-steps", 9.9, ("head", 3, 0)),  # two would leave room for the views
        ("eight-steps", 7.0, ("head", 2, 0)),
        ("head", 16.0, ("head", 4, 4)),
        ("head", 1000.0, ("head", MOST_HEAD_EPOCHS, 4)),
        ("head", 2.9, ("quick", 0, 0)),
        ("quick", 1000.0, ("quick", 0, 0)),  # as without a budget
        ("eight-steps", -5.0, ("quick", 0, 0)),
    ],
)
def test_shorter_recipes_are_for_less_time(
    recipe: Recipe, left: float, expected: tuple[Recipe, int, int]
) -> None:
    plan = plan_after_head(replace(MOST, recipe=recipe), PRICES, left + CLOSING)

    assert (plan.recipe, plan.frozen_epochs, plan.num_views) == expected
    assert (plan.sweep_batches, plan.epochs) == (0, 0)
    assert plan.head_epochs == 5


@pytest.mark.parametrize(
    ("frozen_epoch", "batch", "whole_epoch", "view", "early_share"),
    [*itertools.product([0.5, 3.0], [0.02], [2.0, 7.0], [0.1, 2.0], [0.5, 1.0])],
)
def test_plans_use_their_time_and_no_more(
    frozen_epoch: float,
    batch: float,
    whole_epoch: float,
    view: float,
    early_share: float,
) -> None:
    """Over a fine grid of budgets, whatever the prices."""
    prices = replace(
        PRICES,
        frozen_epoch=frozen_epoch,
        batch=batch,
        whole_epoch=whole_epoch,
        view=view,
        early_share=early_share,
    )
    for left in [each / 4 for each in range(1000)]:
        plan = plan_after_head(MOST, prices, left + CLOSING)

        spent = seconds_after_head(plan, prices)
        assert spent <= left + CLOSING + 1e-9
        if plan.recipe == "eight-steps":
            cycles = [prices.cycle(epochs) for epochs in range(MOST_EPOCHS + 1)]
            possible = sum(seconds <= left for seconds in cycles) - 1
            assert 2 / 3 * possible <= (plan.epochs or 0) <= possible
            is_longest = plan.epochs == MOST_EPOCHS
            assert is_longest or left + CLOSING - spent < whole_epoch


# --- from the start ----------------------------------------------------------------


def test_a_plan_from_the_start_leaves_time_for_what_comes_first() -> None:
    plan = plan_from_start(MOST, PRICES, budget=300.0, elapsed=7.0)

    assert plan == plan_after_head(MOST, PRICES, 300.0 - 7.0 - 10.0 - 5.0)


@pytest.mark.parametrize("elapsed", [1.0, 20.0, 4000.0])
def test_a_budget_too_small_for_a_head_is_refused_with_one_that_is_not(
    elapsed: float,
) -> None:
    least = elapsed + 10.0 + 5.0 + CLOSING

    with pytest.raises(PlanError, match="is too small") as refusal:
        plan_from_start(MOST, PRICES, budget=least - 0.1, elapsed=elapsed)

    proposed = re.search(r"Allow (\w+), or", str(refusal.value))
    assert proposed is not None
    enough = seconds_of(proposed[1])
    assert enough < 1.2 * least + 60
    plan = plan_from_start(MOST, PRICES, budget=enough, elapsed=elapsed)
    assert plan.recipe in ("quick", "head", "eight-steps")


def test_a_refusal_says_what_it_would_take() -> None:
    with pytest.raises(PlanError, match=r"of 10s is too small.* about 38s here"):
        plan_from_start(MOST, PRICES, budget=10.0, elapsed=20.0)


# --- on the way --------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "batches"), [(18.1, 50), (17.9, 0)])
def test_no_sweep_without_an_epoch_behind_it(seconds: float, batches: int) -> None:
    """5 seconds of sweep, 10 of an epoch, 3 at the end."""
    plan = plan_before_sweep(MOST, PRICES, seconds)

    assert plan == replace(MOST, sweep_batches=batches)


@pytest.mark.parametrize(
    ("seconds", "at_most", "epochs"),
    [
        (47.1, 60.0, 4),  # 4 views, 3 at the end
        (46.9, 60.0, 3),
        (17.1, 20.0, 1),
        (16.0, 18.0, 1),  # without views, and a little over
        (12.9, 13.1, 1),
        (12.0, 12.9, 0),
        (1000.0, 1100.0, MOST_EPOCHS),
    ],
)
def test_the_epochs_of_step_8_follow_the_clock(
    seconds: float, at_most: float, epochs: int
) -> None:
    plan = plan_before_whole(MOST, PRICES, seconds, at_most)

    assert plan == replace(MOST, epochs=epochs)


@pytest.mark.parametrize(
    ("seconds", "price", "epochs"),
    [
        (47.1, 5.0, 8),  # 4 views, 3 at the end
        (46.9, 5.0, 7),
        (11.9, 5.0, 0),
        (3.0, 5.0, 0),
        (47.1, 0.0, 4),  # as the probe has found
        (1000.0, 5.0, MOST_EPOCHS - 3 - 4 - 2),
    ],
)
def test_further_epochs_fill_what_is_left(
    seconds: float, price: float, epochs: int
) -> None:
    plan = replace(MOST, epochs=3, further_cycles=(4, 2))

    assert further_epochs(plan, PRICES, price, seconds) == epochs


def test_further_epochs_are_early_ones_for_the_most_part() -> None:
    """4 epochs of 5 and 2.5 seconds, beside 4 views and 3 at the end."""
    plan = replace(MOST, epochs=3)
    prices = replace(PRICES, early_share=0.5)

    assert further_epochs(plan, prices, 5.0, 7 + 2 * 5.0 + 2 * 2.5) == 4


@pytest.mark.parametrize(
    ("seconds", "price", "done", "epochs"),
    [
        (17.0, 5.0, 3, 2),  # 4 views, 3 at the end
        (17.0, 0.0, 3, 3),  # as the probe has found
        (11.9, 5.0, 3, 0),
        (1000.0, 5.0, 3, MOST_HEAD_EPOCHS - 3 - 1),
        (1000.0, 5.0, MOST_HEAD_EPOCHS, 0),
    ],
)
def test_where_step_4_is_the_last_the_time_goes_to_it(
    seconds: float, price: float, done: int, epochs: int
) -> None:
    plan = replace(MOST, recipe="head", frozen_epochs=done, further_cycles=(1,))

    assert further_epochs(plan, PRICES, price, seconds) == epochs


@pytest.mark.parametrize(
    ("planned", "seconds", "at_most", "views"),
    [
        (4, 7.1, 9.0, 4),
        (4, 5.0, 7.1, 4),  # a little over
        (4, 5.0, 6.9, 0),
        (0, 7.1, 9.0, 4),  # there is time after all
        (0, 6.9, 9.0, 0),
    ],
)
def test_views_are_decided_on_at_last(
    planned: int, seconds: float, at_most: float, views: int
) -> None:
    plan = replace(MOST, num_views=planned)

    found = plan_before_measuring(plan, 4, PRICES, seconds, at_most)

    assert found == replace(MOST, num_views=views)
