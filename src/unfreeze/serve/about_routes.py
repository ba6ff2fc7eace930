"""What answers here, whether it is alive and ready, and what it has counted."""

from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from unfreeze.serve.metrics import CONTENT_TYPE
from unfreeze.serve.replies import Json
from unfreeze.serve.schemas import Alive, Model, Refusal
from unfreeze.serve.service import Service
from unfreeze.serve.uploads import require_no_parameters
from unfreeze.versions import version_of

__all__ = ["described", "health_routes", "model_routes"]

_UNFINISHED = (
    "The run of this model was not finished when it was exported: it answers with the "
    "weights of the best epoch until then."
)
_GUARDED: dict[int | str, dict[str, Any]] = {
    each: {"model": Refusal} for each in (401, 403, 422)
}


def health_routes(service: Service) -> APIRouter:
    """Routes for those who watch over servers."""
    routes = APIRouter(dependencies=[Depends(require_no_parameters)])

    @routes.get("/health", response_model=Alive, responses={422: {"model": Refusal}})
    async def health() -> Response:
        """Say that the server is alive."""
        return Json({"status": "ok"})

    @routes.get(
        "/ready",
        response_model=Alive,
        responses={422: {"model": Refusal}, 503: {"model": Alive}},
    )
    async def ready() -> Response:
        """Say whether photos would be taken now."""
        if service.queue.is_open:
            return Json({"status": "ready"})
        return Json({"status": "busy"}, 503, {"Retry-After": "1"})

    return routes


def model_routes(service: Service) -> APIRouter:
    """Routes for those who may ask the model."""
    routes = APIRouter(dependencies=[Depends(require_no_parameters)])
    model_facts = described(service)

    @routes.get("/model", response_model=Model, responses=_GUARDED)
    async def model() -> Response:
        """Say what answers here, and what a request may hold."""
        return Json(model_facts)

    @routes.get(
        "/metrics",
        responses={200: {"content": {CONTENT_TYPE: {}}}, **_GUARDED},
        response_class=Response,
    )
    async def metrics() -> Response:
        """Counters for Prometheus."""
        return Response(service.metrics.text(), media_type=CONTENT_TYPE)

    return routes


def described(service: Service) -> dict[str, Any]:
    """What ``/model`` says."""
    predictor, settings = service.predictor, service.settings
    header, limits = predictor.header, settings.limits
    return {
        "arch": header.arch,
        "classes": list(predictor.classes),
        "task": header.answering.task.value,
        "size": header.image.size,
        "least": predictor.least,
        "precision": header.precision,
        "has_heat": header.has_heat,
        "note": settings.note or (_UNFINISHED if header.is_unfinished else None),
        "collects": settings.collect is not None,
        "needs_token": settings.token is not None,
        "version": version_of("unfreeze"),
        "sha256": predictor.sha256,
        "limits": {
            "files": limits.files,
            "bytes": limits.bytes,
            "pixels": limits.pixels,
            "request_bytes": limits.request_bytes,
        },
    }
