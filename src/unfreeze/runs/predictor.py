"""A trained model from its file, asked about new photos."""

import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float, Float32
from torch import Tensor
from torch.nn import functional

from unfreeze.answering import (
    NO_NUMBER,
    Answering,
    are_numbers,
    require_one_limit,
)
from unfreeze.augment.pipeline import Augmentation
from unfreeze.cores import loading_threads
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.data.paths import PackedNames, PackedPaths
from unfreeze.data.screen import Screening, screen
from unfreeze.data.split_folders import validation_folder
from unfreeze.errors import DataError, PlanError, WeightsError
from unfreeze.front.presets import PRESETS, tfms_for
from unfreeze.insight.counting import require_all_counted
from unfreeze.model_file.fields import as_number, as_whole
from unfreeze.model_file.header import ModelHeader
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.calibration import at_temperature
from unfreeze.numerics.ensembling import mean_log_probs
from unfreeze.numerics.keyed import Purpose
from unfreeze.records import Predictions, Skipped, Task
from unfreeze.runs.blocks import BLOCK, Block, require_some_read
from unfreeze.runs.model_files import trained_model_file
from unfreeze.runs.photo_list import photos_at
from unfreeze.runs.table_as_learned import as_learned
from unfreeze.runs.table_photos import ReadTable, Table, index_known_table
from unfreeze.training.callbacks.bar import Bar
from unfreeze.training.checkpoint import load_model
from unfreeze.training.runtime import AcceleratedRuntime, Runtime
from unfreeze.training.source import FromImages, Loading, Setup
from unfreeze.training.tta import logits_of_views
from unfreeze.training.turns import logits_in_turn

__all__ = [
    "Answers",
    "Classifier",
    "augmentation_of",
    "rules_of",
]

_VIEWS = 4

