"""How findings of each kind are introduced on the page where a person decides."""

from collections.abc import Mapping
from dataclasses import dataclass

from unfreeze.records import FindingKind

__all__ = ["LISTED", "TOPICS", "Topic"]


@dataclass(frozen=True, slots=True)
class Topic:
    """The words of one section."""

    link: str
    title: str
    about: str
    is_in_sets: bool = False
    """Whether the photos of a finding belong together, as copies of one photo do."""

    says_why: bool = False
    """Whether a finding is about many photos, and its message stands before them."""

    is_harmless: bool = False
    """Whether training reads such photos as they should be, so that nothing is asked
    of a person."""


TOPICS: Mapping[FindingKind, Topic] = {
    "label_suspect": Topic(
        "Labels",
        "Labels that may be wrong",
        "The most suspicious first. To relabel a photo, choose its class in the list.",
    ),
    "leakage": Topic(
        "Both sides",
        "The same photo in training and validation",
        "The model is asked what it was told before, and its accuracy looks better "
        "than it is. Drop the training copies, and all validation photos still count. "
        "Where their labels differ, one is wrong: find out which before you drop any.",
        is_in_sets=True,
    ),
    "exact_duplicate": Topic(
        "Equal",
        "Equal files",
        "Copies count twice in training. Where their labels differ, one is wrong.",
        is_in_sets=True,
    ),
    "near_duplicate": Topic(
        "Alike",
        "Photos that are nearly the same",
        "Resized, cut, mirrored or compressed again, or taken in one burst.",
        is_in_sets=True,
    ),
    "outlier": Topic(
        "Unusual",
        "Photos unlike all others",
        "Some are the rare cases that a model needs most; others do not belong here.",
    ),
    "blank": Topic(
        "Blank",
        "Photos with nothing to see",
        "Of a single colour, or nearly so. Drop them, unless emptiness is what a class "
        "is about.",
    ),
    "tiny": Topic(
        "Tiny",
        "Very small photos",
        "Smaller than a model can use.",
        says_why=True,
    ),
    "odd_mode": Topic(
        "Colours",
        "Unusual colours",
        "Drawings, scans and placeholders are often stored like this. Drop what is no "
        "photo.",
        says_why=True,
    ),
    "animated": Topic(
        "Animated",
        "Several pictures in a file",
        "The first picture is the one you see here. Drop the file if it does not show "
        "what the class is about.",
        says_why=True,
    ),
    "exif_rotated": Topic(
        "Turned",
        "Stored turned or mirrored",
        "You see them as training does. One that does not stand upright here has a "
        "wrong note, and the model learns it that way.",
        says_why=True,
        is_harmless=True,
    ),
    "wrong_extension": Topic(
        "Endings",
        "Wrong file endings",
        "Training goes by what is inside.",
        says_why=True,
        is_harmless=True,
    ),
    "huge": Topic(
        "Large",
        "Very large photos",
        "They cost time and memory, and nothing else.",
        says_why=True,
        is_harmless=True,
    ),
}
"""Kinds whose photos are shown, in this order."""

LISTED: Mapping[str, Topic] = {
    "unreadable": Topic(
        "Unreadable",
        "Files that cannot be read",
        "Training leaves them out already. Replace or delete them when it suits you.",
    ),
    "other": Topic(
        "Also noticed",
        "Also noticed",
        "What no decision about a single photo would change.",
    ),
}
"""Findings that are told in words."""
