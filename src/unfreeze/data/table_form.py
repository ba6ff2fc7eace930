"""Find out how somebody's table is written: its characters, and between its columns."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from unfreeze.data.csv_rows import OddBytes, TableForm
from unfreeze.errors import DataError

__all__ = ["form_of", "said_of_form"]

_NAMES = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}

_DELIMITERS = {",": "','", ";": "';'", "\t": "tabs", "|": "'|'"}
"""Between columns, and how that is said; the first that fits is taken."""

_HEAD = 2**20
"""Bytes that are looked at where the rest is not asked for."""

_ROWS = 1000
"""That are looked at to find what is between columns."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# The code pages of other countries and systems fill the same bytes with other letters,
# and every file is text in every one of them. So only what a western text has is taken
# for one: single accented letters, of which Cyrillic or Greek would make whole words.
_NOT_WESTERN = re.compile("[^\0-\x7fÀ-ÖØ-öø-ÿ°]|[À-ÖØ-öø-ÿ]{3}")


_SAID = re.compile(r"""\ufeff?"?sep=([^\w\s"']|\t)"?[ ]*[\r\n]""", re.IGNORECASE)
"""The first line with which Excel says what is between columns."""


def form_of(
    path: Path, *, odd_bytes: OddBytes = "strict", is_ours: bool = False
) -> TableForm:
    """Find the form of a table, from what is in it.

    UTF-8, UTF-16 with its byte order mark, and western Windows text are told apart;
    so are commas, semicolons, tabs and bars between columns. Commas are preferred; a
    first line such as ``sep=;`` decides.

    Args:
        path: The table. What is no file, such as a pipe, is taken to be in our form,
            since it can be read only once.
        odd_bytes: ``surrogateescape`` takes text for UTF-8 whatever is in it.
        is_ours: Whether we wrote it. Blanks in front of a cell then belong to it.

    Raises:
        DataError: If it cannot be read, or is no such text.
    """
    if not path.is_file():
        return TableForm(skips_blanks=not is_ours)
    is_strict = odd_bytes == "strict"
    try:
        with path.open("rb") as stream:
            content = stream.read(-1 if is_strict else _HEAD)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    encoding = _encoding(content, path) if is_strict else _by_mark(content)
    text = content.decode(encoding, errors="replace")
    said = _SAID.match(text)
    delimiter = said[1] if said else _delimiter(text, skips_blanks=not is_ours)
    return TableForm(encoding, delimiter, not is_ours, said is not None)


def said_of_form(form: TableForm) -> str:
    """What is unusual about a form, as a sentence; nothing about our own."""
    ours = TableForm()
    if (form.encoding, form.delimiter) == (ours.encoding, ours.delimiter):
        return ""
    delimiter = _DELIMITERS.get(form.delimiter, repr(form.delimiter))
    return (
        f"The table is read as {_NAMES[form.encoding]} text with {delimiter} between "
        "columns."
    )


def _by_mark(content: bytes) -> str:
    return "utf-16" if content.startswith(_UTF_16) else "utf-8-sig"


def _encoding(content: bytes, path: Path) -> str:
    known = _by_mark(content)
    try:
        if known == "utf-8-sig" and b"\0" in content:
            raise ValueError("it is no text")
        content.decode(known)
        return known
    except ValueError as error:
        if known == "utf-8-sig" and b"\0" not in content and _is_western(content):
            return "cp1252"
        raise DataError(
            f"{path} is not a CSV file in UTF-8, UTF-16 or western Windows text: "
            f"{error}. Save it again as comma-separated UTF-8 text."
        ) from error


def _is_western(content: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        return not _NOT_WESTERN.search(content.decode("cp1252"))
    return False


def _delimiter(text: str, *, skips_blanks: bool) -> str:
    """What parts the first row, and others into as many cells if anything does."""
    widths = {
        each: list(_widths(text, TableForm(delimiter=each, skips_blanks=skips_blanks)))
        for each in _DELIMITERS
    }
    possible = [each for each, found in widths.items() if found and found[0] > 1]
    even = [each for each in possible if len(set(widths[each])) == 1]
    return next(iter([*even, *possible]), ",")


def _widths(text: str, form: TableForm) -> Iterator[int]:
    """Cells in each of the first rows, until one cannot be read so."""
    rows = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=form.delimiter,
        skipinitialspace=form.skips_blanks,
        strict=True,
    )
    with suppress(csv.Error):
        for cells in islice(rows, _ROWS):
            if any(cell.strip() for cell in cells):
                yield len(cells)
