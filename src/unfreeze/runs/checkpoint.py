"""``RUN/checkpoint``: begun with a run, taken up when it goes on, gone at its end."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from unfreeze.atomic import remove_parts
from unfreeze.errors import DataError
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.pacing import Pacing
from unfreeze.front.steps import StepClock
from unfreeze.runs.begun import Begun
from unfreeze.runs.locks import held
from unfreeze.runs.past_rows import PastRows, cut_history, read_past_rows
from unfreeze.runs.photo_prints import PhotoPrints
from unfreeze.runs.run_diary import Keeping, RunDiary
from unfreeze.runs.run_files import summary_in
from unfreeze.runs.run_folder import CHECKPOINT, LOCK, PHOTOS
from unfreeze.runs.run_log import LoggedBudget, RunLog
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.state_folder import KeptState, StateFolder, put_best
from unfreeze.training.fit_state import Tensors
from unfreeze.training.history import HistoryFile

__all__ = ["Checkpoint", "begun_anew", "taken_up"]

_HISTORY = "history.jsonl"
_MODEL = "model.safetensors"


@final
class Checkpoint:
    """What is kept of a run that a process is working on.

    Until its first new search or fit, nothing in the run folder is changed: whatever
    is refused before leaves the run as it was.

    Args:
        run: Its folder.
        keeping: How often to keep its state.
        past: The state to go on from; None begins with nothing done.
        seconds: Of each step until the run was stopped, where it could still say so;
            what lies behind the state counts, too.

    Raises:
        DataError: If the history of the run is damaged.
    """

    def __init__(
        self,
        run: Path,
        keeping: Keeping,
        past: KeptState | None = None,
        seconds: Sequence[float] = (),
    ) -> None:
        content = {} if past is None else past.content
        self._run = run
        self._keeping = keeping
        self._past = past
        self._states = StateFolder(run / CHECKPOINT)
        self._history_bytes = int(content.get("history_bytes", 0))
        self._rows = _rows_of(run, content, self._history_bytes)
        kept: Sequence[float] = content.get("seconds", ())
        self.seconds = max(kept, seconds, key=sum)
        """That each step has taken before."""

        self.log = RunLog(content.get("log", ()))

    def require_photos(self, data: ImageClassifierData, where: Path) -> None:
        """Refuse to go on with other photos than those that the run began with.

        Raises:
            DataError: If they are others.
        """
        known = PhotoPrints.read(self._run / CHECKPOINT / PHOTOS)
        known.require_same(PhotoPrints.of(data), where)

    def diary(
        self,
        history: HistoryFile,
        clock: StepClock,
        pacing: Pacing,
        on_end: Callable[[], object],
    ) -> RunDiary:
        """What a learner reads the past from, and writes the present to.

        Args:
            history: Takes the rows of this process.
            clock: Times the steps.
            pacing: Of the recipe.
            on_end: Called when the end of a search or fit has been kept.
        """

        def write(tensors: Tensors, is_end: bool) -> None:
            content = {
                "log": self.log.entries,
                "seconds": clock.seconds_of_steps(),
                "history_bytes": history.secure(),
            }
            self._states.write(tensors, content, self._run / _MODEL)
            if is_end:
                on_end()

        return RunDiary(
            self.log,
            self._rows,
            {} if self._past is None else self._past.tensors,
            clock=clock,
            budget=pacing.budget if isinstance(pacing, LoggedBudget) else None,
            keeping=self._keeping,
            write=write,
            go_back=self._go_back,
        )

    def _go_back(self) -> None:
        """Bring the files of the run to what they were when its state was kept."""
        remove_parts(self._run)
        remove_parts(self._run / CHECKPOINT)
        cut_history(self._run / _HISTORY, self._history_bytes)
        put_best(self._past, self._run / _MODEL)


@contextmanager
def begun_anew(
    run: Path,
    folder: Path,
    settings: RunSettings,
    data: ImageClassifierData,
    keeping: Keeping,
) -> Iterator[Checkpoint]:
    """Hold a fresh run folder, with what it takes to go on in it.

    Args:
        run: The run folder.
        folder: Of the photos, as it was named.
        settings: Of the run.
        data: The photos.
        keeping: How often to keep its state.
    """
    place = run / CHECKPOINT
    place.mkdir()
    with held(place / LOCK, f"The run in {run}"):
        PhotoPrints.of(data).write(place / PHOTOS)
        Begun.now(folder, settings).write(run)
        yield Checkpoint(run, keeping)
    _finish(place, keeping)


@contextmanager
def taken_up(run: Path, keeping: Keeping) -> Iterator[Checkpoint]:
    """Hold an unfinished run, to go on from its latest state.

    Raises:
        DataError: If its history or all of its states are damaged or gone.
        PlanError: If a process is working on it.
    """
    place = run / CHECKPOINT
    with held(place / LOCK, f"The run in {run}"):
        past = StateFolder(place).newest()
        if past is None and (run / _MODEL).exists():
            raise DataError(
                f"There is a model in {run}, and no state-N.safetensors in {place} to "
                "go on from. Restore that; or move the model elsewhere, and resume "
                "begins with the first step."
            )
        yield Checkpoint(run, keeping, past, _seconds_in_summary(run))
    _finish(place, keeping)


def _finish(place: Path, keeping: Keeping) -> None:
    if not keeping.is_left:
        shutil.rmtree(place, ignore_errors=True)


def _rows_of(run: Path, content: Any, num_bytes: int) -> PastRows:  # noqa: ANN401
    """Read what a state knows of the history."""
    path = run / _HISTORY
    rows = read_past_rows(path, num_bytes)
    kinds = [entry.get("kind") for entry in content.get("log", ())]
    noted = kinds.count("search"), kinds.count("fit")
    if noted != (len(rows.searches), len(rows.fits)):
        raise DataError(
            f"{path} does not belong to {run / CHECKPOINT}: it holds other searches "
            "and fits. Restore both, or train anew."
        )
    return rows


def _seconds_in_summary(run: Path) -> list[float]:
    """Seconds of each step when the run was stopped, if it had time to say so."""
    try:
        return [float(step["seconds"]) for step in summary_in(run)["steps"]]
    except (ValueError, KeyError, TypeError):
        return []
