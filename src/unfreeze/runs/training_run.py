"""One training run from a folder of photos to a folder of results."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.fitting import Output
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.pacing import AsPlanned, Budget, Moment, Pacing
from unfreeze.front.plan import usual_plan
from unfreeze.front.presets import is_like_imagenet
from unfreeze.front.recipe import BEST, follow
from unfreeze.front.steps import StepClock
from unfreeze.front.summary import RunSummary, hardware
from unfreeze.numerics.metrics import f2
from unfreeze.runs.checkup import findings_before_training, name_findings
from unfreeze.runs.measuring import measure
from unfreeze.runs.photos import name_skipped, read_photos
from unfreeze.runs.reporting import keep_for_report, write_report
from unfreeze.runs.run_folder import fresh_run_folder, planned_run_folder
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.split_notes import split_notes
from unfreeze.training.history import HistoryFile
from unfreeze.versions import versions

__all__ = ["train_folder"]

_REPORT_SECONDS = 3.0
"""What the report takes behind everything else: heat maps, a forecast, the page. 1.9
seconds of computing for 400 validation photos and resnet18."""


def train_folder(
    folder: Path,
    out: Path,
    settings: RunSettings,
    *,
    write: Callable[[str], object] = print,
    has_bar: bool = True,
    began: float | None = None,
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

    Returns:
        What ``out/summary.json`` holds.

    Raises:
        UnfreezeError: If photos, settings or weights cannot be used.
    """
    clock = StepClock(write, time.perf_counter() if began is None else began)
    settings.check(folder)
    planned_run_folder(out, folder)  # refused here, before photos are read
    data = read_photos(folder, settings)
    name_skipped(data)
    for note in split_notes(data):
        write(note)
    findings = findings_before_training(folder, data)
    name_findings(findings, write)
    pacing = _pacing(data, settings, clock)
    with (
        fresh_run_folder(out),
        closing(HistoryFile(out / "history.jsonl")) as history,
    ):
        output = Output(write=write, has_bar=has_bar, has_hints=False, history=history)
        try:
            learn = _trained(data, out, settings, clock, pacing, output)
            summary = _measured(learn, out, settings, clock, pacing)
        except KeyboardInterrupt:
            stopped = _unmeasured(data, settings, clock, pacing)
            replace(stopped, findings=findings).write(out / "summary.json")
            raise
        summary = replace(summary, findings=findings)
        summary.write(out / "summary.json")
    # Behind the summary: whatever happens here, no figure of the run is lost.
    keep_for_report(learn, out)
    write_report(out, folder)
    return summary


def _pacing(
    data: ImageClassifierData, settings: RunSettings, clock: StepClock
) -> Pacing:
    is_short = settings.recipe == "quick"  # which views would make twice as long
    num_views = 0 if is_short or settings.augment == "none" else 4
    num_train = len(data.train.index)
    usual = usual_plan(num_train, data.bs, settings.recipe, settings.epochs, num_views)
    if settings.budget is None:
        return AsPlanned(usual)
    return Budget(
        settings.budget, usual, elapsed=lambda: clock.seconds + _REPORT_SECONDS
    )


def _trained(
    data: ImageClassifierData,
    out: Path,
    settings: RunSettings,
    clock: StepClock,
    pacing: Pacing,
    output: Output,
) -> ConvLearner:
    return follow(
        settings.arch,
        data,
        clock,
        pacing,
        like_imagenet=is_like_imagenet(settings.augment),
        weights=settings.weights,
        seed=settings.seed,
        balance=settings.balance,
        metrics=[f2] if data.is_multi else None,
        settings=settings.that_matter(),
        models_name=out.resolve(),
        output=output,
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
        fixes=None if data.fixes is None else asdict(data.fixes),
        steps=clock.steps,
        settings=asdict(settings),
        hardware={},
        versions=versions(),
    )
