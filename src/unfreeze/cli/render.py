"""How outcomes look on a terminal, and the one place where lines leave for it."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import typer

from unfreeze.words import printable
from unfreeze.written_json import as_json_text

__all__ = [
    "GrowingRows",
    "print_json",
    "print_table",
    "say",
    "talker",
]

_ENDLESS = 100_000
"""Columns of a file or pipe."""

_BETWEEN = 2
"""Columns of a terminal between two of a table."""


def talker(as_json: bool, before: Sequence[str] = ()) -> Callable[[str], None]:
    """Where the words of a run go: to standard error when the answer is JSON.

    Args:
        as_json: Whether it is.
        before: What to say before the first words of the run; nothing of a run that is
            refused without a word.
    """
    waiting = [*before]

    def write(line: str) -> None:
        while waiting:
            _say_of_run(waiting.pop(0), as_json)
        _say_of_run(line, as_json)

    return write


def _say_of_run(line: str, as_json: bool) -> None:
    # Looked up here, since a progress bar puts its own streams there for a while.
    stream = sys.stderr if as_json else sys.stdout
    stream.write("\n".join(map(printable, line.split("\n"))) + "\n")
    stream.flush()


def say(
    *lines: str, err: bool = False, colour: str | None = None, is_bold: bool = False
) -> None:
    """Print lines on standard output or standard error.

    Whatever a name or a file from elsewhere holds, it steers no terminal and begins no
    line of its own.

    Args:
        lines: Without line ends; an empty one leaves a gap.
        err: Whether they go to standard error.
        colour: On terminals.
        is_bold: On terminals.
    """
    for line in lines:
        typer.secho(  # noqa: TID251  # banned elsewhere: this is its one door
            printable(line), err=err, fg=colour, bold=is_bold or None
        )


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output."""
    sys.stdout.write(as_json_text(content) + "\n")


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
            later stand in line; less where the terminal has no room for all of them.
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

        console = Console(width=None if sys.stdout.isatty() else _ENDLESS)
        wanted = [
            max(width, len(title))
            for title, width in zip(self._titles, self._widths, strict=True)
        ]
        table = Table(
            box=None,
            header_style="bold",
            pad_edge=False,
            show_header=self._is_first,
        )
        widths = _fitting(wanted, console.width - _BETWEEN * (len(wanted) - 1))
        for number, title in enumerate(self._titles):
            width = widths[number]
            table.add_column(
                Text(printable(title)),
                justify="right" if number else "left",
                overflow="fold",
                min_width=width,
                max_width=width if width < wanted[number] else None,
            )
        for row in rows:
            # A name such as a[b].jpg is not markup.
            table.add_row(*(Text(printable(each)) for each in row))
        console.print(table)
        self._is_first = False


def _fitting(widths: Sequence[int], room: int) -> list[int]:
    """Cut the widest columns down until all of them fit beside each other."""
    most = max(widths)
    while most > 1 and sum(min(width, most) for width in widths) > room:
        most -= 1
    return [min(width, most) for width in widths]
