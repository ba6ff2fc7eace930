"""Mirrors src/unfreeze/c_library.py."""

import os
import platform

import pytest

from unfreeze.c_library import glibc


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))

    assert glibc() is None


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_it_is_the_library_of_this_process_and_can_be_told() -> None:
    library = glibc()

    assert library is not None
    assert library.getpid() == os.getpid()
    assert library.mallopt is not None
    assert library.malloc_trim is not None
