"""One training run from a folder of photos to a folder of results."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.diary import Diary
from unfreeze.front.fitting import Output
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.pacing import AsPlanned, Budget, Moment, Pacing
from unfreeze.front.plan import usual_plan
from unfreeze.front.presets import is_like_imagenet
from unfreeze.front.recipe import BEST, follow
from unfreeze.front.steps import StepClock
from unfreeze.front.summary import RunSummary, hardware
from unfreeze.numerics.metrics import f2
from unfreeze.records import Finding
from unfreeze.runs.checkpoint import Checkpoint, begun_anew
from unfreeze.runs.checkup import findings_before_training, name_findings
from unfreeze.runs.fresh_folder import fresh_run_folder
from unfreeze.runs.measuring import measure
from unfreeze.runs.photos import name_skipped, read_photos
from unfreeze.runs.reading_notes import reading_notes
from unfreeze.runs.reporting import keep_for_report, write_report
from unfreeze.runs.run_diary import Keeping
from unfreeze.runs.run_folder import planned_run_folder
from unfreeze.runs.run_log import LoggedBudget
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.split_notes import split_facts
from unfreeze.runs.table_photos import ReadTable
from unfreeze.runs.valid_source import validation_source
from unfreeze.training.history import HistoryFile
from unfreeze.versions import versions

__all__ = ["Part", "carry_out", "look_at_photos", "train_folder"]

_REPORT_SECONDS = 2.0
"""What the report takes behind everything else: heat maps, a forecast, the page. 1.5
seconds for 400 validation photos and resnet18, and for 280 and mobilenetv2_100."""


def train_folder(  # noqa: PLR0913  # what to train, and where words go
    folder: Path,
    out: Path,
    settings: RunSettings,
    *,
    write: Callable[[str], object] = print,
    has_bar: bool = True,
    began: float | None = None,
    keeping: Keeping = Keeping(),  # noqa: B008  # cannot be changed
) -> RunSummary:
    """Train on the photos in ``folder`` and leave model and results in ``out``.

    Args:
        folder: Holds ``train/`` and ``valid/``, or class folders alone, or what the
            table ``settings.csv`` names.
        out: Made where it is missing; see ``fresh_run_folder`` where it is not.
        settings: The rest.
        write: Takes the lines of tables and notes.
        has_bar: Draw progress bars where somebody watches.
        began: When the run began, by ``time.perf_counter``; now unless given.
        keeping: How often to keep what ``resume_run`` needs.

    Returns:
        What ``out/summary.json`` holds.

    Raises:
        UnfreezeError: If photos, settings or weights cannot be used.
    """
    clock = StepClock(write, time.perf_counter() if began is None else began)
    settings.check(folder)
    planned_run_folder(out, folder)  # refused here, before photos are read
    read = settings.read_table(folder)
    settings = settings.decided(read)
    data, findings = look_at_photos(folder, settings, read, write)
    with (
        fresh_run_folder(out, write),
        begun_anew(out, folder, settings, data, keeping) as checkpoint,
    ):
        return carry_out(
            Part(
                folder=folder,
                out=out,
                settings=settings,
                data=data,
                read=read,
                findings=findings,
                clock=clock,
                checkpoint=checkpoint,
                write=write,
                has_bar=has_bar,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """What one process does of a run: all of it, or what another one has left."""

    folder: Path
    out: Path
    settings: RunSettings
    data: ImageClassifierData
    read: ReadTable | None
    findings: Sequence[Finding] | None
    clock: StepClock
    checkpoint: Checkpoint
    write: Callable[[str], object]
    has_bar: bool


def look_at_photos(
    folder: Path,
    settings: RunSettings,
    read: ReadTable | None,
    write: Callable[[str], object],
) -> tuple[ImageClassifierData, Sequence[Finding] | None]:
    """Read the photos of a run, and name what is unusual about them.

    Args:
        folder: Of the photos.
        settings: Of the run.
        read: The table that they name, if they do.
        write: Takes notes.

    Raises:
        DataError: If they cannot be used.
    """
    data = read_photos(folder, settings, read)
    name_skipped(data)
    for note in reading_notes(folder, settings, data, read):
        write(note)
    has_table = settings.csv is not None
    findings = findings_before_training(folder, data, has_table=has_table)
    name_findings(findings, write, has_table=has_table)
    return data, findings


def carry_out(part: Part) -> RunSummary:
    """Train and measure, and leave everything in the run folder.

    Returns:
        What ``summary.json`` holds.

    Raises:
        UnfreezeError: If settings or weights cannot be used.
    """
    out, settings = part.out, part.settings
    pacing = _pacing(part.data, settings, part.clock)
    log = part.checkpoint.log
    if isinstance(pacing, Budget):
        pacing = LoggedBudget(pacing, log)

    validation = validation_source(settings, part.data, part.read)

    def unfinished() -> RunSummary:
        stopped = _unmeasured(part.data, settings, part.clock, pacing)
        return replace(stopped, findings=part.findings, validation=validation)

    def note_unfinished() -> None:
        unfinished().write(out / "summary.json")

    if not (out / "summary.json").exists():  # else it tells what was done before
        note_unfinished()
    with closing(HistoryFile(out / "history.jsonl")) as history:
        output = Output(
            write=part.write, has_bar=part.has_bar, has_hints=False, history=history
        )
        diary = part.checkpoint.diary(history, part.clock, pacing, note_unfinished)
        try:
            learn = _trained(part, pacing, output, diary)
            summary = _measured(learn, out, settings, part.clock, pacing)
        except KeyboardInterrupt:
            if not part.checkpoint.log.is_recalling:  # else it would tell of less
                note_unfinished()
            raise
        summary = replace(summary, findings=part.findings, validation=validation)
        summary.write(out / "summary.json")
    # Behind the summary: whatever happens here, no figure of the run is lost.
    keep_for_report(learn, out)
    write_report(out, part.folder)
    return summary


def _pacing(
    data: ImageClassifierData, settings: RunSettings, clock: StepClock
) -> Pacing:
    num_views = 0 if settings.augment == "none" else 4
    num_train = len(data.train.index)
    usual = usual_plan(num_train, data.bs, settings.recipe, settings.epochs, num_views)
    if settings.budget is None:
        return AsPlanned(usual)
    return Budget(
        settings.budget,
        usual,
        elapsed=lambda: clock.seconds + _REPORT_SECONDS,
        like_imagenet=is_like_imagenet(settings.augment),
    )


def _trained(part: Part, pacing: Pacing, output: Output, diary: Diary) -> ConvLearner:
    settings, data = part.settings, part.data
    return follow(
        settings.arch,
        data,
        part.clock,
        pacing,
        like_imagenet=is_like_imagenet(settings.augment),
        weights=settings.weights,
        seed=settings.seed,
        balance=settings.balance,
        metrics=[f2] if data.is_multi else None,
        settings=settings.that_matter(),
        models_name=part.out.resolve(),
        output=output,
        diary=diary,
    )


def _measured(
    learn: ConvLearner,
    out: Path,
    settings: RunSettings,
    clock: StepClock,
    pacing: Pacing,
) -> RunSummary:
    """Measure the trained model on the validation photos, as part of the last step."""
    plan = pacing.plan_at(Moment.ALL_TRAINED, learn, clock.steps[-1])
    found = measure(learn, plan.num_views, out, BEST)
    clock.settle()
    return replace(
        _unmeasured(learn.data, settings, clock, pacing),
        status="finished",
        accuracy=found.accuracy,
        tta_accuracy=found.tta_accuracy,
        valid_loss=found.valid_loss,
        confusion=found.confusion,
        scores=found.scores,
        hardware=hardware(learn.runtime),
    )


def _unmeasured(
    data: ImageClassifierData, settings: RunSettings, clock: StepClock, pacing: Pacing
) -> RunSummary:
    return RunSummary(
        status="stopped",
        arch=settings.arch,
        size=settings.size,
        classes=data.classes,
        n_train=len(data.train.index),
        n_valid=len(data.valid.index),
        skipped=data.skipped,
        accuracy=None,
        tta_accuracy=None,
        valid_loss=None,
        confusion=None,
        scores=None,
        seconds=clock.seconds,
        budget=settings.budget,
        plan=None if pacing.chosen is None else asdict(pacing.chosen),
        groups=None if data.grouping is None else asdict(data.grouping),
        split=split_facts(data),
        fixes=None if data.fixes is None else asdict(data.fixes),
        steps=clock.steps,
        settings=asdict(settings),
        hardware={},
        versions=versions(),
    )
