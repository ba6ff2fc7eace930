"""The files of the web page, by name.

Only the names of a fixed list lead to a file, so that no path of a client's making
ever reaches the disk.
"""

from functools import cache
from importlib.resources import files

__all__ = ["PAGE", "page_file"]

PAGE = "index.html"
"""The page itself; the others are what it asks for."""

_MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}
_NAMES = frozenset(
    [
        PAGE,
        "page.css",
        "answer.css",
        "page.js",
        "announcements.js",
        "answer.js",
        "asking.js",
        "bars.js",
        "camera.js",
        "colours.js",
        "dialogs.js",
        "elements.js",
        "header.js",
        "heat.js",
        "history.js",
        "keys.js",
        "labelling.js",
        "models.js",
        "photo_view.js",
        "receiving.js",
        "server.js",
        "shots.js",
        "table.js",
        "thumbnails.js",
        "token.js",
        "turns.js",
        "words.js",
    ]
)


def page_file(name: str) -> tuple[bytes, str] | None:
    """Give the content and the media type of one file of the page.

    Args:
        name: Such as ``page.css``; may come from a client as it is.

    Returns:
        None where the page has no such file.
    """
    return _read(name) if name in _NAMES else None


@cache
def _read(name: str) -> tuple[bytes, str]:
    content = (files("unfreeze.serve") / "page" / name).read_bytes()
    return content, _MEDIA_TYPES[name.rpartition(".")[2]]
