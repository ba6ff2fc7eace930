"""Mirrors src/unfreeze/front/model_on_photos.py."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unfreeze.errors import PlanError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.training.runtime import AcceleratedRuntime

StateOf: TypeAlias = Callable[[nn.Module], dict[str, Tensor]]
MakeLearner: TypeAlias = Callable[..., ConvLearner]
MakeData: TypeAlias = Callable[..., ImageClassifierData]


@pytest.mark.parametrize(
    ("freeze", "learning"),
    [
        (lambda learn: learn.freeze_to(1), [False, True, True]),
        (lambda learn: learn.freeze_to(-1), [False, False, True]),
        (lambda learn: learn.freeze_all_but(1), [False, True, False]),
        (lambda learn: learn.unfreeze_groups([0]), [True, False, True]),
        (lambda learn: learn.freeze_groups([2]), [False, False, False]),
    ],
)
def test_layer_groups_can_be_frozen_one_by_one(
    learn: ConvLearner, freeze: Callable[[ConvLearner], None], learning: list[bool]
) -> None:
    freeze(learn)

    found = [
        {each.requires_grad for each in group.parameters()}
        for group in learn.get_layer_groups()
    ]

    assert found == [{is_learning} for is_learning in learning]


def test_switching_precompute_on_freezes_the_backbone(learn: ConvLearner) -> None:
    learn.unfreeze()

    learn.precompute = True

    assert learn.model.is_backbone_frozen


def test_a_precompute_that_means_nothing_changes_nothing(learn: ConvLearner) -> None:
    learn.unfreeze()

    with pytest.raises(PlanError, match=r"2 or more\. Got -2"):
        learn.precompute = -2

    assert learn.precompute is False
    assert not learn.model.is_backbone_frozen


def test_a_summary_counts_every_parameter_once(learn: ConvLearner) -> None:
    rows = learn.summary().values()

    total = sum(each.numel() for each in learn.model.parameters())
    assert sum(row["nb_params"] for row in rows) == total


def test_a_learner_shows_its_model(learn: ConvLearner) -> None:
    assert repr(learn) == repr(learn.model)


def test_a_balance_that_does_not_exist_is_refused(
    make_learner: MakeLearner,
) -> None:
    with pytest.raises(PlanError, match="no balance 'fair'"):
        make_learner(balance="fair")


def test_full_precision_is_given_back_also_on_an_error(
    make_learner: MakeLearner,
) -> None:
    learn = make_learner(precompute=True, runtime=AcceleratedRuntime("bf16"))
    rough = learn.runtime

    def interrupted() -> None:
        with learn.full_precision():
            assert learn.runtime.precision == "fp32"
            assert not learn.precompute
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert learn.runtime is rough
    assert learn.precompute


def test_answers_in_full_precision_are_those_of_a_plain_machine(
    make_learner: MakeLearner,
) -> None:
    learn = make_learner(runtime=AcceleratedRuntime("bf16"))
    plain = make_learner()

    with learn.full_precision():
        found = learn.predict()

    assert found == pytest.approx(plain.predict(), abs=1e-4)
    assert not np.array_equal(found, learn.predict())


def test_what_was_measured_exactly_is_the_answer_without_another_look(
    make_learner: MakeLearner, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = make_learner(precompute=True, runtime=AcceleratedRuntime("bf16"))
    plain = make_learner(runtime=AcceleratedRuntime("fp32"))
    learn.measure_exactly()
    row = learn.fit(0.01, 1)
    plain.model.load_state_dict(learn.model.state_dict())

    expected = plain.predictions()
    monkeypatch.setattr(learn.model, "features", None)  # nothing may run it again
    with learn.full_precision():
        found = learn.predictions()

    assert np.array_equal(found.log_probs, expected.log_probs)
    assert row.valid_loss == pytest.approx(expected.losses().mean(), rel=1e-5)


def test_photos_are_looked_at_again_once_the_backbone_has_learned(
    make_learner: MakeLearner,
) -> None:
    learn = make_learner(precompute=True, runtime=AcceleratedRuntime("bf16"))
    learn.measure_exactly()
    learn.store_activations()
    before = learn.predict()
    learn.unfreeze()
    learn.fit(0.01, 1)
    plain = make_learner(runtime=AcceleratedRuntime("fp32"))
    plain.model.load_state_dict(learn.model.state_dict())

    with learn.full_precision():
        found = learn.predict()

    assert np.array_equal(found, plain.predict())
    assert not np.array_equal(found, before)


def test_larger_photos_go_on_training_with_the_same_weights(
    photos: Path, make_data: MakeData, learn: ConvLearner, state_of: StateOf
) -> None:
    learn.unfreeze()
    learn.fit(1e-3, 1)
    before = state_of(learn.model)

    learn.set_data(make_data(photos, size=48), precompute=True)

    assert all(torch.equal(before[k], v) for k, v in state_of(learn.model).items())
    assert learn.model.is_backbone_frozen
    assert learn.precompute
    learn.fit(1e-2, 1)
    learn.unfreeze()
    learn.fit(1e-3, 1)
    assert learn.predict().shape == (18, 3)


def test_photos_of_other_classes_are_refused(
    drawn_folder: Path, make_data: MakeData, learn: ConvLearner
) -> None:
    for split in ("train", "valid"):
        (drawn_folder / split / "circles").rename(drawn_folder / split / "discs")

    with pytest.raises(PlanError, match=r"discs.*Build a new learner"):
        learn.set_data(make_data(drawn_folder))


def test_averaged_weights_follow_to_another_size(
    photos: Path, make_data: MakeData, learn: ConvLearner
) -> None:
    learn.fit(1e-2, 1, use_swa=True)

    learn.set_data(make_data(photos, size=48))

    assert learn.swa_model is not None
    assert learn.swa_model.backbone.size == learn.model.backbone.size == 48
    assert learn.predict(use_swa=True).shape == (18, 3)


@pytest.mark.parametrize(
    ("precision", "before", "after"),
    [("bf16", (False, True), (True, False)), ("fp32", (True, True), (True, True))],
)
def test_measuring_exactly_makes_a_difference_in_half_precision_alone(
    make_learner: MakeLearner,
    precision: str,
    before: tuple[bool, bool],
    after: tuple[bool, bool],
) -> None:
    learn = make_learner(precompute=True, runtime=AcceleratedRuntime(precision))

    def ways() -> tuple[bool, bool]:
        return learn.measures_as(exactly=True), learn.measures_as(exactly=False)

    assert ways() == before
    learn.measure_exactly()
    assert ways() == after
