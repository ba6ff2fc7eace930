"""Go on with a run that was stopped, killed or cut off."""

import time
from collections.abc import Callable
from pathlib import Path

from unfreeze.errors import DataError, PlanError
from unfreeze.front.steps import StepClock
from unfreeze.front.summary import RunSummary
from unfreeze.runs.begun import Begun
from unfreeze.runs.checkpoint import Checkpoint, taken_up
from unfreeze.runs.run_diary import Keeping
from unfreeze.runs.run_folder import is_unfinished
from unfreeze.runs.training_run import Part, carry_out, look_at_photos

__all__ = ["resume_run"]


def resume_run(  # noqa: PLR0913  # what can have changed, and where words go
    run: Path,
    *,
    data: Path | None = None,
    weights: Path | None = None,
    is_anyway: bool = False,
    write: Callable[[str], object] = print,
    has_bar: bool = True,
    began: float | None = None,
    keeping: Keeping = Keeping(),  # noqa: B008  # cannot be changed
) -> RunSummary:
    """Finish an unfinished run, as it would have ended had nobody stopped it.

    What was shown before is shown again, and not done again.

    Args:
        run: Its folder, wherever that is by now.
        data: Where the photos are by now, if elsewhere.
        weights: Where the weights file is by now, if elsewhere.
        is_anyway: Go on with other versions of the libraries, too; the weights are
            then not those of one sitting.
        write: Takes the lines of tables and notes.
        has_bar: Draw progress bars where somebody watches.
        began: When this process began with it, by ``time.perf_counter``; now unless
            given.
        keeping: How often to keep its state.

    Raises:
        DataError: If there is no unfinished run, it is damaged, or its photos changed.
        PlanError: If it is running, or began with other versions.
        WeightsError: If its weights file has changed.
    """
    began = time.perf_counter() if began is None else began
    _require_unfinished(run)
    begun = Begun.read(run)
    _require_versions(begun, is_anyway, write)
    with taken_up(run, keeping) as checkpoint:
        folder, settings = begun.found_again(data, weights)
        settings.check(folder)
        write(_where(run, checkpoint))
        read = settings.read_table(folder)
        photos, findings = look_at_photos(folder, settings, read, write)
        checkpoint.require_photos(photos, folder)
        return carry_out(
            Part(
                folder=folder,
                out=run,
                settings=settings,
                data=photos,
                read=read,
                findings=findings,
                clock=StepClock(write, began, checkpoint.seconds),
                checkpoint=checkpoint,
                write=write,
                has_bar=has_bar,
            )
        )


def _require_unfinished(run: Path) -> None:
    if is_unfinished(run):
        return
    if not run.is_dir():
        raise DataError(f"There is no run folder {run}. Check the path.")
    if (run / "summary.json").is_file() and (run / "report.html").is_file():
        raise DataError(
            f"The run in {run} is finished already, so there is nothing to go on with. "
            "Look at its report.html, or train anew."
        )
    raise DataError(
        f"There is no unfinished run in {run}. Expected the folder of an unfreeze "
        "train that was stopped, with checkpoint/ in it."
    )


def _require_versions(
    begun: Begun, is_anyway: bool, write: Callable[[str], object]
) -> None:
    others = ", ".join(begun.other_versions())
    if others and not is_anyway:
        raise PlanError(
            f"The run began with other versions ({others}), with which its weights "
            "would differ. Install those, or pass --anyway to go on with these."
        )
    if others:
        write(f"note: the weights will differ from those of one sitting: {others}.")
    elif begun.is_other_machine():
        write(
            "note: the run began on a machine that computes otherwise, so the weights "
            "can differ in their last digits from those of one sitting."
        )


def _where(run: Path, checkpoint: Checkpoint) -> str:
    number = len(checkpoint.seconds)
    seconds = sum(checkpoint.seconds)
    if not number:
        return f"Going on with {run}, of which nothing was done yet."
    return (
        f"Going on with {run} in step {number}, after {seconds:.0f} seconds. What was "
        "done is shown again, not done again."
    )
