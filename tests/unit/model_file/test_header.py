"""Mirrors src/unfreeze/model_file/header.py."""

import dataclasses
import json
from typing import Any

import pytest

from unfreeze.model_file.header import (
    MOST_PIXELS,
    HeadShape,
    ModelHeader,
    as_content,
    header_of,
)
from unfreeze.records import ImageSpec, RejectAt, Task

_PLAIN = ModelHeader(arch="resnet18", classes=("a", "b"), image=ImageSpec(size=64))
_FULL = ModelHeader(
    arch="vit_tiny",
    classes=("Dögs", "\udc80", "a b"),
    image=ImageSpec(
        size=MOST_PIXELS,
        mean=(0.5, 0.0, -1.0),
        std=(0.5, 1.0, 0.001),
        interpolation="lanczos",
        squash=True,
    ),
    xtra_cut=2,
    task=Task.MULTI,
    head=HeadShape(xtra_fc=(8, 4), ps=(0.0, 0.2, 0.999)),
    settings={"seed": 3, "fits": [{"lrs": [0.01, None]}]},
    temperature=0.01,
    tta_temperature=20.0,
    thresholds=(0.0, 0.5, 1.0),
    reject=(RejectAt(0.9, 0.6), RejectAt(0.9, 0.7), RejectAt(0.99, 1.0)),
)


def content(**words: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What a file says of ``_PLAIN``, with other words for some."""
    found: dict[str, Any] = json.loads(json.dumps(as_content(_PLAIN)))
    return {**found, **words}


def inside(name: str, **words: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {name: {**content()[name], **words}}


@pytest.mark.parametrize("header", [_PLAIN, _FULL])
def test_a_header_comes_back_through_json(header: ModelHeader) -> None:
    assert header_of(json.loads(json.dumps(as_content(header)))) == header


@pytest.mark.parametrize("kind", ["original", "custom"])
def test_heads_without_layers_of_ours_come_back(kind: str) -> None:
    header = dataclasses.replace(_PLAIN, head=HeadShape(kind=kind, xtra_fc=(), ps=()))

    assert header_of(json.loads(json.dumps(as_content(header)))) == header


def test_fields_of_later_versions_are_passed_over() -> None:
    later = content(
        flavour="sweet",
        reject=[{"precision": 0.9, "threshold": 0.5, "photos": 12}],
        **inside("image", antialias=True),
        **inside("head", activation="gelu"),
    )

    found = header_of(later)

    assert found == dataclasses.replace(_PLAIN, reject=(RejectAt(0.9, 0.5),))


def test_fields_that_earlier_versions_did_not_write_have_defaults() -> None:
    found = content()
    for name in ("temperature", "tta_temperature", "thresholds", "reject"):
        del found[name]
    for name in ("interpolation", "squash"):
        del found["image"][name]

    assert header_of(found) == _PLAIN


@pytest.mark.parametrize(
    "name", ["arch", "classes", "image", "xtra_cut", "task", "head", "settings"]
)
def test_what_must_be_there_is_named(name: str) -> None:
    found = content()
    del found[name]

    with pytest.raises(ValueError, match=f"{name} is missing"):
        header_of(found)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"arch": ""}, "arch is ''"),
        ({"arch": 18}, "arch is 18"),
        ({"arch": "a" * 201}, "arch is"),
        ({"classes": []}, "classes is"),
        ({"classes": "ab"}, "classes is 'ab'"),
        ({"classes": {"a": 0, "b": 1}}, "classes is"),
        ({"classes": ["a", 1]}, "a class is 1"),
        ({"classes": ["a", ""]}, "a class is ''"),
        ({"classes": ["a", "b" * 4_097]}, "a class is"),
        ({"classes": ["a", "b", "a"]}, "same name"),
        ({"classes": [str(each) for each in range(100_001)]}, "classes is"),
        ({"image": []}, "image is"),
        (inside("image", size=0), "size is 0"),
        (inside("image", size=MOST_PIXELS + 1), "size is 4097"),
        (inside("image", size=64.0), r"size is 64\.0"),
        (inside("image", mean=[0.5, 0.5]), "mean is"),
        (inside("image", mean=[0.5, 0.5, "0.5"]), "mean is '0.5'"),
        (inside("image", mean=[0.5, 0.5, 1e7]), "mean is"),
        (inside("image", std=[0.5, 0.5, 0]), "std is 0"),
        (inside("image", std=[0.5, 0.5, -1]), "std is -1"),
        (inside("image", interpolation="nearest"), "interpolation is 'nearest'"),
        (inside("image", interpolation=[]), r"interpolation is \[\]"),
        (inside("image", squash=1), "squash is 1"),
        ({"xtra_cut": -1}, "xtra_cut is -1"),
        ({"xtra_cut": True}, "xtra_cut is True"),
        ({"xtra_cut": 101}, "xtra_cut is 101"),
        ({"task": "both"}, "both"),
        ({"task": ["single"]}, "task is"),
        ({"head": None}, "head is None"),
        (inside("head", kind="clever"), "kind 'clever'"),
        (inside("head", kind={}), "kind {}"),
        (inside("head", xtra_fc=512), "xtra_fc is 512"),
        (inside("head", xtra_fc=[0]), "xtra_fc is 0"),
        (inside("head", xtra_fc=[2**20 + 1]), "xtra_fc is"),
        (inside("head", xtra_fc=[1] * 33, ps=[0] * 33), "xtra_fc is"),
        (inside("head", ps=[0.5, 1]), "ps is 1"),
        (inside("head", ps=[0.5, -0.1]), "ps is -0.1"),
        (inside("head", ps=[0.5]), "1 dropouts for 2 layers"),
        ({"settings": []}, "settings is"),
        ({"temperature": 0}, "temperature is 0"),
        ({"temperature": -1.0}, "temperature is -1"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": True}, "temperature is True"),
        ({"temperature": 10**400}, "temperature is 1"),
        ({"tta_temperature": "warm"}, "tta_temperature is 'warm'"),
        ({"thresholds": [0.5]}, "thresholds is"),
        ({"thresholds": [0.5, 1.5]}, "a threshold is 1.5"),
        ({"thresholds": [0.5, None]}, "a threshold is None"),
        ({"reject": {}}, "reject is"),
        ({"reject": [0.9]}, "reject is 0.9"),
        ({"reject": [{"precision": 0.9}]}, "threshold is missing"),
        ({"reject": [{"precision": 2, "threshold": 0.5}]}, "precision is 2"),
        ({"reject": [{"precision": 0.9, "threshold": -1}]}, "threshold is -1"),
        (
            {
                "reject": [
                    {"precision": 0.9, "threshold": 0.5},
                    {"precision": 0.8, "threshold": 0.6},
                ]
            },
            "does not rise",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(words: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        header_of(content(**words))
