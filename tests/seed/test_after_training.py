"""The notes on what follows training (S2, S5, S6, S18, S37, S38, S41 to S43, S46)."""

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn import metrics
from torch import nn

from unfreeze import ConvLearner, ImageClassifierData, WeightsError, accuracy

Snapshot = Callable[[nn.Module], dict[str, torch.Tensor]]
Same = Callable[[nn.Module, dict[str, torch.Tensor]], bool]


@pytest.fixture
def trained(quick: ConvLearner) -> ConvLearner:
    """Knows the drawn photos, but not too well."""
    quick.fit(3e-3, 1)
    return quick


def test_s02_metrics_take_numpy_torch_and_tta(trained: ConvLearner) -> None:
    stack, labels = trained.TTA()
    probs, targets = np.exp(stack).mean(axis=0), np.asarray(labels)
    both = torch.from_numpy(probs), torch.from_numpy(targets)

    scores = {
        accuracy(probs, targets),
        accuracy(*both),
        accuracy(both[0], targets),
        accuracy(probs, both[1]),
        accuracy(stack, labels),
    }

    assert scores == {float((probs.argmax(axis=1) == targets).mean())}


def test_s05_the_models_folder_appears_with_the_first_save(
    trained: ConvLearner,
) -> None:
    assert not trained.models_path.exists()

    trained.save("224_lastlayer")

    assert trained.models_path == trained.data.path / "models"
    assert trained.models_path.is_dir()


def test_s06_each_save_is_one_file(trained: ConvLearner) -> None:
    trained.save("x")

    found = [path.name for path in trained.models_path.glob("x*")]
    assert found == ["x.safetensors"]


def test_s06_an_old_state_dict_with_the_lessons_suffix_loads(
    trained: ConvLearner,
    make_learner: Callable[..., ConvLearner],
    snapshot: Snapshot,
    same: Same,
) -> None:
    trained.models_path.mkdir()
    torch.save(trained.model.state_dict(), trained.models_path / "old.h5")
    fresh = make_learner()

    fresh.load("old")

    assert same(fresh.model, snapshot(trained.model))


def test_s06_a_file_of_another_format_is_named(trained: ConvLearner) -> None:
    trained.models_path.mkdir()
    (trained.models_path / "keras.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64))

    with pytest.raises(WeightsError, match="HDF5"):
        trained.load("keras")


def test_s18_learning_by_heart_is_flagged(
    make_learner: Callable[..., ConvLearner],
    arrays: Callable[..., tuple[np.ndarray, np.ndarray]],
    tmp_path: Path,
) -> None:
    noise = ImageClassifierData.from_arrays(
        tmp_path, arrays(48, 3), arrays(24, 3, seed=1), bs=16, num_workers=0
    )
    learner = make_learner(noise, precompute=True, ps=0)

    learner.fit(1e-3, 12)

    report = learner.sched.overfit_report()
    assert report.is_overfitting
    assert "while the training loss fell" in report.reason


def test_s18_a_healthy_run_is_not_flagged(quick: ConvLearner) -> None:
    quick.fit(1e-3, 6)

    assert not quick.sched.overfit_report().is_overfitting


def test_s37_the_confusion_matrix_has_a_row_per_true_class(
    trained: ConvLearner,
) -> None:
    found = trained.interpret()

    assert found.confusion_matrix().sum(axis=1).tolist() == [6, 6, 6]
    axes = found.plot_confusion_matrix().axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["circles", "squares", "stripes"]


def test_s38_the_confusion_matrix_is_that_of_scikit_learn(
    trained: ConvLearner,
) -> None:
    log_probs, labels = trained.predict_with_targs()
    expected = metrics.confusion_matrix(labels, log_probs.argmax(axis=1))

    found = trained.interpret().confusion_matrix()

    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, expected)


def test_s41_tta_is_the_plain_photos_and_four_augmented_passes(
    trained: ConvLearner,
) -> None:
    stack, labels = trained.TTA()

    assert stack.shape == (5, 18, 3)
    np.testing.assert_array_equal(stack[0], trained.predict())
    np.testing.assert_array_equal(labels, trained.data.val_y)
    assert not any(np.array_equal(stack[0], stack[view]) for view in range(1, 5))


def test_s42_the_average_is_the_final_prediction(trained: ConvLearner) -> None:
    stack, _ = trained.TTA()

    probs, labels = trained.TTA_probs()

    np.testing.assert_allclose(probs, np.exp(stack).mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
    assert accuracy(probs, labels) >= accuracy(stack[0], labels) - 0.005


def test_s43_tta_is_for_validation_and_test_alone(
    trained: ConvLearner, make_learner: Callable[..., ConvLearner], same: Same,
    snapshot: Snapshot,
) -> None:  # fmt: skip
    assert list(inspect.signature(trained.TTA).parameters) == ["n_aug", "is_test"]
    assert len(trained.TTA()[0][0]) == trained.data.val_ds.n

    one, other = make_learner(), make_learner()
    one.TTA()
    one.fit(1e-2, 1)
    other.fit(1e-2, 1)

    assert same(one.model, snapshot(other.model))


def test_s46_save_goes_to_models(
    trained: ConvLearner, snapshot: Snapshot, same: Same
) -> None:
    before = snapshot(trained.model)

    path = trained.save("224_all")

    assert path == trained.data.path / "models" / "224_all.safetensors"
    trained.fit(1e-2, 1)
    trained.load("224_all")
    assert same(trained.model, before)
