"""What a run is, besides its answers: how large, how long, with which settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from unfreeze.insight.wording import duration

__all__ = ["RunFacts", "fact_rows", "setting_rows", "settings_that_differ"]

_UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Facts that a run folder tells; None where it does not."""

    run: str
    """Path, as the user wrote it."""

    arch: str | None = None
    size: int | None = None
    """Side of the image, in pixels."""

    model_bytes: int | None = None
    """Of the model file."""

    parameters: int | None = None
    """Weights that learn, batch norm's running statistics left out."""

    seconds: float | None = None
    """Of the whole training run."""

    n_train: int | None = None
    """Photos that it learned from."""

    settings: Mapping[str, Any]


def settings_that_differ(
    first: RunFacts, second: RunFacts
) -> dict[str, tuple[Any, Any]]:
    """Settings with another value in the second run; None where it has none.

    Example:
        >>> settings_that_differ(
        ...     RunFacts(run="a", settings={"seed": 0, "size": 64}),
        ...     RunFacts(run="b", settings={"seed": 1, "size": 64}),
        ... )
        {'seed': (0, 1)}
    """
    names = dict.fromkeys((*first.settings, *second.settings))
    pairs = {
        name: (first.settings.get(name), second.settings.get(name)) for name in names
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def fact_rows(first: RunFacts, second: RunFacts) -> list[tuple[str, str, str]]:
    """What both runs are, in words: name, first run, second run."""
    rows = [
        (title, _words(each(first), write), _words(each(second), write))
        for title, each, write in _FACTS
    ]
    return [row for row in rows if set(row[1:]) != {_UNKNOWN}]


def setting_rows(first: RunFacts, second: RunFacts) -> list[tuple[str, str, str]]:
    """Settings that differ, in words: name, first run, second run.

    What stands among the facts already is left out.
    """
    return [
        (name, _setting(before), _setting(after))
        for name, (before, after) in settings_that_differ(first, second).items()
        if name not in ("arch", "size")
    ]


def _setting(value: Any) -> str:  # noqa: ANN401
    return "not set" if value is None else str(value)


def _words(value: Any, write: Callable[[Any], str]) -> str:  # noqa: ANN401
    return _UNKNOWN if value is None else write(value)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


_FACTS: tuple[tuple[str, Callable[[RunFacts], Any], Callable[[Any], str]], ...] = (
    ("architecture", lambda run: run.arch, str),
    ("side of the image, in pixels", lambda run: run.size, str),
    ("parameters", lambda run: run.parameters, "{:,}".format),
    ("model file", lambda run: run.model_bytes, _megabytes),
    ("training took", lambda run: run.seconds, duration),
    ("photos learned from", lambda run: run.n_train, "{:,}".format),
)
