"""What to say about groups and fixes before training begins."""

from collections.abc import Iterator

import numpy as np

from unfreeze.data.fixed import FixSummary
from unfreeze.data.groups import Grouping
from unfreeze.data.wording import listed
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.words import counted

__all__ = ["split_notes"]


def split_notes(data: ImageClassifierData) -> Iterator[str]:
    """Say what was kept together, what could not be, and what fixes brought."""
    if data.grouping is not None:
        yield from _of_groups(data.grouping)
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
            "of its photos belong together, or were dropped."
        )


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
