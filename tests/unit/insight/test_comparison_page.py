"""Mirrors src/unfreeze/insight/comparison_page.py."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from typing_extensions import override

from unfreeze.insight.comparison import Outcomes, compared
from unfreeze.insight.comparison_page import comparison_page
from unfreeze.insight.run_facts import RunFacts

HOSTILE = "<script>alert(1)</script>"
FIRST = RunFacts(run='runs/"first" <b>', arch="resnet18", settings={"seed": HOSTILE})
SECOND = RunFacts(run="runs/second", arch="resnet18", settings={"seed": 1})


class Elements(HTMLParser):
    """What a browser would find on the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @override
    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.tags)


def outcomes(num_broken: int, count: int, *, is_second: bool) -> Outcomes:
    """Photos of a class with a hostile name; the first ones break."""
    label = f"{HOSTILE} & co"
    said = ["cat" if is_second and row < num_broken else label for row in range(count)]
    return Outcomes(
        [f'{row}"><img src=x onerror=alert(1)>.jpg' for row in range(count)],
        [label] * count,
        said,
        [0.9] * count,
        [0.25] * count,
        (label, "cat"),
    )


def page_of(num_broken: int = 8, count: int = 60) -> str:
    found = compared(
        outcomes(num_broken, count, is_second=False),
        outcomes(num_broken, count, is_second=True),
    )
    return comparison_page(
        found,
        FIRST,
        SECOND,
        ["Mind <this>."],
        lambda name: None if name.startswith("3") else "data:image/jpeg;base64,AAAA",
    )


def test_the_verdict_stands_first() -> None:
    text = Elements(page_of()).text

    assert "The second run is worse." in text
    assert text.index("The second run is worse.") < text.index("Broken: 8 photos")
    assert text.index("Broken: 8 photos") < text.index("Fixed: 0 photos")
    assert "There are none." in text


def test_names_are_text() -> None:
    found = Elements(page_of())

    assert found.count("script") == 0
    assert HOSTILE in found.text
    assert 'runs/"first" <b>' in found.text
    assert found.count("b") == 0
    assert "Mind <this>." in found.text
    assert {each["src"] for tag, each in found.tags if tag == "img"} == {
        "data:image/jpeg;base64,AAAA"
    }
    assert not any("onerror" in each for _, each in found.tags)


def test_every_flip_has_its_picture_or_says_that_it_is_gone() -> None:
    found = Elements(page_of())

    assert found.count("img") == 7
    assert found.text.count("not there any more") == 1


def test_flips_beyond_those_with_pictures_are_listed() -> None:
    found = Elements(page_of(num_broken=55))

    assert found.count("img") + found.text.count("not there any more") == 48
    assert "7 more, without pictures" in found.text
    assert '54"><img src=x onerror=alert(1)>.jpg' in found.text


def test_without_any_picture_photos_are_named_and_nothing_is_said_to_be_gone() -> None:
    found = compared(outcomes(8, 60, is_second=False), outcomes(8, 60, is_second=True))

    read = Elements(comparison_page(found, FIRST, SECOND, [], lambda name: None))

    assert "not there any more" not in read.text
    assert "There are no pictures here" in read.text
    assert "8 photos, without pictures" in read.text
    assert '7"><img src=x onerror=alert(1)>.jpg' in read.text


def test_without_flips_no_picture_is_missed() -> None:
    same = outcomes(0, 9, is_second=False)
    page = comparison_page(compared(same, same), FIRST, SECOND, [], lambda name: None)

    assert "There are no pictures here" not in page


@pytest.mark.parametrize("has_pictures", [True, False])
def test_flips_that_are_not_on_the_page_are_counted(has_pictures: bool) -> None:
    found = compared(
        outcomes(3_000, 3_000, is_second=False), outcomes(3_000, 3_000, is_second=True)
    )
    uri = "data:image/jpeg;base64,AAAA" if has_pictures else None

    text = Elements(comparison_page(found, FIRST, SECOND, [], lambda name: uri)).text

    assert "Broken: 3,000 photos" in text
    assert f"1,000 {'more' if has_pictures else 'photos'}, without pictures" in text
    left_out = "1,952" if has_pictures else "2,000"
    assert f"{left_out} more are not on this page" in text


def test_losses_stand_among_the_facts_where_they_are_known() -> None:
    assert "loss on these photos, in nats" in Elements(page_of()).text
    unknown = replace(outcomes(0, 9, is_second=False), losses=[float("nan")] * 9)
    page = comparison_page(
        compared(unknown, unknown), FIRST, FIRST, [], lambda name: None
    )
    assert "loss on these photos" not in page
    assert "No settings differ." in page


@pytest.mark.parametrize("which", ["only_first", "relabelled"])
def test_photos_that_were_left_out_are_named(which: str) -> None:
    found = compared(outcomes(0, 9, is_second=False), outcomes(0, 9, is_second=True))
    found = replace(found, **{which: ("lost.jpg",)})

    text = Elements(comparison_page(found, FIRST, SECOND, [], lambda name: None)).text
    assert "Left out: 1 photo" in text
    assert "lost.jpg" in text
