"""Train on photos as a person fixed them, and say what that brings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from unfreeze.data.fixed import FixCounts, FixSummary, apply_fixes, require_known
from unfreeze.data.fixes import read_fixes
from unfreeze.data.likeness import Likeness
from unfreeze.data.screen import Screening
from unfreeze.errors import DataError
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.insight.out_of_fold import head_probs
from unfreeze.runs.embedding import features_of_splits

__all__ = ["fixed_photos"]

_COMPARED = (
    "a logistic regression on stored activations of the plain photos, "
    "learned from the training photos without and with the fixes; measured on the "
    "validation photos with the fixes"
)


def fixed_photos(
    data: ImageClassifierData,
    folder: Path,
    fixes_path: Path,
    *,
    arch: str,
    weights: str | None = None,
) -> ImageClassifierData:
    """Drop and relabel photos as ``fixes.csv`` says, after they were split.

    A photo stays on its side, so that runs with and without fixes are measured on the
    same photos. How much the fixes bring is measured at once: see
    ``FixSummary.compared``.

    Args:
        data: Photos as the folder has them.
        folder: The data set, which the names in the file are relative to.
        fixes_path: The file.
        arch: Backbone whose activations are compared.
        weights: Its local weights, if any.

    Raises:
        DataError: If the file, or a line of it, cannot be used; or nothing is left to
            train or measure with.
    """
    fixes = read_fixes(fixes_path)
    require_known(fixes, [data.train, data.valid], folder, fixes_path)
    train, in_train = apply_fixes(data.train, fixes, folder)
    valid, in_valid = apply_fixes(data.valid, fixes, folder)
    _require_rest(data.train, train, valid, fixes_path)
    counts = in_train + in_valid
    before, after = _accuracies(data, train, valid, arch, weights)
    return replace(
        data,
        train=train,
        valid=valid,
        likeness=_likeness_left(data, train, valid),
        fixes=_summary(fixes_path, counts, before, after),
    )


def _summary(
    path: Path, counts: FixCounts, before: float | None, after: float | None
) -> FixSummary:
    return FixSummary(
        file=str(path),
        dropped=counts.dropped,
        relabelled=counts.relabelled,
        kept=counts.kept,
        accuracy_before=before,
        accuracy_after=after,
        compared=_COMPARED,
    )


def _require_rest(
    whole: Screening, train: Screening, valid: Screening, path: Path
) -> None:
    """Refuse fixes that leave nothing to measure with, or of a class nothing to learn.

    Args:
        whole: The training photos before the fixes.
        train: Those after them.
        valid: The validation photos after them.
        path: Of the fixes.
    """
    if not len(valid.index):
        raise DataError(
            f"{path} drops every validation photo, so that nothing could be measured. "
            "Keep some."
        )
    is_lost = (_photos_of_each(whole) > 0) & (_photos_of_each(train) == 0)
    if is_lost.any():
        name = train.index.classes[int(is_lost.argmax())]
        raise DataError(
            f"{path} leaves no training photo of the class {name!r}. Keep some, or "
            "take the class out of the photos."
        )


def _likeness_left(
    data: ImageClassifierData, train: Screening, valid: Screening
) -> Likeness | None:
    """What is known of near-duplicates among the photos that were not dropped."""
    if data.likeness is None:
        return None
    splits = ((data.train, train), (data.valid, valid))
    is_left = [
        name in left
        for whole, part in splits
        for left in [frozenset(part.index.names)]
        for name in whole.index.names
    ]
    return data.likeness.taken(
        np.flatnonzero(is_left),
        np.concatenate([whole.digests for whole, _ in splits]),
        np.concatenate([whole.hashes for whole, _ in splits]),
    )


def _photos_of_each(split: Screening) -> Int64[np.ndarray, " K"]:
    """How many photos carry each label."""
    labels, count = split.index.labels, len(split.index.classes)
    if labels is None:
        return np.zeros(count, dtype=np.int64)
    if labels.ndim == 2:
        return (labels > 0.5).sum(axis=0)
    return np.bincount(labels, minlength=count)


def _accuracies(
    data: ImageClassifierData,
    train: Screening,
    valid: Screening,
    arch: str,
    weights: str | None,
) -> tuple[float | None, float | None]:
    """Accuracy on ``valid`` after learning from the old, and the new, photos."""
    answers = valid.index.labels
    if answers is None or answers.ndim == 2:
        return None, None
    splits = [data.train, train, valid]
    rows = features_of_splits(
        splits,
        data.path,
        arch=arch,
        weights=None if weights is None else Path(weights),
        size=data.sz,
        num_workers=data.num_workers,
    )
    old, new, asked = np.split(rows, np.cumsum([len(s.index) for s in splits[:-1]]))
    shares = []
    for features, split in ((old, data.train), (new, train)):
        labels = np.asarray(split.index.labels)
        probs = head_probs(features, labels, data.c, asked)
        shares.append(float((probs.argmax(axis=1) == answers).mean()))
    return shares[0], shares[1]
