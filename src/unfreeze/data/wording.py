"""How messages name several things."""

from collections.abc import Sequence

__all__ = ["listed"]


def listed(names: Sequence[str], limit: int = 8) -> str:
    """Quote the first few names and count the others; "nothing" where there is none.

    Example:
        >>> listed(["cats", "dogs", "fish"], limit=2)
        "'cats', 'dogs' and 1 more"
    """
    quoted = ", ".join(repr(name) for name in names[:limit]) or "nothing"
    left_out = len(names) - limit
    return f"{quoted} and {left_out} more" if left_out > 0 else quoted
