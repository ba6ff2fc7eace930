"""Mirrors benchmarks/report.py."""

import json
import math
import re
from pathlib import Path

import pytest

from benchmarks.harness import OURS, less_time_than, outcomes, results
from benchmarks.report import Report, read_outcomes, table

ROUNDS = [
    {OURS: {"seconds": 2.0}, "peer": {"seconds": 6.0}},
    {OURS: {"seconds": 1.0}, "peer": {"seconds": 4.0}},
]


@pytest.fixture
def report() -> Report:
    return Report(
        benchmark="nap",
        about="Seconds of sleep.",
        task={"data": Path("photos"), "limit": None},
        repeats=1,
        hardware={"cores": 2},
        source="abc123",
        versions={"ours": {"torch": "2.11"}},
        results=results(ROUNDS),
        outcomes=outcomes([less_time_than("peer", "seconds", at_least=3.0)], ROUNDS),
    )


def test_the_file_holds_what_it_takes_to_believe_a_number(
    report: Report, tmp_path: Path
) -> None:
    report.write(tmp_path / "nap.json")

    content = json.loads((tmp_path / "nap.json").read_text())

    assert content["hardware"] == {"cores": 2}
    assert content["versions"] == {"ours": {"torch": "2.11"}}
    assert content["results"][1]["values"] == [4.0]
    assert content["outcomes"][0]["spread"] == {"median": 4.0, "low": 4.0, "high": 4.0}


def test_outcomes_come_back_from_the_file(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path / "nap.json")

    assert read_outcomes(tmp_path / "nap.json") == list(report.outcomes)


def test_infinity_is_null_in_the_file_and_no_number_afterwards(
    report: Report, tmp_path: Path
) -> None:
    never = [{OURS: {"seconds": 1.0}, "peer": {"seconds": math.inf}}] * 2
    found = outcomes([less_time_than("peer", "seconds")], never)
    file = tmp_path / "nap.json"

    Report(
        **{name: getattr(report, name) for name in Report.__slots__}
        | {"outcomes": found}
    ).write(file)

    assert json.loads(file.read_text())["outcomes"][0]["first"] is None
    assert math.isnan(read_outcomes(file)[0].spread.median)


def test_the_text_names_hardware_versions_repeats_and_verdicts(report: Report) -> None:
    lines = report.text().splitlines()

    assert "cores: 2" in lines
    assert "ours: torch 2.11" in lines
    assert "task: data photos" in lines
    assert "repeats: 1" in lines
    ratio = ["seconds: times less than peer", "4", "4", "4", "3", ">= 3", "met"]
    assert re.split(r" {2,}", lines[-1].strip()) == ratio


def test_words_stand_left_and_numbers_right() -> None:
    lines = table(["name", "value"], [["a", "10"], ["longer", "9.5"]])

    assert lines == ["name    value", "a          10", "longer    9.5"]
