"""``unfreeze inspect``: what a saved model says of itself."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfreeze.cli import options
from unfreeze.cli.render import print_json, say

__all__ = ["inspect"]

_DAMAGED = 3
_SHOWN_ITEMS = 8
_WIDTH = 18  # of the longest name, and a gap
_LARGE = ("bytes", "numbers")


def inspect(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="A run folder, its model.safetensors, or an exported FILE.onnx or "
            "FILE.pt2.",
        ),
    ],
    as_json: options.AsJson = False,
) -> None:
    """Show what a model file says of itself, without building it.

    Compares its bytes with what was saved, and exits with 3 where they are others.
    """
    from unfreeze.runs.inspecting import inspect_model

    found = inspect_model(model)
    if as_json:
        print_json(found.as_json())
    else:
        for name, text in _rows(found.facts):
            say(f"{name:{_WIDTH}}{text}")
        state = "yes" if found.is_intact else "NO: its bytes are not those saved"
        say(f"{'intact':{_WIDTH}}{state}")
    if not found.is_intact:
        raise typer.Exit(_DAMAGED)


def _rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A line for each fact; for an object a line for each of its members."""
    for name, value in facts.items():
        title = name.replace("_", " ")
        if not isinstance(value, dict):
            yield title, _in_words(name, value)
            continue
        for key, each in value.items():
            yield title, f"{key} {_in_words(key, each)}"
            title = ""


def _in_words(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or value == []:
        return "none"
    if name in _LARGE:
        return f"{value:,}"
    if isinstance(value, list):
        return _first_of(name, value)
    # For people to read, in letters of all languages.
    return json.dumps(value, ensure_ascii=False)  # noqa: TID251


def _first_of(name: str, items: list[object]) -> str:
    shown = ", ".join(_in_words(name, each) for each in items[:_SHOWN_ITEMS])
    rest = len(items) - _SHOWN_ITEMS
    return f"{shown} and {rest:,} more" if rest > 0 else shown
