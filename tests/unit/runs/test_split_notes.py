"""Mirrors src/unfreeze/runs/split_notes.py."""

from dataclasses import replace

import numpy as np

from unfreeze.data.fixed import FixSummary
from unfreeze.data.groups import Grouping
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.runs.split_notes import split_notes

FIXED = FixSummary(
    file="f.csv",
    dropped=2,
    relabelled=3,
    kept=1,
    accuracy_before=0.9,
    accuracy_after=0.95,
    compared="heads",
)


def test_without_groups_and_fixes_there_is_nothing_to_say(
    data: ImageClassifierData,
) -> None:
    assert list(split_notes(data)) == []


def test_groups_on_both_sides_are_a_warning(data: ImageClassifierData) -> None:
    grouping = Grouping(by="p", num_groups=9, num_alone=4, straddling=("a", "b"))

    notes = list(split_notes(replace(data, grouping=grouping)))

    assert notes[0] == "9 groups by 'p'; 4 photos of none"
    assert (
        "2 of them have photos in training and in validation, such as 'a', 'b'"
        in notes[1]
    )
    assert "scores may be too good" in notes[1]


def test_look_alikes_are_counted(data: ImageClassifierData) -> None:
    [note] = split_notes(replace(data, grouping=Grouping(num_duplicates=12)))

    assert note.startswith("12 photos are on the side of a photo")


def test_fixes_say_what_they_bring(data: ImageClassifierData) -> None:
    [note] = split_notes(replace(data, fixes=FIXED))

    assert note.startswith("fixes: 2 dropped, 3 relabelled, 1 kept; accuracy of a")
    assert note.endswith("0.9000 without them, 0.9500 with them")


def test_fixes_of_several_labels_have_no_accuracy(data: ImageClassifierData) -> None:
    fixed = replace(FIXED, accuracy_before=None, accuracy_after=None)

    assert list(split_notes(replace(data, fixes=fixed))) == [
        "fixes: 2 dropped, 3 relabelled, 1 kept"
    ]


def test_a_class_that_nothing_measures_is_named(data: ImageClassifierData) -> None:
    rows = np.flatnonzero(data.valid.index.labels != 1)

    [note] = split_notes(replace(data, valid=data.valid.take(rows)))

    assert note.startswith("no validation photo of 'squares'")
