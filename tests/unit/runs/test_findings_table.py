"""Mirrors src/unfreeze/runs/findings_table.py."""

import csv
from pathlib import Path

import pytest

from unfreeze.data.csv_cells import from_cell
from unfreeze.errors import PlanError
from unfreeze.records import Finding
from unfreeze.runs.findings_table import are_titles_of_findings, write_findings
from unfreeze.runs.table_places import table_place

HOSTILE = ("=cmd|'/c calc'!A0.jpg", 'a,"b"\nc.jpg', "caf\udce9.jpg", "@x", "'=1.jpg")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def test_each_file_of_each_finding_has_a_row(tmp_path: Path) -> None:
    copies = Finding("exact_duplicate", ("a/1.jpg", "a/2.jpg"), 1.0, "kept", "Equal.")
    doubt = Finding("label_suspect", ("a/1.jpg",), 0.75, "kept", "Or b?", likely="b")

    write_findings(tmp_path / "f.csv", [copies, doubt])

    found = [tuple(row.values()) for row in rows_of(tmp_path / "f.csv")]
    assert found == [
        ("a/1.jpg", "exact_duplicate", "1", "1", "kept", "", "Equal."),
        ("a/2.jpg", "exact_duplicate", "1", "1", "kept", "", "Equal."),
        ("a/1.jpg", "label_suspect", "2", "0.75", "kept", "b", "Or b?"),
    ]


def test_hostile_names_run_nowhere_and_are_read_again(tmp_path: Path) -> None:
    finding = Finding("label_suspect", HOSTILE, 1.0, "kept", "=1+1", likely="+b")

    write_findings(tmp_path / "f.csv", [finding])

    rows = rows_of(tmp_path / "f.csv")
    assert [from_cell(row["file"]) for row in rows] == list(HOSTILE)
    assert not [cell for row in rows for cell in row.values() if cell[:1] in set("=+@")]
    assert {from_cell(row["likely"]) for row in rows} == {"+b"}
    assert {from_cell(row["message"]) for row in rows} == {"=1+1"}


def test_a_finding_about_no_file_has_a_row_and_no_findings_none(tmp_path: Path) -> None:
    write_findings(tmp_path / "f.csv", [Finding("imbalance", (), 2.0, "kept", "So.")])
    [row] = rows_of(tmp_path / "f.csv")
    assert (row["file"], row["message"]) == ("", "So.")

    write_findings(tmp_path / "f.csv", [])
    assert rows_of(tmp_path / "f.csv") == []


def test_a_table_of_findings_takes_the_place_of_one_and_of_nothing_else(
    tmp_path: Path,
) -> None:
    ours, theirs = tmp_path / "f.csv", tmp_path / "labels.csv"
    write_findings(ours, [])
    theirs.write_bytes(b"file,kind\r\n")

    assert table_place(ours, are_titles_of_findings) == ours
    with pytest.raises(PlanError, match="no table that unfreeze wrote"):
        table_place(theirs, are_titles_of_findings)
