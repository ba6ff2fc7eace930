"""Read a CSV file row by row, each with its line, or say why it cannot be read."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from unfreeze.errors import DataError

__all__ = ["csv_rows"]


def csv_rows(
    path: Path, *, odd_bytes: Literal["strict", "surrogateescape"] = "strict"
) -> Iterator[tuple[int, list[str]]]:
    """Read the rows that are not blank.

    Args:
        path: Text in UTF-8, separated by commas, with or without a byte order mark.
        odd_bytes: What to do with bytes that are not UTF-8, as ``open`` takes it:
            refuse the file, or keep them as Python keeps such file names.

    Yields:
        The line on which the row ends, from 1, and its cells.

    Raises:
        DataError: If the file cannot be opened, or is not such text.
    """
    try:
        # utf-8-sig: spreadsheet programs put a byte order mark in front
        with path.open(encoding="utf-8-sig", errors=odd_bytes, newline="") as text:
            reader = csv.reader(text, strict=True)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{path} is not a CSV file in UTF-8: {error}. "
            "Save it again as comma-separated UTF-8 text."
        ) from error
