"""The notes on activations and on storing them (S4, S20, S49 to S51, S53, S54)."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from unfreeze import (
    ConvLearner,
    CropType,
    ImageClassifierData,
    PlanError,
    resnet18,
    tfms_from_model,
    unfreeze_nano,
)
from unfreeze.training.runtime import PlainRuntime

Snapshot = Callable[[nn.Module], dict[str, torch.Tensor]]
Same = Callable[[nn.Module, dict[str, torch.Tensor]], bool]
LearnerMaker = Callable[..., ConvLearner]
DataMaker = Callable[..., ImageClassifierData]


def _stores(learner: ConvLearner) -> dict[str, int]:
    """Rows in each store."""
    rows: dict[str, int] = {}
    for folder in sorted(learner.tmp_path.glob("x_act_*")):
        manifests = folder.glob("part-*.json")
        rows[folder.name] = sum(
            json.loads(each.read_text())["shape"][0] for each in manifests
        )
    return rows


def test_s04_an_activation_says_where_a_feature_is(learn: ConvLearner) -> None:
    photo = learn.data.path / "valid" / learn.data.val_ds.fnames[0]
    convolutions = [
        name for name, module in learn.model.named_modules()
        if isinstance(module, nn.Conv2d)
    ]  # fmt: skip

    early = learn.activations(photo, convolutions[0])

    assert early.ndim == 3
    assert early.shape[1] == early.shape[2] == 16
    assert early.std() > 0
    with pytest.raises(PlanError, match="no layer 'stem'"):
        learn.activations(photo, "stem")


def test_s04_what_the_head_reads_is_what_is_stored(quick: ConvLearner) -> None:
    folder = next(quick.tmp_path.glob("x_act_*"))
    parts = [path.with_suffix("") for path in folder.glob("part-*.json")]
    stored = np.concatenate([np.load(path.with_suffix(".npy")) for path in parts])

    photo = quick.data.path / "train" / quick.data.trn_ds.fnames[0]
    vector = quick.activations(photo, "pool")

    assert vector.shape == stored.shape[1:]
    assert np.abs(stored - vector).max(axis=1).min() < 1e-5


def test_s20_resting_augmentation_is_said_once(
    quick: ConvLearner, capsys: pytest.CaptureFixture[str]
) -> None:
    quick.fit(1e-2, 1)
    quick.fit(1e-2, 1)

    assert capsys.readouterr().out.count("set learn.precompute = False") == 1


def test_s20_switching_off_goes_on_with_the_same_head(
    quick: ConvLearner, snapshot: Snapshot, same: Same
) -> None:
    first = quick.fit(1e-2, 2)
    head = snapshot(quick.model.head)

    quick.precompute = False

    assert same(quick.model.head, head)
    second = quick.fit(1e-4, 1)
    assert second.valid_loss == pytest.approx(first.valid_loss, abs=0.1)
    assert not same(quick.model.head, head)


def test_s49_stores_differ_by_architecture_and_size(
    drawn_folder: Path, make_data: DataMaker, make_learner: LearnerMaker
) -> None:
    make_learner(precompute=True)
    large = make_data(drawn_folder, sz=48)
    make_learner(large, precompute=True)
    other = make_data(drawn_folder, tfms=tfms_from_model(resnet18, 32))
    learner = ConvLearner.pretrained(
        resnet18, other, pretrained=False, precompute=True, runtime=PlainRuntime()
    )

    rows = _stores(learner)

    assert sorted(name.rpartition("_")[0] for name in rows) == [
        "x_act_resnet18_0_32", "x_act_unfreeze_nano_0_32", "x_act_unfreeze_nano_0_48",
    ]  # fmt: skip
    assert set(rows.values()) == {54}


def test_s49_changed_files_are_computed_again(
    drawn_folder: Path, make_data: DataMaker, make_learner: LearnerMaker
) -> None:
    before = _stores(make_learner(precompute=True))
    train = drawn_folder / "train"
    (train / "squares/squares01.png").rename(train / "squares/moved.png")
    (train / "circles/circles00.png").write_bytes(
        (drawn_folder / "valid/circles/circles00.png").read_bytes()[:-12] + b"\0" * 12
    )
    (train / "stripes/stripes00.png").rename(
        drawn_folder / "valid/stripes/from_train.png"
    )

    after = _stores(make_learner(make_data(drawn_folder), precompute=True))

    assert after.keys() == before.keys()
    assert sum(after.values()) == sum(before.values()) + 1  # only what is new


def test_s49_changed_weights_or_transforms_are_another_store(
    drawn_folder: Path, make_data: DataMaker, make_learner: LearnerMaker
) -> None:
    learner = make_learner(precompute=True)
    learner.unfreeze()
    learner.fit(1e-3, 1)

    learner.precompute = True
    learner.fit(1e-3, 1)

    assert len(_stores(learner)) == 2
    squeezed = tfms_from_model(unfreeze_nano, 32, crop_type=CropType.NO)
    other = make_learner(make_data(drawn_folder, tfms=squeezed), precompute=True)
    assert len(_stores(other)) == 3


def test_s50_a_store_has_data_and_meta(quick: ConvLearner) -> None:
    (folder,) = quick.tmp_path.glob("x_act_*")
    meta = json.loads((folder / "meta.json").read_text())
    (manifest, *_) = folder.glob("part-*.json")
    promised = json.loads(manifest.read_text())
    rows = np.load(manifest.with_suffix(".npy"))

    assert meta["arch"] == "unfreeze_nano"
    assert meta["image"]["size"] == 32
    assert len(meta["weights"]) >= 16
    assert promised["shape"] == list(rows.shape)
    assert promised["rows_checksum"]
    assert rows.dtype == np.float32


def test_s50_a_torn_store_is_noticed(
    make_learner: LearnerMaker, quick: ConvLearner
) -> None:
    expected = quick.fit(1e-2, 1)
    (folder,) = quick.tmp_path.glob("x_act_*")
    for part in folder.glob("part-*.npy"):
        part.write_bytes(part.read_bytes()[:-100])

    row = make_learner(precompute=True).fit(1e-2, 1)

    assert row.valid_loss == pytest.approx(expected.valid_loss, rel=1e-5)


def test_s51_one_call_enables_augmentation_and_stores_activations(
    quick: ConvLearner, repository: Path
) -> None:
    assert quick.precompute
    assert quick.data.augmentation.steps
    assert sum(_stores(quick).values()) == 54
    quickstart = (repository / "docs/quickstart.md").read_text()
    assert "augmentation rests until step 4" in quickstart


def test_s53_an_epoch_from_stored_activations_is_many_times_faster(
    drawn_folder: Path, make_data: DataMaker, make_learner: LearnerMaker
) -> None:
    plain = make_data(drawn_folder, tfms=tfms_from_model(unfreeze_nano, 128))
    stored, whole = make_learner(plain, precompute=True), make_learner(plain)

    stored.fit(1e-2, 3)
    whole.fit(1e-2, 1)

    assert min(whole.sched.times) > 5 * min(stored.sched.times)


def test_s54_step_four_goes_on_with_the_same_learner(quick: ConvLearner) -> None:
    quick.fit(1e-2, 2)
    quick.precompute = False

    row = quick.fit(1e-2, 2, cycle_len=1)

    assert quick.epochs_done == 4
    assert row.metrics["accuracy"] > 0.9
