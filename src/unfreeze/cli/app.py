"""The command ``unfreeze``: its subcommands, and how it ends."""

import sys

import click
import typer

from unfreeze.cli.demo import demo
from unfreeze.cli.evaluate import evaluate
from unfreeze.cli.lr_find import lr_find
from unfreeze.cli.models import models
from unfreeze.cli.predict import predict
from unfreeze.cli.train import train
from unfreeze.errors import UnfreezeError

__all__ = ["app", "main"]

_INTERRUPTED = 130  # what shells expect after Ctrl-C: 128 + SIGINT

app = typer.Typer(
    name="unfreeze",
    help="A folder of labelled photos in, a world-class image classifier out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (demo, train, evaluate, predict, models):
    app.command()(command)
app.command("lr-find")(lr_find)


def main() -> None:
    """Run one command.

    Ends with 0 on success, 2 and one line on standard error on a user's mistake, 130
    on Ctrl-C. Anything else is a bug of ours and keeps its traceback.
    """
    try:
        app(standalone_mode=False)
    except click.ClickException as error:
        _fail(error.format_message())
    except UnfreezeError as error:
        _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("\nstopped\n")
        sys.exit(_INTERRUPTED)


def _fail(sentence: str) -> None:
    one_line = " ".join(sentence.split())
    typer.secho(f"error: {one_line}", fg="red", err=True)
    sys.exit(2)
