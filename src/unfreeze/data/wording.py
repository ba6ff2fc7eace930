"""How messages name several things, and what was found."""

from collections.abc import Mapping, Sequence

from unfreeze.records import FindingKind

__all__ = ["FOUND", "listed"]

FOUND: Mapping[FindingKind, str] = {
    "unreadable": "cannot be read",
    "wrong_extension": "wrong file endings",
    "exif_rotated": "stored turned or mirrored",
    "odd_mode": "unusual colours",
    "animated": "several pictures in a file",
    "tiny": "very small",
    "huge": "very large",
    "blank": "nothing to see",
    "exact_duplicate": "equal files",
    "near_duplicate": "nearly the same photo",
    "leakage": "in training and validation",
    "outlier": "unlike all others",
    "label_suspect": "label may be wrong",
    "class_missing": "classes missing",
    "class_tiny": "classes with few photos",
    "class_case": "class names look alike",
    "imbalance": "classes of uneven size",
}
"""Kinds of findings in plain words."""


def listed(names: Sequence[str], limit: int = 8) -> str:
    """Quote the first few names and count the others.

    Example:
        >>> listed(["cats", "dogs", "fish"], limit=2)
        "'cats', 'dogs' and 1 more"
    """
    quoted = ", ".join(repr(name) for name in names[:limit])
    left_out = len(names) - limit
    return f"{quoted} and {left_out} more" if left_out > 0 else quoted
