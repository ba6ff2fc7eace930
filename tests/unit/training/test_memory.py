"""Mirrors src/unfreeze/training/memory.py, in processes of their own."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep memory"
)

_COUNT_FAULTS = """
import resource
import numpy as np
from unfreeze.training.memory import give_back_freed_memory, keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(4):
        np.ones(50_000_000, dtype=np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

{first}
faults()
{then}
print(faults())
"""


def faults_of(first: str = "", then: str = "") -> int:
    """Pages that the kernel has to bring while a large array is made four times."""
    code = _COUNT_FAULTS.format(first=first, then=then)
    done = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_memory_that_is_kept_is_not_asked_for_again() -> None:
    asked, kept = faults_of(), faults_of(first="assert keep_freed_memory()")

    assert kept < asked / 100


def test_memory_is_given_back_when_wanted() -> None:
    again = faults_of("keep_freed_memory()", "give_back_freed_memory()")

    assert 0 < again < faults_of()  # once, and then kept
