"""``ImageClassifierData``: labelled photos, ready for a learner."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from unfreeze.data.arrays import as_labels, index_arrays, names_of
from unfreeze.data.groups import pattern_names
from unfreeze.data.holding_out import Parts, hold_out
from unfreeze.data.index import ImageIndex, index_flat_folder, index_folder
from unfreeze.data.label_table import LabelTable, written_table
from unfreeze.data.paths import PackedNames, PackedPaths
from unfreeze.data.table_columns import Choice, as_titles
from unfreeze.data.tables import PhotoNames, index_table, open_table
from unfreeze.errors import PlanError
from unfreeze.front.opening import (
    Reading,
    TransformPair,
    as_reading,
    opened,
    opened_to_learn,
    require_classes,
)
from unfreeze.front.photo_lists import (
    Sides,
    existing,
    flat_test,
    groups_in_table,
    require_rows_once,
    sides_in_folders,
    sides_of_rows,
)
from unfreeze.front.smaller_copies import Copies
from unfreeze.front.split_views import ImageData
from unfreeze.front.tfms import tfms_from_stats
from unfreeze.places import made, ours_beside

__all__ = ["ImageClassifierData"]

Arrays: TypeAlias = tuple[np.ndarray, np.ndarray]

_NO_TFMS: TransformPair = (None, None)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ImageClassifierData(ImageData):
    """Training, validation and perhaps test photos with one list of classes.

    Every photo was opened once while this was built: ``skipped`` names those that
    cannot be read, and the splits hold the others.
    """

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
            num_workers: Loading threads; as many as there are cores to use, 8 at
                most, unless given.
            group_by: A regular expression that finds the group of a photo, such as its
                patient, in its path below ``path``. The split stays as it is;
                ``grouping`` names the groups that have photos on both sides.

        Raises:
            DataError: If a folder is missing, empty, or has a class that training
                lacks, or no photo of a class can be read to learn from.
            PlanError: If no file has a group.
        """
        root = Path(path)
        sides = sides_in_folders(
            root,
            (trn_name, val_name, test_name),
            test_with_labels=test_with_labels,
            group_by=group_by,
        )
        return cls._screened(root, sides, as_reading(bs, tfms, num_workers))

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
        reading = as_reading(bs, tfms, num_workers)
        index = index_folder(root)
        require_classes(root, index, in_folders=True)
        whole = opened_to_learn(root, index, reading.num_workers)
        names = None
        if group_by is not None:
            names = pattern_names(whole.index.names, group_by)
        parts = hold_out(whole, valid_fraction, seed, group_by=group_by, names=names)
        return cls._parted(root, parts, None, reading)

    @classmethod
    def from_csv(
        cls,
        path: str | Path,
        folder: str,
        csv_fname: str | Path | LabelTable,
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
        file_column: str | None = None,
        label_column: str | Sequence[str] | None = None,
    ) -> "ImageClassifierData":
        """Read names and labels from a table, photos from ``path/folder``.

        Args:
            path: Root of the data set.
            folder: Folder of the photos, below ``path``.
            csv_fname: The table, with the name of a photo and its label or labels in
                each row. A row that is repeated counts once. One that is read already
                is taken as it is, whatever is said about its columns.
            bs: Photos in a batch.
            tfms: What ``tfms_from_model`` returns.
            val_idxs: Rows held out; ``get_cv_idxs`` of all rows unless given, or unless
                ``valid_fraction`` or ``group_by`` asks for whole groups.
            suffix: Added to each name, for example ``.jpg``.
            test_name: Folder of unlabelled test photos below ``path``, if any.
            continuous: Labels are numbers to predict. Not supported.
            skip_header: Whether the first line names the columns. Then those that are
                called file, path, image or the like, and label, class or the like,
                are read; without such titles, the only other column, or all others
                if they hold 0 and 1 for a class each; without any titles, the first
                that names existing photos, and the next.
            num_workers: Loading threads, as in ``from_paths``.
            cat_separator: Between several labels of a photo. None takes the whole
                cell for one label, also when it has spaces.
            group_by: The title of a column that names the group of each photo, such as
                its patient; or a regular expression that finds it in the path of the
                photo below ``path``. No group is then on both sides.
            valid_fraction: Share of every class that is held out, near-duplicates on
                one side; 0.2 with ``group_by``.
            seed: Keys the choice of groups.
            file_column: Title of the column that names photos, if by another name.
            label_column: Title of the column with labels, if by another name; or of
                several, with 0 and 1 for a class in each.

        Raises:
            DataError: If the table or a photo is missing, the table is ambiguous, or no
                photo of a class can be read.
            PlanError: If no photo has a group, or ``val_idxs`` are given, too.
        """
        _refuse_numbers(continuous)
        root = Path(path)
        naming = PhotoNames(folder, suffix)
        table = csv_fname
        if not isinstance(table, LabelTable):
            choice = Choice(skip_header, file_column, as_titles(label_column), group_by)
            table = open_table(root, written_table(Path(table)), naming, choice)
        found = index_table(root, table, naming, label_separator=cat_separator)
        whole = found.index
        test = flat_test(root, test_name, whole)
        if group_by is None and valid_fraction is None:
            require_rows_once(found, val_idxs)
            sides = sides_of_rows(whole, val_idxs, test)
            return cls._screened(root, sides, as_reading(bs, tfms, num_workers))
        _refuse_both(val_idxs)
        group_of: dict[str, str | None] = {}
        if group_by is not None:
            group_of = groups_in_table(found, group_by)
        reading = as_reading(bs, tfms, num_workers)
        readable = opened_to_learn(root, whole, reading.num_workers)
        named = [group_of[name] for name in readable.index.names] if group_of else None
        fraction = 0.2 if valid_fraction is None else valid_fraction
        parts = hold_out(readable, fraction, seed, group_by=group_by, names=named)
        return cls._parted(root, parts, test, reading)

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
        sides = sides_of_rows(whole, val_idxs, flat_test(root, test_name, whole))
        return cls._screened(root, sides, as_reading(bs, tfms, num_workers))

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
        listing = index_flat_folder(existing(Path(path), folder), known)
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
        sides = Sides(
            index_arrays(root, *trn, known),
            index_arrays(root, *val, known),
            None if test is None else index_arrays(root, test, None, known),
        )
        if tfms == _NO_TFMS:
            tfms = tfms_from_stats(None, min(trn[0].shape[1:3]))
        return cls._screened(root, sides, as_reading(bs, tfms, num_workers))

    @classmethod
    def _screened(
        cls, root: Path, sides: Sides, reading: Reading
    ) -> "ImageClassifierData":
        """Open every photo once, and leave out those that cannot be read."""
        workers = reading.num_workers
        return cls(
            path=root,
            train=opened_to_learn(root, sides.train, workers),
            valid=opened(root, sides.valid, workers),
            test=None if sides.test is None else opened(root, sides.test, workers),
            bs=reading.bs,
            tfms=reading.tfms,
            num_workers=workers,
            grouping=sides.grouping,
        )

    @classmethod
    def _parted(
        cls, root: Path, parts: Parts, test: ImageIndex | None, reading: Reading
    ) -> "ImageClassifierData":
        """Take photos that were opened, and split, before."""
        return cls(
            path=root,
            train=parts.train,
            valid=parts.valid,
            test=None if test is None else opened(root, test, reading.num_workers),
            bs=reading.bs,
            tfms=reading.tfms,
            num_workers=reading.num_workers,
            grouping=parts.grouping,
            held_out=parts.held_out,
            likeness=parts.likeness,
        )

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
        copies = Copies(
            root=self.path,
            home=made(ours_beside(self.path, new_path)),
            short_side=targ_sz,
            num_workers=self.num_workers,
        )
        return replace(
            self,
            train=copies.of_split("train", self.train),
            valid=copies.of_split("valid", self.valid),
            test=None if self.test is None else copies.of_split("test", self.test),
            likeness=None,  # of other files
        )


def _refuse_both(val_idxs: Sequence[int] | np.ndarray | None) -> None:
    if val_idxs is not None:
        raise PlanError(
            "val_idxs choose the photos to hold out, and so do group_by and "
            "valid_fraction. Pass one of them."
        )


def _refuse_numbers(continuous: bool) -> None:
    if continuous:
        raise PlanError(
            "continuous=True would predict numbers, and this library classifies. Pass "
            "class labels."
        )
