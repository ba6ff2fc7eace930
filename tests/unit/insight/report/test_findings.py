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


def test_of_large_groups_the_files_that_are_not_named_are_counted() -> None:
    """Two groups of 60 equal files, and 30 groups of two."""
    large = [finding("exact_duplicate", "Equal.", *(f"{part}{n}" for n in range(60)))
             for part in "ab"]  # fmt: skip
    small = [finding("near_duplicate", "Same.", f"a{n}", f"b{n}") for n in range(30)]

    equal, alike = found_kinds([*large, *small])

    assert equal.findings[0].more.startswith("and 72 more")
    assert alike.findings[0].more.startswith("and 36 more")


def test_a_class_with_a_folder_in_each_split_is_one_class() -> None:
    (kind,) = found_kinds(
        [finding("class_case", "Alike.", "train/A", "train/a", "valid/A", "valid/a")]
    )

    assert kind.count == "2 classes"


def test_of_very_many_findings_the_first_are_told_and_the_others_counted() -> None:
    (kind,) = found_kinds([finding("label_suspect", str(n), str(n)) for n in range(40)])

    assert len(kind.findings) == 12
    assert kind.more.startswith("and 28 more")


def test_classes_are_counted_as_such() -> None:
    (kind,) = found_kinds([finding("class_tiny", "Few.", "train/fish")])

    assert kind.count == "1 class"
    assert found_kinds([]) == []
