"""Classes that the look of their files gives away, whatever is on the photos."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, Shaped

from unfreeze.data.survey import Survey
from unfreeze.numerics.hypergeometric import log_overlap
from unfreeze.records import Finding
from unfreeze.words import counted

__all__ = ["class_looks"]

_LARGE = 0.5
"""Share of the photos of a class that have a look, less the share of all others: from
which on a model is tempted. Where half of the classes are grey, each is found."""

_LARGE_OF_SHAPES = 0.75
"""The same of shapes, which go by what is on the photos, too: people are higher than
wide, and cars are not. Of 13 classes of four real sets, 0.11 was the largest."""

_LEVEL = math.log(0.01)
"""Logarithm of the probability that chance alone would give any finding at all."""

_TIMES = 2.0
"""How many times as large the photos of a class are as the others, by their medians,
or as small."""

_SQUARE = 1.05
"""Up to this ratio of their sides, photos are square."""

_WHY = (
    "A model can tell the class by that alone, and learn how the files look instead of "
    "what is on them: it would score well here, and fail on other photos. Kept."
)


@dataclass(frozen=True, slots=True)
class _Look:
    """One thing that a file shows, of which a photo has one value."""

    words: tuple[str, ...]
    """What photos of each value are."""

    values: Int64[np.ndarray, " N"]
    """Position in ``words`` of every photo."""

    advice: str
    large: float = _LARGE


@dataclass(frozen=True, slots=True)
class _Sign:
    """A look that is usual in one class, and rare elsewhere."""

    label: int
    words: str
    inside: int
    """Photos of the class that have the look."""

    of_class: int
    outside: int
    """Photos of all other classes that have it."""

    of_others: int
    advice: str
    large: float = _LARGE
    """Least gap that is worth a word."""

    @property
    def gap(self) -> float:
        """Share of the class less that of all others."""
        return self.inside / self.of_class - self.outside / self.of_others

    @property
    def log_chance(self) -> float:
        """Logarithm of Fisher's exact probability that so many came by chance."""
        return log_overlap(
            self.inside,
            self.inside + self.outside,
            self.of_class,
            self.of_class + self.of_others,
        )


def class_looks(survey: Survey) -> list[Finding]:
    """Find classes whose training photos differ from all others as files do.

    By colour, file format, shape and size. Each class is compared with all others by
    Fisher's exact test, with Bonferroni's correction for all classes and looks; the
    difference must also be large, since among many photos a small one is certain, too.
    Of two classes, one is named.

    Args:
        survey: Of photos that have one label each.
    """
    is_asked = (survey.split_of == 0) & (survey.looks["width"] > 0)
    looks, labels = survey.looks[is_asked], survey.labels[is_asked]
    present = np.unique(labels)
    if len(present) < 2:
        return []
    families = list(_looks(looks))
    signs = [list(_signs_of(each, labels)) for each in families]
    signs.append(list(_signs_of_size(looks, labels)))
    num_choices = sum(len(each.words) for each in families) + 2 * len(looks)
    limit = _LEVEL - math.log(num_choices * len(present))
    return [
        _finding(survey, sign)
        for found in signs
        for sign in (found if len(present) > 2 else _clearest(found))
        if sign.gap >= sign.large and sign.log_chance <= limit
    ]


def _looks(looks: Shaped[np.ndarray, " N"]) -> Iterator[_Look]:
    yield _Look(
        ("coloured", "grey"),
        looks["is_grey"].astype(np.int64),
        "Make all photos grey, or collect both kinds for every class",
    )
    formats, stored = np.unique(np.char.decode(looks["format"]), return_inverse=True)
    yield _Look(
        tuple(f"stored as {each}" for each in formats.tolist()),
        stored.reshape(-1).astype(np.int64),
        "Collect photos of all classes from the same sources. Saving them anew in one "
        "format keeps the traces of the old one",
    )
    widths, heights = _shown_sides(looks)
    is_wide, is_high = widths > _SQUARE * heights, heights > _SQUARE * widths
    yield _Look(
        ("square", "wider than high", "higher than wide"),
        is_wide + 2 * is_high.astype(np.int64),
        "Collect photos of all shapes for every class, or cut all to one shape",
        _LARGE_OF_SHAPES,
    )


