"""Mirrors src/unfreeze/front/explanation.py."""

import numpy as np
import pytest

from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.explanation import Explanation
from unfreeze.insight.plots import Picture


@pytest.fixture
def trained(quick: ConvLearner) -> ConvLearner:
    quick.fit(1e-2, 2)
    return quick


def titles(picture: Picture) -> list[str]:
    return [axes.get_title() for axes in picture.axes]


def test_the_answer_is_that_of_predict(trained: ConvLearner) -> None:
    expected = trained.predict()

    for row in (0, 9):
        answer = trained.explain(row).said
        np.testing.assert_allclose(answer.log_probs[0], expected[row], atol=1e-4)
        assert answer.names[0] == trained.data.val_ds.fnames[row]


def test_heat_shows_the_answer_and_the_truth_or_the_runner_up(
    trained: ConvLearner,
) -> None:
    log_probs, labels = trained.predict_with_targs()
    assert labels is not None
    for row in range(0, 18, 4):
        best, second = np.argsort(-log_probs[row])[:2]
        other = second if best == labels[row] else labels[row]

        found = trained.explain(row)

        expected = [trained.data.classes[number] for number in (best, other)]
        assert list(found.heat) == expected
        same = trained.heat_maps([row], [int(other)])[0]
        np.testing.assert_allclose(found.heat[expected[1]], same, atol=1e-5)


def test_any_file_can_be_explained(trained: ConvLearner) -> None:
    file = trained.data.valid.index.sources[4]

    found = trained.explain(file)

    assert found.said.labels is None
    np.testing.assert_allclose(
        found.said.log_probs, trained.explain(4).said.log_probs, atol=1e-6
    )


def test_pictures_name_classes_and_stages(trained: ConvLearner) -> None:
    found = trained.explain(0)

    first, *maps = titles(found.plot())
    assert first.splitlines()[-1] in {"right", *[f"is {c}" for c in found.said.classes]}
    assert maps == [f"speaks for\n{name}" for name in found.heat]
    words = titles(found.plot_activations())
    assert words[0].startswith(found.stages[0][0].layer)
    assert len(words) == 6 * len(found.stages)
    assert shown(found).startswith(b"\x89PNG")


def shown(found: Explanation) -> bytes:
    return found._repr_png_()


def test_explaining_leaves_learning_as_it_was(trained: ConvLearner) -> None:
    learns = [each.requires_grad for each in trained.model.parameters()]
    before = trained.predict()

    trained.explain(1)

    assert [each.requires_grad for each in trained.model.parameters()] == learns
    np.testing.assert_array_equal(trained.predict(), before)
