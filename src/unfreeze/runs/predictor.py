"""A trained model from its file, asked about new photos."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
from torch.nn import functional

from unfreeze.answering import Answering
from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.index import ImageIndex, index_flat_folder, index_folder
from unfreeze.data.paths import PackedNames, PackedPaths
from unfreeze.data.screen import Screening, screen
from unfreeze.errors import DataError, PlanError
from unfreeze.front.presets import PRESETS, tfms_for
from unfreeze.insight.counting import require_all_counted
from unfreeze.model_file.header import ModelHeader
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.calibration import at_temperature
from unfreeze.numerics.ensembling import mean_probs
from unfreeze.numerics.keyed import Purpose
from unfreeze.records import Predictions, Skipped, Task
from unfreeze.runs.run_folder import model_file
from unfreeze.runs.table_photos import Table, index_known_table, table_at
from unfreeze.training.callbacks.progress import Bar
from unfreeze.training.checkpoint import load_model
from unfreeze.training.runtime import AcceleratedRuntime, Runtime
from unfreeze.training.source import FromImages, Loading, Setup
from unfreeze.training.tta import logits_of_views

__all__ = ["Answers", "Classifier"]

_BATCH_SIZE = 64
_VIEWS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a model says about some files, and those it could not read."""

    predictions: Predictions
    """At the temperature of the model."""

    skipped: tuple[Skipped, ...]
    rules: Answering
    temperature: float = 1.0

    def rows(
        self, least: float | None = None
    ) -> Iterator[tuple[str, str, float, list[float]]]:
        """Each file with its label, the highest probability, and all of them.

        Args:
            least: Answers with a probability below it are ``NOT_SURE`` instead.
        """
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
        # The same answers on every machine, and in every exported file.
        self._runtime = runtime or AcceleratedRuntime("fp32")
        self._model = self._runtime.place(model)
        workers = min(os.cpu_count() or 1, 8) if num_workers is None else num_workers
        loading = Loading(
            batch_size=_BATCH_SIZE,
            num_workers=workers,
            seed=header.settings.get("seed", 0),
            delivery=self._runtime.delivery,
        )
        self._setup = Setup(loading=loading, runtime=self._runtime, task=header.task)

    @classmethod
    def load(cls, path: str | Path, *, num_workers: int | None = None) -> "Classifier":
        """Read a run folder or a model file.

        Raises:
            DataError: If there is no model at ``path``.
            WeightsError: If its file is damaged or not one of ours.
        """
        return cls(*load_model(model_file(Path(path))), num_workers=num_workers)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the probabilities."""
        return self.header.classes

    def rules(self, tta: bool = False) -> Answering:
        """How probabilities become answers."""
        header = self.header
        return Answering(
            classes=header.classes,
            task=header.task,
            thresholds=header.thresholds,
            # Measured on plain photos: they promise nothing of averages over views.
            reject=() if tta else header.reject,
        )

    def predict(self, paths: Sequence[str | Path], *, tta: bool = False) -> Answers:
        """Classify files, and all images in folders.

        Args:
            paths: Files and folders.
            tta: Average over the plain photo and four augmented views.

        Raises:
            DataError: If a path does not exist, or none of the images can be read.
        """
        names = [name for path in paths for name in _images_at(Path(path))]
        root = Path()
        files = PackedPaths(root, PackedNames.from_names(names))
        return self._answers(ImageIndex(root, self.classes, files, None), tta)

    def evaluate(
        self, folder: str | Path, table: Table | None = None, *, tta: bool = False
    ) -> Answers:
        """Classify labelled images; labels are matched by class name.

        Args:
            folder: Holds one folder per class, or ``valid/`` with them in it, or what
                ``table`` names.
            table: Where labels stand in a table.
            tta: Average over the plain photo and four augmented views.

        Raises:
            DataError: If a label is not one of the model's classes, or the model takes
                several labels and there is no table with them.
        """
        root = Path(folder)
        is_multi = self.header.task is Task.MULTI
        if table is not None:
            index = index_known_table(
                root,
                table_at(root, table.csv),
                self.classes,
                is_multi=is_multi,
                folder=table.folder,
                suffix=table.suffix,
            )
            return self._answers(index, tta)
        if is_multi:
            raise DataError(
                "This model names several labels for a photo, and class folders hold "
                "one for each. Pass a table of labels: --csv labels.csv."
            )
        inner = root / "valid"
        root = inner if inner.is_dir() and "valid" not in self.classes else root
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
        names = split.index.names
        predictions = Predictions(names, self.classes, log_probs, split.index.labels)
        return Answers(
            predictions, split.skipped, self.rules(tta), self._temperature(tta)
        )

    def _temperature(self, tta: bool) -> float:
        header = self.header
        return (header.tta_temperature if tta else None) or header.temperature

    def _log_probs(self, split: Screening, num_views: int) -> np.ndarray:
        plain = FromImages(split.index, self.header.image)
        augmentation = self._augmentation() if num_views else None
        varied = replace(plain, augmentation=augmentation, purpose=Purpose.VIEWS)
        logits = logits_of_views(self._model, plain, varied, num_views, self._setup)
        is_single = self.header.task is Task.SINGLE
        stack = logits.log_softmax(-1) if is_single else functional.logsigmoid(logits)
        if num_views == 0:
            found = stack[0].numpy()
        else:
            with np.errstate(divide="ignore"):
                found = np.log(mean_probs(stack))
        temperature = self._temperature(bool(num_views))
        return at_temperature(found, temperature, is_multi=not is_single)

    def _augmentation(self) -> Augmentation:
        settings = self.header.settings
        if settings.get("augment") not in PRESETS or settings["augment"] == "none":
            raise PlanError(
                "This model was saved without a named augmentation, which --tta needs "
                "to make its views. Predict without it, or use learn.TTA()."
            )
        train, _ = tfms_for(
            self.header.arch,
            self.header.image.size,
            settings["augment"],
            settings["max_zoom"],
        )
        return train.augmentation


def _images_at(path: Path) -> Iterator[str]:
    """Names of one file, or of all images in a folder."""
    if path.is_dir():
        found = index_flat_folder(path, ())
        yield from (str(path / name) for name in found.names)
    elif path.exists():
        yield str(path)
    else:
        raise DataError(f"There is no file or folder {path}. Check the path.")
