"""The server as an ASGI application: its routes, and what stands around them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response

from unfreeze.serve.about_routes import described, health_routes, model_routes
from unfreeze.serve.collect_route import collect_routes
from unfreeze.serve.docs_page import docs_routes
from unfreeze.serve.doorkeeper import Doorkeeper
from unfreeze.serve.head import HeadAsGet
from unfreeze.serve.model_mark import ModelMark, mark_of
from unfreeze.serve.page_routes import page_routes
from unfreeze.serve.predict_route import predict_routes
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.replies import refusal
from unfreeze.serve.service import Service
from unfreeze.serve.settings import ServerSettings
from unfreeze.serve.watch import Watch
from unfreeze.serve.whole_body import WholeBody
from unfreeze.versions import version_of

__all__ = ["make_app"]


def make_app(predictor: Predictor, settings: ServerSettings | None = None) -> FastAPI:
    """Put a model behind HTTP.

    Args:
        predictor: The model.
        settings: Limits, the token, what is collected; the usual ones unless given.

    Raises:
        PlanError: If photos are to be collected where they cannot be.
    """
    settings = settings or ServerSettings()
    service = Service.of(predictor, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.queue.open()
        yield
        await service.close()

    app = FastAPI(
        title="unfreeze",
        description="Says what is on photos.",
        version=version_of("unfreeze"),
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    # The doorkeeper asks for the token, before it takes in a body; this says so.
    guarded = [] if settings.token is None else [Depends(HTTPBearer(auto_error=False))]
    routers = [
        (health_routes(service), []),
        (model_routes(service), guarded),
        (predict_routes(service), guarded),
        (collect_routes(service), guarded),
        (docs_routes(app), []),
        (page_routes(), []),
    ]
    for each, dependencies in routers:
        app.include_router(each, dependencies=dependencies)
    routes = [*app.routes, *(route for each, _ in routers for route in each.routes)]
    # What is added last stands outermost.
    app.add_middleware(HeadAsGet)
    app.add_middleware(WholeBody, limits=settings.limits)
    app.add_middleware(Doorkeeper, settings=settings)
    app.add_middleware(ModelMark, mark=mark_of(described(service)))
    app.add_middleware(Watch, metrics=service.metrics, routes=routes)
    app.add_exception_handler(StarletteHTTPException, _turned_away)
    app.add_exception_handler(RequestValidationError, _not_valid)
    return app


async def _turned_away(_: Request, error: Exception) -> Response:
    if not isinstance(error, StarletteHTTPException):
        raise error
    words = {
        404: "There is no such route. The routes are listed at /docs.",
        405: "The route does not know this method. The routes are listed at /docs.",
    }
    ours = isinstance(error, HTTPException)
    detail = error.detail if ours else words.get(error.status_code, error.detail)
    return refusal(HTTPException(error.status_code, detail, error.headers))


async def _not_valid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    place = ".".join(str(each) for each in first["loc"])
    return refusal(HTTPException(422, f"{place}: {first['msg']}. See /docs."))
