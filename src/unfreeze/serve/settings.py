"""What the server takes, holds and waits for, and who may ask."""

from dataclasses import dataclass, field, fields
from pathlib import Path

from unfreeze.errors import PlanError

__all__ = ["Limits", "ServerSettings"]

_AROUND_A_PHOTO = 1_000_000
"""Bytes of a request besides its photo, which base64 makes larger by a third."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much the server takes from a client, and from all of them together.

    Raises:
        PlanError: If one of them is not above 0, or what one limit allows could never
            be sent, or never wait, because of another.
    """

    files: int = 32
    """Photos in one request."""

    bytes: int = 20_000_000
    """Of one photo."""

    pixels: int = 2**26
    """Of one photo: 67 megapixels. Decoding takes up to 30 bytes for each, in the
    worst format."""

    request_bytes: int = 100_000_000
    """Of one request with all its photos."""

    held_bytes: int = 400_000_000
    """Of all requests that are being received or answered."""

    waiting: int = 256
    """Photos that wait for an answer, of all requests."""

    batch: int = 16
    """Photos that the model reads at once."""

    header_seconds: float = 10
    """Until the first line and the headers of a request have arrived."""

    receive_seconds: float = 60
    """Until the rest of it has."""

    answer_seconds: float = 30
    """Until it is answered."""

    read_seconds: float = 30
    """Until the client has read what it was sent."""

    stop_seconds: float = 40
    """Until accepted requests are answered, once the server is to stop."""

    connections: int = 500
    """Open at once. Most systems let a process have 1024 files."""

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) <= 0:
                raise PlanError(
                    f"The limit {each.name} is {getattr(self, each.name)}. Expected "
                    "more than 0."
                )
        if not self.bytes <= self.request_bytes <= self.held_bytes:
            raise PlanError(
                f"A photo may have {self.bytes:,} bytes, a request "
                f"{self.request_bytes:,} and all requests together "
                f"{self.held_bytes:,}: the largest could never be sent. Let each of "
                "these limits be as high as the one before."
            )
        if self.waiting < self.files:
            raise PlanError(
                f"A request may hold {self.files} photos, and only {self.waiting} may "
                "wait: such a request could never be answered. Let as many wait "
                f"(--max-queue {self.files}), or take fewer at once (--max-files)."
            )

    @classmethod
    def with_room_for(
        cls, megabytes: int, *, files: int, pixels: int, waiting: int
    ) -> "Limits":
        """Limits where requests have room for photos of a size, also in JSON."""
        usual = cls()
        photo = megabytes * 1_000_000
        request = max(usual.request_bytes, photo * 4 // 3 + _AROUND_A_PHOTO)
        return cls(
            files=files,
            bytes=photo,
            pixels=pixels,
            request_bytes=request,
            held_bytes=max(usual.held_bytes, 2 * request),
            waiting=waiting,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSettings:
    """Who may ask the server, and what it keeps.

    Raises:
        PlanError: If the token cannot be sent in a header.
    """

    limits: Limits = field(default_factory=Limits)
    token: str | None = None
    """Clients must show it as ``Authorization: Bearer TOKEN``."""

    only_this_machine: bool = False
    """Whether requests must name this machine as their host. Keeps other sites' pages
    from asking through a name of their own (DNS rebinding)."""

    note: str | None = None
    """What people should know of the model before they believe it, in a sentence."""

    collect: Path | None = None
    """Where photos for labelling are saved."""

    collect_bytes: int = 1_000_000_000
    """Of all saved photos together."""

    def __post_init__(self) -> None:
        token = self.token
        if token is None:
            return
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise PlanError(
                "The token is empty, or holds blanks or characters outside ASCII: they "
                "cannot stand in a header. Use letters and digits: "
                'python -c "import secrets; print(secrets.token_urlsafe())"'
            )
