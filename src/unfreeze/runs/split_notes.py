"""What to say about a split, groups and fixes before training begins."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from unfreeze.data.fixed import FixSummary
from unfreeze.data.groups import Grouping
from unfreeze.data.held_out import HeldOut, Share
from unfreeze.data.wording import listed
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.insight.wording import percent
from unfreeze.words import counted

__all__ = ["split_facts", "split_notes"]

_CLASSES_SHOWN = 3


def split_facts(data: ImageClassifierData) -> dict[str, Any] | None:
    """What a summary says of a split that was made here; None of any other."""
    if data.held_out is None:
        return None
    return {**asdict(data.held_out), "note": _of_share(data, data.held_out)}


def split_notes(data: ImageClassifierData) -> Iterator[str]:
    """Say what was kept together, what could not be, and what fixes brought."""
    if data.grouping is not None:
        yield from _of_groups(data.grouping)
    if data.held_out is not None and (note := _of_share(data, data.held_out)):
        yield note
    if data.fixes is not None:
        yield _of_fixes(data.fixes)
    labels = data.valid.index.labels
    if labels is None or labels.ndim == 2:
        return
    counts = np.bincount(labels, minlength=data.c)
    missed = [name for name, n in zip(data.classes, counts, strict=True) if not n]
    if missed:
        yield (
            f"no validation photo of {listed(missed)}: nothing is measured there. All "
            "photos of such a class belong together, or there is only one, or they "
            "were dropped."
        )


def _of_share(data: ImageClassifierData, found: HeldOut) -> str:
    """Say by how much a split missed what was asked for, and why; often nothing."""
    if not (found.is_off or found.classes_off):
        return ""
    whole = _held(found.held_out, found.photos)
    before = "" if data.fixes is None else ", before fixes"
    asked = f"{whole} are held out{before}; {percent(found.asked)} was asked for"
    classes = [_of_class(each) for each in found.classes_off[:_CLASSES_SHOWN]]
    rest = len(found.classes_off) - len(classes)
    named = f". Farthest off: {', '.join(classes)}" if classes else ""
    more = f" and {counted(rest, 'class', 'classes')} more" if rest else ""
    why = (
        "every class of two photos or more needs one on each side, and a single one "
        "is learned from"
        if data.grouping is None
        else "what belongs together or looks the same stays on one side"
    )
    return f"{asked}, and {why}{named}{more}"


def _of_class(share: Share) -> str:
    return f"{share.name!r} {_held(share.held_out, share.photos)}"


def _held(count: int, photos: int) -> str:
    return f"{count:,} of {counted(photos, 'photo')} ({percent(count / photos)})"


def _of_groups(grouping: Grouping) -> Iterator[str]:
    if grouping.by is not None:
        num_alone = grouping.num_alone
        alone = f"; {counted(num_alone, 'photo')} of none" if num_alone else ""
        yield f"{counted(grouping.num_groups, 'group')} by '{grouping.by}'{alone}"
    torn = len(grouping.straddling)
    if torn:
        yield (
            f"{torn:,} of them have photos in training and in validation, such as "
            f"{listed(grouping.straddling, limit=3)}: scores may be too good. The "
            "split is yours and stays; move each group to one side, or give class "
            "folders alone."
        )
    if grouping.num_duplicates:
        yield (
            f"{counted(grouping.num_duplicates, 'photo is', 'photos are')} on the side "
            "of a photo that looks the same"
        )


def _of_fixes(fixes: FixSummary) -> str:
    changed = (
        f"fixes: {fixes.dropped:,} dropped, {fixes.relabelled:,} relabelled, "
        f"{fixes.kept:,} kept"
    )
    if fixes.accuracy_before is None or fixes.accuracy_after is None:
        return changed
    return (
        f"{changed}; accuracy of a linear head on stored activations "
        f"{fixes.accuracy_before:.4f} without them, {fixes.accuracy_after:.4f} with "
        "them"
    )
