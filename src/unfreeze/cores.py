"""How many cores this process may use: what a container grants, not what is there."""

import os
from pathlib import Path

__all__ = ["loading_threads", "usable_cores"]

_MOST_LOADING = 8
"""Threads that read photos, unless a person wants more."""

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Of control groups, version 2: microseconds of processor time in each period, or
"max", and the period."""


def usable_cores(quota_file: Path = _QUOTA) -> int:
    """Count them, 1 at least.

    Threads beyond the quota of a container do not help: they use it up early in each
    period, and all of them stand still for the rest of it.
    """
    cores = len(os.sched_getaffinity(0)) if _has_affinity() else os.cpu_count() or 1
    try:
        quota, period = quota_file.read_text().split()[:2]
        return max(1, min(cores, -(-int(quota) // int(period))))
    except (OSError, ValueError):  # no such file, or no quota
        return cores


def loading_threads(wanted: int | None = None) -> int:
    """How many threads read photos: as many as wanted, else one for each usable core.

    Args:
        wanted: 0 for none besides the one that asks; up to 8 unless given.
    """
    return min(usable_cores(), _MOST_LOADING) if wanted is None else wanted


def _has_affinity() -> bool:
    return "sched_getaffinity" in dir(os)  # Linux has it, others do not
