"""A table of decisions, as the page of ``unfreeze check --fixes`` leaves it."""

import csv
from collections.abc import Iterable
from pathlib import Path

from unfreeze.data.csv_cells import as_cell
from unfreeze.data.fixes import COLUMNS, Fix


def write_fixes(path: Path, fixes: Iterable[Fix]) -> None:
    """Write decisions so that ``read_fixes`` reads the same ones."""
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for fix in fixes:
            cells = (fix.file, fix.action, fix.label)
            writer.writerow(as_cell(cell) for cell in cells)
