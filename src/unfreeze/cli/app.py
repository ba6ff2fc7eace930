"""The command ``unfreeze``: its subcommands, and how it ends."""

import io
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated

import typer

from unfreeze.cli.check import check
from unfreeze.cli.compare import compare
from unfreeze.cli.demo import demo
from unfreeze.cli.evaluate import evaluate
from unfreeze.cli.export import export
from unfreeze.cli.inspect import inspect
from unfreeze.cli.leaving import leave
from unfreeze.cli.lr_find import lr_find
from unfreeze.cli.machine_limits import OF_THE_MACHINE, refusal_of_machine
from unfreeze.cli.models import models
from unfreeze.cli.predict import predict
from unfreeze.cli.readers import going_on_unread, unread
from unfreeze.cli.render import say
from unfreeze.cli.report import report
from unfreeze.cli.resume import resume
from unfreeze.cli.serve import serve
from unfreeze.cli.train import train
from unfreeze.errors import UnfreezeError
from unfreeze.versions import version_of

__all__ = ["app", "main", "run"]

_MISTAKE = 2
_INTERRUPTED = 130  # what shells expect after Ctrl-C: 128 + SIGINT
_UNREAD = 141  # and of a program whose reader has gone: 128 + SIGPIPE

_LASTING = frozenset({"demo", "resume", "train"})
"""Commands that go on to their end when nobody reads their lines any more."""

_OF_TRAINING = frozenset(
    {"accelerate", "cv2", "matplotlib", "safetensors", "sklearn", "timm", "torch"}
)
"""What an installation lacks that only serves."""

app = typer.Typer(
    name="unfreeze",
    help="A folder of labelled photos in, a world-class image classifier out.",
    add_completion=False,
    pretty_exceptions_enable=False,
    # Without this, typer loads pydantic to learn that nobody asked for help up here.
    context_settings={"default_map": {"help": False}},
    rich_markup_mode=None,  # help with frames takes three times as long to appear
)
for command in (
    demo,
    check,
    train,
    resume,
    lr_find,
    evaluate,
    predict,
    report,
    compare,
    export,
    inspect,
    serve,
    models,
):
    app.command(command.__name__.replace("_", "-"))(command)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        say(f"unfreeze {version_of('unfreeze')}")
        raise typer.Exit


@app.callback()
def _about_itself(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """A folder of labelled photos in, a world-class image classifier out."""


def main() -> None:
    """Run the command that this process was started with."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files can be any bytes
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        if isinstance(sys.stdout, io.TextIOWrapper):
            unread(sys.stdout)
        code = code or _UNREAD
    leave(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command, and say how it ended.

    Returns:
        0 on success, 2 and one line on standard error on a user's mistake, 130 on
        Ctrl-C, 141 where nobody reads what is printed any more; 3 where ``compare
        --fail-if-worse`` finds the second run worse, or ``inspect`` a file that is
        not as it was saved. Anything else is a bug of ours and keeps its traceback.
    """
    is_lasting = not _LASTING.isdisjoint(arguments[:1])
    try:
        with going_on_unread() if is_lasting else nullcontext():
            # The command's own result, which is None, or the code of an early exit.
            code: int | None = app(
                list(arguments) or ["--help"],
                prog_name="unfreeze",
                standalone_mode=False,
            )
    except SystemExit as error:
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        return _UNREAD
    except typer.Abort:
        code = _INTERRUPTED
    except Exception as error:
        sentence = _mistake_behind(error, arguments)
        if sentence is None:
            raise
        return _failed(sentence)
    if code == _INTERRUPTED:
        after_echo = [""] if sys.stderr.isatty() else []  # terminals show ^C
        say(*after_echo, "stopped", err=True)
    return code or 0


def _mistake_behind(error: Exception, arguments: Sequence[str]) -> str | None:
    """What to tell a user whose mistake an error is; None of a bug of ours."""
    match error:
        case typer.TyperException():
            # Of the library that checks values; users have not called it.
            found = error.format_message().replace("Value error, ", "").rstrip(".")
            return f"{found}. {_where_to_read(arguments)}"
        case UnfreezeError():
            return str(error)
        case ModuleNotFoundError() if error.name in _OF_TRAINING:
            return (
                f"{error.name} is not installed here, so models can be asked in "
                "exported form only. Pass a FILE.onnx (unfreeze export writes it), or "
                "install all of unfreeze: pip install . in its checkout."
            )
        case OSError() if error.errno in OF_THE_MACHINE:
            return refusal_of_machine(error, arguments)
        case _:
            return None


def _where_to_read(arguments: Sequence[str]) -> str:
    names = {command.name for command in app.registered_commands}
    known = [name for name in arguments[:1] if name in names]
    return f"See: {' '.join(['unfreeze', *known, '--help'])}"


def _failed(sentence: str) -> int:
    one_line = " ".join(sentence.split())
    say(f"error: {one_line}", err=True, colour="red")
    return _MISTAKE
