"""Mirrors src/unfreeze/front/conv_learner.py."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score
from torch import Tensor, nn

from unfreeze.errors import PlanError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.tfms import tfms_from_model

StateOf: TypeAlias = Callable[[nn.Module], dict[str, Tensor]]
MakeLearner: TypeAlias = Callable[..., ConvLearner]
MakeData: TypeAlias = Callable[..., ImageClassifierData]


@pytest.fixture(scope="module")
def tagged(photos: Path) -> ImageClassifierData:
    """Photos with one or two labels each, from a table."""
    table = photos / "tags.csv"
    with table.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["name", "tags"])
        for path in sorted((photos / "train").rglob("*.png")):
            tags = f"{path.parent.name} {'even' if path.stem[-1] in '02468' else ''}"
            writer.writerow([f"{path.parent.name}/{path.stem}", tags.strip()])
    return ImageClassifierData.from_csv(
        photos,
        "train",
        table,
        bs=8,
        tfms=tfms_from_model("unfreeze_nano", 32),
        suffix=".png",
        num_workers=0,
    )


# --- answers -------------------------------------------------------------------


@pytest.mark.parametrize("precompute", [False, True])
def test_predict_gives_log_probabilities_in_index_order(
    make_learner: MakeLearner, precompute: bool
) -> None:
    learn = make_learner(precompute=precompute)
    learn.fit(1e-2, 1)

    log_probs, labels = learn.predict_with_targs()

    assert log_probs.shape == (18, 3)
    assert np.exp(log_probs).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(labels, learn.data.val_y)
    assert np.array_equal(learn.predict(), log_probs)
    assert learn.sched.rec_metrics[-1][0] == pytest.approx(
        accuracy_score(labels, log_probs.argmax(1))
    )


def test_predict_array_agrees_with_predict(quick: ConvLearner) -> None:
    images, _ = quick.data.val_ds[:]

    assert quick.predict_array(images) == pytest.approx(quick.predict(), abs=1e-5)


@pytest.mark.parametrize("arr", [np.zeros((3, 32, 32)), np.zeros((1, 1, 8, 8))])
def test_predict_array_refuses_what_is_not_a_batch_of_images(
    quick: ConvLearner, arr: np.ndarray
) -> None:
    with pytest.raises(PlanError, match=r"\(images, 3, height, width\), got"):
        quick.predict_array(arr)


def test_answers_leave_the_model_as_it_was(
    quick: ConvLearner, state_of: StateOf
) -> None:
    quick.fit(1e-2, 1)
    modes = [module.training for module in quick.model.modules()]
    before = state_of(quick.model)

    quick.predict()
    quick.TTA()

    assert [module.training for module in quick.model.modules()] == modes
    assert all(torch.equal(before[k], v) for k, v in state_of(quick.model).items())


@pytest.mark.parametrize(("n_aug", "plain"), [(4, 1), (1, 1), (5, 2), (8, 2)])
def test_tta_stacks_the_plain_pass_and_augmented_ones(
    quick: ConvLearner, n_aug: int, plain: int
) -> None:
    stack, labels = quick.TTA(n_aug)

    assert stack.shape == (plain + n_aug, 18, 3)
    for view in stack[:plain]:
        assert np.array_equal(view, quick.predict())
    assert not np.array_equal(stack[plain], stack[0])
    assert np.array_equal(labels, quick.data.val_y)


def test_answers_from_stored_activations_open_no_photo(
    make_learner: MakeLearner, drawn_folder: Path
) -> None:
    tfms = tfms_from_model("unfreeze_nano", 32)
    data = ImageClassifierData.from_paths(drawn_folder, 8, tfms, num_workers=0)
    learn = make_learner(data, precompute=True)
    learn.fit(1e-2, 1)
    expected = learn.predict()
    shutil.rmtree(drawn_folder / "valid")

    assert np.array_equal(learn.predict(), expected)
    assert np.array_equal(learn.TTA(0)[0][0], expected)


def test_answers_for_test_photos_come_from_what_is_stored_of_them(
    drawn_folder: Path, make_data: MakeData, make_learner: MakeLearner
) -> None:
    shutil.copytree(drawn_folder / "valid", drawn_folder / "test")
    data = make_data(drawn_folder, test_name="test", test_with_labels=True)
    learn = make_learner(data, precompute=True)
    seen: list[int] = []
    learn.model.backbone.register_forward_hook(
        lambda _, inputs, __: seen.append(len(inputs[0]))
    )

    found = learn.predict(is_test=True)

    assert seen == []
    learn.precompute = False
    assert found == pytest.approx(learn.predict(is_test=True), abs=1e-5)
    assert sum(seen) == 18


def test_tta_probabilities_are_the_mean_over_passes(quick: ConvLearner) -> None:
    stack, _ = quick.TTA()

    probs, _ = quick.TTA_probs()

    assert probs == pytest.approx(np.exp(stack.astype(float)).mean(axis=0), abs=1e-6)


def test_answers_of_views_are_plain_ones_and_the_mean_over_all(
    quick: ConvLearner,
) -> None:
    stack, labels = quick.TTA(5)  # with the plain pass twice

    plain, averaged = quick.predictions_of_views(5)

    assert np.array_equal(plain.log_probs, stack[0])
    expected = np.exp(stack[1:].astype(float)).mean(axis=0)
    assert averaged.probs == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(averaged.labels, labels)


def test_views_that_hold_the_truth_for_next_to_impossible_leave_finite_losses(
    quick: ConvLearner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exponential of -200 is 0 in single precision."""
    logits = torch.tensor([200.0, 0.0, 0.0]).expand(5, 18, 3)
    monkeypatch.setattr(quick, "_views", lambda *_: logits)

    _, averaged = quick.predictions_of_views()

    assert averaged.log_probs[:, 1] == pytest.approx(-200)


