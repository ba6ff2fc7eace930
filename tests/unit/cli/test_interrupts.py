"""Mirrors src/unfreeze/cli/interrupts.py."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from unfreeze.cli.interrupts import saying_how_to_go_on

Unfreeze: TypeAlias = Callable[..., Any]


@pytest.fixture
def unfinished(tmp_path: Path) -> Path:
    """A run that can go on, in a folder with a space in its name."""
    run = tmp_path / "my run"
    (run / "checkpoint").mkdir(parents=True)
    (run / "checkpoint/begun.json").touch()
    return run


@pytest.fixture(autouse=True)
def _listening() -> Iterator[None]:
    """A shell that starts the tests behind ``&`` lets them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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


@pytest.mark.parametrize(
    "line",
    [
        "predict {run} {photo}",
        "evaluate {run} {photos}",
        pytest.param("export {run} m.pt2", marks=pytest.mark.slow),
    ],
)
def test_asking_an_unfinished_run_changes_one_line_on_stderr(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path, line: str
) -> None:
    """What a program reads on standard output stays, and so does the exit code."""
    photo = photos / "valid/circles/circles00.png"
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    line = f"{line.format(run=run, photo=photo, photos=photos)} --json"
    before = unfreeze(line)
    (run / "report.html").unlink()
    (run / "checkpoint").mkdir()
    (run / "checkpoint/begun.json").touch()

    after = unfreeze(line)

    assert before.err == ""
    assert (after.code, after.content) == (before.code, before.content)
    assert after.err.count("\n") == 1
    assert after.err.startswith("note: This run is unfinished")
    assert f"unfreeze resume {run} goes on" in after.err


def test_a_mistake_with_an_unfinished_run_is_still_one_line(
    unfreeze: Unfreeze, unfinished: Path, finished_run: Path
) -> None:
    """It has no model yet; or the photo is not there."""
    assert "no model in" in unfreeze("predict", unfinished, "any.jpg").mistake
    shutil.copy(finished_run / "model.safetensors", unfinished)
    assert "any.jpg" in unfreeze("predict", unfinished, "any.jpg").mistake
