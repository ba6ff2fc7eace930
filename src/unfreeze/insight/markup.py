"""Text that is HTML already, and text that has yet to become it.

Names of files and classes are hostile input: whatever reaches a page is escaped, unless
it was built here as markup.
"""

import html
import re
from collections.abc import Iterable
from typing import final

__all__ = ["Html", "joined", "safe_text", "tag", "with_code"]

_UNFIT = re.compile("[\ud800-\udfff\x00-\x08\x0b-\x1f]")


@final
class Html(str):
    """Markup that templates take as it is, and notebooks show.

    Only for text whose variable parts were escaped when it was put together.
    """

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return str(self)


def safe_text(text: str) -> str:
    """Replace what a page cannot hold: bytes that are no text, control characters."""
    return _UNFIT.sub("\ufffd", text)


def tag(
    name: str, content: str | Iterable[str] = "", /, **attributes: str | float | None
) -> Html:
    """Build one element; text is escaped, markup is not.

    Args:
        name: Of the element.
        content: Text, or markup, or several of them.
        **attributes: Values; ``None`` leaves one out. An underscore in a name stands
            for a hyphen, one at its end for nothing (``class_``). Numbers are written
            with two decimals at most.

    Example:
        >>> tag("b", "<3", class_="big")
        '<b class="big">&lt;3</b>'
    """
    words = "".join(
        f' {_attribute_name(key)}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    parts = [content] if isinstance(content, str) else content
    return Html(f"<{name}{words}>{joined(parts)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    """Put text and markup in a row."""
    return Html("".join(map(_escaped, parts)))


def with_code(text: str, *commands: str) -> Html:
    """Set commands and options in a sentence as code; the rest is escaped.

    Args:
        text: A sentence.
        *commands: What to set as code wherever it stands in it; the longest counts.

    Example:
        >>> with_code("To go on < here: unfreeze resume RUN.", "unfreeze resume RUN")
        'To go on &lt; here: <code>unfreeze resume RUN</code>.'
    """
    longest_first = sorted(commands, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    parts = re.split(f"({pattern})", text) if commands else [text]
    return joined(tag("code", each) if each in commands else each for each in parts)


def _escaped(text: str) -> str:
    return text if isinstance(text, Html) else html.escape(safe_text(text))


def _attribute_name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _attribute(value: str | float) -> str:
    if isinstance(value, str):
        return html.escape(safe_text(value))
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
