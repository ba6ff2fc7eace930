"""How outcomes look on a terminal."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from unfreeze.words import printable

__all__ = ["print_json", "print_table", "printable", "talker"]

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
    # Imported here so that `--help` does not have to load rich.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, title in enumerate(titles):
        table.add_column(title, justify="right" if number else "left", overflow="fold")
    for row in rows:
        # A name such as a[b].jpg is not markup.
        table.add_row(*(Text(printable(each)) for each in row))
    Console(width=None if sys.stdout.isatty() else _ENDLESS).print(table)
