"""Mirrors src/unfreeze/records.py."""

from unfreeze.records import Finding


def test_a_finding_as_json_names_the_likely_class_only_where_there_is_one() -> None:
    plain = Finding("tiny", ("a/1.jpg",), 0.5, "kept", "Small.")
    doubted = Finding("label_suspect", ("a/1.jpg",), 1.0, "kept", "", likely="b")

    assert plain.as_json() == {
        "kind": "tiny",
        "files": ("a/1.jpg",),
        "score": 0.5,
        "policy": "kept",
        "message": "Small.",
    }
    assert doubted.as_json()["likely"] == "b"
