"""Mirrors src/unfreeze/runs/split_notes.py."""

from dataclasses import asdict, replace

import numpy as np

from unfreeze.data.fixed import FixSummary
from unfreeze.data.groups import Grouping
from unfreeze.data.held_out import HeldOut, Share
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.runs.split_notes import split_facts, split_notes

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


def test_a_split_as_asked_for_is_not_worth_a_word(data: ImageClassifierData) -> None:
    held = HeldOut(asked=0.2, held_out=11, photos=54)
    made = replace(data, held_out=held)

    assert list(split_notes(made)) == []
    assert split_facts(made) == {**asdict(held), "note": ""}
    assert split_facts(data) is None


def test_a_split_that_missed_its_share_is_told_with_figures(
    data: ImageClassifierData,
) -> None:
    off = tuple(Share(name, 1, 20) for name in "abcd")
    held = HeldOut(asked=0.2, held_out=4, photos=80, classes_off=off)
    grouped = replace(data, held_out=held, grouping=Grouping(by="p", num_groups=4))

    *_, note = split_notes(grouped)

    assert note == (
        "4 of 80 photos (5.0 %) are held out; 20.0 % was asked for, and what belongs "
        "together or looks the same stays on one side. Farthest off: 'a' 1 of 20 "
        "photos (5.0 %), 'b' 1 of 20 photos (5.0 %), 'c' 1 of 20 photos (5.0 %) and "
        "1 class more"
    )
    assert (split_facts(grouped) or {})["note"] == note


def test_without_groups_small_classes_are_to_blame(data: ImageClassifierData) -> None:
    held = HeldOut(asked=0.2, held_out=10, photos=20)

    [note, *_] = split_notes(replace(data, held_out=held, fixes=FIXED))

    assert "10 of 20 photos (50.0 %) are held out, before fixes; 20.0 %" in note
    assert note.endswith("and a single one is learned from")


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
