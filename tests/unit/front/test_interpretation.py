"""Mirrors src/unfreeze/front/interpretation.py."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from unfreeze.errors import PlanError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.interpretation import ImageModelResults, Interpretation
from unfreeze.insight.plots import Picture
from unfreeze.records import Predictions


def said(labels: list[int] | None) -> Predictions:
    log_probs = np.log([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3]])
    known = None if labels is None else np.array(labels)
    return Predictions(["a", "b", "c"], ("x", "y", "z"), log_probs, known)


def test_the_most_probable_class_is_predicted() -> None:
    assert Interpretation(said([0, 1, 1])).predicted.tolist() == [0, 2, 1]


def test_rows_are_true_classes_and_columns_predicted_ones() -> None:
    found = Interpretation(said([0, 1, 1])).confusion_matrix()

    assert np.array_equal(found, confusion_matrix([0, 1, 1], [0, 2, 1]))


@pytest.mark.parametrize("normalize", [False, True])
def test_the_matrix_is_drawn_with_names(normalize: bool) -> None:
    figure = Interpretation(said([0, 1, 1])).plot_confusion_matrix(normalize)

    assert isinstance(figure, Figure)
    names = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert names == ["x", "y", "z"]


def test_photos_without_labels_are_refused() -> None:
    with pytest.raises(PlanError, match="have none or several"):
        Interpretation(said(None))


def test_confused_pairs_have_names() -> None:
    assert Interpretation(said([0, 1, 1])).most_confused() == [("y", "z", 1)]
    assert Interpretation(said([0, 1, 1])).most_confused(min_val=2) == []


def test_choices_take_a_class_by_number_or_name() -> None:
    found = Interpretation(said([0, 1, 1]))

    assert found.most_correct("y").tolist() == found.most_correct(1).tolist() == [2]
    assert found.most_incorrect("y").tolist() == [1]
    assert found.most_incorrect("x").tolist() == []
    assert found.most_uncertain(1, count=1).tolist() == [2]
    assert found.top_losses(2).tolist() == [1, 2]


def test_an_unknown_class_name_is_refused() -> None:
    with pytest.raises(PlanError, match=r"no class 'w'.* are: x, y, z"):
        Interpretation(said([0, 1, 1])).most_correct("w")


def test_pictures_without_photos_are_refused() -> None:
    with pytest.raises(PlanError, match="Pictures need the photos"):
        Interpretation(said([0, 1, 1])).plot_top_losses()


def titles(picture: Picture) -> list[str]:
    return [axes.get_title() for axes in picture.axes if axes.get_title()]


@pytest.fixture
def results(learn: ConvLearner) -> ImageModelResults:
    """Of answers that are right but for three."""
    log_probs = np.full((18, 3), np.log(0.1))
    labels = learn.data.val_y
    log_probs[np.arange(18), labels] = np.log(0.8)
    log_probs[[0, 1, 7]] = np.log([[0.3, 0.6, 0.1], [0.45, 0.5, 0.05], [0.1, 0.2, 0.7]])
    return ImageModelResults(learn.data.val_ds, log_probs)


def test_the_lessons_results_draw_photos_of_a_class(
    results: ImageModelResults,
) -> None:
    assert titles(results.plot_most_correct(0)) == ["circles 0.800\nright"] * 4
    assert titles(results.plot_most_incorrect(0)) == [
        "squares 0.600\nis circles 0.300",
        "squares 0.500\nis circles 0.450",
    ]
    assert titles(results.plot_most_uncertain(0, count=1)) == [
        "squares 0.500\nis circles 0.450"
    ]
    assert titles(results.plot_val_with_title([7], "one"))[0].startswith("stripes")


def test_without_a_mistake_the_sheet_is_empty_and_says_so(
    learn: ConvLearner,
) -> None:
    log_probs = np.log(np.eye(3)[learn.data.val_y] * 0.9 + 0.03)
    perfect = ImageModelResults(learn.data.val_ds, log_probs)

    picture = perfect.plot_most_incorrect(1)

    assert picture.get_suptitle() == "No mistake"
    assert titles(picture) == []


def test_answers_of_another_split_are_refused(learn: ConvLearner) -> None:
    with pytest.raises(PlanError, match=r"shape \(4, 3\) for 18 photos of 3 classes"):
        ImageModelResults(learn.data.val_ds, np.zeros((4, 3)))


def test_a_learner_draws_losses_with_heat_and_the_whole_split(
    quick: ConvLearner,
) -> None:
    quick.fit(1e-2, 1)
    found = quick.interpret()

    words = titles(found.plot_top_losses(2))
    assert sum(each.startswith("speaks for") for each in words) >= 2
    assert len(titles(found.plot_top_losses(2, heatmap=False))) == 2
    assert len(found.plot_feature_space().axes) == 1
    space = found.feature_space()
    assert space.places.shape == (18, 2)
    assert space.mistakes.tolist() == (found.predicted != quick.data.val_y).tolist()


def test_a_confused_pair_is_drawn_by_name(quick: ConvLearner) -> None:
    picture = quick.interpret().plot_confused("circles", "stripes")

    assert picture.get_suptitle() == "circles taken for stripes"


def test_photos_for_heat_maps_are_given_in_any_kind_of_sequence(
    quick: ConvLearner,
) -> None:
    found = quick.interpret()

    for rows in ((0, 1), [0, 1], range(2), np.array([0, 1])):
        words = titles(found.plot_heat_maps(rows))
        assert sum(each.startswith("speaks for") for each in words) >= 2
    for rows in ([], np.array([], dtype=int)):
        assert not titles(found.plot_heat_maps(rows))
        assert quick.heat_maps(rows).shape == (0, 0, 0)


@pytest.mark.parametrize("row", [99, 18, -1])
def test_heat_maps_of_a_photo_that_is_not_there_are_refused(
    quick: ConvLearner, row: int
) -> None:
    with pytest.raises(PlanError, match=f"no photo {row}: expected 0 to 17"):
        quick.interpret().plot_heat_maps([row])
    with pytest.raises(PlanError, match=f"no photo {row}: expected 0 to 17"):
        quick.heat_maps([row])


def test_heat_maps_are_those_of_the_predicted_class(quick: ConvLearner) -> None:
    predicted = quick.predict().argmax(axis=1)

    found = quick.heat_maps([2, 11])

    expected = quick.heat_maps([2, 11], predicted[[2, 11]].tolist())
    np.testing.assert_array_equal(found, expected)
    assert found.max() <= 1