_OF_PLAIN_PHOTOS = (
    "From which probability on answers are right often enough was measured on plain "
    "photos, and promises nothing of an average over views. Predict without views "
    "(tta), or pass a threshold of your own."
)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a model says about some files, and those it could not read."""

    predictions: Predictions
    """At the temperature of the model."""

    skipped: tuple[Skipped, ...]
    rules: Answering
    temperature: float = 1.0
    root: Path | None = None
    """Folder that names of the files start from; None where they are paths."""

    def rows(
        self, least: float | None = None
    ) -> Iterator[tuple[str, str, float, list[float]]]:
        """Each file with its label, the highest probability, and all of them.

        Args:
            least: Answers with a probability below it, 0 to 1, are ``NOT_SURE``
                instead.

        Raises:
            PlanError: If that is out of range.
        """
        require_one_limit(least, None)
        for name, probs in zip(
            self.predictions.names, self.predictions.probs, strict=True
        ):
            label = self.rules.label(probs, least)
            yield name, label, float(probs.max()), probs.tolist()


@final
class Classifier:
    """A model that needs nothing but its file.

    Args:
        model: Backbone, pool and head.
        header: What its file says of it.
        num_workers: Loading threads; as many as cores, 8 at most, unless given.
    """

    def __init__(
        self,
        model: StagedClassifier,
        header: ModelHeader,
        *,
        runtime: Runtime | None = None,
        num_workers: int | None = None,
    ) -> None:
        self.header = header
        # The same answers on every processor, and in every exported file.
        self._runtime = runtime or AcceleratedRuntime("fp32")
        self._model = self._runtime.place(model)
        loading = Loading(
            batch_size=BLOCK,
            num_workers=loading_threads(num_workers),
            seed=_seed_in(header),
            delivery=self._runtime.delivery,
        )
        self._setup = Setup(loading=loading, runtime=self._runtime, task=header.task)

    @classmethod
    def load(cls, path: str | Path, *, num_workers: int | None = None) -> "Classifier":
        """Read a run folder or a model file.

        Raises:
            DataError: If there is no model at ``path``.
            PlanError: If it is an exported one.
            WeightsError: If its file is damaged or not one of ours.
        """
        return cls(*load_model(trained_model_file(Path(path))), num_workers=num_workers)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the probabilities."""
        return self.header.classes

    def rules(self, tta: bool = False) -> Answering:
        """How probabilities become answers."""
        return rules_of(self.header, tta=tta)

    def predict(
        self, paths: str | Path | Iterable[str | Path], *, tta: bool = False
    ) -> Answers:
        """Classify photos, all answers in memory; ``blocks`` needs less of it.

        Args:
            paths: Files, folders, and patterns such as ``"photos/**/*.jpg"``; one or
                several. Each file is answered once.
            tta: Average over the plain photo and four augmented views.

        Raises:
            DataError: If a path does not exist, none of the images can be read, or
                something else than paths is given.
        """
        photos = photos_at(paths)
        names: list[str] = []
        parts: list[np.ndarray] = []
        skipped: list[Skipped] = []
        with Bar("predicting") as bar, closing(self.blocks(photos, tta=tta)) as blocks:
            for block in blocks:
                is_good = np.array([error is None for error in block.errors])
                names += compress(block.names, is_good)
                parts.append(block.log_probs[is_good])
                skipped += block.skipped
                bar.show(block.first + len(block), len(photos))
        require_some_read(len(photos), len(skipped), next(iter(skipped), None))
        predictions = Predictions(names, self.classes, np.concatenate(parts), None)
        return Answers(
            predictions, tuple(skipped), self.rules(tta), self._temperature(tta)
        )

    def blocks(
        self, photos: PackedNames, *, first: int = 0, tta: bool = False
    ) -> Generator[Block, None, None]:
        """Classify photos a block at a time, in their order.

        Close the generator (``contextlib.closing``) where the loop over it can end
        early: that ends the threads that read photos.

        Args:
            photos: As ``photos_at`` finds them.
            first: Where to begin, from 0: a multiple of ``BLOCK``.
            tta: Average over the plain photo and four augmented views.
        """
        root = Path()
        index = ImageIndex(root, self.classes, PackedPaths(root, photos), None)
        unreadable: dict[int, str] = {}
        plain = FromImages(index, self.header.image, unreadable=unreadable)
        views = [plain, *([self._varied(plain)] * _VIEWS if tta else [])]
        rows = np.arange(first, len(photos))
        turns = logits_in_turn(self._model, views, rows, self._setup)
        with closing(turns):
            for of_block, logits in turns:
                numbers = of_block.tolist()
                yield Block.of(
                    first=numbers[0],
                    names=[photos[row] for row in numbers],
                    log_probs=self._averaged(logits, tta=tta),
                    unreadable=[unreadable.pop(row, None) for row in numbers],
                )

    def read_table(self, root: str | Path, table: Table) -> ReadTable:
        """Read a table, as training did where ``table`` leaves open how.

        Raises:
            DataError: If there is no such table, or it cannot be read.
        """
        is_multi = self.header.task is Task.MULTI
        return as_learned(Path(root), table, self.header.settings, is_multi=is_multi)

    def evaluate(
        self,
        folder: str | Path,
        table: Table | ReadTable | None = None,
        *,
        tta: bool = False,
    ) -> Answers:
        """Classify labelled images; labels are matched by class name.

        Args:
            folder: Holds one folder per class, or ``valid/`` with them in it, or what
                ``table`` names.
            table: Where labels stand in a table; what it leaves open is as in that
                which the model learned from. Or what ``read_table`` has read.
            tta: Average over the plain photo and four augmented views.

        Raises:
            DataError: If a label is not one of the model's classes, or the model takes
                several labels and there is no table with them.
        """
        root = Path(folder)
        is_multi = self.header.task is Task.MULTI
        if table is not None:
            if isinstance(table, Table):
                table = self.read_table(root, table)
            index = index_known_table(root, table, self.classes, is_multi=is_multi)
            return self._answers(index, tta)
        if is_multi:
            raise DataError(
                "This model names several labels for a photo, and class folders hold "
                "one for each. Pass a table of labels: --csv labels.csv."
            )
        root = validation_folder(root, self.classes)
        return self._answers(index_folder(root, self.classes), tta)

    def _answers(self, index: ImageIndex, tta: bool) -> Answers:
        with Bar("checking photos") as bar:
            split = screen(
                index,
                None,
                num_workers=self._setup.loading.num_workers,
                on_progress=bar.show,
            )
        require_all_counted(len(index), len(split.index), len(split.skipped))
        log_probs = self._log_probs(split, _VIEWS if tta else 0)
        split, log_probs = _answered(split, log_probs)
        names = split.index.names
        return Answers(
            Predictions(names, self.classes, log_probs, split.index.labels),
            split.skipped,
            self.rules(tta),
            self._temperature(tta),
            split.index.root,
        )

    def _temperature(self, tta: bool) -> float:
        header = self.header
        return (header.tta_temperature if tta else None) or header.temperature

    def _log_probs(self, split: Screening, num_views: int) -> np.ndarray:
        plain = FromImages(split.index, self.header.image)
        varied = self._varied(plain) if num_views else plain
        logits = logits_of_views(self._model, plain, varied, num_views, self._setup)
        return self._averaged(logits, tta=num_views > 0)

    def _varied(self, plain: FromImages) -> FromImages:
        augmentation = augmentation_of(self.header)
        return replace(plain, augmentation=augmentation, purpose=Purpose.VIEWS)

    def _averaged(
        self, logits: Float32[Tensor, "V N K"], *, tta: bool
    ) -> Float[np.ndarray, "N K"]:
        """Log-probabilities at the temperature, of all views together."""
        is_single = self.header.task is Task.SINGLE
        stack = logits.log_softmax(-1) if is_single else functional.logsigmoid(logits)
        found = mean_log_probs(stack) if tta else stack[0].numpy()
        return at_temperature(found, self._temperature(tta), is_multi=not is_single)


