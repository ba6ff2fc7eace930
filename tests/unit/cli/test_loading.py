"""Mirrors src/unfreeze/cli/loading.py."""

import gc
import subprocess
import sys

import pytest

from unfreeze.cli.loading import loading


def test_the_collector_rests_in_the_body_alone() -> None:
    with loading():
        assert not gc.isenabled()

    assert gc.isenabled()
    gc.unfreeze()


def test_the_collector_goes_on_after_an_error() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError

    assert gc.isenabled()
    gc.unfreeze()


def test_who_has_switched_it_off_finds_it_off() -> None:
    gc.disable()
    try:
        with loading():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()


def test_training_loads_nothing_that_it_may_not_need() -> None:
    code = (
        "import sys, unfreeze.runs.training_run, unfreeze.runs.run_answers\n"
        "print({'sklearn', 'matplotlib', 'scipy', 'pandas'} & set(sys.modules))"
    )

    said = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert said.stdout == "set()\n"


def test_what_is_left_is_cleared_away_in_silence_at_the_end() -> None:
    """Libraries written with nanobind list what they find there."""
    code = (
        "from unfreeze.cli.loading import loading\n"
        "with loading():\n"
        "    import unfreeze.runs.training_run\n"
        "    try:\n"
        "        import triton._C.libtriton\n"
        "    except ImportError:\n"
        "        pass\n"
    )

    said = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert said.stderr == ""
