"""Mirrors src/unfreeze/runs/fixes_page.py."""

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from typing_extensions import override

from unfreeze.records import Finding, FindingKind
from unfreeze.runs import fixes_page
from unfreeze.runs.fixes_page import write_fixes_page
from unfreeze.runs.fixes_topics import TOPICS

CLASSES = ("circles", "squares", "stripes")

FILE_KINDS = (
    "blank", "tiny", "odd_mode", "animated", "exif_rotated", "wrong_extension", "huge"
)  # fmt: skip
"""Kinds of which a finding is about many photos."""


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
    assert [each["value"] for each in reader.all("option")] == ["", "2"]
    assert "keep circles" in reader.text
    assert str(reader.all("img")[0]["src"]).startswith("data:image/jpeg;base64,")
    assert "labelled circles" in reader.text
    assert "looks like stripes" in reader.text
    assert known(page) == {
        "files": [file], "classes": list(CLASSES), "asked": [0], "copies": {}
    }  # fmt: skip


def test_a_photo_in_two_findings_is_one_file_with_two_sets_of_choices(
    tmp_path: Path, photos: Path
) -> None:
    first, second = "train/circles/circles00.png", "valid/circles/circles00.png"
    page = written(
        tmp_path, photos, found("label_suspect", first), found("leakage", second, first)
    )

    reader = read(page)
    numbers = [each.get("data-file") for each in reader.all("div")]
    assert [number for number in numbers if number] == ["0", "1", "1"]
    assert len({each["name"] for each in reader.all("input")}) == 3


def test_without_a_likely_class_the_list_holds_keep_alone(
    tmp_path: Path, photos: Path
) -> None:
    """The others are put in when it is opened, but for the one that the photo has."""
    page = written(tmp_path, photos, found("outlier", "train/circles/circles00.png"))

    reader = read(page)
    assert [each["value"] for each in reader.all("option")] == [""]
    assert [each.get("data-given") for each in reader.all("select")] == ["0"]


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_photos_of_one_finding_that_are_no_copies_stand_one_by_one(
    tmp_path: Path, photos: Path, kind: str
) -> None:
    files = [f"train/circles/circles{n:02}.png" for n in range(8)]
    page = written(tmp_path, photos, found(kind, *files))

    reader = read(page)
    assert known(page)["files"] == files
    assert len(reader.all("img")) == 8
    assert len({each["name"] for each in reader.all("input")}) == 8
    assert "8 photos" in reader.text
    assert reader.text.count(f"about {kind}") == TOPICS[kind].says_why  # type: ignore[index]


def test_every_kind_of_finding_that_names_photos_is_shown_as_photos() -> None:
    of_folders = {
        "imbalance",
        *(each for each in get_args(FindingKind) if "class_" in each),
    }

    shown = {name for name, topic in TOPICS.items() if not topic.is_in_words}
    expected = {*get_args(FindingKind)} - of_folders - {"unreadable"}
    assert shown == expected | {"contradiction"}


def test_what_was_found_stands_before_the_photos_that_it_is_about(
    tmp_path: Path, photos: Path
) -> None:
    one, two = (f"train/circles/circles{n:02}.png" for n in range(2))
    grey = Finding("odd_mode", (two, one), 1.0, "kept", "grey ones")
    page = written(tmp_path, photos, found("odd_mode", one), grey)

    reader = read(page)
    order = ["about odd_mode", one, "grey ones", two]
    places = [reader.text.index(words) for words in order]
    assert places == sorted(places)
    assert "2 photos to look at" in reader.text  # one of them twice
    assert len(reader.all("img")) == 3


def test_what_training_reads_as_it_should_asks_for_no_decision(
    tmp_path: Path, photos: Path
) -> None:
    file = "train/circles/circles00.png"

    reader = read(written(tmp_path, photos, found("exif_rotated", file)))

    assert "No photo asks for a decision" in reader.text
    assert [each["value"] for each in reader.all("input")] == [
        "keep", "relabel", "drop"
    ]  # fmt: skip


def test_a_set_of_many_copies_names_those_that_it_does_not_show(
    tmp_path: Path, photos: Path
) -> None:
    files = [f"train/circles/circles{n:02}.png" for n in range(9)]
    page = written(tmp_path, photos, found("exact_duplicate", *files))

    reader = read(page)
    assert len(reader.all("img")) == 6
    assert "3 more copies" in reader.text
    assert files[8] in reader.text
    assert known(page)["files"] == files
    sets = [{"keeps": [0], "drops": list(range(1, 9))}]
    assert known(page)["copies"] == {"exact_duplicate": sets}
    assert "Drop 8 training copies, keep one of each" in reader.text
    assert "6 photos to look at" in reader.text


