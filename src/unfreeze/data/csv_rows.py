"""Read a CSV file row by row, each with its line, or say why it cannot be read."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from unfreeze.errors import DataError

__all__ = ["OddBytes", "TableForm", "csv_rows"]

OddBytes: TypeAlias = Literal["strict", "surrogateescape"]
"""What to do with bytes that are no text, as ``open`` takes it: refuse the file, or
keep them as Python keeps such file names."""


@dataclass(frozen=True, slots=True)
class TableForm:
    """How the text of a table is written; unless said, as we write ours."""

    encoding: str = "utf-8-sig"
    """As ``open`` takes it; with or without the byte order mark that spreadsheet
    programs put in front."""

    delimiter: str = ","
    """Between the cells of a row."""

    skips_blanks: bool = False
    """Whether blanks behind the delimiter belong to no cell, so that quotes may stand
    behind them."""

    says_delimiter: bool = False
    """Whether the first line, such as ``sep=;``, tells Excel what is between cells."""


def csv_rows(
    path: Path,
    *,
    form: TableForm = TableForm(),
    odd_bytes: OddBytes = "strict",
) -> Iterator[tuple[int, list[str]]]:
    """Read the rows that are not blank.

    Args:
        path: A text file.
        form: How it is written.
        odd_bytes: What to do with bytes that are no such text.

    Yields:
        The line on which the row ends, from 1, and its cells.

    Raises:
        DataError: If the file cannot be opened, or is not such text.
    """
    try:
        with path.open(encoding=form.encoding, errors=odd_bytes, newline="") as text:
            if form.says_delimiter:
                text.readline()
            reader = csv.reader(
                text,
                delimiter=form.delimiter,
                skipinitialspace=form.skips_blanks,
                strict=True,
            )
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num + form.says_delimiter, cells
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeError, csv.Error) as error:
        raise DataError(
            f"{path} is not a CSV file in UTF-8: {error}. "
            "Save it again as comma-separated UTF-8 text."
        ) from error
