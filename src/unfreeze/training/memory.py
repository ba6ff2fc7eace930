"""How the C library treats memory that tensors have left: kept, not given away.

A step frees and claims again a gigabyte of activations. glibc returns large blocks to
the operating system and asks for new ones, which then arrives page by page, each
zeroed by the kernel when it is first touched. Kept memory costs nothing of that; on
GPUs torch has always done the same.
"""

import ctypes
import platform

__all__ = ["give_back_freed_memory", "keep_freed_memory"]

# malloc.h of glibc; see mallopt(3).
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LARGEST = 2**31 - 1
_GIVEN_BACK = 64 * 2**20
"""Bytes from which on a block is not kept. Without such a limit a step of resnet18 on
64 photos is 2 percent faster still and takes 6 percent more memory."""


def keep_freed_memory() -> bool:
    """Let this process keep what it frees, until ``give_back_freed_memory``.

    The largest blocks, of which a step has few, go back all the same.

    Returns:
        Whether the C library can be told to; only glibc can.
    """
    if not _is_glibc():
        return False
    libc = ctypes.CDLL(None)
    is_set = libc.mallopt(_M_MMAP_THRESHOLD, _GIVEN_BACK)
    return bool(is_set and libc.mallopt(_M_TRIM_THRESHOLD, _LARGEST))


def give_back_freed_memory() -> None:
    """Return what is free by now to the operating system."""
    if _is_glibc():
        ctypes.CDLL(None).malloc_trim(0)


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
