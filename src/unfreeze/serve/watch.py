"""Every request gets a number, a line in the log, a count, and safe headers."""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Sequence
from typing import final

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unfreeze.serve.metrics import Metrics
from unfreeze.serve.replies import Json

__all__ = ["LOGGER", "PHOTOS", "Watch"]

LOGGER = logging.getLogger("unfreeze.serve")

PHOTOS = "unfreeze.photos"
"""Where, in the scope of a request, its route notes how many photos it held."""

_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_GONE = 499
"""As nginx calls it: the client left before it was answered."""

_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
_STOPPED = Json({"error": "The server stops. Try again in a few seconds."}, 503)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self)",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@final
class Watch:
    """Stands around everything else, so that no failure leaves without an answer.

    Args:
        app: Everything else.
        metrics: Count requests.
        routes: By whose templates requests are noted, also where they are turned away
            before a route has seen them.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, routes: Sequence[BaseRoute] = ()
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        sending = _Sending(send, _id_of(Headers(scope=scope)))
        try:
            await self._app(scope, receive, sending)
        except asyncio.CancelledError:  # the server's patience at its end is over
            if sending.status == _GONE:
                await _STOPPED(scope, receive, sending)
            raise
        except Exception:
            LOGGER.exception("failed", extra={"fields": {"id": sending.id}})
            if sending.status == _GONE:  # nothing was sent yet
                await _failure(sending.id)(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - started
            self._note(scope, sending, seconds)

    def _note(self, scope: Scope, sending: "_Sending", seconds: float) -> None:
        route = self._template_of(scope["path"])
        self._metrics.count_request(route, sending.status, seconds)
        fields = {
            "id": sending.id,
            "method": scope["method"] if scope["method"].isalpha() else "other",
            "route": route,
            "status": sending.status,
            "milliseconds": round(seconds * 1000, 1),
            "photos": scope.get(PHOTOS, 0),
        }
        LOGGER.info("request", extra={"fields": fields})

    def _template_of(self, path: str) -> str:
        for each in self._routes:
            if isinstance(each, Route) and each.path_regex.match(path):
                return each.path
        return "other"


@final
class _Sending:
    """Passes an answer on, with our headers, and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.id = request_id
        self.status = _GONE

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            headers["X-Request-Id"] = self.id
        await self._send(message)


def _failure(request_id: str) -> Json:
    return Json(
        {
            "error": "The server failed on this request. Its log says why, under the "
            "number of the request.",
            "id": request_id,
        },
        500,
    )


def _id_of(headers: Headers) -> str:
    """The client's own number for the request, if it is a harmless one."""
    given = headers.get("x-request-id", "")
    return given if _ID.fullmatch(given) else secrets.token_hex(8)
