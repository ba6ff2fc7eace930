"""Mirrors src/unfreeze/runs/run_files.py."""

import json
from pathlib import Path

import pytest

from unfreeze.errors import DataError
from unfreeze.runs.run_files import KEPT, answers_in, kept_in, summary_in


def test_what_a_run_wrote_comes_back(finished_run: Path) -> None:
    summary = json.loads((finished_run / "summary.json").read_text())
    kept = json.loads((finished_run / KEPT).read_text())
    answers = answers_in(finished_run)

    assert summary_in(finished_run) == summary
    assert kept_in(finished_run) == kept
    assert answers is not None
    assert len(answers) == summary["n_valid"]


@pytest.mark.parametrize("content", [None, b"", b"torn {", b"[1]", b"\xff"])
def test_what_is_missing_or_torn_is_nothing(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "summary.json").write_bytes(content)
        (tmp_path / KEPT).write_bytes(content)

    assert summary_in(tmp_path) == kept_in(tmp_path) == {}


def test_answers_are_missing_or_damaged_and_the_two_are_told_apart(
    tmp_path: Path,
) -> None:
    assert answers_in(tmp_path) is None

    (tmp_path / "predictions.csv").write_text("file\n")
    with pytest.raises(DataError, match="lacks rows or columns"):
        answers_in(tmp_path)
