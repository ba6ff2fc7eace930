"""The files of the web page: all of them, and nothing else."""

import re
import subprocess
import sys
from importlib.resources import files

import pytest

from unfreeze.serve.page_files import PAGE, page_file

_FOLDER = files("unfreeze.serve") / "page"
_NAMES = sorted(each.name for each in _FOLDER.iterdir() if each.is_file())


def _text(name: str) -> str:
    found = page_file(name)
    assert found is not None
    return found[0].decode("utf-8")


def _without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", _NAMES)
def test_every_file_in_the_folder_is_served_as_it_is(name: str) -> None:
    found = page_file(name)

    assert found is not None
    assert found[0] == (_FOLDER / name).read_bytes()
    kinds = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
    assert found[1] == f"{kinds[name.rpartition('.')[2]]}; charset=utf-8"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../page_files.py", "../page/page.js", "/etc/passwd", "page",
     "page.js/", "PAGE.JS", "page.js\0", "..\\page_files.py", "%2e%2e/app.py"],
)  # fmt: skip
def test_no_other_name_leads_to_a_file(name: str) -> None:
    assert page_file(name) is None


def test_the_page_asks_for_files_that_there_are_and_for_no_others() -> None:
    asked = set(re.findall(r'(?:href|src)="/page/([^"]+)"', _text(PAGE)))
    for name in _NAMES:
        asked |= set(re.findall(r'from "\./([^"]+)"', _text(name)))

    assert asked == set(_NAMES) - {PAGE}


def test_nothing_stands_inline_that_a_strict_policy_refuses() -> None:
    page = _text(PAGE)

    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)=", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]


@pytest.mark.parametrize("name", _NAMES)
def test_nothing_comes_from_elsewhere_or_is_read_as_html(name: str) -> None:
    text = _without_comments(_text(name)) if name != PAGE else _text(name)

    assert "://" not in text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b", text)
    assert not re.search(r"document\.write|localStorage|sessionStorage|cookie", text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_the_colours_of_the_report(scheme: str) -> None:
    report = (files("unfreeze.insight") / "styles/page.css").read_text(encoding="utf-8")

    ours, theirs = (_colours(each)[scheme] for each in (_text("page.css"), report))

    shared = ours.keys() & theirs.keys()
    assert {"accent", "card", "ground", "ink"} <= shared
    assert {name: ours[name] for name in shared} == {
        name: theirs[name] for name in shared
    }


def _colours(style: str) -> dict[str, dict[str, str]]:
    """Names and values of the first two sets of colours in a style sheet."""
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    return {
        scheme: dict(re.findall(r"--([\w-]+): (#\w+);", rules))
        for scheme, rules in (("light", light), ("dark", dark))
    }


def test_reading_the_page_needs_no_torch() -> None:
    code = (
        "import sys; from unfreeze.serve.page_files import PAGE, page_file; "
        "page_file(PAGE); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603  # our own code
