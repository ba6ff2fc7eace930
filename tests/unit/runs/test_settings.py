"""Mirrors src/unfreeze/runs/settings.py."""

from pathlib import Path
from typing import Any

import pytest

from unfreeze.errors import DataError, PlanError
from unfreeze.runs.settings import RunSettings


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({"recipe": "nine-steps"}, "nine-steps"),
        ({"epochs": 0}, "got 0"),
        ({"seed": -1}, "got -1"),
        ({"seed": 2**63}, "got 9223372036854775808"),
        ({"valid_fraction": 0.0}, "got 0.0"),
        ({"valid_fraction": 1.0}, "got 1.0"),
        ({"valid_fraction": float("nan")}, "got nan"),
        ({"balance": "fair"}, "no balance 'fair'"),
        ({"suffix": ".jpg"}, "there is no table"),
        ({"label_separator": ""}, "there is no table"),
        ({"budget": 0.0}, "above 0, got 0"),
        ({"budget": float("inf")}, "above 0, got inf"),
        ({"budget": 60.0, "epochs": 2}, "A budget chooses the epochs"),
    ],
)
def test_settings_out_of_range_are_refused(words: dict[str, Any], found: str) -> None:
    with pytest.raises(PlanError, match=found):
        RunSettings(**words)


def test_loading_threads_do_not_matter_to_the_result() -> None:
    few, many = RunSettings(num_workers=0), RunSettings(num_workers=8)

    assert few.that_matter() == many.that_matter()
    assert few.that_matter()["seed"] == 0


def test_a_file_that_is_not_there_is_found_out_first(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file lost\.csv"):
        RunSettings(fixes="lost.csv").check(tmp_path)
