"""Mirrors src/unfreeze/insight/pages.py."""

import base64
import hashlib
import re

import pytest
from jinja2 import TemplateNotFound

from unfreeze.insight.pages import render


def test_a_page_allows_its_own_style_by_hash_and_nothing_from_elsewhere() -> None:
    page = render("base.html")

    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    digest = hashlib.sha256(style.encode()).digest()
    rules = dict(
        rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; ")
    )
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert rules["style-src"] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert rules["script-src"] == "'none'"


def test_a_page_names_no_address_outside_itself() -> None:
    page = render("base.html")

    addresses = re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)', page)
    assert addresses
    assert all(first.startswith(("#", "data:")) for first, _ in addresses)
    assert "@import" not in page


def test_a_page_has_landmarks_a_language_and_a_width_for_phones() -> None:
    page = render("base.html")

    for part in (
        '<html lang="en">',
        '<main id="content">',
        "<header>",
        "<footer>",
        'name="viewport" content="width=device-width',
        "prefers-color-scheme: dark",
        "@media print",
    ):
        assert part in page


def test_an_unknown_template_is_an_error() -> None:
    with pytest.raises(TemplateNotFound):
        render("missing.html")
