"""Mirrors src/unfreeze/insight/markup.py."""

from html.parser import HTMLParser

import pytest

from unfreeze.insight.markup import Html, joined, safe_text, tag, with_code

HOSTILE = "<script>alert(1)</script>"


class Reader(HTMLParser):
    """Python's own parser as the oracle of what a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_stays_text() -> None:
    read = Reader(tag("b", HOSTILE))

    assert read.elements == [("b", {})]
    assert read.text == HOSTILE


def test_attributes_cannot_be_left() -> None:
    read = Reader(tag("img", alt='"><script>alert(1)</script>'))

    assert read.elements == [("img", {"alt": '"><script>alert(1)</script>'})]


def test_markup_inside_markup_is_not_escaped_again() -> None:
    read = Reader(tag("p", [tag("b", "a < b"), " & c"]))

    assert [name for name, _ in read.elements] == ["p", "b"]
    assert read.text == "a < b & c"


def test_names_of_attributes_follow_python() -> None:
    read = Reader(tag("text", "", class_="strong", text_anchor="end", x=None, y=1.239))

    assert read.elements == [
        ("text", {"class": "strong", "text-anchor": "end", "y": "1.24"})
    ]


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (2.0, "2"), (0.5, "0.5"), (-1.005, "-1"), (7, "7")]
)
def test_numbers_are_short(value: float, written: str) -> None:
    assert Reader(tag("path", d=value)).elements == [("path", {"d": written})]


def test_bytes_that_are_no_text_and_control_characters_are_replaced() -> None:
    page = joined(["a\udcffb\x00c\n"])

    assert page == "a\ufffdb\ufffdc\n"
    assert page.encode("utf-8")
    assert safe_text("Größe 🐈") == "Größe 🐈"


def test_a_notebook_shows_markup() -> None:
    assert Html("<b>x</b>")._repr_html_() == "<b>x</b>"


def test_commands_are_set_as_code_and_all_else_is_text() -> None:
    said = with_code(
        f"{HOSTILE} unfreeze predict RUN, or unfreeze predict: --min <1>.",
        "unfreeze predict",
        "unfreeze predict RUN",
        "--min <1>",
    )

    assert said == (
        "&lt;script&gt;alert(1)&lt;/script&gt; <code>unfreeze predict RUN</code>, or "
        "<code>unfreeze predict</code>: <code>--min &lt;1&gt;</code>."
    )


def test_a_sentence_without_commands_is_text() -> None:
    assert with_code(HOSTILE) == "&lt;script&gt;alert(1)&lt;/script&gt;"
