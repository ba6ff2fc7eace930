"""Numbers as people read them, for pages and pictures."""

from unfreeze.words import counted

__all__ = ["counted", "duration", "percent", "shortened"]


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
