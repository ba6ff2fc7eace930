"""Mirrors src/unfreeze/cli/models.py."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

Unfreeze: TypeAlias = Callable[..., Any]


def test_it_lists_what_matches(unfreeze: Unfreeze) -> None:
    lines = unfreeze("models 'unfreeze*'").out.splitlines()

    assert lines[0].split() == ["architecture", "parameters", "weights"]
    assert [line.split()[0] for line in lines[1:]] == ["unfreeze_nano"]
    assert lines[1].endswith("embedded")


def test_json_says_whether_weights_are_at_hand(
    unfreeze: Unfreeze,
) -> None:
    (only,) = unfreeze("models unfreeze_nano --json").content["models"]

    assert only["name"] == "unfreeze_nano"
    assert only["weights_at_hand"] is True
    assert only["parameters"] == pytest.approx(1.9e6, rel=0.5)


def test_nothing_found_is_a_mistake(unfreeze: Unfreeze) -> None:
    assert "'zzz'" in unfreeze("models zzz").mistake
