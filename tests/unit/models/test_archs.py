"""Mirrors src/unfreeze/models/archs.py."""

import json

import pytest

from unfreeze.models import archs
from unfreeze.models.archs import resnet34, resolve_arch


def test_an_architecture_is_its_name() -> None:
    assert str(resnet34) == f"{resnet34}" == resnet34.name == "resnet34"
    assert json.dumps([resnet34]) == '["resnet34"]'


@pytest.mark.parametrize(
    ("lesson", "timm"),
    [
        ("resnet34", "resnet34"),
        ("resnext50", "resnext50_32x4d"),
        ("resnext101_64", "resnext101_64x4d"),
        ("wrn", "wide_resnet50_2"),
        ("vgg16", "vgg16_bn"),
        ("dn201", "densenet201"),
        ("inceptionresnet_2", "inception_resnet_v2"),
        ("inception_4", "inception_v4"),
    ],
)
def test_lesson_names_lead_to_timm_names(lesson: str, timm: str) -> None:
    assert resolve_arch(lesson) == timm


@pytest.mark.parametrize("name", ["convnext_atto", "resnet18.a1_in1k", "vgg16.tv_in1k"])
def test_other_names_pass_unchanged(name: str) -> None:
    assert resolve_arch(name) == name


def test_every_public_architecture_is_called_by_its_own_name() -> None:
    constants = {
        name: value
        for name in archs.__all__
        if isinstance(value := getattr(archs, name), archs.Arch)
    }

    assert len(constants) >= 17
    assert all(str(value) == name for name, value in constants.items())
