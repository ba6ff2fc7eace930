"""Check photos while the libraries that train on them are being loaded.

Loading keeps one core busy for seconds, and none of it is needed to open photos.
Verdicts go to the ledger in which training looks for them, so whatever is not done in
time is done there, and what is wrong is said there.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from unfreeze.data.index import class_folders, index_folder
from unfreeze.data.screen import screen
from unfreeze.data.split_folders import split_folders
from unfreeze.errors import UnfreezeError
from unfreeze.places import made, ours_beside

__all__ = ["first_look"]

_THREADS = 1
"""Beside the one that loads."""


@contextmanager
def first_look(folder: Path) -> Iterator[None]:
    """Check the photos below ``folder``, in a thread of its own, until the body ends.

    Args:
        folder: As ``split_folders`` takes it. What cannot be trained on is left alone.
    """
    look = _Look(folder)
    thread = threading.Thread(target=look.run, name="unfreeze-first-look")
    thread.start()
    try:
        yield
    finally:
        look.stop()
        thread.join()


class _StoppedError(Exception):
    """Nobody waits for the rest."""


@final
class _Look:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_over = threading.Event()

    def stop(self) -> None:
        """Let the look end behind the photo that is being checked."""
        self._is_over.set()

    def run(self) -> None:
        """Check split after split; whoever comes next finds what was wrong."""
        try:
            self._check()
        except (OSError, UnfreezeError, _StoppedError):
            return

    def _check(self) -> None:
        splits = split_folders(self._folder)
        roots = splits.roots.values()
        if any(len(class_folders(root)) < 2 for root in roots):
            return
        indexes = [index_folder(root) for root in roots]
        ledger = made(ours_beside(splits.home, "tmp")) / "screened"
        for index in indexes:
            screen(index, ledger, num_workers=_THREADS, on_progress=self._go_on)

    def _go_on(self, done: int, total: int) -> None:
        del done, total
        if self._is_over.is_set():
            raise _StoppedError
