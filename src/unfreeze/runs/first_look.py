"""Check photos while the libraries that train on them are being loaded.

Loading keeps one core busy for seconds, and none of it is needed to open photos. A
process of its own does not wait for Python, which runs in one thread at a time.
Verdicts go to the ledger in which training looks for them, so whatever is not done in
time is done there, and what is wrong is said there.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unfreeze.cores import loading_threads
from unfreeze.data.index import class_folders, index_folder
from unfreeze.data.screen import screen
from unfreeze.data.split_folders import split_folders
from unfreeze.errors import UnfreezeError
from unfreeze.places import made, ours_beside

__all__ = ["first_look", "look"]

_PATIENCE = 10.0
"""Seconds that a single photo may take, before the process that reads it is ended."""


class _StoppedError(Exception):
    """Nobody waits for the rest."""


@contextmanager
def first_look(folder: Path) -> Iterator[subprocess.Popen[bytes] | None]:
    """Check the photos below ``folder`` in a process of its own, until the body ends.

    Args:
        folder: As ``split_folders`` takes it. What cannot be trained on is left alone.

    Yields:
        The process, which ends by itself when all photos are checked; None where no
        other Python can be started.
    """
    process = _started(folder)
    try:
        yield process
    finally:
        if process is not None:
            _stop(process)


def look(folder: Path, go_on: Callable[[int, int], None], *, num_workers: int) -> None:
    """Check split after split; whoever comes next finds what was wrong.

    Args:
        folder: As ``first_look`` takes it.
        go_on: Called before each photo with the number of photos of its split that are
            done and that there are. What it raises ends the look; what was found so
            far is kept.
        num_workers: Threads.
    """
    with suppress(OSError, UnfreezeError):
        splits = split_folders(folder)
        roots = splits.roots.values()
        if any(len(class_folders(root)) < 2 for root in roots):
            return
        indexes = [index_folder(root) for root in roots]
        ledger = made(ours_beside(splits.home, "tmp")) / "screened"
        for index in indexes:
            screen(index, ledger, num_workers=num_workers, on_progress=go_on)


def _started(folder: Path) -> subprocess.Popen[bytes] | None:
    """Run this file; its standard input ends when it shall, or when we are no more."""
    if not sys.executable or hasattr(sys, "frozen"):  # a program, and not Python
        return None
    # -P: no code from the current folder, such as a user's own queue.py.
    module = "unfreeze.runs.first_look"
    command = [sys.executable, "-P", "-m", module, str(folder)]
    try:
        return subprocess.Popen(  # noqa: S603  # our own words and a path
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let the look end behind the photos that are being checked."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _main() -> None:
    """Look at the folder named, as long as standard input is open."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us says when to end
    is_over = threading.Event()

    def await_the_end() -> None:
        os.read(sys.stdin.fileno(), 1)  # nothing but the end ever comes
        is_over.set()

    def go_on(done: int, total: int) -> None:
        del done, total
        if is_over.is_set():
            raise _StoppedError

    threading.Thread(target=await_the_end, daemon=True).start()
    threads = loading_threads() - 1  # one core loads libraries
    with suppress(_StoppedError):
        look(Path(sys.argv[1]), go_on, num_workers=max(1, threads))


if __name__ == "__main__":
    _main()
