"""``/`` and ``/page/NAME``: the web page."""

import hashlib

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from unfreeze.serve.page_files import PAGE, page_file

__all__ = ["page_routes"]


def page_routes() -> APIRouter:
    """Routes of the page and its files."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def start(request: Request) -> Response:
        return _reply(request, PAGE)

    @routes.get("/page/{name}")
    async def file(request: Request, name: str) -> Response:
        return _reply(request, name)

    return routes


def _reply(request: Request, name: str) -> Response:
    found = page_file(name)
    if found is None:
        raise HTTPException(404, "There is no such page. The start page is /.")
    content, kind = found
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
