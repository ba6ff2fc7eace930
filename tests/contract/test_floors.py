"""The floors of CONTRIBUTING.md hold: imports go down, each door is the only one."""

import os
import subprocess
import sys
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
