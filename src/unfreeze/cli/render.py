"""How outcomes look on a terminal."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

from unfreeze.words import printable

__all__ = ["GrowingRows", "print_json", "print_table", "printable", "talker"]

_ENDLESS = 100_000
"""Columns of a file or pipe."""


def talker(as_json: bool) -> Callable[[str], None]:
    """Where the words of a run go: to standard error when the answer is JSON."""

    def write(line: str) -> None:
        # Looked up here, since a progress bar puts its own streams there for a while.
        stream = sys.stderr if as_json else sys.stdout
        stream.write("\n".join(map(printable, line.split("\n"))) + "\n")
        stream.flush()

    return write


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output."""
    sys.stdout.write(json.dumps(content) + "\n")


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns; the first is text, the others are figures.

    On a terminal, long text is folded to its width; elsewhere a row is a line.
    """
    GrowingRows(titles, [0] * len(titles)).print(rows)


@final
class GrowingRows:
    """The same while rows come in.

    Args:
        titles: Printed above the first rows.
        widths: Characters that each column takes at least, so that rows which come
            later stand in line.
    """

    def __init__(self, titles: Sequence[str], widths: Sequence[int]) -> None:
        self._titles = titles
        self._widths = widths
        self._is_first = True

    def print(self, rows: Sequence[Sequence[str]]) -> None:
        """Print some rows more."""
        # Imported here so that `--help` does not have to load rich.
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(
            box=None,
            header_style="bold",
            pad_edge=False,
            show_header=self._is_first,
        )
        for number, (title, width) in enumerate(
            zip(self._titles, self._widths, strict=True)
        ):
            table.add_column(
                title,
                justify="right" if number else "left",
                overflow="fold",
                min_width=max(width, len(title)),
            )
        for row in rows:
            # A name such as a[b].jpg is not markup.
            table.add_row(*(Text(printable(each)) for each in row))
        Console(width=None if sys.stdout.isatty() else _ENDLESS).print(table)
        self._is_first = False
