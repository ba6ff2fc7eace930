"""Mirrors src/unfreeze/cli/interrupts.py."""

import os
import signal
from pathlib import Path

import pytest

from unfreeze.cli.interrupts import saying_how_to_go_on


@pytest.fixture
def unfinished(tmp_path: Path) -> Path:
    """A run that can go on, in a folder with a space in its name."""
    run = tmp_path / "my run"
    (run / "checkpoint").mkdir(parents=True)
    (run / "checkpoint/begun.json").touch()
    return run


def ask_to_stop(run: Path, number: int) -> None:
    with saying_how_to_go_on(run):
        os.kill(os.getpid(), number)
        pytest.fail("nothing has stopped")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_says_how_to_go_on(
    unfinished: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        ask_to_stop(unfinished, number)

    assert f"unfreeze resume '{unfinished}'\n" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == before


def test_where_nothing_can_go_on_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        ask_to_stop(tmp_path, signal.SIGINT)

    assert capsys.readouterr() == ("", "")
