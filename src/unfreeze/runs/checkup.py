"""The data doctor: what is unusual about a folder of labelled photos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from unfreeze.cores import loading_threads
from unfreeze.data.class_findings import class_findings
from unfreeze.data.duplicate_findings import duplicate_findings, leaked_rows
from unfreeze.data.file_findings import file_findings
from unfreeze.data.index import class_folders
from unfreeze.data.likeness import Likeness, copy_groups, look_alikes
from unfreeze.data.same_photo import SURELY_THE_SAME, agreements
from unfreeze.data.screen import screen
from unfreeze.data.split_folders import SplitFolders, split_folders
from unfreeze.data.survey import Split, Survey, index_for_survey
from unfreeze.errors import DataError
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.insight.out_of_fold import head_probs, out_of_fold_probs
from unfreeze.insight.suspects import label_suspects, outliers
from unfreeze.models.embedded import EMBEDDED_ARCH
from unfreeze.numerics.folds import grouped_folds
from unfreeze.numerics.neighbours import nearest, standardised
from unfreeze.places import made, ours_beside
from unfreeze.records import Finding
from unfreeze.runs.embedding import features_of_splits
from unfreeze.training.callbacks.bar import Bar
from unfreeze.words import FINDING_TITLES, counted, counted_files, finding_title

__all__ = [
    "Backbone",
    "Checkup",
    "check_folder",
    "findings_before_training",
    "name_findings",
]

_FOLDS = 5
_LEAST_FOR_HEADS = 10
_NEIGHBOURS = 5
"""Nearest neighbours of each photo that may be compared by pixels: more than one, since
photos of one burst stand before a crop."""

_FURTHER = 0.5
"""Pairs of neighbours other than the nearest that are compared, for each photo: the
most similar ones. Where all photos are much alike, as X-rays are, a pair takes several
times as long, and all pairs of five would take minutes."""

_NEAR_COSINE = 0.25
"""Cosine of standardised activations from which nearest neighbours are compared by
pixels. Copies measured 0.42 and more, with crops down to half the area."""

_SMALL_NETWORK = (
    f"Wrong labels were looked for with {EMBEDDED_ARCH}, a small network that knows "
    "few subjects: it found 14 of 24 swapped labels of ants and bees, where resnet18 "
    "found 20. --arch takes a larger one."
)
"""Means of five draws, among the first 24 suspects: see docs/decisions.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """What looks at the photos for all that file contents do not tell."""

    arch: str = "unfreeze_nano"
    weights: Path | None = None
    """A local file; None takes timm's weights, or the embedded ones."""

    size: int = 224


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found, by kind."""

    classes: dict[str, int]
    """Readable photos of each class."""

    unreadable: int
    """Photos that are damaged, or of kinds that cannot be read, such as HEIC."""

    other_files: int
    """Files that are no photos, or that lie outside the class folders."""

    findings: tuple[Finding, ...]
    """What harms most comes first."""

    left_alone: tuple[str, ...] = ()
    """Folders beside those of the splits, which nobody reads."""

    caution: str = ""
    """What to know of how closely was looked, in a sentence; often nothing."""

    @property
    def readable(self) -> int:
        """Photos of all classes that can be read."""
        return sum(self.classes.values())

    @property
    def files(self) -> int:
        """Photos, readable or not."""
        return self.readable + self.unreadable

    def in_words(self) -> str:
        """Say how many photos there are, what can be read, and what is not counted.

        Example:
            >>> Checkup({"ants": 20, "bees": 23}, 2, 1, ()).in_words()
            '45 photos: 43 can be read, 2 cannot; 1 other file is not counted'
        """
        said = f"{counted(self.files, 'photo')}: "
        said += (
            f"{self.readable:,} can be read, {self.unreadable:,} cannot"
            if self.unreadable
            else "all can be read"
        )
        if self.other_files:
            others = counted(self.other_files, "other file is", "other files are")
            said += f"; {others} not counted"
        return said

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        findings = [finding.as_json() for finding in self.findings]
        return {
            "files": self.files,
            "readable": self.readable,
            "unreadable": self.unreadable,
            "other_files": self.other_files,
            "classes": self.classes,
            "left_alone": list(self.left_alone),
            "findings": findings,
        }


def check_folder(
    folder: Path, backbone: Backbone | None, *, num_workers: int | None = None
) -> Checkup:
    """Look for all that is unusual about the photos in ``folder``, and change none.

    Args:
        folder: Holds ``train/`` and ``valid/``, or class folders alone.
        backbone: Finds cropped duplicates, outliers and wrong labels; None leaves
            these out, and takes a few seconds.
        num_workers: Threads; as many as cores, 8 at most, unless given.

    Raises:
        DataError: If there is no such folder, or no photo in it.
        WeightsError: If the weights cannot be had, are damaged, or do not fit.
    """
    workers = loading_threads(num_workers)
    found = _found(folder)
    survey = _surveyed(folder, found, workers)
    likeness = look_alikes(survey.digests, survey.looks["hash"])
    findings = [*file_findings(survey), *class_findings(survey)]
    if backbone is None or not len(survey.labels):
        findings += duplicate_findings(survey, likeness)
    else:
        findings += _seen_by(backbone, survey, found.home, likeness, workers)
    counts = zip(survey.classes, survey.counts().tolist(), strict=True)
    return Checkup(
        dict(counts),
        survey.num_unreadable,
        survey.num_others,
        _most_harmful_first(findings),
        found.left_alone,
        _SMALL_NETWORK if backbone and backbone.arch == EMBEDDED_ARCH else "",
    )


def findings_before_training(
    folder: Path, photos: ImageClassifierData, *, has_table: bool = False
) -> tuple[Finding, ...] | None:
    """Tell what can be told without a backbone of photos that were just read.

    Classes are looked at where each photo has one. None for pixels that never were
    files: nobody has looked at them.

    Args:
        folder: Holds the photos.
        photos: As they were read.
        has_table: Whether a table names their classes, rather than folders.
    """
    if photos.train.index.is_in_memory:
        return None
    splits = (("train", photos.train), ("valid", photos.valid))
    survey = Survey(
        folder,
        photos.classes,
        tuple(Split(name, each, photos.classes) for name, each in splits),
        has_table,
    )
    likeness = photos.likeness
    if likeness is None:  # not split here, so that nobody has searched yet
        likeness = look_alikes(survey.digests, survey.looks["hash"])
    return _most_harmful_first(
        [
            *file_findings(survey),
            *(() if survey.is_multi else class_findings(survey)),
            *duplicate_findings(survey, likeness),
        ]
    )


def name_findings(
    findings: Sequence[Finding] | None,
    write: Callable[[str], object],
    *,
    has_table: bool = False,
) -> None:
    """Say in a line for each kind how much was found; unreadable files have theirs.

    Args:
        findings: Of the photos; None where nobody looked.
        write: Takes the lines.
        has_table: Whether a table names their classes: the doctor reads folders alone.
    """
    findings = findings or ()
    kinds = dict.fromkeys(each.kind for each in findings if each.kind != "unreadable")
    for kind in kinds:
        found = [each for each in findings if each.kind == kind]
        first = f" First of {len(found)}:" if len(found) > 1 else ""
        count = counted_files(kind, (file for each in found for file in each.files))
        write(f"check: {finding_title(kind)} ({count}).{first} {found[0].message}")
    if kinds:
        deeper = "" if has_table else "; `unfreeze check` looks deeper"
        write(f"check: summary.json names the files{deeper}")


def _most_harmful_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What training refuses, then kind after kind; within a kind, order stays."""
    places = {kind: place for place, kind in enumerate(FINDING_TITLES)}
    return tuple(
        sorted(findings, key=lambda each: (each.policy != "refused", places[each.kind]))
    )


