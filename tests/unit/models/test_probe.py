"""Mirrors src/unfreeze/models/probe.py."""

import pytest
import torch
from torch import nn

from unfreeze.models.probe import blank_images, children_run_by, evaluating, watching


def _network() -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.Sequential(nn.Tanh()))


def test_blank_images_are_one_black_square() -> None:
    images = blank_images(_network(), 5)

    assert images.shape == (1, 3, 5, 5)
    assert not images.any()


def test_modes_come_back_one_by_one_also_after_an_error() -> None:
    network = _network()
    network[0].eval()

    def interrupted() -> None:
        with evaluating(network):
            assert not any(module.training for module in network.modules())
            assert not torch.is_grad_enabled()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert [each.training for each in network.modules()] == [True, False, *[True] * 3]
    assert torch.is_grad_enabled()


def test_running_means_stay_while_evaluating() -> None:
    network = _network()

    with evaluating(network):
        network(torch.ones(2, 3, 4, 4))

    assert not network[0].running_mean.any()  # type: ignore[union-attr, operator]


def test_children_are_named_when_any_part_of_them_runs() -> None:
    network = _network()

    names, output = children_run_by(network, lambda: network[2][0](torch.zeros(1)))

    assert names == {"2"}
    assert output == torch.zeros(1)


def test_watching_ends_with_its_block() -> None:
    network, seen = _network(), []

    with watching({"relu": network[1]}, lambda *event: seen.append(event[0])):
        network(blank_images(network, 2))
    network(blank_images(network, 2))

    assert seen == ["relu"]
