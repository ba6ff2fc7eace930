"""What a person's fixes changed before a training, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from unfreeze.insight.markup import joined, tag
from unfreeze.insight.wording import percent
from unfreeze.words import counted

__all__ = ["fixes_in_words"]


def fixes_in_words(fixes: Mapping[str, Any]) -> Iterator[str]:
    """Say what was dropped and relabelled, and what that brought, where measured.

    Args:
        fixes: As ``summary.json`` holds them.
    """
    yield joined(
        (
            f"{counted(fixes['dropped'], 'file')} dropped and "
            f"{counted(fixes['relabelled'], 'photo')} relabelled, as ",
            tag("bdi", fixes["file"], class_="name"),
            f" says; {fixes['kept']:,} looked at and kept as they are.",
        )
    )
    before, after = fixes.get("accuracy_before"), fixes.get("accuracy_after")
    if before is None or after is None:
        return
    yield (
        f"What that brought was measured apart from this training: {percent(before)} "
        f"right without the fixes, {percent(after)} with them. Compared was "
        f"{fixes['compared']}."
    )
