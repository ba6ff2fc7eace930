"""``/docs``: the routes in words, in the clothes of the page at ``/``."""

from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse

__all__ = ["docs_routes"]

_METHODS = ("get", "post")
_EXAMPLES = {
    "/predict": (
        "curl -F files=@photo.jpg -F files=@other.jpg 'http://HOST/predict?top=3'\n"
        'curl --json \'{"images": [{"name": "photo.jpg", "content": "BASE64"}]}\' '
        "http://HOST/predict\n\n"
        '{"predictions": [{"file": "photo.jpg", "label": "cats", "probability": 0.98,\n'
        '                  "is_sure": true, "probabilities": {"cats": 0.98, ...}}]}'
    ),
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
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        "<title>unfreeze: routes</title>",
        '<link rel="icon" href="data:,">',
        '<link rel="stylesheet" href="/page/page.css"></head><body><header>',
        "<h1>Routes</h1>",
        '<p><a href="/">The page for people</a>. For programs: '
        '<a href="/openapi.json">openapi.json</a>. '
        "Where the server has a token, send it as "
        "<code>Authorization: Bearer TOKEN</code>.</p></header><main>",
    ]
    for path, operations in described["paths"].items():
        for method in _METHODS:
            if method in operations:
                parts += _route(path, method, operations[method])
    return "\n".join([*parts, "</main></body></html>"])


def _route(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    statuses = ", ".join(operation["responses"])
    lines = [
        f"<section><h2><code>{method.upper()} {escape(path)}</code></h2>",
        f"<p>{escape(operation.get('description', ''))}</p>",
        f"<p>Answers: {escape(statuses)}.</p>",
    ]
    for each in operation.get("parameters", []):
        words = each.get("description", "")
        lines.append(f"<p><code>?{escape(each['name'])}</code> {escape(words)}</p>")
    if path in _EXAMPLES:
        # It scrolls by itself where it is wide, with the keys, too.
        lines.append(f'<pre tabindex="0">{escape(_EXAMPLES[path])}</pre>')
    return [*lines, "</section>"]
