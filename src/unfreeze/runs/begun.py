"""What a run was begun with: settings, places, versions. Kept until it is finished."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, final

from unfreeze.atomic import text_written_whole
from unfreeze.errors import DataError, PlanError, WeightsError
from unfreeze.front.summary import hardware
from unfreeze.runs.run_folder import BEGUN, CHECKPOINT
from unfreeze.runs.settings import RunSettings
from unfreeze.training.runtime import AcceleratedRuntime
from unfreeze.versions import versions
from unfreeze.written_json import exact_json_text

__all__ = ["Begun"]

_FORMAT = 1
_HARMLESS = frozenset({"python"})
"""Whose version changes no weights."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The command that a run began with."""

    data: str
    """Folder of the photos, as it was named."""

    settings: RunSettings
    places: Mapping[str, str]
    """Absolute paths of whatever the command named: ``data``, ``weights``, ``fixes``
    and ``csv``."""

    digests: Mapping[str, str]
    """Of the content of ``weights``, ``fixes`` and ``csv``, if they are named."""

    versions: Mapping[str, str]
    hardware: Mapping[str, Any]

    @classmethod
    def now(cls, folder: Path, settings: RunSettings) -> "Begun":
        """Take down a command whose files are all there."""
        named = {
            "data": folder,
            "weights": settings.weights,
            "fixes": settings.fixes,
            "csv": settings.csv,
        }
        files = {
            "weights": settings.weights,
            "fixes": settings.fixes,
            "csv": _table(folder, settings.csv),
        }
        return cls(
            data=str(folder),
            settings=settings,
            places={
                name: str(Path(each).absolute())
                for name, each in named.items()
                if each is not None
            },
            digests={
                name: _digest(Path(each))
                for name, each in files.items()
                if each is not None
            },
            versions=versions(),
            hardware=hardware(AcceleratedRuntime()),
        )

    @classmethod
    def read(cls, run: Path) -> "Begun":
        """Read it from a run folder.

        Raises:
            DataError: If there is none, or a damaged one.
        """
        path = run / CHECKPOINT / BEGUN
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content.pop("format") != _FORMAT:
                raise ValueError("another format")
            settings = RunSettings.from_json(content.pop("settings"))
            return cls(settings=settings, **content)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path} cannot be read ({error}), so nobody knows how the run began. "
                "Train anew."
            ) from error

    def write(self, run: Path) -> None:
        """Write it to a run folder, in one move."""
        content: dict[str, Any] = {"format": _FORMAT, **asdict(self)}
        with text_written_whole(run / CHECKPOINT / BEGUN) as text:
            text.write(exact_json_text(content, indent=1))

    def other_versions(self) -> list[str]:
        """What is installed in another version now, in words."""
        return [
            f"{name} {self.versions.get(name)} then, {now} now"
            for name, now in versions().items()
            if name not in _HARMLESS and self.versions.get(name) != now
        ]

    def is_other_machine(self) -> bool:
        """Whether this machine computes in another way, as far as can be seen."""
        return hardware(AcceleratedRuntime()) != self.hardware

    def found_again(
        self, data: Path | None, weights: Path | None
    ) -> tuple[Path, RunSettings]:
        """Say where photos are now, and settings with paths that hold here and now.

        Paths stay as they were named where they lead to the same place.

        Args:
            data: Where the photos are by now, if elsewhere.
            weights: Where the weights file is by now, if elsewhere.

        Raises:
            DataError: If the photos, the table or the fixes are gone, or one of the
                latter two has another content.
            PlanError: If weights are given, and the run took none.
            WeightsError: If the weights file is gone, or has another content.
        """
        folder = data or Path(self._named("data", self.data))
        if not folder.is_dir():
            raise DataError(
                f"The photos of the run are not in {folder} any more. Pass --data with "
                "the folder that holds them now."
            )
        csv, fixes = self.settings.csv, self.settings.fixes
        if csv is not None and not (folder / csv).is_file():
            csv = self._named("csv", csv)
        fixes = None if fixes is None else self._named("fixes", fixes)
        self._require_same("csv", _table(folder, csv))
        self._require_same("fixes", fixes)
        weights_file = self._weights(weights)
        return folder, replace(
            self.settings, weights=weights_file, csv=csv, fixes=fixes
        )

    def _require_same(self, name: str, file: str | Path | None) -> None:
        if file is None:
            return
        if not Path(file).is_file():
            raise DataError(
                f"There is no file {file} any more, with which the run began. Put it "
                "back, or train anew."
            )
        if _digest(Path(file)) != self.digests[name]:
            raise DataError(
                f"{file} changed since the run began. Put it back as it was, or train "
                "anew."
            )

    def _weights(self, given: Path | None) -> str | None:
        named = self.settings.weights
        if named is None:
            if given is not None:
                raise PlanError(
                    "The run began without a weights file, and --weights names one. "
                    "Leave it out, or train anew."
                )
            return None
        path = self._named("weights", named) if given is None else str(given)
        if not Path(path).is_file():
            raise WeightsError(
                f"There is no weights file {path} any more. Pass --weights with the "
                "file that the run began with."
            )
        if _digest(Path(path)) != self.digests["weights"]:
            raise WeightsError(
                f"{path} has other content than the weights file that the run began "
                "with. Restore it, or pass --weights with a copy of it."
            )
        return path

    def _named(self, name: str, as_named: str) -> str:
        is_same = str(Path(as_named).absolute()) == self.places[name]
        return as_named if is_same else self.places[name]


def _table(folder: Path, csv: str | None) -> Path | None:
    """Where a table is: below the photos, or at a path of its own."""
    if csv is None:
        return None
    return folder / csv if (folder / csv).is_file() else Path(csv)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16))
    return found.hexdigest()