@pytest.mark.parametrize("tta", [False, True])
def test_an_ensemble_is_the_mean_of_its_cycles(
    quick: ConvLearner, state_of: StateOf, tta: bool
) -> None:
    quick.fit(1e-2, 3, cycle_len=1, cycle_save_name="snap")
    quick.fit(1e-2, 1)
    before = state_of(quick.model)

    found = quick.ensemble("snap", tta=tta)

    assert all(torch.equal(before[k], v) for k, v in state_of(quick.model).items())
    expected = []
    for cycle in range(3):
        quick.load_cycle("snap", cycle)
        expected.append(quick.TTA_probs()[0] if tta else np.exp(quick.predict()))
    assert found.probs == pytest.approx(np.mean(expected, axis=0), abs=1e-6)
    assert list(found.names) == list(quick.data.val_ds.fnames)


def test_an_ensemble_reads_cycles_by_number(quick: ConvLearner) -> None:
    """Cycle 10 is not mistaken for cycle 1, and a longer name is not mixed in."""
    quick.fit(1e-2, 1, cycle_len=1, cycle_save_name="snap")
    quick.fit(1e-2, 2, cycle_len=1, cycle_save_name="snap_cyc_0")

    found = quick.ensemble("snap")

    quick.load_cycle("snap", 0)
    assert found.probs == pytest.approx(np.exp(quick.predict()), abs=1e-6)


def test_an_ensemble_leaves_out_what_an_earlier_fit_has_left(
    make_learner: MakeLearner, lines: list[str]
) -> None:
    """Four cycles, and then two of a new learner, which replace the first two."""
    make_learner(precompute=True, seed=9).fit(
        1e-2, 4, cycle_len=1, cycle_save_name="snap"
    )
    learn = make_learner(precompute=True)
    learn.fit(1e-2, 2, cycle_len=1, cycle_save_name="snap")

    found = learn.ensemble("snap")

    assert any("left cycles [2, 3]" in line for line in lines)
    assert lines[-1].startswith("2 cycles averaged")
    assert len(list(learn.models_path.glob("snap_cyc_*"))) == 4
    expected = []
    for cycle in range(2):
        learn.load_cycle("snap", cycle)
        expected.append(np.exp(learn.predict()))
    assert found.probs == pytest.approx(np.mean(expected, axis=0), abs=1e-6)


