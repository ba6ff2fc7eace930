"""Who may ask: a token, a host name, and no other site's page."""

import hmac
from typing import final
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from unfreeze.serve.replies import refusal
from unfreeze.serve.settings import ServerSettings

__all__ = ["Doorkeeper"]

_OPEN = frozenset({"/", "/health", "/ready", "/docs", "/openapi.json"})
_OPEN_FOLDER = "/page/"
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@final
class Doorkeeper:
    """Turns requests away before any of their body is read."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "http":
            try:
                self._require_welcome(scope)
            except HTTPException as error:
                await refusal(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _require_welcome(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._settings.only_this_machine and _name_in(host) not in _THIS_MACHINE:
            raise HTTPException(
                403,
                "The request names another host than this machine, and this server "
                "answers to localhost only. Start it with --token to change that.",
            )
        if scope["method"] not in {"GET", "HEAD"} and _is_of_another_site(headers):
            raise HTTPException(
                403, "The request comes from the page of another site. Use the page /."
            )
        token = self._settings.token
        is_open = scope["path"] in _OPEN or scope["path"].startswith(_OPEN_FOLDER)
        if token is not None and not is_open:
            _require_token(headers.get("authorization", ""), token)


def _require_token(shown: str, token: str) -> None:
    scheme, _, credentials = shown.partition(" ")
    given = credentials.strip().encode("latin-1", errors="replace")
    # Compared in a time that does not tell how much of it is right.
    is_right = hmac.compare_digest(given, token.encode("latin-1"))
    if scheme.lower() != "bearer" or not is_right:
        raise HTTPException(
            401,
            "This server asks for its token. Send it as: Authorization: Bearer TOKEN.",
            {"WWW-Authenticate": "Bearer"},
        )


def _is_of_another_site(headers: Headers) -> bool:
    """Browsers say which page sent a request, and pages cannot change that.

    See https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site. Pages
    without https, from other machines, lack that header and have an origin only.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and _after_scheme(origin) != headers.get("host", "")


def _after_scheme(origin: str) -> str:
    return origin.partition("://")[2]


def _name_in(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
