"""The folder ``models/`` of a learner: which files a name stands for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import final

from unfreeze.errors import PlanError
from unfreeze.model_file.layout import read_layout
from unfreeze.model_file.reading import read_description

__all__ = [
    "CycleFiles",
    "cycle_name",
    "cycles_in",
    "existing_file",
    "file_of",
    "require_name",
]


def require_name(name: str) -> None:
    """Refuse what names no file in a folder of models, or one outside of it.

    Raises:
        PlanError: If it is empty, ends as a folder does, or leads out of the folder.
    """
    *folders, last = re.split(r"[/\\]", str(name))
    leads_out = ".." in folders or bool(PurePath(name).anchor)
    if last in ("", ".", "..") or leads_out or "\0" in last:
        raise PlanError(
            f"{name!r} is no name for a model in the folder of models. Pass one such "
            "as '224_all'; to load a file from elsewhere, copy it to that folder."
        )


def file_of(folder: Path, name: str) -> Path:
    """Where a model goes that is saved under a name.

    Raises:
        PlanError: If it is none; see ``require_name``.
    """
    require_name(name)
    return folder / f"{name}.safetensors"


def existing_file(folders: Sequence[Path], name: str) -> Path:
    """The file to load under a name: one of ours, else one that the lesson left.

    Ours in the first folder where there is none, for the words of the error.

    Raises:
        PlanError: If it is no name; see ``require_name``.
    """
    own = file_of(folders[0], name)
    suffixes = (".safetensors", ".h5", ".pth")
    found = (folder / f"{name}{suffix}" for folder in folders for suffix in suffixes)
    return next((path for path in found if path.exists()), own)


def cycle_name(name: str, cycle: int) -> str:
    """Name of what ``cycle_save_name=name`` saves after a cycle, counted from 0."""
    return f"{name}_cyc_{cycle}"


@final
@dataclass(frozen=True, slots=True)
class CycleFiles:
    """Cycles that are saved under one name, by number, rising."""

    latest: list[int]
    """Of the fit that came last."""

    earlier: list[int]
    """Of fits before it that had more cycles."""


def cycles_in(folder: Path, name: str) -> CycleFiles:
    """Find the cycles saved under a name, and tell those of different fits apart.

    A fit writes its first cycle first. So whatever another fit than that of the first
    one wrote is what a later fit had no cycle to replace it with.

    Raises:
        PlanError: If it is no name; see ``require_name``.
        WeightsError: If a file among them is damaged.
    """
    require_name(name)
    pattern = re.compile(rf"{re.escape(name)}_cyc_(\d+)\.safetensors")
    found = (pattern.fullmatch(file.name) for file in folder.glob("*.safetensors"))
    numbers = sorted(int(each[1]) for each in found if each)
    fits = [_fit_of(file_of(folder, cycle_name(name, each))) for each in numbers]
    is_latest = [fit == fits[0] for fit in fits]
    pairs = list(zip(numbers, is_latest, strict=True))
    return CycleFiles(
        latest=[number for number, latest in pairs if latest],
        earlier=[number for number, latest in pairs if not latest],
    )


def _fit_of(file: Path) -> object:
    """What names the fit that saved a cycle; None where the file does not say."""
    match read_description(file, read_layout(file)):
        case {"settings": {"fits": [*_, {"id": fit}]}}:
            return fit
    return None
