"""``POST /predict``: photos in, a row for each of them out."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from unfreeze.errors import ImageError
from unfreeze.serve.replies import Json, row_of, unreadable_row
from unfreeze.serve.schemas import PREDICT_BODY, Predictions, Refusal
from unfreeze.serve.service import Service
from unfreeze.serve.uploads import Photo, photos_of, require_known
from unfreeze.serve.watch import PHOTOS

__all__ = ["predict_routes"]

_REFUSALS = (400, 401, 403, 408, 413, 415, 429, 503)


def predict_routes(service: Service) -> APIRouter:
    """The route that asks the model."""
    routes, settings = APIRouter(), service.settings

    @routes.post(
        "/predict",
        responses={
            200: {"model": Predictions},
            422: {"model": Predictions | Refusal},
            **{each: {"model": Refusal} for each in _REFUSALS},
        },
        openapi_extra={"requestBody": PREDICT_BODY},
    )
    async def predict(
        request: Request,
        heat: Annotated[
            Literal["true", "false"],
            Query(description="true adds where the model looked."),
        ] = "false",
        top: Annotated[
            int | None,
            Query(ge=1, le=1_000_000, description="So many classes of each photo."),
        ] = None,
    ) -> Response:
        """Say what is on photos, with probabilities from 0 to 1."""
        require_known(request.query_params, {"heat", "top"})
        wants_heat = heat == "true"
        if wants_heat and not service.predictor.header.has_heat:
            raise HTTPException(
                422, "This model has no heat maps. Ask without heat=true."
            )
        kind, most = request.headers.get("content-type", ""), settings.limits.files
        photos = await service.opened(
            lambda body: photos_of(kind, body, most), await request.body()
        )
        request.scope[PHOTOS] = len(photos)
        with service.queue.places(len(photos)):
            rows = await _rows(service, photos, wants_heat, top)
        unreadable = sum("error" in row for row in rows)
        service.metrics.count_photos(len(rows) - unreadable, unreadable)
        status = 422 if unreadable == len(rows) else 200
        return Json({"predictions": rows}, status)

    return routes


async def _rows(
    service: Service, photos: list[Photo], heat: bool, top: int | None
) -> list[dict[str, Any]]:
    async with service.in_time():
        return await asyncio.gather(
            *(_row(service, photo, heat, top) for photo in photos)
        )


async def _row(
    service: Service, photo: Photo, heat: bool, top: int | None
) -> dict[str, Any]:
    predictor = service.predictor
    try:
        square, region = await service.photos.call(
            predictor.square_and_region, photo.content
        )
        probs, heat_map = await service.queue.ask(square, heat=heat)
        # Others in the batch may have asked for heat maps when this one did not.
        answer = predictor.answer(probs, heat_map if heat else None)
    except ImageError as error:
        return unreadable_row(photo.name, error)
    return row_of(photo.name, answer, top, region)
