"""The review of the notes: eight easy steps (S52, S56 to S59, S66)."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import unfreeze
from unfreeze import (
    Classifier,
    ConvLearner,
    ImageClassifierData,
    PlanError,
    RunSettings,
    WeightsError,
    layer_rates,
    resnet18,
    tfms_from_model,
    train_folder,
    transforms_side_on,
)
from unfreeze.models.embedded import EMBEDDED_FILE, read_embedded
from unfreeze.training.callbacks.stop_on_overfitting import StopOnOverfitting

LESSON_ARCHS = [
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50",
    "resnext101", "resnext101_64", "wrn", "vgg16", "vgg19", "dn121", "dn161", "dn169",
    "dn201", "inceptionresnet_2", "inception_4",
]  # fmt: skip


def test_s52_the_suggestion_lies_where_the_loss_still_falls(
    quick: ConvLearner,
) -> None:
    found = quick.lr_find(repeats=1)

    rates, losses = np.array(quick.sched.lrs), np.array(quick.sched.losses)
    assert found.rate is not None
    assert found.rate < rates[losses.argmin()]
    assert found.rate < rates[-1]


def test_s56_earlier_layers_get_lower_rates(
    learn: ConvLearner, repository: Path
) -> None:
    learn.unfreeze()

    learn.fit(layer_rates(1e-2, 3), 1, cycle_len=1)

    axes = learn.sched.plot_lr().axes[0]
    early, late, head = (np.asarray(line.get_ydata()) for line in axes.lines)
    assert late / early == pytest.approx(3)
    assert head / late == pytest.approx(3)
    quickstart = (repository / "docs/quickstart.md").read_text()
    assert "10 for photos like those of ImageNet" in quickstart
    assert "3 for others" in quickstart


def test_s57_the_finder_works_again_after_unfreezing(learn: ConvLearner) -> None:
    learn.unfreeze()

    learn.lr_find(layer_rates(1e-6, 10), end_lr=1, num_it=10)

    assert learn.sched.lrs[0] == pytest.approx(1e-6)  # that of the last group
    lines = learn.sched.plot_lr().axes[0].lines
    assert [line.get_ydata()[0] for line in lines] == pytest.approx([1e-8, 1e-7, 1e-6])


def test_s58_the_eight_steps_run_from_end_to_end(
    drawn_folder: Path, tmp_path: Path
) -> None:
    settings = RunSettings(
        arch="unfreeze_nano", size=32, batch_size=8, epochs=1, num_workers=0
    )
    said: list[str] = []

    summary = train_folder(drawn_folder, tmp_path / "run", settings, write=said.append)

    assert summary.status == "finished"
    assert [step.name.split()[0] for step in summary.steps] == [
        "Enable", "Find", "Train", "Train", "Unfreeze", "Give", "Find", "Train",
    ]  # fmt: skip
    assert len(summary.steps[-1].lr) == 3
    assert summary.accuracy is not None
    assert summary.accuracy > 0.9
    answer = Classifier.load(tmp_path / "run", num_workers=0).predict([drawn_folder])
    assert answer.predictions.classes == ("circles", "squares", "stripes")


def test_s58_training_can_stop_when_a_cycle_does_not_help(
    make_learner: Callable[..., ConvLearner],
    arrays: Callable[..., tuple[np.ndarray, np.ndarray]],
    tmp_path: Path,
) -> None:
    noise = ImageClassifierData.from_arrays(
        tmp_path, arrays(24, 3), arrays(24, 3, seed=1), bs=8, num_workers=0
    )
    learner = make_learner(noise, precompute=True, ps=0)
    overfitting = StopOnOverfitting()

    learner.fit(1e-2, 5, cycle_len=1, cycle_mult=2, callbacks=[overfitting])

    assert overfitting.stopped_at is not None
    assert len(learner.sched.epochs) < 31


def test_s59_embedded_weights_are_checked_and_need_no_network(tmp_path: Path) -> None:
    record = EMBEDDED_FILE.with_suffix(".json")
    copies = [Path(shutil.copy(each, tmp_path)) for each in (EMBEDDED_FILE, record)]
    content = bytearray(copies[0].read_bytes())
    content[-1] ^= 1
    copies[0].write_bytes(content)

    assert read_embedded()
    with pytest.raises(WeightsError, match="SHA-256"):
        read_embedded(copies[0])


def test_s59_a_local_file_serves_offline(
    data: ImageClassifierData, make_learner: Callable[..., ConvLearner], tmp_path: Path
) -> None:
    source = make_learner().model.backbone.network
    torch.save(source.state_dict(), tmp_path / "mine.pth")

    learner = ConvLearner.pretrained(
        unfreeze.unfreeze_nano, data, weights=tmp_path / "mine.pth"
    )

    mine, theirs = learner.model.backbone.state_dict(), make_learner().model.backbone
    assert all(
        torch.equal(mine[name], each) for name, each in theirs.state_dict().items()
    )
    with pytest.raises(WeightsError, match=r"nowhere\.pth"):
        ConvLearner.pretrained(resnet18, data, weights=tmp_path / "nowhere.pth")


def test_s59_an_unknown_architecture_is_named(data: ImageClassifierData) -> None:
    with pytest.raises(PlanError, match="resnet43"):
        ConvLearner.pretrained("resnet43", data)


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSON_ARCHS)
def test_s59_every_architecture_of_the_lesson_builds_in_one_call(
    arrays: Callable[..., tuple[np.ndarray, np.ndarray]], tmp_path: Path, name: str
) -> None:
    arch = getattr(unfreeze, name)
    photos = ImageClassifierData.from_arrays(
        tmp_path, arrays(2, 2, side=96), arrays(2, 2, side=96),
        tfms=tfms_from_model(arch, 96), num_workers=0,
    )  # fmt: skip

    learner = ConvLearner.pretrained(arch, photos, pretrained=False)

    assert learner.predict().shape == (2, 2)
    assert len(learner.get_layer_groups()) == 3


@pytest.fixture(scope="module")
def dogs_and_cats(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> ConvLearner:
    """A pretrained resnet18 with its activations stored, 224 pixels."""
    home = tmp_path_factory.mktemp("dogscats")
    for split in ("train", "valid"):
        (home / split).symlink_to(
            shared_data / "dogscats" / split, target_is_directory=True
        )
    tfms = tfms_from_model(resnet18, 224, aug_tfms=transforms_side_on, max_zoom=1.1)
    photos = ImageClassifierData.from_paths(home, tfms=tfms)
    return ConvLearner.pretrained(
        resnet18,
        photos,
        precompute=True,
        weights=shared_data / "weights/resnet18.safetensors",
    )


@pytest.mark.slow
@pytest.mark.realdata
def test_s66_a_frozen_head_separates_cats_from_dogs(dogs_and_cats: ConvLearner) -> None:
    """The notes: 0.988 with resnet34 and 23,000 photos; here resnet18 and 800."""
    dogs_and_cats.precompute = True

    row = dogs_and_cats.fit(1e-2, 2)

    assert row.metrics["accuracy"] >= 0.97


@pytest.mark.slow
@pytest.mark.realdata
def test_s53_stored_activations_cost_no_accuracy(dogs_and_cats: ConvLearner) -> None:
    plain = tfms_from_model(resnet18, 224)
    photos = dogs_and_cats.data
    photos = ImageClassifierData.from_paths(photos.path, tfms=plain)
    dogs_and_cats.set_data(photos, precompute=True)
    dogs_and_cats.save("begin")
    stored = dogs_and_cats.fit(1e-3, 1)
    dogs_and_cats.load("begin")
    dogs_and_cats.precompute = False

    whole = dogs_and_cats.fit(1e-3, 1)

    assert stored.metrics["accuracy"] == pytest.approx(
        whole.metrics["accuracy"], abs=0.01
    )
    assert whole.seconds > 5 * stored.seconds
