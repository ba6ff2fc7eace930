"""``/docs``: the routes in words, on one plain page that loads nothing."""

from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse

__all__ = ["docs_routes"]

_METHODS = ("get", "post")
_EXAMPLES = {
    "/predict": "curl -F files=@photo.jpg -F files=@other.jpg http://HOST/predict",
    "/collect": "curl -F file=@photo.jpg -F label=CLASS http://HOST/collect",
}


def docs_routes(app: FastAPI) -> APIRouter:
    """The route of the page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(_page(app.openapi()))

    return routes


def _page(described: dict[str, Any]) -> str:
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        "<title>unfreeze: routes</title></head><body><main>",
        "<h1>Routes</h1>",
        '<p>For programs: <a href="/openapi.json">openapi.json</a>. '
        "Where the server has a token, send it as "
        "<code>Authorization: Bearer TOKEN</code>.</p>",
    ]
    for path, operations in described["paths"].items():
        for method in _METHODS:
            if method in operations:
                parts += _route(path, method, operations[method])
    return "\n".join([*parts, "</main></body></html>"])


def _route(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    statuses = ", ".join(operation["responses"])
    lines = [
        f"<h2><code>{method.upper()} {escape(path)}</code></h2>",
        f"<p>{escape(operation.get('description', ''))}</p>",
        f"<p>Answers: {escape(statuses)}.</p>",
    ]
    names = [each["name"] for each in operation.get("parameters", [])]
    if names:
        lines.append(f"<p>In the query: {escape(', '.join(names))}.</p>")
    if path in _EXAMPLES:
        lines.append(f"<pre>{escape(_EXAMPLES[path])}</pre>")
    return lines
