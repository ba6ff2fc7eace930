"""Mirrors src/unfreeze/cli/options.py."""

from typing import get_args

from unfreeze.cli import options
from unfreeze.front.plan import RECIPES
from unfreeze.front.presets import PRESETS


def test_choices_are_those_of_the_library() -> None:
    """They are written down twice, so that ``--help`` need not load the library."""
    assert get_args(get_args(options.Recipe)[0]) == RECIPES
    assert get_args(get_args(options.Augment)[0]) == PRESETS
