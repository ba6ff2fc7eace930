"""A fresh folder with the same photos, so that nothing of an earlier run is found."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["fresh_photos"]

_SECONDS_TO_SETTLE = 2.1
"""Photos of a user were not put there a moment ago, and we do not trust the time of a
file that was: it could change again and keep it."""


@contextmanager
def fresh_photos(data: Path, limit: int | None = None) -> Iterator[Path]:
    """Yield a folder like ``data`` that goes away afterwards.

    It holds ``train/`` and ``valid/`` alone, as hard links, or as copies where the
    temporary folder lies on another file system. The photos themselves stay in the
    page cache of the operating system.

    Args:
        data: Holds ``train/`` and ``valid/`` with a folder per class in each.
        limit: Photos of each class to take, the first by name; all unless given.
    """
    for split in ("train", "valid"):
        if not (data / split).is_dir():
            raise SystemExit(f"error: there is no folder {data / split}.")
    with tempfile.TemporaryDirectory(prefix="bench-photos-") as name:
        root = Path(name)
        for split in ("train", "valid"):
            for folder in sorted(each for each in (data / split).iterdir()):
                if folder.is_dir():
                    _link_all(folder, root / split / folder.name, limit)
        time.sleep(_SECONDS_TO_SETTLE)
        yield root


def _link_all(folder: Path, target: Path, limit: int | None) -> None:
    target.mkdir(parents=True)
    for photo in sorted(folder.iterdir())[:limit]:
        try:
            os.link(photo, target / photo.name)
        except OSError:
            shutil.copyfile(photo, target / photo.name)
