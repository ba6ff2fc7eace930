import numpy as np
import pytest

from unfreeze.answering import NOT_SURE, Answering
from unfreeze.errors import ImageError
from unfreeze.records import Task
from unfreeze.serve.answer import answer_from

RULES = Answering(classes=("ant", "bee", "cat"))
PROBS = np.float32([0.2, 0.7, 0.1])


def test_classes_stand_with_the_most_probable_first() -> None:
    answer = answer_from(PROBS, RULES, None)

    assert list(answer.probabilities) == ["bee", "ant", "cat"]
    assert answer.label == "bee"
    assert answer.probability == pytest.approx(0.7)
    assert answer.is_sure


@pytest.mark.parametrize(("least", "is_sure"), [(0.69, True), (0.71, False)])
def test_below_the_least_probability_an_answer_is_not_sure(
    least: float, is_sure: bool
) -> None:
    answer = answer_from(PROBS, RULES, least)

    assert answer.is_sure is is_sure
    assert answer.label == ("bee" if is_sure else NOT_SURE)
    assert answer.probability == pytest.approx(0.7)


def test_a_probability_at_the_limit_is_sure_enough() -> None:
    at_limit = np.float32([0.1, 0.9])

    answer = answer_from(
        at_limit, Answering(classes=("a", "b")), float(np.float32(0.9))
    )

    assert answer.is_sure
    assert answer.label == "b"


@pytest.mark.parametrize("odd", [np.nan, np.inf])
@pytest.mark.parametrize("least", [None, 0.5])
def test_what_is_not_a_number_is_no_answer(odd: float, least: float | None) -> None:
    with pytest.raises(ImageError, match="not a number"):
        answer_from(np.float32([0.2, odd, 0.1]), RULES, least)


def test_heat_that_is_not_numbers_is_left_out() -> None:
    heat = np.array([[0.5, np.nan]])

    assert answer_from(PROBS, RULES, None, heat).heat is None


def test_of_equals_the_first_class_leads_as_in_its_label() -> None:
    answer = answer_from(np.float32([0.5, 0.5]), Answering(classes=("z", "a")), None)

    assert next(iter(answer.probabilities)) == answer.label == "z"


def test_several_labels_stand_in_one_text() -> None:
    rules = Answering(classes=("sun", "sea"), task=Task.MULTI, thresholds=(0.3, 0.9))

    answer = answer_from(np.float32([0.4, 0.8]), rules, None)

    assert answer.label == "sun"
    assert answer.probability == pytest.approx(0.8)
