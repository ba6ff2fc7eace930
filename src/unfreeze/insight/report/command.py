"""The command that trains again with the settings of a run."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from unfreeze.insight.report.record import RunRecord

__all__ = ["command_of"]


_OF_TABLES = frozenset({"folder", "suffix"})
"""Options for which an empty word says nothing; others mean it."""


def command_of(run: RunRecord) -> str:
    """Write the command, quoted for a shell; options that were not set are left out."""
    settings = run.summary.get("settings") or {}
    photos = run.kept.get("photos") or "DATA"
    words = ["unfreeze", "train", photos, *_options(settings)]
    return shlex.join(words)


def _options(settings: Mapping[str, Any]) -> Iterator[str]:
    has_table = settings.get("csv") is not None
    for name, value in settings.items():
        is_left_out = name in _OF_TABLES and value == ""
        is_left_out |= name == "label_separator" and not has_table
        if value is None or value is False or value == [] or is_left_out:
            continue
        option = f"--{name.replace('_', '-')}"
        if value is True:
            yield option
        elif isinstance(value, list | tuple):
            for each in value:
                yield from (option, str(each))
        elif name == "budget":
            yield from (option, f"{value:g}s")
        else:
            yield from (
                option,
                str(value),  # of a number all digits: another share, another split
            )
