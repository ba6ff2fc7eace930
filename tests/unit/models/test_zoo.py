"""Mirrors src/unfreeze/models/zoo.py."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from unfreeze.errors import PlanError, WeightsError
from unfreeze.models import zoo


def test_every_name_of_timm_is_known_and_the_embedded_one() -> None:
    names = zoo.arch_names()

    assert set(timm.list_models()) <= set(names)
    assert "unfreeze_nano" in names


@pytest.mark.parametrize(
    ("arch", "name"),
    [("dn121", "densenet121"), ("resnet18.a1_in1k", "resnet18.a1_in1k")],
)
def test_lesson_names_and_tags_are_known(arch: str, name: str) -> None:
    assert zoo.timm_name(arch) == name


@pytest.mark.parametrize(
    ("arch", "message"),
    [
        ("resnt34", r"^Unknown architecture 'resnt34'\. Did you mean 'resnet34'\?$"),
        ("inception4", "Did you mean 'inception_4'"),
        ("qqqqqqqqqqqq", "See: unfreeze models"),
        ("resnet18.best", r"no weights 'resnet18\.best'.*resnet18\.a1_in1k"),
    ],
)
def test_unknown_names_are_refused_with_a_hint(arch: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        zoo.timm_name(arch)


def test_building_leaves_the_global_stream_alone() -> None:
    before = torch.get_rng_state()

    zoo.create_network("resnet18", pretrained=False, seed=3)

    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_network_missing_weights_are_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zoo, "downloaded_file", lambda *_: None)
    monkeypatch.setattr(zoo, "is_reachable", lambda: False)

    with pytest.raises(WeightsError, match=r"resnet18 \(no network\).*weights=FILE"):
        zoo.create_network("resnet18", pretrained=True, seed=0)


def test_an_architecture_without_published_weights_is_explained() -> None:
    assert zoo.has_weights("resnet18")
    assert not zoo.has_weights("cspresnet50d")
    with pytest.raises(WeightsError, match="No pretrained weights exist"):
        zoo.create_network("cspresnet50d", pretrained=True, seed=0)


@pytest.mark.usefixtures("global_draws")
def test_downloaded_weights_need_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = timm.create_model("resnet18")
    save_file(oracle.state_dict(), tmp_path / "model.safetensors")
    monkeypatch.setattr(
        zoo, "downloaded_file", lambda *_: tmp_path / "model.safetensors"
    )
    monkeypatch.setattr(zoo, "is_reachable", lambda: pytest.fail("asked the network"))

    network = zoo.create_network("resnet18", pretrained=True, seed=0)

    assert all(
        torch.equal(tensor, oracle.state_dict()[name])
        for name, tensor in network.state_dict().items()
    )


def test_stages_come_in_forward_order() -> None:
    network = zoo.create_network("resnet18", pretrained=False, seed=0)

    stages = zoo.coarse_groups(network)

    assert stages is not None
    first_names = [stage[0].split(".")[0] for stage in stages]
    assert first_names == ["conv1", "layer1", "layer2", "layer3", "layer4", "fc"]


def test_a_network_without_known_stages_gives_none() -> None:
    assert zoo.coarse_groups(torch.nn.Sequential(torch.nn.ReLU())) is None


def test_parameters_are_counted_without_memory() -> None:
    """60,192,808 is the figure of torchvision's documentation for resnet152."""
    assert zoo.count_parameters("resnet152") == 60_192_808


def test_foreign_names_are_translated_timms_way() -> None:
    network = zoo.create_network("densenet121", pretrained=False, seed=0)
    name = "features.denseblock1.denselayer1.norm1.weight"
    old_habit = {"features.denseblock1.denselayer1.norm.1.weight": torch.ones(64)}

    assert set(zoo.rename_for("dn121", network, old_habit) or {}) == {name}


def test_an_architecture_without_translation_gives_none() -> None:
    network = zoo.create_network("resnet18", pretrained=False, seed=0)

    assert zoo.rename_for("resnet18", network, {"conv1.weight": torch.ones(1)}) is None
