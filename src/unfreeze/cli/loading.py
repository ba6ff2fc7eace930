"""Load what a command needs."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["loading"]


@contextmanager
def loading() -> Iterator[None]:
    """Rest the garbage collector while modules are imported in the body.

    torch, torchvision and timm make some millions of objects that all stay. The
    collector looked at them again and again, for 0.7 of 4.6 seconds. Afterwards it
    passes over what the body has left.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        # Else triton, which torch loads, finds its own still there at the end, and says
        # so at length.
        atexit.register(gc.unfreeze)
        if was_enabled:
            gc.enable()
