"""``POST /collect``: a photo for labelling, with the label that somebody gave it."""

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from unfreeze.errors import ImageError
from unfreeze.serve.collection import Collection
from unfreeze.serve.replies import Json
from unfreeze.serve.schemas import COLLECT_BODY, Refusal, Saved
from unfreeze.serve.service import Service
from unfreeze.serve.uploads import Part, parts_of, require_known, require_no_parameters
from unfreeze.serve.watch import PHOTOS

__all__ = ["collect_routes"]

_MOST_PARTS = 16
_REFUSALS = (400, 401, 403, 404, 408, 413, 415, 422, 429, 503)


def collect_routes(service: Service) -> APIRouter:
    """The route that saves photos; without a folder for them it is not there."""
    routes = APIRouter(dependencies=[Depends(require_no_parameters)])
    if service.collection is None:
        return routes
    collection = service.collection

    @routes.post(
        "/collect",
        status_code=201,
        responses={
            201: {"model": Saved},
            **{each: {"model": Refusal} for each in _REFUSALS},
        },
        openapi_extra={"requestBody": COLLECT_BODY},
    )
    async def collect(request: Request) -> Response:
        """Keep a photo, in the folder of its class or in one of unlabelled photos."""
        kind = request.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "multipart/form-data":
            raise HTTPException(415, "Send a form: multipart/form-data with a 'file'.")
        parts = await service.opened(
            lambda body: parts_of(kind, body, _MOST_PARTS), await request.body()
        )
        require_known([part.field for part in parts], {"file", "label"})
        content = _one(parts, "file")
        label = _label_in(parts)
        request.scope[PHOTOS] = 1
        with service.queue.places(1):
            saved = await _save(service, collection, content, label)
        return Json({"saved": saved}, 201)

    return routes


async def _save(
    service: Service, collection: Collection, content: bytes, label: str
) -> str:
    folder = collection.folder_of(label)
    try:
        async with service.in_time():
            return await service.photos.call(
                lambda content: collection.save(content, folder), content
            )
    except ImageError as error:
        raise HTTPException(422, str(error)) from None


def _one(parts: list[Part], field: str) -> bytes:
    found = [part.content for part in parts if part.field == field]
    if len(found) != 1:
        raise HTTPException(
            422, f"The form has {len(found)} fields {field!r}. Send exactly one."
        )
    return found[0]


def _label_in(parts: list[Part]) -> str:
    content = b"" if all(part.field != "label" for part in parts) else None
    content = _one(parts, "label") if content is None else content
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise HTTPException(422, "The label is not text in UTF-8.") from None
