"""Every answer says which model it comes from, so that a change is noticed."""

import hashlib
from collections.abc import Mapping
from typing import Any, final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unfreeze.written_json import exact_json_text

__all__ = ["MODEL_MARK", "ModelMark", "mark_of"]

MODEL_MARK = "X-Model"
"""Header with what tells models, and ways of serving them, apart."""

_LENGTH = 16


def mark_of(described: Mapping[str, Any]) -> str:
    """Digest what ``/model`` says: servers that say the same have the same mark."""
    content = exact_json_text(described, is_compact=True).encode("ascii")
    return hashlib.sha256(content).hexdigest()[:_LENGTH]


@final
class ModelMark:
    """Puts the mark on each answer."""

    def __init__(self, app: ASGIApp, mark: str) -> None:
        self._app = app
        self._mark = mark

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[MODEL_MARK] = self._mark
            await send(message)

        await self._app(scope, receive, marked if scope["type"] == "http" else send)
