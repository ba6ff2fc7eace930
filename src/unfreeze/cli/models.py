"""``unfreeze models``: architectures to choose from."""

from typing import TYPE_CHECKING, Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.loading import loading
from unfreeze.cli.render import print_json, print_table
from unfreeze.errors import PlanError

if TYPE_CHECKING:
    from unfreeze.models.catalogue import ModelInfo

__all__ = ["models"]


def models(
    pattern: Annotated[
        str | None,
        typer.Argument(
            metavar="PATTERN", help="Part of a name, or a pattern such as 'vit*'."
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """List architectures, and whether their weights are at hand."""
    with loading():
        from unfreeze.models.catalogue import list_models

    found = list_models(pattern)
    if not found:
        raise PlanError(
            f"No architecture has {pattern!r} in its name. Call unfreeze models to see "
            "all of them."
        )
    if as_json:
        print_json({"models": [_as_json(info) for info in found]})
        return
    print_table(
        ["architecture", "parameters", "weights"],
        [(info.name, _millions(info.parameters), info.weights) for info in found],
    )


def _as_json(info: "ModelInfo") -> dict[str, object]:
    return {
        "name": info.name,
        "parameters": info.parameters,
        "weights": info.weights,
        "weights_at_hand": info.weights_at_hand,
    }


def _millions(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:.2f} M"
