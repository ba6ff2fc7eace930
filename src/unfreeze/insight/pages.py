"""Web pages from templates; the Jinja door.

A page is one file that needs no network and runs nothing but its own few scripts: its
content security policy allows the styles and scripts that were put in, by their
hashes, and pictures that are part of the page. Everything else is refused by the
browser, so that not even a mistake of ours would let the name of a file do harm.
"""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from unfreeze.insight.markup import Html, safe_text, tag
from unfreeze.insight.wording import counted, duration, percent

__all__ = ["for_notebook", "render"]

_HOME = "unfreeze.insight"


def render(template_name: str, **values: object) -> str:
    """Fill a template of ``insight/templates`` and return the page.

    Text is escaped wherever it stands; ``Html`` is not. A template that extends
    ``base.html`` names further files of ``styles/`` and ``scripts/`` in the lists
    ``styles`` and ``scripts``. Values for a script go into a
    ``<script type="application/json">`` with the filter ``tojson``.

    Args:
        template_name: Such as ``report.html``.
        **values: What the template asks for; a missing one is an error.

    Returns:
        HTML that can be written as UTF-8.
    """
    page = _environment().get_template(template_name).render(**values)
    return safe_text(page)


def for_notebook(part: Html) -> Html:
    """Give a part of a page the colours of the page, and leave the notebook alone.

    The style sheet is nested below a class of its own (CSS Nesting, in browsers since
    2023), so that none of its rules reaches anything else.
    """
    rules = _source("page.css").replace(":root {", "& {")
    style = Html(f"<style>.unfreeze-part {{{rules}}}</style>")
    return tag("div", [style, part], class_="unfreeze-part")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_HOME),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["source"] = _source
    environment.globals["policy"] = _policy
    environment.filters.update(percent=percent, duration=duration, counted=counted)
    return environment


def _source(name: str) -> Html:
    """The text of a style or script of ours."""
    folder = "styles" if name.endswith(".css") else "scripts"
    return Html((files(_HOME) / folder / name).read_text(encoding="utf-8"))


def _policy(styles: Iterable[str], scripts: Iterable[str]) -> str:
    """What a browser may do with the page, as Content-Security-Policy says it."""
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"style-src {_hashes(styles)}",
            f"script-src {_hashes(scripts)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hashes(names: Iterable[str]) -> str:
    found = [_hash(_source(name)) for name in names]
    return " ".join(found) if found else "'none'"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