def _shown_sides(
    looks: Shaped[np.ndarray, " N"],
) -> tuple[Int64[np.ndarray, " N"], Int64[np.ndarray, " N"]]:
    """Widths and heights in pixels, once photos are turned as EXIF says."""
    is_lying = looks["orientation"] >= 5  # by EXIF, a quarter of a turn
    stored = looks["width"].astype(np.int64), looks["height"].astype(np.int64)
    return np.where(is_lying, stored[1], stored[0]), np.where(
        is_lying, stored[0], stored[1]
    )


def _signs_of(look: _Look, labels: Int64[np.ndarray, " N"]) -> Iterator[_Sign]:
    """Of each class, the value by which it differs most from all others."""
    num_values = len(look.words)
    table = np.bincount(
        labels * num_values + look.values,
        minlength=(int(labels.max()) + 1) * num_values,
    ).reshape(-1, num_values)
    totals, sizes = table.sum(axis=0), table.sum(axis=1)
    for label in np.flatnonzero(sizes).tolist():
        of_class = int(sizes[label])
        of_others = len(labels) - of_class
        gaps = table[label] / of_class - (totals - table[label]) / of_others
        value = int(gaps.argmax())
        inside = int(table[label, value])
        yield _Sign(
            label,
            look.words[value],
            inside,
            of_class,
            int(totals[value]) - inside,
            of_others,
            look.advice,
            look.large,
        )


def _signs_of_size(
    looks: Shaped[np.ndarray, " N"], labels: Int64[np.ndarray, " N"]
) -> Iterator[_Sign]:
    """Of classes of much larger or smaller photos, the size that parts them best."""
    sides = np.minimum(looks["width"], looks["height"]).astype(np.int64)
    steps, places = np.unique(sides, return_inverse=True)
    places = places.reshape(-1)
    totals = np.bincount(places, minlength=len(steps))
    order = np.argsort(labels, kind="stable")
    present, starts = np.unique(labels[order], return_index=True)
    for label, rows in zip(present.tolist(), np.split(order, starts[1:]), strict=True):
        inside = np.bincount(places[rows], minlength=len(steps))
        outside = totals - inside
        usual = sorted((_median(steps, inside), _median(steps, outside)))
        if usual[1] >= _TIMES * usual[0]:
            yield _sign_of_size(label, steps, inside, outside)


def _median(steps: Int64[np.ndarray, " S"], counts: Int64[np.ndarray, " S"]) -> int:
    """The lower median of numbers that are given by how often each occurs."""
    running = np.cumsum(counts)
    return int(steps[np.searchsorted(running, (running[-1] + 1) // 2)])


def _sign_of_size(
    label: int,
    steps: Int64[np.ndarray, " S"],
    inside: Int64[np.ndarray, " S"],
    outside: Int64[np.ndarray, " S"],
) -> _Sign:
    smaller, others = np.cumsum(inside)[:-1], np.cumsum(outside)[:-1]
    of_class, of_others = int(inside.sum()), int(outside.sum())
    gaps = smaller / of_class - others / of_others
    place = int(np.abs(gaps).argmax())
    is_small = bool(gaps[place] > 0)
    here, there = int(smaller[place]), int(others[place])
    return _Sign(
        label,
        f"{'below' if is_small else 'of at least'} {steps[place + 1]} pixels on the "
        "shorter side",
        here if is_small else of_class - here,
        of_class,
        there if is_small else of_others - there,
        of_others,
        "Collect photos of all classes from the same sources, or save all of them "
        "in the smallest size",
    )


def _clearest(signs: Sequence[_Sign]) -> Sequence[_Sign]:
    """Of two classes, the one to name: what marks it is what the other one lacks."""
    return sorted(signs, key=lambda each: (-each.gap, each.of_class))[:1]


def _finding(survey: Survey, sign: _Sign) -> Finding:
    name = survey.classes[sign.label]
    photos = counted(sign.of_class, "photo")
    return Finding(
        "class_look",
        (f"{survey.prefix(survey.splits[0])}{name}",),
        round(sign.gap, 6),
        "kept",
        f"To learn from, {sign.inside:,} of {photos} of the class {name!r} are "
        f"{sign.words}, and {sign.outside:,} of {sign.of_others:,} of all others. "
        f"{_WHY} {sign.advice}.",
    )
