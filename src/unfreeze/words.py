"""Numbers and names as they stand in sentences."""

__all__ = ["counted", "printable"]


def counted(number: int, one: str, several: str | None = None) -> str:
    """Write a number of things.

    Example:
        >>> counted(1, "photo"), counted(1200, "photo"), counted(2, "class", "classes")
        ('1 photo', '1,200 photos', '2 classes')
    """
    word = one if number == 1 else several or f"{one}s"
    return f"{number:,} {word}"


def printable(text: str) -> str:
    """Keep line breaks and escape sequences in file names off the terminal."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
