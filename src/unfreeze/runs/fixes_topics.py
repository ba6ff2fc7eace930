"""How findings of each kind are introduced on the page where a person decides."""

from collections.abc import Mapping
from dataclasses import dataclass

from unfreeze.records import Finding, FindingKind

__all__ = ["TOPICS", "Topic", "topic_of"]


@dataclass(frozen=True, slots=True)
class Topic:
    """The words of one section."""

    link: str
    title: str
    about: str
    counts: tuple[str, str]
    """What one of them is called in the headline of the page, and what several are."""

    is_in_sets: bool = False
    """Whether the photos of a finding belong together, as copies of one photo do."""

    is_in_words: bool = False
    """Whether no photo is shown, since no decision about one would change it."""

    says_why: bool = False
    """Whether a finding is about many photos, and its message stands before them."""

    is_harmless: bool = False
    """Whether training reads such photos as they should be, so that nothing is asked
    of a person."""


TOPICS: Mapping[str, Topic] = {
    "refused": Topic(
        "Refused",
        "What training refuses",
        "Training does not begin before this is mended.",
        ("reason to refuse training", "reasons to refuse training"),
        is_in_words=True,
    ),
    "leakage": Topic(
        "Both sides",
        "The same photo in training and validation",
        "The model is asked what it was told before, and its accuracy looks better "
        "than it is. Drop the training copies, and all validation photos still count. "
        "Where their labels differ, one is wrong: find out which before you drop any.",
        ("photo in training and validation", "photos in training and validation"),
        is_in_sets=True,
    ),
    "contradiction": Topic(
        "Contradictions",
        "The same photo with different labels",
        "Of the labels of each set, one is wrong at least. Find out which, then "
        "relabel or drop.",
        ("photo with different labels", "photos with different labels"),
        is_in_sets=True,
    ),
    "unreadable": Topic(
        "Unreadable",
        "Files that cannot be read",
        "Training leaves them out already. Replace or delete them when it suits you.",
        ("file that cannot be read", "files that cannot be read"),
        is_in_words=True,
    ),
    "classes": Topic(
        "Classes",
        "About the classes",
        "What no decision about a single photo would change.",
        ("note about classes", "notes about classes"),
        is_in_words=True,
    ),
    "label_suspect": Topic(
        "Labels",
        "Labels that may be wrong",
        "The most doubtful first. To relabel a photo, choose its class in the list.",
        ("doubtful label", "doubtful labels"),
    ),
    "exact_duplicate": Topic(
        "Equal",
        "Equal files",
        "Copies count twice in training.",
        ("set of equal files", "sets of equal files"),
        is_in_sets=True,
    ),
    "near_duplicate": Topic(
        "Alike",
        "Photos that are nearly the same",
        "Resized, cut, mirrored or compressed again, or taken in one burst. The most "
        "alike first.",
        ("set of near copies", "sets of near copies"),
        is_in_sets=True,
    ),
    "outlier": Topic(
        "Unusual",
        "Photos unlike all others",
        "The farthest from all others first. Some are the rare cases that a model "
        "needs most; others do not belong here.",
        ("unusual photo", "unusual photos"),
    ),
    "blank": Topic(
        "Blank",
        "Photos with nothing to see",
        "Of a single colour, or nearly so. Drop them, unless emptiness is what a class "
        "is about.",
        ("blank photo", "blank photos"),
    ),
    "tiny": Topic(
        "Tiny",
        "Very small photos",
        "Smaller than a model can use.",
        ("very small photo", "very small photos"),
        says_why=True,
    ),
    "odd_mode": Topic(
        "Colours",
        "Unusual colours",
        "Drawings, scans and placeholders are often stored like this. Drop what is no "
        "photo.",
        ("photo of unusual colours", "photos of unusual colours"),
        says_why=True,
    ),
    "animated": Topic(
        "Animated",
        "Several pictures in a file",
        "The first picture is the one you see here. Drop the file if it does not show "
        "what the class is about.",
        ("file with several pictures", "files with several pictures"),
        says_why=True,
    ),
    "exif_rotated": Topic(
        "Turned",
        "Stored turned or mirrored",
        "You see them as training does. One that does not stand upright here has a "
        "wrong note, and the model learns it that way.",
        ("photo stored turned", "photos stored turned"),
        says_why=True,
        is_harmless=True,
    ),
    "wrong_extension": Topic(
        "Endings",
        "Wrong file endings",
        "Training goes by what is inside.",
        ("file with a wrong ending", "files with a wrong ending"),
        says_why=True,
        is_harmless=True,
    ),
    "huge": Topic(
        "Large",
        "Very large photos",
        "They cost time and memory, and nothing else.",
        ("very large photo", "very large photos"),
        says_why=True,
        is_harmless=True,
    ),
}
"""The sections of the page: what harms most comes first."""

_COPIES: frozenset[FindingKind] = frozenset({"exact_duplicate", "near_duplicate"})


def topic_of(finding: Finding, *, labels_differ: bool) -> str:
    """Which of ``TOPICS`` a finding belongs to.

    Args:
        finding: What was found.
        labels_differ: Whether its files are of different classes.
    """
    if finding.policy == "refused":
        return "refused"
    if finding.kind in _COPIES and labels_differ:
        return "contradiction"
    return finding.kind if finding.kind in TOPICS else "classes"
