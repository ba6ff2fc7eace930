"""One command at a time: files that are held while a process lives, and no longer.

The operating system keeps the lock and forgets it with the process, however that ends,
so that nothing a dead process left stands in the way.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from unfreeze.errors import PlanError

__all__ = ["held", "is_held", "lock"]


_WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP)
"""What network file systems answer that keep no locks."""


def lock(stream: BinaryIO) -> None:
    """Mark an open file as taken, where the system can; it forgets on closing.

    Raises:
        BlockingIOError: If it is taken.
    """
    if sys.platform == "win32":  # pragma: no cover
        return
    import fcntl

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold a file, which names the process meanwhile.

    Args:
        path: Made where it is missing; left behind, as it was unless we are killed.
        what: Subject of the sentence that refuses.

    Raises:
        PlanError: If another process holds it.
    """
    with path.open("a+b", buffering=0) as stream:
        try:
            lock(stream)
        except BlockingIOError as error:
            raise PlanError(_refusal(stream, what)) from error
        stream.seek(0)
        before = stream.read()
        _put(stream, str(os.getpid()).encode())
        try:
            yield
        finally:
            _put(stream, before)  # still held: nobody else has written to it


def is_held(path: Path) -> bool:
    """Whether a process holds the file."""
    if not path.is_file():
        return False
    with _opened(path) as stream:
        try:
            lock(stream)
        except BlockingIOError:
            return True
    return False


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("r+b")  # some network file systems lock no other
    except PermissionError:  # the file of a colleague, whom we may still ask
        return path.open("rb")


def _put(stream: BinaryIO, content: bytes) -> None:
    with suppress(OSError):  # a full disk: the lock holds without a name in it
        stream.truncate(0)
        stream.write(content)


def _refusal(stream: BinaryIO, what: str) -> str:
    stream.seek(0)
    number = stream.read(20).decode(errors="replace")
    by = f" (process {number})" if number.isdecimal() else ""
    return f"{what} is still running{by}. Wait for it, or stop it first."