def test_an_ensemble_without_cycles_says_how_to_get_them(quick: ConvLearner) -> None:
    with pytest.raises(PlanError, match="cycle_save_name='never'"):
        quick.ensemble("never")


def test_averaged_weights_predict_on_their_own(quick: ConvLearner) -> None:
    with pytest.raises(PlanError, match="use_swa=True"):
        quick.predict(use_swa=True)
    quick.fit(1e-1, 3, use_swa=True)

    averaged = quick.predict(use_swa=True)

    assert averaged.shape == (18, 3)
    assert not np.allclose(averaged, quick.predict())


@pytest.mark.parametrize("later", ["precompute", "measure_exactly"])
def test_averaged_weights_of_all_layers_answer_with_their_own_backbone(
    learn: ConvLearner, later: str
) -> None:
    learn.unfreeze()
    learn.fit(1e-3, 2, use_swa=True)
    expected = learn.predict(use_swa=True)

    if later == "precompute":
        learn.precompute = True
    else:
        learn.freeze()
        learn.measure_exactly()
    own = learn.predict()

    assert learn.predict(use_swa=True) == pytest.approx(expected, abs=1e-5)
    assert learn.predict() == pytest.approx(own, abs=1e-5)


def test_test_photos_are_refused_where_there_are_none(quick: ConvLearner) -> None:
    with pytest.raises(PlanError, match="test_name"):
        quick.predict(is_test=True)


def test_unlabelled_test_photos_are_predicted_without_labels(
    drawn_folder: Path, make_data: MakeData, make_learner: MakeLearner
) -> None:
    (drawn_folder / "test1").mkdir()
    for number, path in enumerate(sorted(drawn_folder.glob("valid/*/*0.png"))):
        path.rename(drawn_folder / "test1" / f"{number}.png")
    learn = make_learner(make_data(drawn_folder, test_name="test1"), precompute=True)

    log_probs, labels = learn.predict_with_targs(is_test=True)

    assert log_probs.shape == (3, 3)
    assert labels is None
    assert list(learn.predictions(is_test=True).names) == ["0.png", "1.png", "2.png"]


def test_interpretation_counts_what_predict_says(quick: ConvLearner) -> None:
    matrix = quick.interpret().confusion_matrix()

    guesses = quick.predict().argmax(axis=1)
    for label in range(3):
        for guess in range(3):
            both = (quick.data.val_y == label) & (guesses == guess)
            assert matrix[label, guess] == both.sum()


# --- other photos --------------------------------------------------------------


def test_activations_that_are_missing_are_counted(
    make_learner: MakeLearner, make_data: MakeData, drawn_folder: Path
) -> None:
    learner = make_learner(make_data(drawn_folder))
    assert learner.num_missing_activations() == (36, 18)

    learner.precompute = True
    learner.store_activations()

    assert learner.num_missing_activations() == (0, 0)


def test_views_that_cannot_be_stored_are_refused_before_anything_changes(
    photos: Path, make_data: MakeData, learn: ConvLearner
) -> None:
    own = make_data(
        photos, tfms=tfms_from_model("unfreeze_nano", 48, lambda image: image)
    )
    before = learn.data
    learn.unfreeze()

    with pytest.raises(PlanError, match="would go unnoticed"):
        learn.set_data(own, precompute=4)
    with pytest.raises(PlanError, match="would go unnoticed"):
        ConvLearner.pretrained("no such architecture", own, precompute=4)

    assert learn.data is before
    assert not learn.model.is_backbone_frozen


# --- stored activations --------------------------------------------------------


def test_a_number_stores_so_many_views_of_training_photos_and_plain_others(
    drawn_folder: Path, make_data: MakeData, make_learner: MakeLearner
) -> None:
    """Of 36 photos to learn from and 18 to measure with."""
    learn = make_learner(make_data(drawn_folder), precompute=3)

    rows: dict[object, int] = {}
    for folder in learn.tmp_path.glob("x_act_*"):
        meta = json.loads((folder / "meta.json").read_text())
        manifests = [
            json.loads(each.read_text()) for each in folder.glob("part-*.json")
        ]
        rows[meta.get("view")] = sum(each["shape"][0] for each in manifests)
    assert rows == {None: 18, 1: 36, 2: 36, 3: 36}


