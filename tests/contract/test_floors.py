"""The floors of CONTRIBUTING.md hold: imports go down, each door is the only one."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path


def test_imports_only_go_down(repository: Path) -> None:
    command = [
        Path(sys.executable).with_name("lint-imports"),
        "--no-cache",
        "--no-logo",
    ]

    result = subprocess.run(
        command,
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository / "src")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_floors_are_drawn_as_they_are_checked(repository: Path) -> None:
    text = (repository / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = text.partition("## The floors")[2].partition("## ")[0]
    floors = re.findall(r"^ {5}(\d)  (\w.*(?:\n {8}\w.*)*)$", drawn, re.MULTILINE)
    project = tomllib.loads((repository / "pyproject.toml").read_text())

    checked = project["tool"]["importlinter"]["contracts"][0]["layers"]

    # Behind two blanks or more stands what a floor is for.
    names = [re.sub(r"(?<=\w) {2,}\w.*$", "", each, flags=re.M) for _, each in floors]
    assert [int(number) for number, _ in floors] == list(range(len(floors)))[::-1]
    assert [re.findall(r"\w+", each) for each in names] == [
        each.split(" | ") for each in checked
    ]
