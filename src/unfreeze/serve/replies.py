"""How answers look on the wire."""

from typing import Any, final

import numpy as np
from fastapi import HTTPException
from jaxtyping import Float
from starlette.responses import Response
from typing_extensions import override

from unfreeze.data.decode import Region
from unfreeze.serve.answer import Answer
from unfreeze.written_json import exact_json_text

__all__ = ["Json", "refusal", "row_of", "unreadable_row"]


@final
class Json(Response):
    """JSON in ASCII: what clients call their files can be no valid text elsewhere."""

    media_type = "application/json"

    @override
    def render(self, content: Any) -> bytes:
        return exact_json_text(content, is_compact=True).encode("ascii")


def refusal(error: HTTPException) -> Json:
    """The answer to a request that is turned away."""
    return Json({"error": error.detail}, error.status_code, error.headers)


def row_of(
    name: str, answer: Answer, top: int | None, region: Region
) -> dict[str, Any]:
    """What a client learns of one photo.

    Args:
        name: As the client calls it.
        answer: Of the model.
        top: Classes to list, the most probable first; all unless given.
        region: What the model read of the photo; said of a heat map.
    """
    shown = list(answer.probabilities.items())[:top]
    row: dict[str, Any] = {
        "file": name,
        "label": answer.label,
        "probability": answer.probability,
        "is_sure": answer.is_sure,
        "probabilities": dict(shown),
    }
    if answer.labels is not None:
        row["labels"] = list(answer.labels)
    if answer.heat is not None:
        row["heat"] = {
            "label": next(iter(answer.probabilities)),
            "rows": _rounded(answer.heat),
            "square": list(region),
        }
    return row


def unreadable_row(name: str, why: Exception) -> dict[str, Any]:
    """What a client learns of a photo without an answer."""
    return {"file": name, "error": str(why)}


def _rounded(heat: Float[np.ndarray, "h w"]) -> list[list[float]]:
    rows: list[list[float]] = heat.astype(np.float64).round(3).tolist()
    return rows