def test_of_a_leak_all_training_copies_can_be_dropped_and_no_other(
    tmp_path: Path, photos: Path
) -> None:
    one, two, three, four = (
        f"{split}/circles/circles{n:02}.png"
        for split in ("valid", "train")
        for n in range(2)
    )
    page = written(tmp_path, photos, found("leakage", one, two, three, four))

    assert known(page)["copies"] == {"leakage": [{"keeps": [0, 1], "drops": [2, 3]}]}
    text = read(page).text
    assert "Drop 2 training copies, keep every validation photo" in text


def test_a_leak_whose_labels_differ_is_left_to_a_person(
    tmp_path: Path, photos: Path
) -> None:
    """Dropping the training copy might keep the wrong label, and in validation."""
    clear = ("valid/circles/circles00.png", "train/circles/circles00.png")
    torn = ("valid/circles/circles01.png", "train/stripes/stripes01.png")
    page = written(tmp_path, photos, found("leakage", *clear), found("leakage", *torn))

    named = known(page)
    [[one]] = named["copies"].values()
    assert [[named["files"][n] for n in one[side]] for side in ("keeps", "drops")] == [
        [clear[0]], [clear[1]]
    ]  # fmt: skip
    text = " ".join(read(page).text.split())
    assert "Drop 1 training copy, keep every validation photo" in text
    assert "1 set is left to you: the labels differ" in text
    assert "Where their labels differ, one is wrong" in text


def test_sets_beyond_the_shown_ones_are_dropped_and_counted_too(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixes_page, "_MOST_SHOWN", 2)
    pairs = [(f"circles/{n}a.png", f"circles/{n}b.png") for n in range(3)]
    page = written(
        tmp_path, photos / "train", *(found("near_duplicate", *pair) for pair in pairs)
    )

    assert len(known(page)["copies"]["near_duplicate"]) == 3
    assert "Drop 3 copies, keep the first of each" in read(page).text
    assert "1 more is not shown" in read(page).text


@pytest.mark.parametrize(
    "files",
    [
        ("valid/circles/circles00.png", "valid/circles/circles01.png"),
        ("train/circles/circles00.png", "train/stripes/stripes00.png"),
    ],
    ids=["only validation photos", "labels differ"],
)
def test_what_needs_a_person_is_left_to_one(
    tmp_path: Path, photos: Path, files: tuple[str, str]
) -> None:
    page = written(tmp_path, photos, found("exact_duplicate", *files))

    [drops] = known(page)["copies"].values()
    assert drops == []
    assert not [each for each in read(page).all("button") if "data-drop-copies" in each]
    told = "1 set is left to you", "Of the labels of each set, one is wrong"
    assert sum(each in read(page).text for each in told) == 1


def test_what_all_sets_share_is_said_once(tmp_path: Path, photos: Path) -> None:
    pairs = [(f"circles/{n}a.png", f"circles/{n}b.png") for n in range(3)]
    sets = [found("near_duplicate", *pair) for pair in pairs]
    sets[1] = Finding("near_duplicate", pairs[1], 1.0, "kept", "odd one")

    text = read(written(tmp_path, photos, *sets)).text

    assert text.count("about near_duplicate") == 1
    assert text.count("odd one") == 1


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


def test_how_closely_was_looked_is_said(tmp_path: Path, photos: Path) -> None:
    page = tmp_path / "page.html"
    write_fixes_page(page, photos, [], CLASSES, "Not <closely>.")

    assert "Not <closely>." in read(page).text


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
    assert known(page)["files"] == [f"{evil}/{odd}"]
    assert known(page)["classes"] == ["a", evil]


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
    assert len(reader.all("img")) == 7  # 3 and 4 of them
    assert "9 more are not shown" in reader.text
    assert reader.text.count("3 more are not shown") == 2  # and of what is listed