def test_an_epoch_from_views_runs_no_photo_through_the_backbone(
    make_learner: MakeLearner,
) -> None:
    learn = make_learner(precompute=2)
    seen: list[int] = []
    learn.model.backbone.register_forward_hook(
        lambda _, inputs, __: seen.append(len(inputs[0]))
    )

    learn.fit(1e-2, 4)
    learn.lr_find(num_it=20)

    assert seen == []


# --- heads ---------------------------------------------------------------------


@pytest.mark.parametrize("precompute", [False, True])
def test_a_head_of_ones_own_trains_with_and_without_precompute(
    make_learner: MakeLearner, global_draws: None, precompute: bool
) -> None:
    del global_draws
    channels = make_learner().model.backbone.num_features
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 3))
    before = head[2].weight.detach().clone()

    learn = make_learner(custom_head=head, precompute=precompute)
    learn.fit(1e-2, 1)

    assert not torch.equal(head[2].weight, before)
    assert learn.predict().shape == (18, 3)


def test_a_head_of_the_wrong_width_is_refused(
    make_learner: MakeLearner, global_draws: None
) -> None:
    del global_draws
    channels = make_learner().model.backbone.num_features
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 7))

    with pytest.raises(PlanError, match=r"7 outputs.*3 classes"):
        make_learner(custom_head=head)


@pytest.mark.parametrize("precompute", [False, True])
def test_a_backbone_can_be_cut_shorter(
    make_learner: MakeLearner, precompute: bool
) -> None:
    words = {"arch": "resnet10t", "pretrained": False}
    whole = make_learner(**words)
    short = make_learner(**words, xtra_cut=1, precompute=precompute)
    short.fit(1e-2, 1)
    short.save("short")

    other = make_learner(**words, xtra_cut=1, seed=5)
    other.load("short")

    whole_count = sum(each.numel() for each in whole.model.backbone.parameters())
    short_count = sum(each.numel() for each in short.model.backbone.parameters())
    assert short_count < whole_count
    assert np.array_equal(other.predict(), short.predict())


def test_hidden_layers_and_dropout_of_the_head_are_as_asked(
    make_learner: MakeLearner,
) -> None:
    head = make_learner(xtra_fc=[64, 32], ps=[0.1, 0.2, 0.3]).model.head

    drops = [each.p for each in head.modules() if isinstance(each, nn.Dropout)]
    widths = [
        each.out_features for each in head.modules() if isinstance(each, nn.Linear)
    ]
    assert drops == [0.1, 0.2, 0.3]
    assert widths == [64, 32, 3]


def test_learning_separates_what_is_drawn(quick: ConvLearner) -> None:
    row = quick.fit(1e-2, 10, cycle_len=1)

    assert row.metrics["accuracy"] >= 0.9


# --- several labels per photo --------------------------------------------------


@pytest.mark.parametrize("precompute", [False, True])
def test_photos_with_several_labels_get_a_probability_for_each(
    make_learner: MakeLearner, tagged: ImageClassifierData, precompute: bool
) -> None:
    learn = make_learner(tagged, precompute=precompute)

    first = learn.fit(1e-2, 1)
    last = learn.fit(1e-2, 8, cycle_len=1)
    probs, labels = learn.predict_with_targs()

    assert tagged.classes == ("circles", "even", "squares", "stripes")
    assert last.valid_loss < first.valid_loss
    assert probs.shape == labels.shape == (7, 4)
    assert 0 <= probs.min() <= probs.max() <= 1
    assert (probs.sum(axis=1) != 1).all()


def test_tta_of_several_labels_averages_probabilities(
    make_learner: MakeLearner, tagged: ImageClassifierData
) -> None:
    learn = make_learner(tagged)

    stack, _ = learn.TTA()

    assert stack.shape == (5, 7, 4)
    assert stack[0] == pytest.approx(learn.predict(), rel=1e-6)
    assert learn.TTA_probs()[0] == pytest.approx(stack.mean(axis=0))
    _, averaged = learn.predictions_of_views()
    assert averaged.probs == pytest.approx(stack.mean(axis=0), abs=1e-6)
