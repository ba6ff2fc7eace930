"""Mirrors src/unfreeze/cli/report.py."""

import json
import shutil
from pathlib import Path

import pytest

from unfreeze.cli.app import run


@pytest.mark.parametrize("named", ["", "model.safetensors"])
def test_the_page_is_named(
    finished_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], named: str
) -> None:
    folder = Path(shutil.copytree(finished_run, tmp_path / "run"))

    assert run(["report", str(folder / named)]) == 0
    assert str(folder / "report.html") in capsys.readouterr().out


def test_json_is_one_object(
    finished_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(finished_run, tmp_path / "run"))

    assert run(["report", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["bytes"] == (folder / "report.html").stat().st_size


def test_a_folder_that_is_no_run_is_the_users_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", str(tmp_path)]) == 2
    assert "Expected a run folder" in capsys.readouterr().err
