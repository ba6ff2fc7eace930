"""Find the images of a data set and their labels without opening any of them."""

import difflib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int, Int64, UInt8

from unfreeze.data.names import parted
from unfreeze.data.nearby_tables import advice_on_tables
from unfreeze.data.paths import PackedNames, PackedPaths
from unfreeze.data.split_names import require_no_splits
from unfreeze.data.walk import (
    CACHE_TAG,
    Ignored,
    list_folder,
    note_cache,
    note_ignored,
    walk_images,
)
from unfreeze.data.wording import listed
from unfreeze.errors import DataError
from unfreeze.records import Skipped

__all__ = ["ImageIndex", "class_folders", "index_flat_folder", "index_folder"]

_LAYOUT = "Expected one folder per class, with that class's images in it."


@dataclass(frozen=True, slots=True, eq=False)
class ImageIndex:
    """Which image carries which label, in an order that never changes.

    Row ``i`` of everything computed from an index (pixels, features, predictions)
    belongs to ``sources[i]`` and is called ``name(i)``.

    Raises:
        DataError: If there are more or fewer labels than images, or a label lies
            outside the classes.
    """

    root: Path
    classes: tuple[str, ...]
    """Class names; a label is a position in this tuple."""

    sources: Sequence[Path] | UInt8[np.ndarray, "N H W 3"]
    """Files below ``root``, or the pixels themselves."""

    labels: Int64[np.ndarray, " N"] | Float32[np.ndarray, "N K"] | None
    """One class number per row; or a row of 0s and 1s, one per class, for images
    with several labels; or None where the labels are unknown."""

    ignored: tuple[Skipped, ...] = ()
    """Files below ``root`` that are not images: the first thousand. They belong to
    the whole folder, also after :meth:`take`."""

    num_ignored: int = 0
    """How many files below ``root`` are not images, named in ``ignored`` or not."""

    num_unread: int = 0
    """How many of those are photos of kinds that cannot be read, such as HEIC."""

    def __post_init__(self) -> None:
        if self.labels is None:
            return
        if len(self.labels) != len(self.sources):
            raise DataError(
                f"Got {len(self.sources)} images but {len(self.labels)} labels. "
                "Pass one label per image."
            )
        _check_range(self.labels, len(self.classes))

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def is_multi(self) -> bool:
        """Whether an image can carry several labels."""
        return self.labels is not None and self.labels.ndim == 2

    @property
    def is_in_memory(self) -> bool:
        """Whether the pixels are at hand, and no file need be read."""
        return isinstance(self.sources, np.ndarray)

    @property
    def names(self) -> Sequence[str]:
        """Name of every row; see :meth:`name`."""
        match self.sources:
            case PackedPaths():
                return self.sources.names
            case _:
                return tuple(self.name(row) for row in range(len(self)))

    def name(self, row: int) -> str:
        """Path of one image relative to ``root``, with forward slashes.

        An image that never was a file is called by its row number.
        """
        match self.sources:
            case PackedPaths():
                return self.sources.names[row]
            case np.ndarray():
                return str(row)
            case _:
                return Path(os.path.relpath(self.sources[row], self.root)).as_posix()

    def take(self, rows: Int[np.ndarray, " M"]) -> "ImageIndex":
        """Keep ``rows``, in that order, with the same classes."""
        labels = None if self.labels is None else self.labels[rows]
        match self.sources:
            case PackedPaths():
                sources: Sequence[Path] | np.ndarray = self.sources.take(rows)
            case np.ndarray():
                sources = self.sources[rows]
            case _:
                sources = tuple(self.sources[row] for row in rows.tolist())
        return replace(self, sources=sources, labels=labels)

    def moved(self, root: Path) -> "ImageIndex":
        """Find the same files, by the same names, below another root.

        Raises:
            DataError: If the images never were files.
        """
        if isinstance(self.sources, np.ndarray):
            raise DataError("Images that never were files lie under no root.")
        names = PackedNames.from_names(self.names)
        return replace(self, root=root, sources=PackedPaths(root, names))


def class_folders(root: Path) -> list[str]:
    """Names of the folders in ``root`` that stand for a class, sorted byte by byte.

    Hidden folders and caches are left out; a folder may be empty.

    Raises:
        DataError: If ``root`` cannot be listed.
    """
    base = os.fsencode(root)
    folders = list_folder(base).folders
    return [os.fsdecode(name) for name in folders if not _is_cache(base, name)]


def index_folder(root: Path, classes: Sequence[str] | None = None) -> ImageIndex:
    """Label every image below ``root`` by the class folder it lies in.

    A class folder may hold further folders. Hidden names and folders marked as
    caches (those that hold a CACHEDIR.TAG file) are left out. Rows are sorted by
    folder, then by name, byte by byte: the same on every machine.

    Args:
        root: Holds one folder per class.
        classes: Class names in label order, where another split has fixed them; a
            class may then be without a folder. Without it, the folder names, sorted.

    Raises:
        DataError: If there are no images, a folder is not among ``classes``, or,
            where the folders name the classes, one of them has no images, or all are
            called like splits.
    """
    ignored = Ignored()
    _check_root(root)
    base = os.fsencode(root)
    top = list_folder(base)
    folders = [name for name in top.folders if not _is_cache(base, name)]
    note_ignored(ignored, b"", top.others)
    _note_caches(base, set(top.folders).difference(folders), ignored)
    titles = [os.fsdecode(name) for name in folders]
    if classes is None:
        require_no_splits(root, titles)
    known = tuple(sorted(titles) if classes is None else classes)
    _check_known(root, titles, known)

    names = PackedNames.from_folders(walk_images(root, folders, ignored))
    strays = sorted(parted(top.images))
    if not names:
        raise _no_images(root, strays, titles, ignored.said_of_unread())
    labels = _labels(names, known)
    for image in strays:
        ignored.add(b"", image, "It lies outside the class folders.")
    if classes is None:
        _check_none_empty(root, known, labels, ignored)
    return _indexed(root, known, names, labels, ignored)


