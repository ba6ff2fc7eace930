"""How many threads torch calculates with, where other threads work as well."""

from contextlib import AbstractContextManager
from functools import cache

import torch
from threadpoolctl import ThreadpoolController

__all__ = ["on_half_the_threads"]


def on_half_the_threads() -> AbstractContextManager[object]:
    """Let torch use half of its threads inside, one at least, in the thread that calls.

    For quick arithmetic while other threads read photos. Threads of OpenMP, which torch
    has, wait for each other by counting up to a large number (``GOMP_SPINCOUNT`` in the
    manual of libgomp), and take a core from those who have work meanwhile.
    """
    threads = max(1, torch.get_num_threads() // 2)
    return _openmp().limit(limits=threads, user_api="openmp")


@cache
def _openmp() -> ThreadpoolController:
    return ThreadpoolController()
