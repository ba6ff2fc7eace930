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
        "than it is. Drop the training copies, and all validation photos still count.",
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
    "tiny": Topic("Tiny", "Very small photos", "Smaller than a model can use."),
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
