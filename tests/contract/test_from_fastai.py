"""Every new name that docs/from-fastai.md promises exists, with its keywords."""

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import unfreeze
from unfreeze import (
    Callback,
    ConvLearner,
    ImageClassifierData,
    tfms_from_model,
    unfreeze_nano,
)

_NAME = re.compile(r"`([\w.]+)(?:\(([\w=, ]*)\))?`")


@pytest.fixture(scope="module")
def promised(repository: Path) -> list[tuple[str, list[str]]]:
    """Names in the second column of the tables, each with its keywords."""
    page = (repository / "docs/from-fastai.md").read_text(encoding="utf-8")
    found = []
    for table in page.split("| 2018 | here |")[1:]:
        rows = [line for line in table.splitlines()[2:] if line.startswith("|")]
        for row in rows:
            for name, keywords in _NAME.findall(row.split("|")[2]):
                found.append((name, re.findall(r"\w+", keywords)))
    return found


@pytest.fixture
def roots(drawn_folder: Path) -> dict[str, object]:
    """What the short names of the page stand for."""
    tfms = tfms_from_model(unfreeze_nano, 32)
    data = ImageClassifierData.from_paths(drawn_folder, tfms=tfms, num_workers=0)
    learn = ConvLearner.pretrained(unfreeze_nano, data, precompute=True)
    learn.fit(1e-2, 1)
    return {
        "learn": learn,
        "data": data,
        "ds": data.val_ds,
        "callback": Callback(),
    }


def test_every_new_name_exists(
    promised: list[tuple[str, list[str]]], roots: dict[str, object]
) -> None:
    missing = [name for name, _ in promised if not _exists(name, roots)]

    assert len(promised) > 100
    assert missing == []


def test_every_keyword_exists(
    promised: list[tuple[str, list[str]]], roots: dict[str, object]
) -> None:
    missing = [
        f"{name}({keyword}=)"
        for name, keywords in promised
        for keyword in keywords
        if keyword not in _keywords(_found(name, roots))
    ]

    assert missing == []


def _exists(name: str, roots: dict[str, object]) -> bool:
    *path, last = name.split(".")
    return last in dir(_found(".".join(path), roots) if path else unfreeze)


def _found(name: str, roots: dict[str, object]) -> Any:  # noqa: ANN401  # any name
    first, *rest = name.split(".")
    if first == "unfreeze":
        modules = [part for part in rest if part.islower()]
        return import_module(".".join([first, *modules]))
    here: Any = roots[first] if first in roots else getattr(unfreeze, first)
    for part in rest:
        here = getattr(here, part)
    return here


def _keywords(function: Callable[..., object]) -> set[str]:
    """Keywords of a function, and those that ``fit`` hands on to ``fit_gen``."""
    names = set(inspect.signature(function).parameters)
    if function.__name__ == "fit":
        names |= set(inspect.signature(ConvLearner.fit_gen).parameters)
    return names