def index_flat_folder(root: Path, classes: Sequence[str]) -> ImageIndex:
    """List the images anywhere below ``root``, whose labels are unknown.

    Args:
        root: Holds images, directly or in folders whose names mean nothing.
        classes: Class names in label order, fixed by the training split.

    Raises:
        DataError: If there are no images.
    """
    _check_root(root)
    ignored = Ignored()
    names = PackedNames.from_folders(walk_images(root, [b""], ignored))
    if not names:
        found = ignored.said_of_unread()
        raise DataError(
            f"{root} holds no images, and neither do the folders in it."
            f"{found or ' Add some, or check the path.'}"
        )
    return _indexed(root, tuple(classes), names, None, ignored)


def _indexed(
    root: Path,
    classes: tuple[str, ...],
    names: PackedNames,
    labels: Int64[np.ndarray, " N"] | None,
    ignored: Ignored,
) -> ImageIndex:
    return ImageIndex(
        root=root,
        classes=classes,
        sources=PackedPaths(root, names),
        labels=labels,
        ignored=tuple(ignored.named),
        num_ignored=ignored.count,
        num_unread=ignored.num_unread,
    )


def _labels(names: PackedNames, classes: Sequence[str]) -> Int64[np.ndarray, " N"]:
    """Number every name after the first folder on its way."""
    number = {os.fsencode(name): label for label, name in enumerate(classes)}
    of_folder = [number[folder.partition(b"/")[0]] for folder in names.folders]
    return np.array(of_folder, dtype=np.int64)[names.folder_of]


def _check_root(root: Path) -> None:
    if not root.exists():
        raise DataError(f"{root} does not exist. {_LAYOUT}")
    if not root.is_dir():
        raise DataError(f"{root} is a file, not a folder. {_LAYOUT}")


def _is_cache(root: bytes, folder: bytes) -> bool:
    return os.access(b"/".join([root, folder, CACHE_TAG]), os.F_OK)


def _note_caches(base: bytes, names: Iterable[bytes], ignored: Ignored) -> None:
    for name in sorted(names):
        with suppress(DataError):  # a colleague's, closed to us
            note_cache(ignored, name, list_folder(b"/".join([base, name])))


def _check_known(root: Path, titles: Sequence[str], known: Sequence[str]) -> None:
    unknown = sorted(set(titles) - set(known))
    if not unknown:
        return
    near = difflib.get_close_matches(unknown[0], known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise DataError(
        f"{root} holds the folders {listed(unknown)}, which are not among the "
        f"classes {listed(known)}.{hint} Rename or remove them."
    )


def _check_none_empty(
    root: Path,
    classes: Sequence[str],
    labels: Int64[np.ndarray, " N"],
    ignored: Ignored,
) -> None:
    counts = np.bincount(labels, minlength=len(classes))
    empty = [name for name, count in zip(classes, counts, strict=True) if not count]
    if empty:
        # Beside train/ and valid/ there can be folders without photos, such as models/.
        require_no_splits(root, [name for name in classes if name not in empty])
        raise DataError(
            f"Found no images in the class folders {listed(empty)} of {root}."
            f"{ignored.said_of_unread()} Add images to them, or remove them."
        )


def _no_images(
    root: Path, strays: Sequence[bytes], folders: Sequence[str], unread: str
) -> DataError:
    """Say which of the usual mistakes was made.

    Args:
        root: Holds ``strays`` and ``folders``.
        strays: Images that lie directly in it.
        folders: In which there are none.
        unread: What to say of photos that cannot be read.
    """
    if strays:
        return DataError(
            f"The {len(strays)} images in {root}, such as "
            f"{os.fsdecode(strays[0])!r}, lie directly in it. {_LAYOUT}"
            f"{advice_on_tables(root)}"
        )
    if folders:
        return DataError(
            f"{root} has the folders {listed(folders)}, but there are no images in "
            f"them.{unread or f' {_LAYOUT}'}"
        )
    return DataError(f"{root} holds no images.{unread} {_LAYOUT}")


def _check_range(labels: np.ndarray, num_classes: int) -> None:
    if labels.ndim == 2:
        if labels.shape[1] != num_classes:
            raise DataError(
                f"Got rows of {labels.shape[1]} labels for {num_classes} classes. "
                "Pass one column per class."
            )
        return
    if labels.size and (labels.min() < 0 or labels.max() >= num_classes):
        raise DataError(
            f"Got labels from {labels.min()} to {labels.max()} for {num_classes} "
            f"classes. Labels are class numbers from 0 to {num_classes - 1}."
        )
