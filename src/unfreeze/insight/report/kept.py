"""What only the model can tell of a run, as JSON that outlives it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from unfreeze.insight.outlook import ClassOutlook, Outlook
from unfreeze.numerics.learning_curves import CurvePoint, Forecast, PowerLaw

__all__ = ["outlook_as_json", "outlook_from_json"]

Json = Mapping[str, Any]


def outlook_as_json(found: Outlook) -> dict[str, Any]:
    """Turn a forecast into what ``report.json`` holds."""
    return asdict(found)


def outlook_from_json(content: Json) -> Outlook:
    """Read it back."""
    overall = content["overall"]
    return Outlook(
        error=content["error"],
        overall=None if overall is None else _forecast(overall),
        by_class=tuple(
            ClassOutlook(each["name"], each["missed"], _forecast(each["forecast"]))
            for each in content["by_class"]
        ),
        reason=content["reason"],
    )


def _forecast(content: Json) -> Forecast:
    points: Sequence[Json] = content["points"]
    return Forecast(
        points=tuple(CurvePoint(**each) for each in points),
        law=PowerLaw(**content["law"]),
        more=content["more"],
        saved=content["saved"],
        low=content["low"],
        high=content["high"],
        chance=content["chance"],
    )
