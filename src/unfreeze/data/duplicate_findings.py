"""Photos that are there more than once, above all in training and in validation."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Int, Int64

from unfreeze.data.likeness import Likeness, copy_groups, exact_groups
from unfreeze.data.survey import Survey
from unfreeze.records import Finding

__all__ = ["duplicate_findings", "leaked_rows"]


def duplicate_findings(
    survey: Survey,
    likeness: Likeness,
    accuracy_without: tuple[float, float] | None = None,
) -> list[Finding]:
    """Name groups of equal files, of near-duplicates, and those that cross splits.

    A group that crosses splits is a leak, and nothing else: it is named once, where it
    does most harm. Leaks come first, then groups whose labels contradict each other.

    Args:
        survey: The photos.
        likeness: Near-duplicates among them.
        accuracy_without: Where known, the accuracy of a model on all validation
            photos, and on those that are not in training, too; shares, 0 to 1.
    """
    exact, whole = exact_groups(survey.digests), copy_groups(survey.digests, likeness)
    is_crossing = np.isin(whole, whole[leaked_rows(survey, whole)])
    weakest = np.ones(int(whole.max(initial=-1)) + 1)
    np.minimum.at(weakest, whole[likeness.pairs[:, 0]], likeness.scores)
    equal = [
        _equal(survey, rows)
        for rows in _contradicting_first(survey, _members(exact))
        if len(rows) > 1 and not is_crossing[rows[0]]
    ]
    together = sorted(_members(whole), key=lambda rows: -weakest[whole[rows[0]]])
    alike = [
        _alike(survey, rows, float(weakest[whole[rows[0]]]))
        for rows in _contradicting_first(survey, together)
        if len(set(exact[rows].tolist())) > 1 and not is_crossing[rows[0]]
    ]
    return [*_leaks(survey, exact, whole, accuracy_without), *equal, *alike]


def _contradicting_first(
    survey: Survey, groups: Iterable[list[int]]
) -> list[list[int]]:
    return sorted(groups, key=lambda rows: len(set(survey.labels[rows].tolist())) == 1)


def _members(groups: Int[np.ndarray, " N"]) -> Iterator[list[int]]:
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        if len(rows):
            yield rows.tolist()


def _equal(survey: Survey, rows: Sequence[int]) -> Finding:
    return Finding(
        "exact_duplicate",
        _named(survey, rows),
        1.0,
        "kept",
        f"{len(rows)} files with the same content.{_labels_differ(survey, rows)} They "
        "are kept, and the photo counts that often. Remove all but one.",
    )


def _alike(survey: Survey, rows: Sequence[int], score: float) -> Finding:
    return Finding(
        "near_duplicate",
        _named(survey, rows),
        round(score, 6),
        "kept",
        f"{len(rows)} files show the same photo, cropped, resized, mirrored or saved "
        f"again.{_labels_differ(survey, rows)} They are kept. Remove all but the best.",
    )


def _labels_differ(survey: Survey, rows: Sequence[int]) -> str:
    labels = sorted({survey.labels[row] for row in rows})
    if len(labels) == 1:
        return ""
    if survey.is_multi:
        return " They carry different labels: at least one lacks some, or has too many."
    names = " and ".join(repr(survey.classes[label]) for label in labels)
    return f" They are labelled {names}: at least one label is wrong."


def _leaks(
    survey: Survey,
    exact: Int64[np.ndarray, " N"],
    whole: Int64[np.ndarray, " N"],
    accuracy_without: tuple[float, float] | None,
) -> Iterator[Finding]:
    is_leaked = leaked_rows(survey, whole)
    num_valid, num_leaked = int((survey.split_of > 0).sum()), int(is_leaked.sum())
    if not num_leaked:
        return
    points = 100 * num_leaked / num_valid
    measured = ""
    if accuracy_without is not None:
        every, clean = accuracy_without
        measured = (
            f"; a head on stored activations scores {every:.4f} on all of them and "
            f"{clean:.4f} without these"
        )
    crossing = set(whole[is_leaked].tolist())
    groups = [rows for rows in _members(whole) if int(whole[rows[0]]) in crossing]
    for rows in _contradicting_first(survey, groups):
        valid_first = sorted(rows, key=lambda row: (-survey.split_of[row], row))
        what = (
            "The same file"
            if len(set(exact[rows].tolist())) == 1
            else "The same photo, perhaps cropped, resized, mirrored or saved again,"
        )
        yield Finding(
            "leakage",
            _named(survey, valid_first),
            round(float(is_leaked[rows].sum()) / num_valid, 6),
            "kept",
            f"{what} is in validation and in training.{_labels_differ(survey, rows)} "
            f"In all, {num_leaked} of {num_valid} validation photos are: at most "
            f"{points:.1f} points of the accuracy are remembered, not recognised"
            f"{measured}. They are kept. Remove them from one of the two.",
        )


def leaked_rows(
    survey: Survey, whole: Int64[np.ndarray, " N"]
) -> Bool[np.ndarray, " N"]:
    """Tell which rows outside training have a row of their group in training.

    Args:
        survey: The photos.
        whole: Group of each row.
    """
    is_training = survey.split_of == 0
    learned = np.zeros(int(whole.max(initial=-1)) + 1, dtype=bool)
    learned[whole[is_training]] = True
    return ~is_training & learned[whole]


def _named(survey: Survey, rows: Sequence[int]) -> tuple[str, ...]:
    return tuple(survey.files[row] for row in rows)