def _found(folder: Path) -> SplitFolders:
    if not folder.is_dir():
        raise DataError(
            f"There is no folder {folder}. Check the path; expected train/ and valid/ "
            "with a folder per class in each, or a folder per class."
        )
    return split_folders(folder)


def _surveyed(folder: Path, found: SplitFolders, num_workers: int) -> Survey:
    classes, indexes = index_for_survey(list(found.roots.values()))
    ledger = made(ours_beside(found.home, "tmp")) / "screened"
    splits = []
    for (name, root), index in zip(found.roots.items(), indexes, strict=True):
        with Bar("checking photos") as bar:
            screening = screen(
                index,
                ledger,
                num_workers=num_workers,
                on_progress=bar.show,
                may_be_empty=True,
            )
        splits.append(Split(name, screening, tuple(class_folders(root))))
    return Survey(folder, classes, tuple(splits))


def _seen_by(
    backbone: Backbone,
    survey: Survey,
    home: Path,
    likeness: Likeness,
    num_workers: int,
) -> list[Finding]:
    features = features_of_splits(
        [each.screening for each in survey.splits if len(each.screening.index)],
        home,
        arch=backbone.arch,
        weights=backbone.weights,
        size=backbone.size,
        num_workers=num_workers,
    )
    units = standardised(features)
    files, labels = survey.files, survey.labels
    likeness = likeness.joined(_copies(survey, units, likeness, num_workers))
    whole = copy_groups(survey.digests, likeness)
    findings = duplicate_findings(
        survey, likeness, _accuracy_without(survey, features, whole)
    )
    findings += outliers(files, survey.classes, labels, features, whole)
    if len(np.unique(labels)) > 1 and len(labels) >= _LEAST_FOR_HEADS:
        folds = grouped_folds(labels, whole, _FOLDS, seed=0)
        probs = out_of_fold_probs(features, labels, len(survey.classes), folds)
        findings += label_suspects(files, survey.classes, labels, probs, whole, folds)
    return findings


