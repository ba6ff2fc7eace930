"""The latest states of a run, as files of which the last whole one counts.

A state is ``state-N.safetensors``: the tensors of the moment, and a JSON object with
everything else. Beside it, ``best-N.safetensors`` is the model file as it was at that
moment; on most file systems a second name of the same bytes, since a model file is
never written to but replaced. Every file appears by a rename, the state last, and older
ones go only then. So a process that is killed at any byte leaves a state to go on from.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from unfreeze.atomic import copied_whole
from unfreeze.errors import DataError, WeightsError
from unfreeze.training.fit_state import Tensors
from unfreeze.training.state_file import read_state_file, write_state_file
from unfreeze.words import counted

__all__ = ["KeptState", "StateFolder", "put_best"]

_FILE = re.compile(r"(state|best)-(\d{6,})\.safetensors")
_HAS_BEST = "has_best"
_KEPT = 2
"""States that stay; the older one is for the case that the newer cannot be read."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class KeptState:
    """One moment of a run."""

    content: Mapping[str, Any]
    tensors: Tensors
    best: Path | None
    """The model file of that moment; None if there was none."""


@final
class StateFolder:
    """The states in one folder, which exists."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, tensors: Tensors, content: Mapping[str, Any], best: Path) -> None:
        """Add a state, and remove all but the latest two.

        Args:
            tensors: Of the moment.
            content: The rest, for JSON.
            best: The model file, if there is one by now.
        """
        number = max(self._numbers("state"), default=0) + 1
        if best.is_file():
            copied_whole(best, self._file("best", number))
        state = {**content, _HAS_BEST: best.is_file()}
        write_state_file(self._file("state", number), tensors, state)
        for name in ("state", "best"):
            for old in self._numbers(name):
                if old <= number - _KEPT:
                    self._file(name, old).unlink()

    def newest(self) -> KeptState | None:
        """The latest state that is whole; None where none has been written yet.

        Raises:
            DataError: If there are states, and none is whole; or if the system does
                not hand one out, which may be whole.
        """
        numbers = sorted(self._numbers("state"), reverse=True)
        for number in numbers:
            state = self._read(number)
            if state is not None:
                return state
        if not numbers:
            return None
        raise DataError(
            f"{counted(len(numbers), 'state')} in {self._folder}, and none is whole, "
            "so nobody knows how far the run was. Restore them from a copy, or train "
            "anew elsewhere; nothing was changed, and the best model so far is kept."
        )

    def _read(self, number: int) -> KeptState | None:
        """A state; None where it is torn, or its model file is gone."""
        file, best = self._file("state", number), self._file("best", number)
        try:
            file.stat()  # what cannot be reached is not taken for what is not there
            content, tensors = read_state_file(file)
            if not content.get(_HAS_BEST):
                return KeptState(content, tensors, None)
            return KeptState(content, tensors, best) if best.is_file() else None
        except OSError as error:
            raise _out_of_reach(file, error) from error
        except WeightsError as error:
            if isinstance(error.__cause__, OSError):
                raise _out_of_reach(file, error.__cause__) from error
            return None

    def _file(self, name: str, number: int) -> Path:
        return self._folder / f"{name}-{number:06}.safetensors"

    def _numbers(self, name: str) -> list[int]:
        found = (_FILE.fullmatch(each.name) for each in self._folder.iterdir())
        return [int(each[2]) for each in found if each and each[1] == name]


def _out_of_reach(file: Path, error: OSError) -> DataError:
    return DataError(
        f"{file} cannot be read ({error.strerror}), and nothing was changed. Try again "
        "once it can be. Without that file, the run goes on from an older state."
    )


def put_best(state: KeptState | None, target: Path) -> None:
    """Bring the model file to what it was at a moment; to nothing before the first."""
    if state is None or state.best is None:
        target.unlink(missing_ok=True)
    else:
        copied_whole(state.best, target)
