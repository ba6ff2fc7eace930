"""Mirrors src/unfreeze/data/tables.py."""

from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.index import ImageIndex
from unfreeze.data.tables import index_table
from unfreeze.errors import DataError


def _index(root: Path, text: str, **settings: object) -> ImageIndex:
    """Write ``text`` as a table beside images a.jpg to d.jpg, and index it."""
    (root / "train").mkdir(exist_ok=True)
    for stem in "abcd":
        (root / f"train/{stem}.jpg").touch()
    table = root / "labels.csv"
    table.write_bytes(text.encode())
    return index_table(root, table, folder="train", suffix=".jpg", **settings)  # type: ignore[arg-type]


def test_one_label_per_row_gives_class_numbers(tmp_path: Path) -> None:
    index = _index(tmp_path, "id,breed\nb,pug\na,boxer\nc,pug\n")

    assert index.classes == ("boxer", "pug")
    assert index.labels.tolist() == [1, 0, 1]
    assert index.labels.dtype == np.int64
    assert list(index.names) == ["train/b.jpg", "train/a.jpg", "train/c.jpg"]
    assert index.sources[1] == tmp_path / "train/a.jpg"


def test_several_labels_in_any_row_give_rows_of_ones(tmp_path: Path) -> None:
    index = _index(tmp_path, "image,tags\na,clear water\nb,clear\nc,\n")

    assert index.classes == ("clear", "water")
    assert index.is_multi
    assert index.labels.tolist() == [[1, 1], [1, 0], [0, 0]]
    assert index.labels.dtype == np.float32


def test_without_separator_labels_keep_their_spaces(tmp_path: Path) -> None:
    index = _index(tmp_path, "id,breed\na,great dane\nb,pug\n", label_separator=None)

    assert index.classes == ("great dane", "pug")
    assert index.labels.tolist() == [0, 1]


def test_another_separator_is_honoured(tmp_path: Path) -> None:
    index = _index(tmp_path, "i,t\na,old town| river\nb,river\n", label_separator="|")

    assert index.classes == ("old town", "river")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffid,breed\na,pug\nb,boxer\n",
        'id,breed\r\n"a","pug"\r\n"b","boxer"\r\n',
        "id,breed\n\na,pug\n  \nb,boxer\n\n\n",
        "id,breed,note\n a , pug ,x\nb,boxer,\n",
        "id,breed\na,pug\nb,boxer",
    ],
    ids=["byte order mark", "quotes and CRLF", "blank lines", "spaces", "no last end"],
)
def test_what_spreadsheets_write_is_understood(tmp_path: Path, text: str) -> None:
    index = _index(tmp_path, text)

    assert list(index.names) == ["train/a.jpg", "train/b.jpg"]
    assert index.classes == ("boxer", "pug")


def test_a_table_without_titles_keeps_its_first_row(tmp_path: Path) -> None:
    assert len(_index(tmp_path, "a,pug\nb,boxer\n", skip_header=False)) == 2


def test_a_first_row_that_names_an_image_is_not_taken_for_titles(
    tmp_path: Path,
) -> None:
    with pytest.raises(DataError, match=r"names an image, 'a'.*skip_header=False"):
        _index(tmp_path, "a,pug\nb,boxer\n")


def test_missing_images_are_counted_and_the_first_named(tmp_path: Path) -> None:
    rows = "".join(f"x{number},pug\n" for number in range(9))

    with pytest.raises(DataError, match=r"9 of the 10 images.*'train/x0\.jpg'.*4 more"):
        _index(tmp_path, f"id,breed\na,pug\n{rows}")


def test_an_image_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'a' twice, with the same label, in lines 2"):
        _index(tmp_path, "id,breed\na,pug\na,pug\n")
    with pytest.raises(DataError, match=r"'a' twice, as 'pug' and as 'boxer'"):
        _index(tmp_path, "id,breed\na,pug\nb,pug\na,boxer\n")


@pytest.mark.parametrize("again", ["./a", ".//a", "a"])
def test_another_way_to_write_a_name_does_not_hide_that_it_stands_twice(
    tmp_path: Path, again: str
) -> None:
    with pytest.raises(DataError, match=rf"'{again}' twice, as 'pug' and as 'boxer'"):
        _index(tmp_path, f"id,breed\na,pug\nb,pug\n{again},boxer\n")


def test_a_row_without_label_is_refused_among_single_labels(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Line 3 .* has no label for 'b'"):
        _index(tmp_path, "id,breed\na,pug\nb,\n")
    with pytest.raises(DataError, match=r"has no label for 'b'"):
        _index(tmp_path, "id,breed\na,great dane\nb,\n", label_separator=None)


def test_a_table_of_one_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Line 1 .* one column: 'id;breed'.*comma"):
        _index(tmp_path, "id;breed\na;pug\n")


@pytest.mark.parametrize("stem", ["../secret", "/etc/passwd", "x/../../a"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, stem: str) -> None:
    with pytest.raises(DataError, match=r"relative to the root"):
        _index(tmp_path, f"id,breed\n{stem},pug\n")


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no rows"):
        _index(tmp_path, "id,breed\n")


def test_a_missing_table_and_a_binary_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv cannot be read: No such file"):
        index_table(tmp_path, tmp_path / "gone.csv", folder="train")
    (tmp_path / "binary.csv").write_bytes(b"id,\xff\xfe\x00")
    with pytest.raises(DataError, match=r"not a CSV file in UTF-8"):
        index_table(tmp_path, tmp_path / "binary.csv", folder="train")


def test_an_open_quote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not a CSV file"):
        _index(tmp_path, 'id,breed\na,"pug\nb,boxer\n')
