"""End a process in no time."""

import atexit
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

__all__ = ["leave"]


def leave(code: int) -> NoReturn:
    """End this process with ``code``, without taking apart what it has loaded.

    Python would look through millions of objects of torch a last time, and free them
    one by one: a second for nothing, since the operating system takes all memory back
    at once. (mypy ends in the same way.) What is registered for the end still happens.
    Where another thread is at work, which Python would wait for, the end is the usual.
    """
    others = [each for each in threading.enumerate() if not each.daemon]
    if others != [threading.current_thread()]:
        sys.exit(code)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C has come too late
    atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError, ValueError):  # its reader has gone, or it is closed
            stream.flush()
    os._exit(code)
