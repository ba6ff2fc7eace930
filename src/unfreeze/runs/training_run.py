"""One training run from a folder of photos to a folder of results."""

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from unfreeze.data.tables import index_table
from unfreeze.errors import DataError, PlanError, WeightsError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.fitting import Output
from unfreeze.front.image_data import ImageClassifierData, TransformPair
from unfreeze.front.pacing import AsPlanned, Budget, Moment, Pacing
from unfreeze.front.plan import Recipe, require_recipe, usual_plan
from unfreeze.front.presets import Preset, is_like_imagenet, tfms_for
from unfreeze.front.recipe import BEST, follow, layer_rates
from unfreeze.front.steps import StepClock
from unfreeze.front.summary import RunSummary, hardware
from unfreeze.numerics.balance import Balance, require_balance
from unfreeze.numerics.metrics import f2
from unfreeze.numerics.suggest import Suggestion
from unfreeze.places import require_place
from unfreeze.runs.checkup import findings_before_training, name_findings
from unfreeze.runs.fixing import fixed_photos
from unfreeze.runs.measuring import measure
from unfreeze.runs.reporting import keep_for_report, write_report
from unfreeze.runs.run_folder import fresh_run_folder, planned_run_folder
from unfreeze.runs.split_notes import split_notes
from unfreeze.runs.table_photos import held_out_rows, table_at
from unfreeze.training.history import HistoryFile
from unfreeze.versions import versions

__all__ = ["RunSettings", "read_photos", "search_rate", "train_folder"]

_SKIPPED_SHOWN = 20
"""Skipped files that are named on the screen; all of them stand in summary.json."""


_PICTURES = (".png", ".svg", ".pdf", ".jpg")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSettings:
    """Everything that a run depends on besides the photos and the machine."""

    arch: str = "resnet34"
    weights: str | None = None
    """A local file; None takes timm's weights, or the embedded ones."""

    size: int = 224
    batch_size: int = 64
    epochs: int | None = None
    """Of the last training step; None lets the recipe decide."""

    budget: float | None = None
    """Seconds for the whole run, which then chooses its epochs to fit; None takes as
    long as it takes."""

    recipe: Recipe = "eight-steps"
    augment: Preset = "side-on"
    max_zoom: float = 1.1
    balance: Balance = "none"
    """How rare classes are made to count as much as frequent ones."""

    seed: int = 0
    num_workers: int | None = None
    csv: str | None = None
    """A table with a photo and its label or labels in each row; None takes class
    folders."""

    folder: str = ""
    """Of the photos that the table names, below the folder of all; itself if empty."""

    suffix: str = ""
    """Added to each name in the table, such as ``.jpg``."""

    valid_fraction: float = 0.2
    """Share held out where the photos are not split already."""

    group_by: str | None = None
    """A regular expression that finds the group of a photo in its path."""

    fixes: str | None = None
    """A local ``fixes.csv``: photos to drop or relabel."""

    def __post_init__(self) -> None:
        require_recipe(self.recipe)
        require_balance(self.balance)
        self._require_length()
        if self.csv is None and (self.folder or self.suffix):
            raise PlanError(
                "folder and suffix say how a table names photos, and there is no "
                "table. Pass csv, too."
            )
        if not 0 <= self.seed < 2**63:
            raise PlanError(f"seed must be from 0 to 2**63 - 1, got {self.seed}.")
        if not 0 < self.valid_fraction < 1:
            raise PlanError(
                "valid_fraction must be above 0 and below 1, got "
                f"{self.valid_fraction}."
            )

    def _require_length(self) -> None:
        if self.epochs is not None and self.epochs < 1:
            raise PlanError(f"epochs must be 1 or more, got {self.epochs}.")
        if self.budget is None:
            return
        if not 0 < self.budget < math.inf:
            raise PlanError(
                f"budget must be a number of seconds above 0, got {self.budget:g}."
            )
        if self.epochs is not None:
            raise PlanError(
                "A budget chooses the epochs, and there are epochs given, too. Pass "
                "one of them."
            )

    def that_matter(self) -> dict[str, Any]:
        """What the result depends on: all but the number of loading threads."""
        chosen = asdict(self)
        del chosen["num_workers"]
        return chosen

    def check(self, folder: Path) -> None:
        """Refuse what is certain to fail before anything is written.

        Raises:
            DataError: If there is no such folder.
            WeightsError: If there is no such weights file.
        """
        if not folder.is_dir():
            raise DataError(f"There is no folder {folder}. Check the path.")
        if self.csv is not None:
            table_at(folder, self.csv)
        if self.weights is not None and not Path(self.weights).is_file():
            raise WeightsError(
                f"There is no weights file {self.weights}. Check the path."
            )
        if self.fixes is not None and not Path(self.fixes).is_file():
            raise DataError(f"There is no file {self.fixes}. Check the path.")
        tfms_for(self.arch, self.size, self.augment, self.max_zoom)


