"""Mirrors src/unfreeze/models/groups.py."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from unfreeze.errors import PlanError
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.models.groups import (
    freeze_all_but,
    freeze_groups,
    freeze_to,
    layer_groups,
    set_mode,
    unfreeze_groups,
)
from unfreeze.models.partition import LayerGroup

_Snapshot = dict[str, Tensor]


@pytest.fixture(params=["resnet18", "vit_tiny_patch16_224", "convnext_atto"])
def model(request: pytest.FixtureRequest) -> Iterator[StagedClassifier]:
    backbone = build_backbone(request.param, weights="none", size=32)
    with torch.random.fork_rng(devices=[]):  # dropout draws from the global stream
        yield with_new_head(backbone, 3)


def _snapshot(module: nn.Module) -> _Snapshot:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def _changed(module: nn.Module, before: _Snapshot) -> set[str]:
    after = module.state_dict()
    return {name for name in before if not torch.equal(before[name], after[name])}


def _learning(groups: list[LayerGroup]) -> list[bool]:
    return [all(p.requires_grad for p in group.parameters()) for group in groups]


def _train_one_step(model: StagedClassifier, images: Tensor) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    model(images).square().sum().backward()
    optimizer.step()


def test_three_groups_hold_every_parameter_once(model: StagedClassifier) -> None:
    groups = layer_groups(model)

    counts = Counter(p for group in groups for p in group.parameters())
    assert len(groups) == 3
    assert all(any(True for _ in group.parameters()) for group in groups)
    assert set(counts) == set(model.parameters())
    assert set(counts.values()) == {1}


def test_groups_hold_every_buffer_of_batch_norm_with_its_weights(
    model: StagedClassifier,
) -> None:
    groups = layer_groups(model)

    owners = {
        module: number
        for number, group in enumerate(groups)
        for module in group.modules()
    }
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert all(norm in owners for norm in norms)


def test_a_frozen_backbone_stays_bit_identical(
    model: StagedClassifier, make_images: Callable[..., Tensor]
) -> None:
    groups = layer_groups(model)
    freeze_to(groups, -1)
    set_mode(groups, training=True)
    backbone, head = _snapshot(model.backbone), _snapshot(model.head)

    _train_one_step(model, make_images(32, 4))

    assert _changed(model.backbone, backbone) == set()
    assert _changed(model.head, head) == set(head)


def test_an_unfrozen_model_learns_in_every_group(
    model: StagedClassifier, make_images: Callable[..., Tensor]
) -> None:
    groups = layer_groups(model)
    freeze_to(groups, 0)
    set_mode(groups, training=True)
    before = [_snapshot(group) for group in groups]

    _train_one_step(model, make_images(32, 4))

    assert all(_changed(g, b) for g, b in zip(groups, before, strict=True))


def test_frozen_statistics_stay_while_weights_learn(
    model: StagedClassifier, make_images: Callable[..., Tensor]
) -> None:
    groups = layer_groups(model)
    freeze_to(groups, 0)
    set_mode(groups, training=True, bn_frozen=True)
    before = _snapshot(model)

    _train_one_step(model, make_images(32, 4))

    changed = _changed(model, before)
    assert changed
    assert not {name for name in changed if "running" in name or "num_batches" in name}


def test_frozen_groups_evaluate_and_learning_groups_train(
    model: StagedClassifier,
) -> None:
    groups = layer_groups(model)
    freeze_to(groups, 1)

    set_mode(groups, training=True)

    assert not any(module.training for module in groups[0].modules())
    assert all(m.training for group in groups[1:] for m in group.modules())


def test_evaluation_mode_reaches_every_module(model: StagedClassifier) -> None:
    groups = layer_groups(model)
    freeze_to(groups, 0)

    set_mode(groups, training=True)
    assert all(module.training for module in model.modules())
    set_mode(groups, training=False)
    assert not any(module.training for module in model.modules())


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (0, [True, True, True]),
        (1, [False, True, True]),
        (2, [False, False, True]),
        (-1, [False, False, True]),
        (-3, [True, True, True]),
    ],
)
def test_freeze_to_lets_the_groups_from_there_on_learn(
    first: int, expected: list[bool]
) -> None:
    groups = _three_groups()

    freeze_to(groups, first)

    assert _learning(groups) == expected


def test_groups_are_frozen_one_by_one() -> None:
    groups = _three_groups()

    freeze_all_but(groups, 1)
    assert _learning(groups) == [False, True, False]
    unfreeze_groups(groups, [0])
    assert _learning(groups) == [True, True, False]
    freeze_groups(groups, [0, -2])
    assert _learning(groups) == [False, False, False]


def test_a_group_that_does_not_exist_is_refused_before_anything_changes() -> None:
    groups = _three_groups()

    with pytest.raises(PlanError, match=r"no layer group 3: expected -3 to 2"):
        freeze_groups(groups, [0, 3])

    assert _learning(groups) == [True, True, True]


def _three_groups() -> list[LayerGroup]:
    with torch.device("meta"):
        return [LayerGroup([nn.Linear(1, 1)]) for _ in range(3)]
