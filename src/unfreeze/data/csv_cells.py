r"""Names of files and classes as cells of a table that any program may open.

Spreadsheets would run a cell that begins with = + - or @ as a formula, so a cell like
that begins with an apostrophe in the file, and so does one that begins with apostrophes
and then one of those. A byte of a file name that is no text, which Python keeps as a
lone surrogate, is written as ``\udcXX``, so that the file is UTF-8 throughout; in a
cell with such a byte, and in one that looks like it, a backslash is written twice.
Reading takes all of that off again, and nothing is lost.
"""

import re

__all__ = ["as_cell", "from_cell"]

_FORMULA = "[=+\\-@\t\r\n＝＋－＠]"  # noqa: RUF001  # wide letters: some programs take them
_RISKY = re.compile(f"'*{_FORMULA}")
_GUARDED = re.compile(f"'+{_FORMULA}")

_BYTE = re.compile("[\udc80-\udcff]")
_WRITTEN_BYTE = re.compile(r"\\udc[89a-f][0-9a-f]")
_ESCAPED = re.compile(r"\\(\\|udc[89a-f][0-9a-f])")


def as_cell(name: str) -> str:
    r"""Write a name so that no program runs it, and every program can read the file.

    Example:
        >>> as_cell("=1+1"), as_cell("cats/1.jpg"), as_cell("caf\udce9.jpg")
        ("'=1+1", 'cats/1.jpg', 'caf\\udce9.jpg')
    """
    if _BYTE.search(name) or _WRITTEN_BYTE.search(name):
        doubled = name.replace("\\", "\\\\")
        name = _BYTE.sub(lambda found: f"\\u{ord(found[0]):04x}", doubled)
    return f"'{name}" if _RISKY.match(name) else name


def from_cell(cell: str) -> str:
    """Read what ``as_cell`` wrote."""
    if _GUARDED.match(cell):
        cell = cell[1:]
    if not _WRITTEN_BYTE.search(cell):
        return cell
    return _ESCAPED.sub(_unescaped, cell)


def _unescaped(found: re.Match[str]) -> str:
    return "\\" if found[1] == "\\" else chr(int(found[1][1:], base=16))