def _copies(
    survey: Survey,
    units: Float32[np.ndarray, "N D"],
    known: Likeness,
    num_workers: int,
) -> Likeness:
    """Find the copies that a perceptual hash misses, among nearest neighbours."""
    pairs = _candidates(survey, units, known)
    scores = agreements(survey.source, pairs, num_workers=num_workers)
    is_same = scores >= SURELY_THE_SAME
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Likeness(both[is_same], np.minimum(scores[is_same], 1.0))


def _candidates(
    survey: Survey, units: Float32[np.ndarray, "N D"], known: Likeness
) -> Sequence[tuple[int, int]]:
    """Pairs of nearest neighbours among photos that are not known to be copies."""
    _, kept = np.unique(copy_groups(survey.digests, known), return_index=True)
    neighbours = nearest(units[kept], _NEIGHBOURS)
    similar = neighbours.similarities
    rows, places = np.nonzero(similar >= _NEAR_COSINE)
    by_likeness = np.lexsort((-similar[rows, places], places > 0))
    rows, places = rows[by_likeness], places[by_likeness]
    pairs = np.stack([kept[rows], kept[neighbours.rows[rows, places]]], axis=1)
    _, firsts = np.unique(np.sort(pairs, axis=1), axis=0, return_index=True)
    num_nearest = int((places[firsts] == 0).sum())
    chosen = np.sort(firsts)[: num_nearest + int(_FURTHER * len(kept))]
    return sorted((low, high) for low, high in np.sort(pairs[chosen], axis=1).tolist())


def _accuracy_without(
    survey: Survey,
    features: Float32[np.ndarray, "N D"],
    whole: Int64[np.ndarray, " N"],
) -> tuple[float, float] | None:
    """Accuracy of a head on all validation photos, and on those not in training."""
    is_leaked = leaked_rows(survey, whole)
    is_valid = survey.split_of > 0
    is_clean = is_valid & ~is_leaked
    if not (is_leaked.any() and is_clean.any()):
        return None
    labels = survey.labels
    probs = head_probs(
        features[~is_valid],
        labels[~is_valid],
        len(survey.classes),
        features[is_valid],
    )
    is_right = np.zeros(len(labels), dtype=bool)
    is_right[is_valid] = probs.argmax(axis=1) == labels[is_valid]
    return float(is_right[is_valid].mean()), float(is_right[is_clean].mean())