def read_photos(folder: Path, settings: RunSettings) -> ImageClassifierData:
    """Read a table; or ``folder/train`` and ``folder/valid``; or class folders alone.

    Raises:
        DataError: If the photos cannot be used; the message says what to change.
    """
    data = _photos(folder, settings)
    if settings.fixes is None:
        return data
    return fixed_photos(
        data,
        folder,
        Path(settings.fixes),
        arch=settings.arch,
        weights=settings.weights,
    )


def _photos(folder: Path, settings: RunSettings) -> ImageClassifierData:
    tfms = tfms_for(settings.arch, settings.size, settings.augment, settings.max_zoom)
    if settings.csv is not None:
        return _read_table(folder, settings.csv, settings, tfms)
    if (folder / "train").is_dir() and (folder / "valid").is_dir():
        return ImageClassifierData.from_paths(
            folder,
            settings.batch_size,
            tfms,
            num_workers=settings.num_workers,
            group_by=settings.group_by,
        )
    return ImageClassifierData.from_folder(
        folder / "train" if (folder / "train").is_dir() else folder,
        settings.batch_size,
        tfms,
        valid_fraction=settings.valid_fraction,
        seed=settings.seed,
        num_workers=settings.num_workers,
        group_by=settings.group_by,
    )


def _read_table(
    root: Path, csv: str, settings: RunSettings, tfms: TransformPair
) -> ImageClassifierData:
    table = table_at(root, csv)
    whole = index_table(root, table, folder=settings.folder, suffix=settings.suffix)
    return ImageClassifierData.from_csv(
        root,
        settings.folder,
        table,
        settings.batch_size,
        tfms,
        val_idxs=held_out_rows(whole, settings.valid_fraction, settings.seed),
        suffix=settings.suffix,
        num_workers=settings.num_workers,
    )


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
    _name_skipped(data, write)
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
            summary = _trained(data, out, settings, clock, pacing, output)
        except KeyboardInterrupt:
            stopped = _unmeasured(data, settings, clock, pacing)
            replace(stopped, findings=findings).write(out / "summary.json")
            raise
        summary = replace(summary, findings=findings)
        summary.write(out / "summary.json")
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
    return Budget(settings.budget, usual, elapsed=lambda: clock.seconds)


def _trained(
    data: ImageClassifierData,
    out: Path,
    settings: RunSettings,
    clock: StepClock,
    pacing: Pacing,
    output: Output,
) -> RunSummary:
    learn = follow(
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
    summary = _measured(learn, out, settings, clock, pacing)
    keep_for_report(learn, out)
    return summary


def _name_skipped(data: ImageClassifierData, write: Callable[[str], object]) -> None:
    for each in data.skipped[:_SKIPPED_SHOWN]:
        write(f"skipped {each.file}: {each.reason}")
    rest = len(data.skipped) - _SKIPPED_SHOWN
    if rest > 0:
        write(f"skipped {rest} more; summary.json names all of them")


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


def search_rate(
    folder: Path,
    settings: RunSettings,
    plot: Path,
    *,
    unfrozen: bool = False,
    write: Callable[[str], object] = print,
) -> Suggestion:
    """Find a learning rate for the photos in ``folder``, and draw the search.

    Args:
        folder: Holds ``train/`` and ``valid/``, or class folders alone.
        settings: What to search for; epochs and recipe do not matter.
        plot: Where the picture goes; the suffix decides the format.
        unfrozen: Let the whole network learn, instead of the head alone.
        write: Takes notes.

    Raises:
        UnfreezeError: If photos, settings or weights cannot be used.
    """
    settings.check(folder)
    _require_picture(plot)
    data = read_photos(folder, settings)
    _name_skipped(data, write)
    learn = ConvLearner.pretrained(
        settings.arch,
        data,
        precompute=not unfrozen,
        weights=settings.weights,
        seed=settings.seed,
        balance=settings.balance,
        output=Output(write=write, has_hints=False),
    )
    if unfrozen:
        learn.unfreeze()
    ratio = 10.0 if is_like_imagenet(settings.augment) else 3.0
    found = learn.lr_find(layer_rates(1e-5, ratio))
    learn.sched.plot().savefig(plot)
    return found


def _require_picture(plot: Path) -> None:
    """Refuse a place for a picture before the work that leads to it."""
    if plot.suffix.lower() not in _PICTURES:
        raise PlanError(
            f"{plot} does not end like a picture. Pass a name that ends in one of "
            f"{', '.join(_PICTURES)}."
        )
    require_place(plot)
