"""Mirrors src/unfreeze/runs/fit_records.py."""

from typing import Any

from unfreeze.runs.fit_records import fits_of


def rows_of(*epochs_of_fits: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for count in epochs_of_fits:
        rows.append({"kind": "fit", "steps_per_epoch": 1})
        for _ in range(max(count, 1)):
            rows.append({"kind": "step", "loss": 0.5})
            rows.append({"kind": "epoch", "train_loss": 0.5, "valid_loss": 0.4})
        if not count:
            rows.pop()  # it exploded in its first epoch
    return rows


def step(name: str, epochs: int = 0, best: int | None = None) -> dict[str, Any]:
    return {"name": name, "epochs": epochs, "best_epoch": best}


def test_each_fit_knows_its_step_and_one_the_epoch_that_was_kept() -> None:
    """A step of two fits, as a budget makes it; its fourth epoch is the best."""
    steps = [step("Store"), step("Head", 2, 2), step("Unfreeze"), step("All", 5, 4)]

    fits = fits_of(rows_of(2, 3, 2), steps)

    assert [fit.step for fit in fits] == ["Head", "All", "All"]
    assert [fit.kept_epoch for fit in fits] == [None, None, 1]


def test_a_fit_that_exploded_at_once_has_no_step() -> None:
    fits = fits_of(rows_of(2, 0), [step("Head", 2, 1), step("All")])

    assert [(fit.step, fit.kept_epoch) for fit in fits] == [("Head", 1), ("", None)]


def test_of_records_that_do_not_agree_nothing_is_said() -> None:
    for steps in ([], [step("Head", 1, 1)], [step("Head", 2)]):
        fits = fits_of(rows_of(2), steps)

        assert [fit.kept_epoch for fit in fits] == [None]
