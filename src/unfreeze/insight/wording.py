"""Numbers and names as people read them, for pages, pictures and the terminal."""

from unfreeze.words import counted, ordinal

__all__ = [
    "counted",
    "duration",
    "ordinal",
    "percent",
    "shortened",
    "wrapped",
]


def percent(share: float, digits: int = 1) -> str:
    """Write a share, 0 to 1, as a percentage.

    What is not quite all is never rounded up to 100, nor what is not nothing to 0.

    Example:
        >>> percent(0.9725), percent(0.9999), percent(1.0), percent(0.0001)
        ('97.2 %', '99.9 %', '100 %', '0.1 %')
    """
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    step = 10.0**-digits
    return f"{min(max(100 * share, step), 100 - step):.{digits}f} %"


def duration(seconds: float) -> str:
    """Write a time with the unit that suits it.

    Example:
        >>> duration(4.21), duration(75), duration(3_720)
        ('4.2 s', '1 min 15 s', '1 h 2 min')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def shortened(text: str, longest: int) -> str:
    """Cut a long text in its middle, where names differ least.

    Example:
        >>> shortened("a_long_name_of_a_file.jpg", 12)
        'a_long…e.jpg'
    """
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 2
    return f"{text[: longest - 1 - tail]}…{text[len(text) - tail :]}"


def wrapped(text: str, longest: int, num_lines: int) -> tuple[str, ...]:
    """Break a name into lines, after a space, hyphen or underscore where there is one.

    What does not fit is cut from its middle.

    Args:
        text: A name.
        longest: Letters in a line.
        num_lines: At most so many.

    Example:
        >>> wrapped("red-winged blackbird", 11, 2), wrapped("acceleration", 8, 2)
        (('red-winged ', 'blackbird'), ('accelera', 'tion'))
    """
    lines: list[str] = []
    rest = text
    while len(rest) > longest and len(lines) + 1 < num_lines:
        ends = [at for at in range(1, longest + 1) if rest[at - 1] in " -_"]
        # A line of a letter or two would waste the room of the next one.
        end = ends[-1] if ends and ends[-1] > longest // 3 else longest
        lines.append(rest[:end])
        rest = rest[end:]
    return (*lines, shortened(rest, longest))
