"""Photos in splits, as the lesson looks at them: ``data.trn_ds``, ``data.classes``."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.fixed import FixSummary
from unfreeze.data.groups import Grouping
from unfreeze.data.held_out import HeldOut
from unfreeze.data.likeness import Likeness
from unfreeze.data.screen import Screening
from unfreeze.errors import DataError, PlanError
from unfreeze.front.datasets import ImageDataset, ImageLoader
from unfreeze.front.opening import require_classes
from unfreeze.front.transforms import TrainTransform, ValidTransform
from unfreeze.records import ImageSpec, Skipped
from unfreeze.training.source import Labels, Loading

__all__ = ["ImageData"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ImageData:
    """Training, validation and perhaps test photos with one list of classes."""

    path: Path
    """Root of the data set; ``models/`` and ``tmp/`` go here."""

    train: Screening
    valid: Screening
    test: Screening | None
    bs: int
    tfms: tuple[TrainTransform, ValidTransform]
    num_workers: int
    grouping: Grouping | None = None
    """What must not be split, where that was asked for."""

    held_out: HeldOut | None = None
    """Whether the split came out as it was asked for, where it was made here."""

    fixes: FixSummary | None = None
    """What a person's fixes changed, where there are any."""

    likeness: Likeness | None = None
    """Near-duplicates among training and then validation photos, where the split was
    made here; None where nobody has searched."""

    _loaders: dict[str, ImageLoader] = field(default_factory=dict, init=False)
    """Those that were asked for; each counts its passes."""

    def __post_init__(self) -> None:
        require_classes(self.path, self.train.index)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names; a label is a position in this tuple."""
        return self.train.index.classes

    @property
    def c(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def sz(self) -> int:
        """Side of the square that the model reads, in pixels."""
        return self.spec.size

    @property
    def is_multi(self) -> bool:
        """Whether a photo may carry several labels."""
        return self.train.index.is_multi

    @property
    def spec(self) -> ImageSpec:
        """How a photo becomes the square that the model reads."""
        return self.tfms[1].spec

    @property
    def augmentation(self) -> Augmentation:
        """How training photos are varied."""
        return self.tfms[0].augmentation

    @property
    def has_class_folders(self) -> bool:
        """Whether class folders stand in ``path``, so that any new one becomes one."""
        folders = (self.path / name for name in self.classes)
        return any(map(os.path.isdir, folders))  # also of a name that no file can have

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files that were left out, of all splits, each with the reason."""
        return tuple(
            each
            for split in (self.train, self.valid, self.test)
            if split is not None
            for each in (*split.skipped, *split.index.ignored)
        )

    @property
    def trn_ds(self) -> ImageDataset:
        """Training photos, augmented."""
        return ImageDataset(self.train.index, self.tfms[0])

    @property
    def val_ds(self) -> ImageDataset:
        """Validation photos."""
        return ImageDataset(self.valid.index, self.tfms[1])

    @property
    def fix_ds(self) -> ImageDataset:
        """Training photos without augmentation, as activations are stored."""
        return ImageDataset(self.train.index, self.tfms[1])

    @property
    def aug_ds(self) -> ImageDataset:
        """Validation photos, augmented."""
        return ImageDataset(self.valid.index, self.tfms[0])

    @property
    def test_ds(self) -> ImageDataset:
        """Test photos.

        Raises:
            PlanError: If there are none.
        """
        if self.test is None:
            raise PlanError(
                "There are no test photos. Pass test_name, the folder that holds them."
            )
        return ImageDataset(self.test.index, self.tfms[1])

    @property
    def trn_dl(self) -> ImageLoader:
        """Batches of training photos, shuffled, augmented anew in every pass."""
        return self._loader("trn", self.trn_ds, is_shuffled=True)

    @property
    def val_dl(self) -> ImageLoader:
        """Batches of validation photos, in order."""
        return self._loader("val", self.val_ds)

    @property
    def fix_dl(self) -> ImageLoader:
        """Batches of training photos without augmentation, in order."""
        return self._loader("fix", self.fix_ds)

    @property
    def aug_dl(self) -> ImageLoader:
        """Batches of validation photos, augmented anew in every pass, in order."""
        return self._loader("aug", self.aug_ds)

    @property
    def test_dl(self) -> ImageLoader:
        """Batches of test photos, in order."""
        return self._loader("test", self.test_ds)

    @property
    def trn_y(self) -> Labels:
        """Labels of the training photos."""
        return _labels_of(self.train)

    @property
    def val_y(self) -> Labels:
        """Labels of the validation photos."""
        return _labels_of(self.valid)

    def _loader(
        self, kind: str, dataset: ImageDataset, *, is_shuffled: bool = False
    ) -> ImageLoader:
        """The one loader of a kind, so that each pass over it is the next epoch."""
        loading = Loading(batch_size=self.bs, num_workers=self.num_workers, seed=0)
        loader = ImageLoader(dataset, loading, is_shuffled)
        return self._loaders.setdefault(kind, loader)


def _labels_of(split: Screening) -> Labels:
    """Labels of a split that must have some."""
    if split.index.labels is None:
        raise DataError(f"The photos in {split.index.root} have no labels.")
    return split.index.labels
