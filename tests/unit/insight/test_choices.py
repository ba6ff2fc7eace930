"""Mirrors src/unfreeze/insight/choices.py."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, log_loss

from unfreeze.errors import DataError
from unfreeze.insight.choices import (
    ConfusedPair,
    as_yes_or_no,
    mistaken_for,
    most_confused,
    most_correct,
    most_incorrect,
    most_uncertain,
    row_losses,
    top_losses,
)
from unfreeze.records import Predictions

_CHOICES = [most_correct, most_incorrect, most_uncertain]


def said(probs: list[list[float]], labels: object) -> Predictions:
    """Predictions of classes a, b, c ... with these probabilities."""
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.array(probs, dtype=float))
    classes = tuple("abcdefghij"[: log_probs.shape[1]])
    known = None if labels is None else np.array(labels)
    names = [str(row) for row in range(len(probs))]
    return Predictions(names, classes, log_probs, known)


@pytest.fixture
def some() -> Predictions:
    probs = [
        [0.90, 0.05, 0.05],  # a, right
        [0.10, 0.80, 0.10],  # a taken for b
        [0.45, 0.40, 0.15],  # a, right, hardly
        [0.30, 0.69, 0.01],  # a taken for b
        [0.20, 0.70, 0.10],  # b, right
        [0.50, 0.01, 0.49],  # b taken for a, undecided
        [0.97, 0.02, 0.01],  # a, right
    ]
    return said(probs, [0, 0, 0, 0, 1, 1, 0])


@pytest.fixture
def random_ones() -> Predictions:
    rng = np.random.default_rng(5)
    probs = rng.dirichlet(np.ones(4), size=200).tolist()
    return said(probs, rng.integers(0, 4, 200))


def test_the_most_correct_are_right_and_sure(some: Predictions) -> None:
    assert most_correct(some, 3).tolist() == [6, 0, 4]


def test_the_most_incorrect_gave_their_own_class_the_least(some: Predictions) -> None:
    assert most_incorrect(some, 9).tolist() == [5, 1, 3]


def test_the_most_uncertain_hesitate_between_their_two_best(some: Predictions) -> None:
    assert most_uncertain(some, 2).tolist() == [5, 2]


def test_a_class_holds_only_its_own_photos(some: Predictions) -> None:
    assert most_correct(some, of_class=1).tolist() == [4]
    assert most_incorrect(some, of_class=0).tolist() == [1, 3]
    assert most_uncertain(some, 1, of_class=0).tolist() == [2]


def test_with_two_classes_uncertain_means_nearest_to_one_half() -> None:
    share = np.random.default_rng(1).random(50)
    two = said(np.stack([share, 1 - share], axis=1).tolist(), None)

    expected = np.argsort(np.abs(share - 0.5), kind="stable")[:6]

    assert most_uncertain(two, 6).tolist() == expected.tolist()


def test_choices_agree_with_looking_at_every_row(random_ones: Predictions) -> None:
    probs, labels = random_ones.probs, random_ones.labels
    assert labels is not None
    wrong = [
        (probs[row, labels[row]], row)
        for row in range(200)
        if labels[row] == 2 and max(probs[row]) > probs[row, 2]
    ]

    found = most_incorrect(random_ones, 7, of_class=2)

    assert found.tolist() == [row for _, row in sorted(wrong)[:7]]


def test_without_a_mistake_nothing_is_incorrect() -> None:
    perfect = said([[0.9, 0.1], [0.2, 0.8]], [0, 1])

    assert most_incorrect(perfect).tolist() == []
    assert most_incorrect(perfect, of_class=1).tolist() == []
    assert most_confused(np.diag([1, 1])) == ()
    assert most_correct(perfect).tolist() == [0, 1]


def test_a_model_that_is_always_wrong_has_nothing_correct() -> None:
    hopeless = said([[0.9, 0.1], [0.2, 0.8]], [1, 0])

    assert most_correct(hopeless).tolist() == []
    assert most_incorrect(hopeless).tolist() == [0, 1]


@pytest.mark.parametrize("choose", _CHOICES)
def test_a_class_without_photos_gives_no_rows(choose: type, some: Predictions) -> None:
    assert choose(some, of_class=2).tolist() == []


@pytest.mark.parametrize("choose", [*_CHOICES, top_losses])
def test_a_split_without_photos_gives_no_rows(choose: type) -> None:
    nothing = Predictions([], ("a", "b"), np.zeros((0, 2)), np.zeros(0, dtype=int))

    assert choose(nothing).tolist() == []


def test_ties_keep_the_order_of_the_index() -> None:
    same = said([[0.6, 0.4]] * 5, [0] * 5)

    assert most_correct(same, 3).tolist() == [0, 1, 2]
    assert most_uncertain(same, 3).tolist() == [0, 1, 2]


def test_one_class_alone_leaves_no_doubt() -> None:
    assert most_uncertain(said([[1.0], [1.0]], [0, 0])).tolist() == [0, 1]


def test_top_losses_are_the_largest_whether_right_or_wrong(some: Predictions) -> None:
    assert top_losses(some, 4).tolist() == [5, 1, 3, 2]


def test_a_probability_of_zero_comes_first_and_does_no_harm() -> None:
    certain = said([[1.0, 0.0], [0.4, 0.6], [0.0, 1.0]], [1, 0, 1])

    assert top_losses(certain).tolist() == [0, 1, 2]
    assert most_incorrect(certain).tolist() == [0, 1]


def test_losses_of_one_label_are_those_of_scikit_learn(
    random_ones: Predictions,
) -> None:
    expected = log_loss(random_ones.labels, random_ones.probs, labels=range(4))

    assert row_losses(random_ones).mean() == pytest.approx(expected)


def test_losses_of_several_labels_are_means_over_classes() -> None:
    rng = np.random.default_rng(3)
    probs, labels = rng.random((30, 3)), rng.integers(0, 2, (30, 3))

    found = row_losses(said(probs.tolist(), labels.astype(float)))

    by_class = [log_loss(labels[:, k], probs[:, k], labels=[0, 1]) for k in range(3)]
    assert found.mean() == pytest.approx(np.mean(by_class))


def test_confused_pairs_count_what_lies_beside_the_diagonal() -> None:
    labels, found = [0, 0, 0, 0, 1, 2, 2, 2], [1, 1, 0, 2, 1, 1, 1, 2]

    pairs = most_confused(confusion_matrix(labels, found))

    assert pairs == (
        ConfusedPair(2, 1, 2, pytest.approx(2 / 3)),  # type: ignore[arg-type]
        ConfusedPair(0, 1, 2, 0.5),
        ConfusedPair(0, 2, 1, 0.25),
    )
    assert len(most_confused(confusion_matrix(labels, found), at_least=2)) == 2


def test_photos_of_a_confused_pair_are_found(some: Predictions) -> None:
    assert mistaken_for(some, 0, 1).tolist() == [1, 3]
    assert mistaken_for(some, 1, 2).tolist() == []


def test_one_class_of_several_labels_becomes_yes_or_no() -> None:
    several = said([[0.9, 0.2], [0.6, 1.0]], [[1.0, 0.0], [0.0, 1.0]])

    planes = as_yes_or_no(several, 0)

    np.testing.assert_allclose(planes.probs, [[0.1, 0.9], [0.4, 0.6]])
    assert planes.classes == ("not a", "a")
    assert most_incorrect(planes).tolist() == [1]
    assert np.isfinite(as_yes_or_no(several, 1).log_probs).all()


@pytest.mark.parametrize(
    ("labels", "words"),
    [(None, "have no labels"), ([[1.0, 0.0]], "carry several labels each")],
)
def test_what_cannot_be_right_or_wrong_is_refused(labels: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        most_correct(said([[0.5, 0.5]], labels))


def test_losses_without_labels_are_refused() -> None:
    with pytest.raises(DataError, match="have no labels"):
        top_losses(said([[0.5, 0.5]], None))


def test_a_class_that_does_not_exist_is_refused(some: Predictions) -> None:
    with pytest.raises(DataError, match="no class 3: expected 0 to 2, for a, b, c"):
        most_correct(some, of_class=3)
    with pytest.raises(DataError, match=r"no class -1: .* and 5 more"):
        most_uncertain(said([[0.1] * 10], [0]), of_class=-1)


def test_one_label_per_photo_is_no_matter_of_yes_or_no(some: Predictions) -> None:
    with pytest.raises(DataError, match="do not carry several labels"):
        as_yes_or_no(some, 0)
