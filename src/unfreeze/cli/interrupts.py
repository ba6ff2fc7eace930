"""What is said of a run that is stopped before its end, then and later."""

import shlex
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from unfreeze.cli.render import say

__all__ = ["say_if_unfinished", "saying_how_to_go_on"]


def say_if_unfinished(model: Path) -> None:
    """Say on standard error whose weights answer, where a run is not finished.

    Args:
        model: A run folder, or the model file in one.
    """
    # Imported here so that `--help` does not have to load what runs need.
    from unfreeze.runs.run_notes import unfinished_note

    note = unfinished_note(model)
    if note is not None:
        say(note, err=True)


@contextmanager
def saying_how_to_go_on(run: Path) -> Iterator[None]:
    """Say which command goes on, on Ctrl-C and where the system asks to stop (SIGTERM).

    Both end the body in the same way, with files in order. So do errors of the system,
    such as a full disk.
    """
    with _asked_to_stop_like_ctrl_c():
        try:
            yield
        except (KeyboardInterrupt, OSError):
            # Imported here so that `--help` does not have to load what runs need.
            from unfreeze.runs.run_folder import is_unfinished

            if is_unfinished(run):
                go_on = f"unfreeze resume {shlex.quote(str(run))}"
                say("", f"to go on where it was: {go_on}", err=True)
            raise


@contextmanager
def _asked_to_stop_like_ctrl_c() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # where no signal arrives
        return

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
