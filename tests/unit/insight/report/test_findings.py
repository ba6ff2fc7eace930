"""Mirrors src/unfreeze/insight/report/findings.py."""

from unfreeze.insight.report.findings import found_kinds


def finding(kind: str, message: str, *files: str) -> dict[str, object]:
    return {"kind": kind, "message": message, "files": list(files)}


def test_every_unreadable_file_is_named_below_its_reason() -> None:
    (kind,) = found_kinds(
        [finding("unreadable", "It is empty.", f"a/{n}.jpg") for n in range(3)]
    )

    assert (kind.title, kind.count) == ("cannot be read", "3 files")
    assert kind.findings[0].groups == (("a/0.jpg", "a/1.jpg", "a/2.jpg"),)
    assert kind.findings[0].more == ""


def test_of_very_many_files_the_first_are_named_and_the_others_counted() -> None:
    (kind,) = found_kinds([finding("odd_mode", "Grey.", *map(str, range(1500)))])

    assert len(kind.findings[0].groups[0]) == 24
    assert kind.findings[0].more.startswith("and 1,476 more")
    assert kind.count == "1,500 files"


def test_copies_of_each_other_stay_together_and_apart_from_others() -> None:
    kind, = found_kinds(
        [finding("near_duplicate", "Same.", "a", "b"),
         finding("near_duplicate", "Same.", "c", "d")]
    )  # fmt: skip

    assert kind.findings[0].groups == (("a", "b"), ("c", "d"))


def test_of_very_many_findings_the_first_are_told_and_the_others_counted() -> None:
    (kind,) = found_kinds([finding("label_suspect", str(n), str(n)) for n in range(40)])

    assert len(kind.findings) == 12
    assert kind.more.startswith("and 28 more")


def test_classes_are_counted_as_such() -> None:
    (kind,) = found_kinds([finding("class_tiny", "Few.", "train/fish")])

    assert kind.count == "1 class"
    assert found_kinds([]) == []
