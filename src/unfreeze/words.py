"""Numbers and names as they stand in sentences."""

from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "FINDING_TITLES",
    "counted",
    "counted_files",
    "finding_score",
    "finding_title",
    "ordinal",
    "printable",
    "said_of_folders_left_alone",
]

FINDING_TITLES: Mapping[str, str] = {
    "leakage": "in training and validation",
    "unreadable": "cannot be read",
    "class_missing": "classes missing",
    "class_case": "class names look alike",
    "class_look": "classes given away by how files look",
    "class_tiny": "classes with few photos",
    "imbalance": "classes of uneven size",
    "label_suspect": "label may be wrong",
    "exact_duplicate": "equal files",
    "near_duplicate": "nearly the same photo",
    "outlier": "unlike all others",
    "blank": "nothing to see",
    "tiny": "very small",
    "odd_mode": "unusual colours",
    "animated": "several pictures in a file",
    "exif_rotated": "stored turned or mirrored",
    "wrong_extension": "wrong file endings",
    "huge": "very large",
}
"""What can be unusual about photos, in plain words: a heading for each kind. What
harms most comes first."""

_SCORES: Mapping[str, tuple[str, str]] = {
    "label_suspect": (
        "doubt",
        "from 0 to 1; the higher, the less a head that learned from the other photos "
        "believes the label",
    ),
    "near_duplicate": ("likeness", "up to 1; the higher, the more alike"),
    "outlier": (
        "distance",
        "in robust standard deviations, from 3.5 on; the larger, the more unusual",
    ),
}
"""What the score of a finding is and which way it goes, where its message does not say
as much."""


def finding_score(kind: str) -> tuple[str, str]:
    """Name what ranks findings of a kind, and say how to read it; empty if nothing.

    Example:
        >>> finding_score("near_duplicate"), finding_score("blank")
        (('likeness', 'up to 1; the higher, the more alike'), ('', ''))
    """
    return _SCORES.get(kind, ("", ""))


def counted(number: int, one: str, several: str | None = None) -> str:
    """Write a number of things.

    Example:
        >>> counted(1, "photo"), counted(1200, "photo"), counted(2, "class", "classes")
        ('1 photo', '1,200 photos', '2 classes')
    """
    word = one if number == 1 else several or f"{one}s"
    return f"{number:,} {word}"


def ordinal(number: int) -> str:
    """Write a place in a row, from 1: what no other way of counting can mean.

    Example:
        >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 22, 113)]
        ['1st', '2nd', '3rd', '4th', '11th', '22nd', '113th']
    """
    is_teen = number % 100 in (11, 12, 13)
    end = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{end}"


def counted_files(kind: str, files: Iterable[str]) -> str:
    """Say how many files, or classes, findings of a kind are about.

    A class is named by its folder, of which there can be one in each split.

    Example:
        >>> counted_files("tiny", ["train/a/1.jpg"])
        '1 file'
        >>> counted_files("class_case", ["train/A", "train/a", "valid/A", "valid/a"])
        '2 classes'
    """
    found = set(files)
    if not (kind.startswith("class") or kind == "imbalance"):
        return counted(len(found), "file")
    names = {each.rstrip("/").rpartition("/")[2] for each in found}
    return counted(len(names), "class", "classes")


def printable(text: str) -> str:
    """Keep line breaks and escape sequences in file names off the terminal."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def finding_title(kind: str) -> str:
    """The heading of a kind of finding; of one that is not known, its own name.

    Example:
        >>> finding_title("odd_mode"), finding_title("of_tomorrow")
        ('unusual colours', 'of tomorrow')
    """
    return FINDING_TITLES.get(kind, kind.replace("_", " "))


def said_of_folders_left_alone(names: Sequence[str]) -> str:
    """Say that nobody reads the folders beside those of the splits.

    Example:
        >>> said_of_folders_left_alone(["sample", "test"])
        'left alone: sample/, test/; neither learned from nor measured with'
    """
    shown = ", ".join(f"{printable(name)}/" for name in names[:3])
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"left alone: {shown}{rest}; neither learned from nor measured with"
