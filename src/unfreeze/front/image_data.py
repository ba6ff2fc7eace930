"""``ImageClassifierData``: labelled photos, ready for a learner."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.arrays import as_labels, index_arrays, names_of
from unfreeze.data.fixed import FixSummary
from unfreeze.data.groups import (
    Grouping,
    as_grouping,
    column_names,
    pattern_names,
)
from unfreeze.data.held_out import HeldOut
from unfreeze.data.holding_out import Parts, hold_out
from unfreeze.data.index import ImageIndex, index_flat_folder, index_folder
from unfreeze.data.learnable import require_learnable
from unfreeze.data.likeness import Likeness
from unfreeze.data.paths import PackedNames, PackedPaths
from unfreeze.data.resize import resize_images
from unfreeze.data.screen import Screening, screen
from unfreeze.data.splits import get_cv_idxs
from unfreeze.data.tables import index_table
from unfreeze.errors import DataError, PlanError
from unfreeze.front.datasets import ImageDataset, ImageLoader
from unfreeze.front.tfms import TrainTransform, ValidTransform, tfms_from_stats
from unfreeze.places import made, ours_beside
from unfreeze.records import ImageSpec, Skipped
from unfreeze.training.callbacks.bar import Bar
from unfreeze.training.source import Labels, Loading

__all__ = ["ImageClassifierData", "TransformPair"]

TransformPair: TypeAlias = tuple[TrainTransform | None, ValidTransform | None]
Arrays: TypeAlias = tuple[np.ndarray, np.ndarray]

_NO_TFMS: TransformPair = (None, None)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ImageClassifierData:
    """Training, validation and perhaps test photos with one list of classes.

    Every photo was opened once while this was built: ``skipped`` names those that
    cannot be read, and the splits hold the others.
    """

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
        _require_classes(self.path, self.train.index)

    # --- ways to build it ------------------------------------------------------

    @classmethod
    def from_paths(
        cls,
        path: str | Path,
        bs: int = 64,
        tfms: TransformPair = _NO_TFMS,
        trn_name: str = "train",
        val_name: str = "valid",
        test_name: str | None = None,
        test_with_labels: bool = False,
        num_workers: int | None = None,
        group_by: str | None = None,
    ) -> "ImageClassifierData":
        """Read ``path/<trn_name>/<class>/*``; the training folders name the classes.

        Args:
            path: Holds the folders of the splits.
            bs: Photos in a batch.
            tfms: What ``tfms_from_model`` returns.
            trn_name: Folder of the training photos.
            val_name: Folder of the validation photos, with the same class folders.
            test_name: Folder of test photos, if any.
            test_with_labels: Whether that folder has class folders, too.
            num_workers: Loading threads; as many as the machine has cores, 8 at most,
                unless given.
            group_by: A regular expression that finds the group of a photo, such as its
                patient, in its path below ``path``. The split stays as it is;
                ``grouping`` names the groups that have photos on both sides.

        Raises:
            DataError: If a folder is missing, empty, or has a class that training
                lacks, or no photo of a class can be read to learn from.
            PlanError: If no file has a group.
        """
        root = Path(path)
        train = index_folder(_existing(root, trn_name))
        valid = index_folder(_existing(root, val_name), train.classes)
        test = None
        if test_name is not None:
            read = index_folder if test_with_labels else index_flat_folder
            test = read(_existing(root, test_name), train.classes)
        grouping = None
        if group_by is not None:
            sides = [f"{trn_name}/{name}" for name in train.names]
            sides += [f"{val_name}/{name}" for name in valid.names]
            names = pattern_names(sides, group_by)
            grouping = as_grouping(group_by, names[: len(train)], names[len(train) :])
        splits = (train, valid, test)
        return cls._screened(root, splits, bs, tfms, num_workers, grouping)

    @classmethod
    def from_folder(  # beside the lesson's keywords
        cls,
        path: str | Path,
        bs: int = 64,
        tfms: TransformPair = _NO_TFMS,
        valid_fraction: float = 0.2,
        seed: int = 0,
        num_workers: int | None = None,
        group_by: str | None = None,
    ) -> "ImageClassifierData":
        """Read ``path/<class>/*`` and hold some photos of every class out.

        Photos that are equal, or nearly so, stay on one side.

        Args:
            path: Holds one folder per class.
            bs: Photos in a batch.
            tfms: What ``tfms_from_model`` returns.
            valid_fraction: Share of each class that is held out, above 0, below 1.
            seed: Keys the choice.
            num_workers: Loading threads, as in ``from_paths``.
            group_by: A regular expression that finds the group of a photo, such as its
                patient, in its path below ``path``; no group is then on both sides.

        Raises:
            DataError: If there are no class folders, or one of them holds no photo that
                can be read.
            PlanError: If no file has a group.
        """
        root = Path(path)
        pair, workers = _both(tfms), _threads(bs, num_workers)
        index = index_folder(root)
        _require_classes(root, index)
        whole = _screen_to_learn(root, index, workers)
        names = None
        if group_by is not None:
            names = pattern_names(whole.index.names, group_by)
        parts = hold_out(whole, valid_fraction, seed, group_by=group_by, names=names)
        return cls._parted(root, parts, None, bs, pair, workers)

    @classmethod
    def from_csv(
        cls,
        path: str | Path,
        folder: str,
        csv_fname: str | Path,
        bs: int = 64,
        tfms: TransformPair = _NO_TFMS,
        val_idxs: Sequence[int] | np.ndarray | None = None,
        suffix: str = "",
        test_name: str | None = None,
        continuous: bool = False,
        skip_header: bool = True,
        num_workers: int | None = None,
        cat_separator: str | None = " ",
        group_by: str | None = None,
        valid_fraction: float | None = None,
        seed: int = 0,
    ) -> "ImageClassifierData":
        """Read names and labels from a table, photos from ``path/folder``.

        Args:
            path: Root of the data set.
            folder: Folder of the photos, below ``path``.
            csv_fname: The table: name of the photo, then its label or labels.
            bs: Photos in a batch.
            tfms: What ``tfms_from_model`` returns.
            val_idxs: Rows held out; ``get_cv_idxs`` of all rows unless given, or unless
                ``valid_fraction`` or ``group_by`` asks for whole groups.
            suffix: Added to each name, for example ``.jpg``.
            test_name: Folder of unlabelled test photos below ``path``, if any.
            continuous: Labels are numbers to predict. Not supported.
            skip_header: Whether the first line names the columns.
            num_workers: Loading threads, as in ``from_paths``.
            cat_separator: Between several labels of a photo. None takes the whole
                cell for one label, also when it has spaces.
            group_by: The title of a column that names the group of each photo, such as
                its patient; or a regular expression that finds it in the path of the
                photo below ``path``. No group is then on both sides.
            valid_fraction: Share of every class that is held out, near-duplicates on
                one side; 0.2 with ``group_by``.
            seed: Keys the choice of groups.

        Raises:
            DataError: If the table or a photo is missing, the table is ambiguous, or no
                photo of a class can be read.
            PlanError: If no photo has a group, or ``val_idxs`` are given, too.
        """
        _refuse_numbers(continuous)
        root = Path(path)
        whole = index_table(
            root,
            Path(csv_fname),
            folder=folder,
            suffix=suffix,
            skip_header=skip_header,
            label_separator=cat_separator,
        )
        test = _flat_test(root, test_name, whole)
        if group_by is None and valid_fraction is None:
            splits = (*_held_out(whole, val_idxs), test)
            return cls._screened(root, splits, bs, tfms, num_workers)
        _refuse_both(val_idxs)
        group_of: dict[str, str | None] = {}
        if group_by is not None:
            titles = column_names(Path(csv_fname), group_by) if skip_header else None
            names = titles or pattern_names(whole.names, group_by)
            group_of = dict(zip(whole.names, names, strict=True))

        pair, workers = _both(tfms), _threads(bs, num_workers)
        readable = _screen_to_learn(root, whole, workers)
        named = [group_of[name] for name in readable.index.names] if group_of else None
        fraction = 0.2 if valid_fraction is None else valid_fraction
        parts = hold_out(readable, fraction, seed, group_by=group_by, names=named)
        return cls._parted(root, parts, test, bs, pair, workers)

    @classmethod
    def from_names_and_array(
        cls,
        path: str | Path,
        fnames: Sequence[str],
        y: np.ndarray,
        classes: Sequence[str],
        bs: int = 64,
        tfms: TransformPair = _NO_TFMS,
        val_idxs: Sequence[int] | np.ndarray | None = None,
        test_name: str | None = None,
        num_workers: int | None = None,
        suffix: str = "",
        continuous: bool = False,
    ) -> "ImageClassifierData":
        """Take file names below ``path`` and a label (or a row of 0s and 1s) each.

        The other arguments are those of ``from_csv``.

        Raises:
            DataError: If labels and names disagree in number, or a file is missing.
        """
        _refuse_numbers(continuous)
        root = Path(path)
        names = PackedNames.from_names(f"{name}{suffix}" for name in fnames)
        whole = ImageIndex(root, tuple(classes), PackedPaths(root, names), as_labels(y))
        splits = (*_held_out(whole, val_idxs), _flat_test(root, test_name, whole))
        return cls._screened(root, splits, bs, tfms, num_workers)

    @classmethod
    def from_path_and_array(
        cls,
        path: str | Path,
        folder: str,
        y: np.ndarray,
        classes: Sequence[str] | None = None,
        bs: int = 64,
        tfms: TransformPair = _NO_TFMS,
        val_idxs: Sequence[int] | np.ndarray | None = None,
        test_name: str | None = None,
        num_workers: int | None = None,
    ) -> "ImageClassifierData":
        """Take the files of ``path/folder`` in the order of their names, and labels.

        The other arguments are those of ``from_csv``. Without ``classes``, the numbers
        are the names.

        Raises:
            DataError: If there are more or fewer labels than files.
        """
        known = names_of(y) if classes is None else tuple(classes)
        listing = index_flat_folder(_existing(Path(path), folder), known)
        names = [f"{folder}/{name}" for name in listing.names]
        return cls.from_names_and_array(
            path, names, y, known, bs, tfms, val_idxs, test_name, num_workers
        )

    @classmethod
    def from_arrays(
        cls,
        path: str | Path,
        trn: Arrays,
        val: Arrays,
        bs: int = 64,
        tfms: TransformPair = _NO_TFMS,
        classes: Sequence[str] | None = None,
        num_workers: int | None = None,
        test: np.ndarray | None = None,
        continuous: bool = False,
    ) -> "ImageClassifierData":
        """Take images and labels that are in memory already.

        Args:
            path: Where ``models/`` and ``tmp/`` go.
            trn: Images (N H W, N H W 3, uint8, or float from 0 to 1) and labels.
            val: Likewise, for validation.
            bs: Photos in a batch.
            tfms: What ``tfms_from_model`` returns; none leaves the images' own size.
            classes: Names in label order; the numbers themselves unless given.
            num_workers: Loading threads, as in ``from_paths``.
            test: Images without labels, if any.
            continuous: Labels are numbers to predict. Not supported.

        Raises:
            DataError: If an array is of another kind, or labels do not match images.
        """
        _refuse_numbers(continuous)
        root = Path(path)
        known = names_of(trn[1]) if classes is None else tuple(classes)
        splits = (
            index_arrays(root, *trn, known),
            index_arrays(root, *val, known),
            None if test is None else index_arrays(root, test, None, known),
        )
        if tfms == _NO_TFMS:
            tfms = tfms_from_stats(None, min(trn[0].shape[1:3]))
        return cls._screened(root, splits, bs, tfms, num_workers)

    @classmethod
    def _screened(
        cls,
        root: Path,
        splits: "tuple[ImageIndex, ImageIndex, ImageIndex | None]",
        bs: int,
        tfms: TransformPair,
        num_workers: int | None,
        grouping: Grouping | None = None,
    ) -> "ImageClassifierData":
        """Open every photo once, and leave out those that cannot be read."""
        pair, workers = _both(tfms), _threads(bs, num_workers)
        train, valid, test = splits
        return cls(
            path=root,
            train=_screen_to_learn(root, train, workers),
            valid=_screen(root, valid, workers),
            test=None if test is None else _screen(root, test, workers),
            bs=bs,
            tfms=pair,
            num_workers=workers,
            grouping=grouping,
        )

    @classmethod
    def _parted(
        cls,
        root: Path,
        parts: Parts,
        test: ImageIndex | None,
        bs: int,
        tfms: tuple[TrainTransform, ValidTransform],
        num_workers: int,
    ) -> "ImageClassifierData":
        """Take photos that were opened, and split, before."""
        return cls(
            path=root,
            train=parts.train,
            valid=parts.valid,
            test=None if test is None else _screen(root, test, num_workers),
            bs=bs,
            tfms=tfms,
            num_workers=num_workers,
            grouping=parts.grouping,
            held_out=parts.held_out,
            likeness=parts.likeness,
        )

    # --- what the lesson reads -------------------------------------------------

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
        return labels_of_split(self.train)

    @property
    def val_y(self) -> Labels:
        """Labels of the validation photos."""
        return labels_of_split(self.valid)

    def _loader(
        self, kind: str, dataset: ImageDataset, *, is_shuffled: bool = False
    ) -> ImageLoader:
        """The one loader of a kind, so that each pass over it is the next epoch."""
        loading = Loading(batch_size=self.bs, num_workers=self.num_workers, seed=0)
        loader = ImageLoader(dataset, loading, is_shuffled)
        return self._loaders.setdefault(kind, loader)

    # --- other sizes -----------------------------------------------------------

    def resize(self, targ_sz: int, new_path: str = "tmp") -> "ImageClassifierData":
        """Write every photo once with shorter side ``targ_sz``, and use those files.

        Worth it when photos are much larger than the model reads. Files that are
        there already are not written again; each folder of photos has copies of its
        own. ``path`` stays the same, and so do the places of ``models/`` and stored
        activations. ``skipped`` also names photos that cannot be read any more.

        Args:
            targ_sz: Shorter side in pixels; leave room for zoom, such as ``sz * 1.3``.
            new_path: Folder for the copies, beside the photos or absolute.

        Raises:
            PlanError: If the photos would be smaller than the model reads them.
        """
        if targ_sz < self.sz:
            raise PlanError(
                f"resize({targ_sz}) would make photos smaller than the {self.sz} "
                "pixels the model reads. Pass a larger number."
            )
        home = made(ours_beside(self.path, new_path))

        def resized(split: Screening, name: str) -> Screening:
            folder = home / _name_of_copies(name, split.index.root)
            with Bar("resizing photos") as bar:
                failed = resize_images(
                    split.index,
                    folder,
                    targ_sz,
                    num_workers=self.num_workers,
                    on_progress=bar.show,
                )
            small = _without(split.index, failed).moved(folder / str(targ_sz))
            found = _screen(self.path, small, self.num_workers)
            skipped = (*split.skipped, *failed, *found.skipped)
            return replace(found, skipped=skipped)

        return replace(
            self,
            train=resized(self.train, "train"),
            valid=resized(self.valid, "valid"),
            test=None if self.test is None else resized(self.test, "test"),
            likeness=None,  # of other files
        )


def _name_of_copies(split: str, root: Path) -> str:
    """Name the folder for smaller copies of the photos below ``root``.

    Photos of two folders may have equal names and times, so each has its own.
    """
    place = os.fsencode(root.resolve())
    return f"{split}_{hashlib.blake2b(place, digest_size=8).hexdigest()}"


def _without(index: ImageIndex, failed: Sequence[Skipped]) -> ImageIndex:
    if not failed:
        return index
    names = {each.file for each in failed}
    kept = [row for row in range(len(index)) if index.name(row) not in names]
    return index.take(np.array(kept, dtype=np.int64))


def labels_of_split(split: Screening) -> Labels:
    """Labels of a split that must have some."""
    if split.index.labels is None:
        raise DataError(f"The photos in {split.index.root} have no labels.")
    return split.index.labels


def _both(tfms: TransformPair) -> tuple[TrainTransform, ValidTransform]:
    trn_tfm, val_tfm = tfms
    if trn_tfm is None or val_tfm is None:
        raise PlanError(
            "The photos need to be brought to one size. Pass "
            "tfms=tfms_from_model(arch, sz), for example "
            "tfms=tfms_from_model(resnet34, 224)."
        )
    return trn_tfm, val_tfm


def _threads(bs: int, num_workers: int | None) -> int:
    """Check the numbers, and choose one where it is not given."""
    workers = min(os.cpu_count() or 1, 8) if num_workers is None else num_workers
    if bs < 1:
        raise PlanError(f"bs is the number of photos in a batch, got {bs}.")
    if workers < 0:
        raise PlanError(
            f"num_workers is the number of loading threads, 0 for none, got {workers}."
        )
    return workers


def _require_classes(root: Path, index: ImageIndex) -> None:
    if len(index.classes) < 2 and not index.is_multi:
        raise DataError(
            f"Found {len(index.classes)} class {list(index.classes)} in {root}. "
            "A classifier needs photos of 2 classes or more."
        )


def _screen(root: Path, index: ImageIndex, num_workers: int) -> Screening:
    """Open every photo once, and leave out those that cannot be read."""
    ledger = None
    if not isinstance(index.sources, np.ndarray):
        ledger = made(ours_beside(root, "tmp")) / "screened"
    with Bar("checking photos") as bar:
        return screen(index, ledger, num_workers=num_workers, on_progress=bar.show)


def _screen_to_learn(root: Path, index: ImageIndex, num_workers: int) -> Screening:
    """Do the same, and refuse to lose a class by it."""
    readable = _screen(root, index, num_workers)
    require_learnable(index, readable)
    return readable


def _existing(root: Path, name: str) -> Path:
    if not root.is_dir():
        raise DataError(f"There is no folder {root}. Check the path.")
    if not (root / name).is_dir():
        found = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
        raise DataError(
            f"There is no folder {name!r} in {root}; its folders are {found[:8]}. "
            "Expected train/ and valid/ with a folder per class in each; for others, "
            "pass trn_name and val_name. For class folders alone, call "
            "ImageClassifierData.from_folder."
        )
    return root / name


def _held_out(
    whole: ImageIndex, val_idxs: Sequence[int] | np.ndarray | None
) -> tuple[ImageIndex, ImageIndex]:
    chosen = get_cv_idxs(len(whole)) if val_idxs is None else val_idxs
    rows = np.asarray(chosen, dtype=np.int64)
    if rows.size and not (rows.min() >= 0 and rows.max() < len(whole)):
        raise PlanError(
            f"val_idxs go from {rows.min()} to {rows.max()}, and there are "
            f"{len(whole)} photos. Pass row numbers from 0 to {len(whole) - 1}."
        )
    is_held_out = np.zeros(len(whole), dtype=bool)
    is_held_out[rows] = True
    trn_rows, val_rows = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
    if not (len(trn_rows) and len(val_rows)):
        raise PlanError(
            f"val_idxs hold out {len(val_rows)} of {len(whole)} photos. Leave some on "
            "both sides."
        )
    return whole.take(trn_rows), whole.take(val_rows)


def _refuse_both(val_idxs: Sequence[int] | np.ndarray | None) -> None:
    if val_idxs is not None:
        raise PlanError(
            "val_idxs choose the photos to hold out, and so do group_by and "
            "valid_fraction. Pass one of them."
        )


def _flat_test(root: Path, name: str | None, whole: ImageIndex) -> ImageIndex | None:
    if name is None:
        return None
    return index_flat_folder(_existing(root, name), whole.classes)


def _refuse_numbers(continuous: bool) -> None:
    if continuous:
        raise PlanError(
            "continuous=True would predict numbers, and this library classifies. Pass "
            "class labels."
        )
