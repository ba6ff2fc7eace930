"""Mirrors src/unfreeze/runs/fixes_page.py."""

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from unfreeze.records import Finding
from unfreeze.runs import fixes_page
from unfreeze.runs.fixes_page import class_in_path, write_fixes_page

CLASSES = ("circles", "squares", "stripes")


class _Reader(HTMLParser):
    """Collects start tags, and text outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    @override
    def handle_data(self, data: str) -> None:
        if self._inside not in {"script", "style"}:
            self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def read(page: Path) -> _Reader:
    reader = _Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


def known(page: Path) -> dict[str, Any]:
    [text] = re.findall(r'id="known">(.*?)</script>', page.read_text(encoding="utf-8"))
    found: dict[str, Any] = json.loads(text)
    return found


def found(kind: str, *files: str, **words: Any) -> Finding:  # noqa: ANN401
    return Finding(kind, files, 1.0, "kept", f"about {kind}", **words)  # type: ignore[arg-type]


def written(tmp_path: Path, folder: Path, *findings: Finding) -> Path:
    page = tmp_path / "page.html"
    write_fixes_page(page, folder, findings, CLASSES)
    return page


def test_each_photo_has_three_choices_and_the_likely_class(
    tmp_path: Path, photos: Path
) -> None:
    file = "train/circles/circles00.png"
    page = written(tmp_path, photos, found("label_suspect", file, likely="stripes"))

    reader = read(page)
    values = [each["value"] for each in reader.all("input")]
    assert values == ["keep", "relabel", "drop"]
    assert [each["value"] for each in reader.all("option")] == ["2"]
    assert str(reader.all("img")[0]["src"]).startswith("data:image/jpeg;base64,")
    assert "labelled circles" in reader.text
    assert "looks like stripes" in reader.text
    assert known(page) == {"files": [file], "classes": list(CLASSES)}


def test_a_photo_in_two_findings_is_one_file_with_two_sets_of_choices(
    tmp_path: Path, photos: Path
) -> None:
    first, second = "train/circles/circles00.png", "valid/circles/circles00.png"
    page = written(
        tmp_path, photos, found("label_suspect", first), found("leakage", second, first)
    )

    reader = read(page)
    numbers = [each.get("data-file") for each in reader.all("div")]
    assert [number for number in numbers if number] == ["0", "1", "0"]
    assert len({each["name"] for each in reader.all("input")}) == 3


def test_the_class_offered_first_is_another_one(tmp_path: Path, photos: Path) -> None:
    page = written(tmp_path, photos, found("outlier", "train/circles/circles00.png"))

    assert [each["value"] for each in read(page).all("option")] == ["1"]


def test_what_no_choice_would_change_is_told_in_words(
    tmp_path: Path, photos: Path
) -> None:
    page = written(
        tmp_path, photos, found("unreadable", "train/x.png"), found("imbalance")
    )

    reader = read(page)
    assert not reader.all("input")
    assert "train/x.png" in reader.text
    assert "about imbalance" in reader.text
    assert "No photo asks for a decision" in reader.text


def test_nothing_found_is_said(tmp_path: Path, photos: Path) -> None:
    assert "Nothing to look at" in read(written(tmp_path, photos)).text


def test_a_photo_that_is_gone_is_said(tmp_path: Path, photos: Path) -> None:
    reader = read(written(tmp_path, photos, found("outlier", "train/circles/no.png")))

    assert not reader.all("img")
    assert "cannot be shown" in reader.text


def test_hostile_names_are_text(tmp_path: Path, photos: Path) -> None:
    evil = "</script><script>alert(1)</script>"
    odd = os.fsdecode(b"caf\xe9.jpg")
    page = tmp_path / "page.html"
    finding = found("label_suspect", f"{evil}/{odd}", likely=evil)

    write_fixes_page(page, photos / evil, [finding], ["a", evil])

    reader = read(page)
    assert evil in reader.text
    assert len(reader.all("script")) == 2
    assert known(page) == {"files": [f"{evil}/{odd}"], "classes": ["a", evil]}


def test_the_policy_of_the_page_lets_nothing_out(tmp_path: Path, photos: Path) -> None:
    page = written(tmp_path, photos, found("outlier", "train/circles/circles00.png"))

    policies = [
        each["content"]
        for each in read(page).all("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert str(policies[0]).startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in str(policies[0])
    assert not re.search(r"https?://", page.read_text(encoding="utf-8"))


def test_long_lists_are_cut_and_counted(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixes_page, "_MOST_SHOWN", 5)
    monkeypatch.setattr(fixes_page, "_MOST_PHOTOS", 7)
    names = [f"train/circles/circles{n:02}.png" for n in range(12)]
    findings = [found("label_suspect", name) for name in names]
    findings += [found("outlier", name) for name in names[5:]]
    findings += [found("unreadable", f"{n}.png") for n in range(8)]

    page = written(tmp_path, photos, *findings)

    reader = read(page)
    assert len(known(page)["files"]) == 7
    assert "7 more are not shown" in reader.text
    assert "5 more are not shown" in reader.text
    assert "3 more are not shown" in reader.text


@pytest.mark.parametrize(
    ("file", "label"),
    [
        ("train/circles/1.png", "circles"),
        ("circles/deep/1.png", "circles"),
        ("elsewhere/1.png", None),
        ("circles", None),
    ],
)
def test_a_folder_gives_the_label(file: str, label: str | None) -> None:
    assert class_in_path(file, CLASSES) == label
