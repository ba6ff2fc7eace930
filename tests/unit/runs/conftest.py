"""What tests of several files of this floor start from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unfreeze.runs.table_photos import Table


@pytest.fixture
def make_table(tmp_path: Path) -> Callable[[list[str]], Table]:
    """A table of the photos 0, 1, 2 ... with these labels; the photos are empty."""

    def make(labels: list[str]) -> Table:
        (tmp_path / "tiles").mkdir(exist_ok=True)
        lines = ["name,tags"]
        for number, label in enumerate(labels):
            (tmp_path / "tiles" / f"{number}.jpg").touch()
            lines.append(f"{number},{label}")
        (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
        return Table("labels.csv", "tiles", ".jpg")

    return make
