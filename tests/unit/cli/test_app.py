"""Mirrors src/unfreeze/cli/app.py."""

import errno
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import pytest

from unfreeze.cli import app as app_file
from unfreeze.errors import PlanError
from unfreeze.models import catalogue
from unfreeze.versions import version_of

Unfreeze: TypeAlias = Callable[..., Any]


def failing(error: BaseException) -> Callable[..., NoReturn]:
    def fail(pattern: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize("line", ["", "--help"])
def test_help_lists_every_command_on_a_line_of_its_own(
    unfreeze: Unfreeze, line: str
) -> None:
    ended = unfreeze(line)

    assert ended.code == 0
    assert ended.err == ""
    for name in ("demo", "train", "lr-find", "evaluate", "predict", "models"):
        (entry,) = [each for each in ended.out.splitlines() if f"  {name} " in each]
        assert not entry.endswith("...")


def test_the_version_is_that_of_the_package(unfreeze: Unfreeze) -> None:
    ended = unfreeze("--version")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"unfreeze {version_of('unfreeze')}\n"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("bogus", "No such command 'bogus'"),
        ("--bogus", "No such option: --bogus"),
        ("train", "Missing argument 'DATA'"),
        ("train x --sizes 3", "No such option: --sizes"),
        ("train x --size three", "--size"),
        ("train x --size 4", "--size"),
        ("train x --size", "--size"),
        ("train x --batch-size 1", "--batch-size"),
        ("train x --epochs 0", "--epochs"),
        ("train x --seed -1", "--seed"),
        ("train x --num-workers -1", "--num-workers"),
        ("train x --max-zoom nan", "--max-zoom"),
        ("train x --recipe nine-steps", "nine-steps"),
        ("train x --augment upside", "upside"),
        ("train x y", "unexpected extra argument"),
        ("evaluate x", "Missing argument 'DATA'"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_says_where_to_read(
    unfreeze: Unfreeze, line: str, found: str
) -> None:
    mistake = unfreeze(line).mistake

    assert found in mistake
    assert "Value error" not in mistake
    command = line.split(maxsplit=1)[0]
    page = "unfreeze" if command.endswith("bogus") else f"unfreeze {command}"
    assert mistake.endswith(f"See: {page} --help")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PlanError("Found\n  two   lines."), "error: Found two lines."),
        (
            PermissionError(errno.EACCES, "Permission denied", "photos"),
            "error: Permission denied: photos.",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "run/x"),
            "error: No space left on device: run/x. Make room on that disk, and run "
            "the command again.",
        ),
        (
            OSError(errno.ENAMETOOLONG, "File name too long", "aaa"),
            "error: File name too long: aaa.",
        ),
        (
            OSError(errno.ELOOP, "Too many levels of symbolic links", "a"),
            "error: Too many levels of symbolic links: a.",
        ),
    ],
)
def test_mistakes_and_the_machines_limits_are_one_line(
    unfreeze: Unfreeze,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    said: str,
) -> None:
    monkeypatch.setattr(catalogue, "list_models", failing(error))

    assert unfreeze("models").mistake == said


@pytest.mark.parametrize(
    "line", ["models '\x1b]0;x\x07\n'", "'\x1b]0;x\x07'", "inspect '\x1b]0;x\x07'"]
)
def test_no_mistake_steers_the_terminal(unfreeze: Unfreeze, line: str) -> None:
    mistake = unfreeze(line).mistake

    assert "\x1b" not in mistake
    assert "\\x1b]0;x\\x07" in mistake.replace("\\\\", "\\")


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("a bug"), FileNotFoundError(errno.ENOENT, "a bug", "x")]
)
def test_bugs_keep_their_traceback(
    unfreeze: Unfreeze,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    monkeypatch.setattr(catalogue, "list_models", failing(error))

    with pytest.raises(type(error), match="a bug"):
        unfreeze("models")


def test_ctrl_c_is_one_word_and_130(
    unfreeze: Unfreeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "list_models", failing(KeyboardInterrupt()))

    ended = unfreeze("models")

    assert (ended.code, ended.out, ended.err) == (130, "", "stopped\n")


def test_the_process_ends_with_the_code_of_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["unfreeze", "train", str(tmp_path / "nowhere")])
    monkeypatch.setattr(app_file, "leave", sys.exit)

    with pytest.raises(SystemExit, match="2"):
        app_file.main()


def test_an_installation_that_only_serves_says_so(
    unfreeze: Unfreeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(name: str) -> None:
        error = ModuleNotFoundError(f"No module named {name!r}", name=name)
        monkeypatch.setattr(catalogue, "list_models", failing(error))

    lacking("torch")
    mistake = unfreeze("models").mistake

    assert "torch is not installed here" in mistake
    assert "Pass a FILE.onnx" in mistake
    lacking("unfreeze.misspelt")
    with pytest.raises(ModuleNotFoundError):
        unfreeze("models")