def _answered(
    split: Screening, log_probs: Float[np.ndarray, "N K"]
) -> tuple[Screening, Float[np.ndarray, "M K"]]:
    """The photos whose answers are numbers; the others are skipped.

    Raises:
        DataError: If that is none of them.
    """
    is_number = are_numbers(np.exp(log_probs))
    if is_number.all():
        return split, log_probs
    lost = [
        Skipped(split.index.name(row), NO_NUMBER)
        for row in np.flatnonzero(~is_number).tolist()
    ]
    require_some_read(len(split.index), len(lost), lost[0])
    left = split.take(np.flatnonzero(is_number))
    return replace(left, skipped=(*split.skipped, *lost)), log_probs[is_number]


def rules_of(header: ModelHeader, *, tta: bool) -> Answering:
    """How the probabilities of a model become answers.

    Args:
        header: Of the model.
        tta: Whether they are averages over views.
    """
    return Answering(
        classes=header.classes,
        task=header.task,
        thresholds=header.thresholds,
        reject=() if tta else header.reject,
        unpromised=_OF_PLAIN_PHOTOS if tta else "",
    )


def augmentation_of(header: ModelHeader) -> Augmentation:
    """What makes the views of a photo that ``tta`` averages over.

    Raises:
        PlanError: If the model was saved without a named augmentation.
    """
    settings = header.settings
    augment = next((each for each in PRESETS if each == settings.get("augment")), None)
    try:
        zoom = as_number(
            settings.get("max_zoom"), "max_zoom", least=1, most=sys.float_info.max
        )
    except ValueError:
        zoom = None
    if augment in (None, "none") or zoom is None:
        raise PlanError(
            "This model was saved without a named augmentation and its largest zoom, "
            "which --tta needs to make its views. Predict without it, or use "
            "learn.TTA()."
        )
    train, _ = tfms_for(header.arch, header.image.size, augment, zoom)
    return train.augmentation


def _seed_in(header: ModelHeader) -> int:
    """What the views of a photo are drawn by.

    Raises:
        WeightsError: If its file names a seed that is none.
    """
    try:
        return as_whole(header.settings.get("seed", 0), "seed", least=0, most=2**63 - 1)
    except ValueError as error:
        raise WeightsError(
            f"The settings in the model file cannot be used ({error}). Restore it from "
            "a copy, or train again."
        ) from error
