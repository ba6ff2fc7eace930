"""What is unusual about the classes of a data set."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from unfreeze.data.class_looks import class_looks
from unfreeze.data.nearby_tables import advice_on_tables
from unfreeze.data.survey import Split, Survey
from unfreeze.data.wording import listed
from unfreeze.records import Finding
from unfreeze.words import counted

__all__ = ["class_findings"]

_FEW = 10
"""Training photos below which a class is hardly learned, and its score is luck."""

_UNEVEN = 2.0
"""Times as many photos as the smallest class has, from which it shows in results."""


def class_findings(survey: Survey) -> list[Finding]:
    """Name the classes that are missing, small, uneven, or easily confused by name.

    Those that the look of their files gives away are among them.
    """
    return [
        *_too_few_classes(survey),
        *_missing(survey),
        *_unmeasured(survey),
        *_tiny(survey),
        *_alike(survey),
        *_uneven(survey),
        *class_looks(survey),
    ]


def _too_few_classes(survey: Survey) -> Iterator[Finding]:
    count = len(survey.classes)
    if count < 2:
        yield Finding(
            "class_missing",
            _folders(survey, survey.classes),
            1.0,
            "refused",
            f"There is {count} class, {listed(survey.classes)}, and a classifier needs "
            "2 or more. Training refuses this: add "
            + (
                "photos of another class to the table."
                if survey.has_table
                else "a folder with photos of another class."
                f"{advice_on_tables(survey.root)}"
            ),
        )


def _missing(survey: Survey) -> Iterator[Finding]:
    if len(survey.splits) < 2:
        return
    for split, others in _with_others(survey):
        for name in sorted({n for each in others for n in each.folders}):
            if name in split.folders:
                continue
            is_unknown = split.name == "train"
            yield Finding(
                "class_missing",
                (f"{survey.prefix(split)}{name}",),
                1.0 if is_unknown else 0.5,
                "refused" if is_unknown else "kept",
                f"The class {name!r} has no folder in {survey.prefix(split)}. "
                + (
                    "Training refuses this: it cannot learn the class. Add photos, or "
                    "remove or rename the folder in the other split."
                    if is_unknown
                    else "It is learned but never measured. Move some of its photos "
                    "there."
                ),
            )


def _unmeasured(survey: Survey) -> Iterator[Finding]:
    """Classes that have their folder, but no photo in it that could be asked about."""
    training = survey.splits[0]
    for number, split in enumerate(survey.splits[1:], start=1):
        learned, measured = survey.counts(0), survey.counts(number)
        is_ours = survey.prefix(split) == survey.prefix(training)
        for label in np.flatnonzero((learned > 0) & (measured == 0)).tolist():
            name = survey.classes[label]
            if name not in split.folders:
                continue
            photos = counted(int(learned[label]), "photo")
            yield Finding(
                "class_missing",
                (f"{survey.prefix(split)}{name}",),
                0.5,
                "kept",
                f"The class {name!r} is learned but never measured: "
                + (
                    f"its {photos} cannot be split, since what looks the same or "
                    "belongs together stays on one side. Add photos of other things."
                    if is_ours
                    else f"{split.name}/ has no readable photo of it. Move some of its "
                    f"{photos} there."
                ),
            )


def _with_others(survey: Survey) -> Iterator[tuple[Split, list[Split]]]:
    for split in survey.splits:
        yield split, [other for other in survey.splits if other is not split]


def _tiny(survey: Survey) -> Iterator[Finding]:
    training = survey.splits[0]
    counts = dict(zip(survey.classes, survey.counts(0).tolist(), strict=True))
    for name in training.folders:
        count = counts[name]
        if count >= _FEW:
            continue
        leave = "take it out of the table" if survey.has_table else "remove the folder"
        advice = (
            f"Training refuses a class without photos: add some, or {leave}."
            if count == 0
            else f"It is kept, but hardly learned below {_FEW}. Add photos, or merge "
            "the class with another."
        )
        yield Finding(
            "class_tiny",
            (f"{survey.prefix(training)}{name}",),
            round(1 - count / _FEW, 6),
            "kept" if count else "refused",
            f"The class {name!r} has {counted(count, 'readable photo')} to learn from. "
            f"{advice}",
        )


def _alike(survey: Survey) -> Iterator[Finding]:
    join = (
        "write it in one way in the table"
        if survey.has_table
        else "move the photos into one folder"
    )
    same: defaultdict[str, list[str]] = defaultdict(list)
    for name in survey.classes:
        same[unicodedata.normalize("NFKC", name).strip().casefold()].append(name)
    for names in same.values():
        if len(names) > 1:
            yield Finding(
                "class_case",
                _folders(survey, names),
                1.0,
                "kept",
                f"The class names {listed(names)} differ only in capitals, spaces or "
                "the way letters are stored. They are kept apart, as different "
                f"classes. If they are one class, {join}.",
            )


def _uneven(survey: Survey) -> Iterator[Finding]:
    training = survey.splits[0]
    counts = {
        name: count
        for name, count in zip(survey.classes, survey.counts(0).tolist(), strict=True)
        if count
    }
    if len(counts) < 2:
        return
    most, least = (
        max(counts, key=counts.__getitem__),
        min(counts, key=counts.__getitem__),
    )
    ratio = counts[most] / counts[least]
    if ratio < _UNEVEN:
        return
    prefix = survey.prefix(training)
    times = f"{ratio:.1f}".removesuffix(".0")
    yield Finding(
        "imbalance",
        (f"{prefix}{least}", f"{prefix}{most}"),
        round(ratio, 6),
        "kept",
        f"To learn from, {most!r} has {counted(counts[most], 'photo')}, {times} times "
        f"as many as {least!r} with {counts[least]:,}. They are kept as they are. "
        "Judge the model by the recall of each class, and add photos of the rare one.",
    )


def _folders(survey: Survey, names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"{survey.prefix(split)}{name}"
        for split in survey.splits
        for name in names
        if name in split.folders
    )
