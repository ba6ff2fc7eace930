"""Mirrors src/unfreeze/data/label_doubts.py."""

from pathlib import Path

import pytest

from unfreeze.data.label_doubts import count_if_many_whole, require_plain_labels
from unfreeze.data.table_columns import Choice, chosen_columns
from unfreeze.errors import DataError

TABLE = Path("labels.csv")


def _require(text: str, *, is_titled: bool = True, **choice: object) -> str | None:
    """The title of the column of labels, where it is plain."""
    rows = [line.split(",") for line in text.splitlines()]
    chosen = Choice(**choice)  # type: ignore[arg-type]
    titles = rows[0] if is_titled else None
    columns = chosen_columns(titles, chosen, TABLE, lambda place: False, len(rows[0]))
    require_plain_labels(rows[1:] if is_titled else rows, columns, chosen, TABLE)
    return rows[0][columns.labels[0]] if is_titled else None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # HAM10000, CheXpert, Google landmarks, NIH chest X-rays, as they are published
        (
            "lesion_id,image_id,dx,dx_type,age,sex,localization\n"
            "HAM_0000118,ISIC_0027419,bkl,histo,80.0,male,scalp\n",
            "'lesion_id', 'dx', 'dx_type', 'age', 'sex', 'localization'",
        ),
        (
            "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema\n"
            "train/patient00001/view1.jpg,Female,68,Frontal,AP,1.0,\n",
            "'Sex', 'Age', 'Frontal/Lateral', 'AP/PA', 'No Finding', 'Edema'",
        ),
        (
            "id,url,landmark_id\n6e158a47eb2ca3f6,https://x.org/a.jpg,142820\n",
            "'url', 'landmark_id'",
        ),
        ("image,mask,level\n1.png,1_mask.png,2\n", "'mask', 'level'"),
        ("image,level,place\n1.png,1,x\n2.png,0,1\n", "'level', 'place'"),
    ],
)
def test_columns_that_may_hold_labels_are_not_guessed_among(
    text: str, names: str
) -> None:
    with pytest.raises(DataError) as error:
        _require(text)

    assert f"several columns that may hold labels, {names}, and" in str(error.value)
    assert "--label-column TITLE" in str(error.value)


def test_a_column_that_is_named_is_taken_among_others() -> None:
    text = "lesion_id,image_id,dx,age\nHAM_0000118,ISIC_0027419,bkl,80.0\n"

    assert _require(text, labels="dx") == "dx"
    assert _require("id,url,kind\n1,x,a\n", groups="url") == "kind"


@pytest.mark.parametrize(
    "text",
    [
        "1.jpg,cat,dog\n2.jpg,dog\n3.jpg,cat\n",
        "1.jpg,cat,small one\n2.jpg,dog\n",
        "1.jpg,cat,dog\n2.jpg,dog,\n3.jpg,cat,\n",  # as a spreadsheet fills it up
        "1.jpg,cat,,dog\n2.jpg,dog,,\n",
    ],
)
def test_a_second_label_is_not_lost_without_titles(text: str) -> None:
    with pytest.raises(DataError, match=r"'cat' in labels.csv stands .*'cat;dog'"):
        _require(text, is_titled=False)


def test_a_second_label_is_not_lost_below_a_blank_title() -> None:
    with pytest.raises(DataError, match=r"'cat' in labels.csv stands 'dog'"):
        _require("file,label,\n1.jpg,cat,dog\n2.jpg,dog,\n")


@pytest.mark.parametrize(
    "text",
    ["1.jpg,cat,sharp\n2.jpg,dog,\n", "1.jpg,cat,\n2.jpg,dog\n", "1.jpg,7,x\n"],
)
def test_even_rows_without_titles_may_have_further_columns(text: str) -> None:
    _require(text, is_titled=False)


def test_columns_of_numbers_without_titles_are_refused() -> None:
    with pytest.raises(DataError, match=r"'column 2', 'column 3', and no titles"):
        _require("1.jpg,7,640\n2.jpg,8,480\n", is_titled=False)


@pytest.mark.parametrize("title", ["score", "target"])
@pytest.mark.parametrize(
    "values", ["0.123 0.5 0.5 1e-3", "0;5 .7 2 3", "1.5 2 2 3 yes"]
)
def test_measurements_are_no_classes(title: str, values: str) -> None:
    labels = [value.replace(";", ".") for value in values.split()]
    rows = "".join(f"{at}.jpg,{label}\n" for at, label in enumerate(labels))

    with pytest.raises(DataError, match=r"look like measurements.*This library class"):
        _require(f"image,{title}\n{rows}")
    with pytest.raises(DataError, match=r"look like measurements"):
        _require(rows, is_titled=False)
    assert _require(f"image,{title}\n{rows}", labels=title) == title


def _ages(count: int, rows_of_each: int) -> str:
    labels = [str(number) for number in range(count)] * rows_of_each
    return "".join(f"{at}.jpg,{label}\n" for at, label in enumerate(labels))


@pytest.mark.parametrize("title", ["age", "label"])
def test_many_whole_numbers_of_few_rows_each_are_no_classes(title: str) -> None:
    with pytest.raises(DataError, match=r"like measurements: 20 different numbers, su"):
        _require(f"image,{title}\n{_ages(20, 2)}")
    with pytest.raises(DataError, match=r"like measurements: 20 different numbers, su"):
        _require(_ages(20, 1), is_titled=False)
    assert _require(f"image,{title}\n{_ages(20, 2)}", labels=title) == title


@pytest.mark.parametrize(("count", "rows_of_each"), [(19, 1), (20, 3), (90, 3)])
def test_fewer_whole_numbers_or_more_rows_of_each_are_classes(
    count: int, rows_of_each: int
) -> None:
    assert _require(f"image,year\n{_ages(count, rows_of_each)}") == "year"


def test_a_model_knows_its_classes_whatever_they_look_like() -> None:
    text = f"image,age\n{_ages(90, 1)}"

    assert _require(text, are_classes_known=True) == "age"
    assert _require("image,x\na,0.1\nb,0.2\n", are_classes_known=True) == "x"


@pytest.mark.parametrize(
    ("labels", "count"),
    [
        ([str(year) for year in range(1990, 2010)] * 2 + [""], 20),
        ([str(year) for year in range(1991, 2010)], 0),
        ([*map(str, range(40)), "0.5"], 0),
        ([*map(str, range(40)), "cat"], 0),
        ([f"{number}.0" for number in range(20)], 20),
        ([], 0),
    ],
)
def test_many_whole_numbers_are_counted(labels: list[str], count: int) -> None:
    assert count_if_many_whole(labels) == count


@pytest.mark.parametrize(
    "labels",
    [
        ["1", "2", "3", "4"],  # a class for each photo, perhaps, but whole
        ["1.0", "2.0", "3.0"],  # as pandas writes them beside a gap
        ["0.5", "0.5", "0.5", "1.5", "1.5", "1.5"],
        ["0.5", "low", "high"],
        ["yes", "no"],
    ],
)
def test_numbers_that_can_be_classes_are_taken(labels: list[str]) -> None:
    rows = "".join(f"{at}.jpg,{label}\n" for at, label in enumerate(labels))

    assert _require(f"image,score\n{rows}") == "score"
