"""How the C library treats memory that photos have left: it goes back at once.

glibc keeps what a thread has freed for that thread's next photo. After a while each
thread that decodes photos keeps as much as the largest of them has taken, for good.
"""

import ctypes
import platform

__all__ = ["return_freed_memory"]

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc; see mallopt(3)
_LEAST = 2**20
"""Bytes from which on a block goes back to the operating system when it is freed.
Left alone, glibc raises this limit to the largest block that was freed."""


def return_freed_memory() -> bool:
    """Let this process give large blocks back as soon as they are free.

    Returns:
        Whether the C library can be told to; only glibc can.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    return bool(ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LEAST))
