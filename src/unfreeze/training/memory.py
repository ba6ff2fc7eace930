"""How the C library treats memory that tensors have left: kept, not given away.

A step frees and claims again a gigabyte of activations. glibc returns large blocks to
the operating system and asks for new ones, which then arrives page by page, each
zeroed by the kernel when it is first touched. Kept memory costs nothing of that; on
GPUs torch has always done the same.
"""

from unfreeze.c_library import M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, glibc

__all__ = ["give_back_freed_memory", "keep_freed_memory"]

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
    library = glibc()
    if library is None:
        return False
    is_set = library.mallopt(M_MMAP_THRESHOLD, _GIVEN_BACK)
    return bool(is_set and library.mallopt(M_TRIM_THRESHOLD, _LARGEST))


def give_back_freed_memory() -> None:
    """Return what is free by now to the operating system."""
    library = glibc()
    if library is not None:
        library.malloc_trim(0)
