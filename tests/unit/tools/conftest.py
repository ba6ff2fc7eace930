"""Lets tests import the scripts of tools/ by name."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _tools_are_importable(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(repository / "tools"))
