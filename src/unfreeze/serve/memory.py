"""How the C library treats memory that photos have left: it goes back at once.

glibc keeps what a thread has freed for that thread's next photo. After a while each
thread that decodes photos keeps as much as the largest of them has taken, for good.
"""

from unfreeze.c_library import M_MMAP_THRESHOLD, glibc

__all__ = ["return_freed_memory"]

_LEAST = 2**20
"""Bytes from which on a block goes back to the operating system when it is freed.
Left alone, glibc raises this limit to the largest block that was freed."""


def return_freed_memory() -> bool:
    """Let this process give large blocks back as soon as they are free.

    Returns:
        Whether the C library can be told to; only glibc can.
    """
    library = glibc()
    return library is not None and bool(library.mallopt(M_MMAP_THRESHOLD, _LEAST))
