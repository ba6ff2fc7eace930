"""Mirrors src/unfreeze/runs/settings.py."""

import json
from dataclasses import asdict, replace
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
        ({"label_column": "kind"}, "there is no table"),
        ({"no_header": True}, "there is no table"),
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


@pytest.mark.parametrize(
    ("said", "cells", "decided"),
    [
        (None, ["cat;dog", "cat"], ";"),
        (None, ["golden retriever", "pug"], ""),
        (" ", ["golden retriever", "pug"], " "),
        ("", ["cat;dog", "cat"], ""),
    ],
)
def test_what_a_table_leaves_open_is_decided_once(
    tmp_path: Path, said: str | None, cells: list[str], decided: str
) -> None:
    lines = [f"{place}.jpg,{cell}" for place, cell in enumerate(cells)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", *lines]))
    settings = RunSettings(csv="labels.csv", label_separator=said)

    read = settings.read_table(tmp_path)
    found = settings.decided(read)

    assert found.label_separator == decided
    assert (found.file_column, found.label_column) == ("file", "label")
    assert found.decided(found.read_table(tmp_path)) == found
    assert found.table is not None
    assert found.table.label_separator == decided
    assert RunSettings().read_table(tmp_path) is None
    assert RunSettings().decided(None) == RunSettings()


def test_a_run_from_before_tables_were_looked_at_can_go_on() -> None:
    assert RunSettings(label_separator=" ").table is None


def test_columns_of_classes_are_decided_and_written_and_read_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "labels.csv").write_text("file,cat,dog\n1.jpg,1,0\n2.jpg,0,1\n")
    settings = RunSettings(csv="labels.csv")

    found = settings.decided(settings.read_table(tmp_path))

    assert (found.label_column, found.label_separator) == (("cat", "dog"), "")
    assert RunSettings.from_json(json.loads(json.dumps(asdict(found)))) == found
    assert found.decided(found.read_table(tmp_path)) == found
    with pytest.raises(DataError, match=r"--label-separator ';' .*Leave it out"):
        replace(settings, label_separator=";").read_table(tmp_path)
