"""Shrink a data set once, so that every later epoch decodes small files."""

import os
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from unfreeze.atomic import tag_as_cache, written_whole
from unfreeze.data.decode import encode, read_pixels
from unfreeze.data.index import ImageIndex
from unfreeze.data.threads import map_in_order
from unfreeze.errors import DataError, ImageError, PlanError
from unfreeze.records import Skipped

__all__ = ["resize_images"]

_JPEG_SUFFIXES = frozenset({".jfif", ".jpe", ".jpeg", ".jpg", ".mpo"})


def resize_images(
    index: ImageIndex,
    folder: Path,
    short_side: int,
    *,
    num_workers: int = 8,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Skipped]:
    """Write every image to ``folder/<short_side>/`` under its own name.

    JPEG files become JPEG of quality 95, all others PNG, whatever their suffix says:
    readers go by the content. A copy takes over the time of its image; one that has it
    already is up to date and left alone, so that an interrupted call goes on where it
    was. ``folder`` is marked as a cache, which indexing of a folder above it skips.

    Args:
        index: Images to read.
        folder: Where to write; made if missing.
        short_side: Length of the shorter side of each copy, in pixels.
        num_workers: Threads; 0 works in this one.
        on_progress: Called with the number of images done and the number of images.

    Returns:
        Images that cannot be read, and why. They have no copy.

    Raises:
        DataError: If the images never were files, or lie where copies would go.
        PlanError: If ``short_side`` is below 1.
    """
    if isinstance(index.sources, np.ndarray):
        raise DataError(
            f"The {len(index)} images of this index are arrays, expected files. "
            "Pass smaller arrays instead."
        )
    if short_side < 1:
        raise PlanError(f"short_side must be 1 or more, got {short_side}.")
    target = folder / str(short_side)
    if target.resolve() == index.root.resolve():
        raise DataError(
            f"Copies would replace the images in {target}. Choose another folder."
        )
    tag_as_cache(folder)
    copy = partial(_copy_small, index, target, short_side)
    copies = map_in_order(
        copy, range(len(index)), num_workers=num_workers, ahead=4 * num_workers
    )
    skipped = []
    with closing(copies):
        for count, failure in enumerate(copies, start=1):
            if failure is not None:
                skipped.append(failure)
            if on_progress is not None:
                on_progress(count, len(index))
    return skipped


def _copy_small(
    index: ImageIndex, folder: Path, short_side: int, row: int
) -> Skipped | None:
    source, name = index.sources[row], index.name(row)
    target = folder / name
    try:
        time_ns = _modified_ns(source)
        if time_ns is not None and _modified_ns(target) == time_ns:
            return None
        pixels = read_pixels(source, short_side=short_side)
    except ImageError as error:
        target.unlink(missing_ok=True)  # a copy from when it could be read
        return Skipped(name, str(error))
    is_jpeg = source.suffix.lower() in _JPEG_SUFFIXES
    target.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(target) as stream:
        stream.write(encode(pixels, "JPEG" if is_jpeg else "PNG"))
    if time_ns is not None:
        os.utime(target, ns=(time_ns, time_ns))
    return None


def _modified_ns(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
