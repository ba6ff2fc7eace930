"""The C library of this process, where it can be told how to treat free memory."""

import ctypes
import platform

__all__ = ["M_MMAP_THRESHOLD", "M_TRIM_THRESHOLD", "glibc"]

# malloc.h of glibc; see mallopt(3).
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3


def glibc() -> ctypes.CDLL | None:
    """The library, if it is glibc: no other has ``mallopt`` and ``malloc_trim``."""
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