def test_many_of_one_kind_do_not_crowd_out_another(
    tmp_path: Path, photos: Path
) -> None:
    """Each kind has its section, which says how many are not shown in it."""

    def sets(kind: FindingKind, count: int) -> list[Finding]:
        return [
            found(
                kind, f"train/circles/{kind}{n}a.png", f"train/circles/{kind}{n}b.png"
            )
            for n in range(count)
        ]

    def single(kind: FindingKind, count: int) -> list[Finding]:
        return [found(kind, f"train/circles/{kind}{n}.png") for n in range(count)]

    findings = [
        *single("label_suspect", 100),
        *sets("leakage", 100),
        *sets("exact_duplicate", 100),
        *sets("near_duplicate", 400),
        *single("outlier", 40),
        *single("blank", 30),
    ]
    page = written(tmp_path, photos, *findings)

    reader = read(page)
    kinds = ["leakage", "label_suspect", "exact_duplicate", "near_duplicate"]
    assert [each["id"] for each in reader.all("section")] == [
        *kinds, "outlier", "blank"
    ]  # fmt: skip
    left_out = re.findall(r"([\d,]+) more (?:is|are) not shown here", reader.text)
    assert left_out == ["45", "45", "345"]
    shown = [each for each in reader.all("div") if each.get("class") == "photo"]
    assert len(shown) == 500
    assert "500 photos to look at" in reader.text
    assert known(page)["asked"] == sorted(
        {int(each["data-file"] or "") for each in shown}
    )


def test_only_photos_that_are_shown_and_ask_for_a_decision_are_counted(
    tmp_path: Path, photos: Path
) -> None:
    turned = found("exif_rotated", "train/circles/circles09.png")
    files = [f"train/circles/circles{n:02}.png" for n in range(9)]

    page = written(tmp_path, photos, found("exact_duplicate", *files), turned)

    asked = [known(page)["files"][number] for number in known(page)["asked"]]
    assert asked == files[:6]
    assert "6 photos to look at" in read(page).text


def test_what_harms_most_comes_first_in_headline_and_page(
    tmp_path: Path, photos: Path
) -> None:
    one, two = "train/circles/circles00.png", "train/stripes/stripes00.png"
    page = written(
        tmp_path,
        photos,
        found("exif_rotated", one),
        found("outlier", one),
        found("imbalance", "train/circles", "train/stripes"),
        Finding("class_missing", ("train/squares",), 1.0, "refused", "None."),
        found("near_duplicate", one, two),
        found("unreadable", "train/circles/a.jpg"),
        found("unreadable", "train/circles/b.jpg"),
        found("leakage", "valid/circles/circles00.png", one),
    )

    reader = read(page)
    assert [each["id"] for each in reader.all("section")] == [
        "refused", "leakage", "contradiction", "unreadable", "classes", "outlier",
        "exif_rotated",
    ]  # fmt: skip
    headline = (
        "1 reason to refuse training, 1 photo in training and validation and 4 more "
        "kinds of findings"
    )
    assert f"<h1>{headline}</h1>" in page.read_text()
    assert f"<title>{headline}: " in page.read_text()
    assert "Contradictions 1" in reader.text  # every kind is counted in the contents
    assert "Unreadable 2" in reader.text


def test_a_page_of_leaks_alone_does_not_look_clean(
    tmp_path: Path, photos: Path
) -> None:
    leaks = [
        found("leakage", f"valid/circles/{n}.png", f"train/circles/{n}.png")
        for n in range(20)
    ]

    page = written(tmp_path, photos, *leaks)

    assert "<h1>20 photos in training and validation</h1>" in page.read_text()


def test_photos_are_counted_on_the_page(tmp_path: Path, photos: Path) -> None:
    page = tmp_path / "page.html"
    write_fixes_page(page, photos, [], CLASSES, counts="9 photos: all can be read")

    assert "9 photos: all can be read." in read(page).text
    assert "<h1>Nothing unusual was found</h1>" in page.read_text()


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """Split photos of buses, cars and trains."""
    for split in ("train", "valid"):
        for name in ("bus", "car", "train"):
            (tmp_path / "streets" / split / name).mkdir(parents=True)
    return tmp_path / "streets"


def test_a_class_may_be_called_as_a_split_is(tmp_path: Path, streets: Path) -> None:
    classes = ("bus", "car", "train")
    page = tmp_path / "page.html"
    findings = [
        found("label_suspect", "train/car/1.jpg", likely="train"),
        found("exact_duplicate", "train/bus/1.jpg", "train/car/2.jpg"),
        found("exact_duplicate", "train/train/1.jpg", "train/train/2.jpg"),
    ]

    write_fixes_page(page, streets, findings, classes)

    text = " ".join(read(page).text.split())
    assert "labelled car,looks like train" in text
    assert [each.get("data-given") for each in read(page).all("select")] == [
        "0", "1", "1", "2", "2"
    ]  # fmt: skip
    assert known(page)["copies"] == {
        "contradiction": [], "exact_duplicate": [{"keeps": [3], "drops": [4]}]
    }  # fmt: skip
    assert "The same photo with different labels 1 set" in text
