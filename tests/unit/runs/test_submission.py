"""Mirrors src/unfreeze/runs/submission.py."""

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from unfreeze.answering import Answering
from unfreeze.data.paths import PackedNames
from unfreeze.errors import DataError, PlanError
from unfreeze.records import Task
from unfreeze.runs.submission import Style, Submission, id_order, photo_id

PETS = Answering(classes=("cats", "dogs"))
BREEDS = Answering(classes=("basenji", "beagle", "borzoi"))
TAGS = Answering(
    classes=("clear", "haze", "road"), task=Task.MULTI, thresholds=(0.5, 0.2, 0.5)
)
FILE = Path("x.csv")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("test1/12.jpg", "12"), ("a.b/c.d.png", "c.d"), ("7", "7")],
)
def test_an_id_is_the_name_without_folder_and_ending(name: str, expected: str) -> None:
    assert photo_id(name) == expected


def test_numbers_are_put_in_order_and_other_ids_stay_as_they_are() -> None:
    numbers = PackedNames.from_names(["t/10.jpg", "t/9.jpg", "t/1.jpg"])
    words = PackedNames.from_names(["t/b10.jpg", "t/9.jpg", "t/a.jpg"])

    order = id_order(numbers)
    assert order is not None
    assert list(numbers.take(order)) == ["t/1.jpg", "t/9.jpg", "t/10.jpg"]
    assert id_order(words) is None


def test_numbers_of_any_length_are_put_in_order() -> None:
    """Python makes no number of more than 4,300 digits."""
    ids = ["9" * 5000, "1" + "0" * 4999, "007", "7", "0"]
    photos = PackedNames.from_names([f"t/{each}.jpg" for each in ids])

    order = id_order(photos)
    assert order is not None
    assert order.tolist() == [4, 2, 3, 1, 0]


def test_an_id_that_two_photos_have_is_refused() -> None:
    photos = PackedNames.from_names(["a/1.jpg", "a/2.jpg", "b/1.png"])

    with pytest.raises(DataError, match=r"2 photos have the id '1': 'a/1.jpg', 'b/1"):
        id_order(photos)


@pytest.mark.parametrize(
    ("rules", "style", "probs", "titles", "row"),
    [
        (PETS, "label", [0.3, 0.7], ["id", "label"], ["1", "dogs"]),
        (PETS, "probability", [0.3, 0.7], ["id", "label"], ["1", "0.7000000"]),
        (
            BREEDS,
            "probabilities",
            [0.5, 0.25, 0.25],
            ["id", "basenji", "beagle", "borzoi"],
            ["1", "0.5000000", "0.2500000", "0.2500000"],
        ),
        (TAGS, "label", [0.9, 0.3, 0.1], ["image_name", "tags"], ["1", "clear haze"]),
        (
            TAGS,
            "probabilities",
            [0.9, 0.3, 0.1],
            ["image_name", "clear", "haze", "road"],
            ["1", "0.9000000", "0.3000000", "0.1000000"],
        ),
    ],
)
def test_rows_are_as_competitions_ask_for_them(
    rules: Answering,
    style: Style,
    probs: list[float],
    titles: list[str],
    row: list[str],
) -> None:
    columns = Submission(FILE, style).columns(rules)

    assert columns.titles == titles
    assert columns.cells("t/1.jpg", np.array(probs), None) == row
    assert columns.begin("t/1.jpg") == "1"


def test_the_class_can_be_named() -> None:
    columns = Submission(FILE, "probability", "beagle").columns(BREEDS)

    assert columns.cells("1.jpg", np.array([0.1, 0.6, 0.3]), None) == ["1", "0.6000000"]


def test_a_wrong_answer_that_is_certain_does_not_cost_everything() -> None:
    columns = Submission(FILE, "probability").columns(PETS)

    _, low = columns.cells("1.jpg", np.array([1.0, 0.0]), None)
    _, high = columns.cells("1.jpg", np.array([0.0, 1.0]), None)

    assert metrics.log_loss([1, 0], [float(low), float(high)]) < 17


@pytest.mark.parametrize(
    ("rules", "style", "row"),
    [
        (PETS, "label", ["1", ""]),
        (PETS, "probability", ["1", "0.5000000"]),
        (BREEDS, "probabilities", ["1", *["0.3333333"] * 3]),
        (TAGS, "probabilities", ["1", *["0.5000000"] * 3]),
    ],
)
def test_a_photo_that_cannot_be_read_has_the_row_of_one_who_knows_nothing(
    rules: Answering, style: Style, row: list[str]
) -> None:
    columns = Submission(FILE, style).columns(rules)

    nothing = np.full(len(rules.classes), np.nan)
    assert columns.cells("1.jpg", nothing, "It is empty.") == row


def test_what_a_submission_cannot_hold_is_refused() -> None:
    with pytest.raises(PlanError, match="--positive dogs goes with"):
        Submission(FILE, "label", "dogs")
    with pytest.raises(PlanError, match="Pass --submission FILE"):
        Submission(None, "probability")
    with pytest.raises(PlanError, match="none is named of 'basenji'"):
        Submission(FILE, "probability").columns(BREEDS)
    with pytest.raises(PlanError, match="'pug' is not one of"):
        Submission(FILE, "probability", "pug").columns(BREEDS)
    with pytest.raises(PlanError, match="--threshold and --min-precision out"):
        Submission(FILE).require_use(0.5, None)
    Submission(None).require_use(0.5, None)
