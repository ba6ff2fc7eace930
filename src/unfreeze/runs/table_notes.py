"""What to say about how a table of labels was read."""

from collections.abc import Iterator
from itertools import chain

from unfreeze.data.label_doubts import count_if_many_whole
from unfreeze.data.label_table import LabelTable
from unfreeze.data.table_columns import cell_at
from unfreeze.data.table_form import said_of_form
from unfreeze.data.tables import labels_of
from unfreeze.data.wording import listed
from unfreeze.runs.table_photos import ReadTable, Table
from unfreeze.words import counted, ordinal

__all__ = ["numbers_note", "table_note"]


def table_note(read: ReadTable, *, may_lack_labels: bool = False) -> str:
    """Say which columns are read and which are not, and all that was decided.

    Args:
        read: The table, and how it was read.
        may_lack_labels: Whether a row without any is an answer also where none has
            several, as for a model that gives several.
    """
    return " ".join(_sentences(read.found, read.table, may_lack_labels))


def numbers_note(found: LabelTable) -> str | None:
    """Warn where labels are many whole numbers, as ages or counts are; else nothing."""
    if found.columns.is_one_each:
        return None
    count = count_if_many_whole(row.label for row in found.rows)
    if not count:
        return None
    (place,) = found.columns.labels
    title = cell_at(found.columns.titles or (), place)
    column = repr(title) if title else f"the {ordinal(place + 1)}"
    return (
        f"caution: column {column} holds {count} different whole numbers, and each "
        "becomes a class, so that an answer off by one is as wrong as any. If they "
        "measure something, write ranges instead, such as '0 to 9'."
    )


def _sentences(found: LabelTable, table: Table, may_lack_labels: bool) -> Iterator[str]:
    yield _of_columns(found, table.group_by)
    if placed := _of_names(table):
        yield placed
    if form := said_of_form(found.form):
        yield form + _odd_word(found)
    repeated = len(found.rows) - len(
        {table.names.path(row.photo) for row in found.rows}
    )
    if repeated:
        yield f"{counted(repeated, 'repeated row')} left out."
    if never := _never_shown(found):
        yield (
            f"No photo shows {listed(never)}, of which nothing is learned or measured."
        )
    may_lack_labels |= found.columns.is_one_each
    if bare := _without_labels(found, table.label_separator, may_lack_labels):
        yield (
            f"{counted(bare, 'row')} without a label: a photo may show none of them. "
            "Leave out those of which nobody knows."
        )
    is_whole = table.label_separator == "" and not found.columns.is_one_each
    if is_whole and (several := _perhaps_several(found)):
        sign, label = several
        yield (
            f"Each cell is one label, such as {label!r}; --label-separator {sign!r} "
            "makes it several."
        )


def _of_columns(found: LabelTable, group_by: str | None) -> str:
    columns = found.columns
    if columns.titles is None:
        return _of_places(found)
    used = {columns.photos, *columns.labels}
    others = [
        title
        for place, title in enumerate(columns.titles)
        if place not in used and title != group_by
    ]
    said = (
        f"{found.path.name}: column {columns.titles[columns.photos]!r} names photos, "
        f"{_of_labels(found)}"
    )
    if group_by in columns.titles:
        said += f", {group_by!r} what belongs together"
    said += f"; not read: {listed(others)}." if others else "."
    if split := [title for title in columns.splits if title != group_by]:
        said += (
            f" So photos count whatever {split[0]!r} says of them; to keep that split, "
            "put them into train/ and valid/ with a folder per class in each."
        )
    return said


def _of_names(table: Table) -> str:
    """How names become paths, where that is not plain."""
    parts = []
    if table.folder:
        parts.append(f"are looked for in {table.folder!r}")
    if table.suffix:
        parts.append(f"have {table.suffix!r} behind their names")
    return f"Photos {' and '.join(parts)}." if parts else ""


def _of_labels(found: LabelTable) -> str:
    """What the columns of labels say."""
    titles = [(found.columns.titles or ())[place] for place in found.columns.labels]
    if not found.columns.is_one_each:
        return f"{titles[0]!r} says what is on them"
    is_single = all(len(row.tags or ()) == 1 for row in found.rows)
    ones = "one 1 in every row" if is_single else "any number of 1s in a row"
    return f"{listed(titles)} hold 0 and 1 for a class each, with {ones}"


def _never_shown(found: LabelTable) -> list[str]:
    """Classes with a column of their own in which no 1 stands."""
    if not found.columns.is_one_each:
        return []
    shown = {tag for row in found.rows for tag in row.tags or ()}
    titles = [(found.columns.titles or ())[place] for place in found.columns.labels]
    return [title for title in titles if title not in shown]


def _of_places(found: LabelTable) -> str:
    """As ``_of_columns``, for a table without titles."""
    used = (found.columns.photos, *found.columns.labels)
    photos, labels = (ordinal(place + 1) for place in used)
    width = max(len(row.cells) for row in found.rows)
    others = [
        f"the {ordinal(place + 1)}"
        for place in range(width)
        if place not in used and any(cell_at(row.cells, place) for row in found.rows)
    ]
    left = f"; not read: {', '.join(others)}." if others else "."
    return (
        f"{found.path.name} has no titles: its {photos} column names photos, and the "
        f"{labels} says what is on them{left}"
    )


def _odd_word(found: LabelTable) -> str:
    """What shows whether letters were read rightly, where that is not certain."""
    if found.form.encoding != "cp1252":
        return ""
    rows = chain([found.columns.titles or ()], (row.cells for row in found.rows))
    odd = next((cell for cell in chain.from_iterable(rows) if not cell.isascii()), "")
    return f" If {odd!r} is wrong, save it as UTF-8."


def _without_labels(
    found: LabelTable, separator: str | None, may_lack_labels: bool
) -> int:
    """Rows whose cell is an answer though it is empty, since photos have several."""
    counts = [len(labels_of(row, separator or None)) for row in found.rows]
    return counts.count(0) if may_lack_labels or max(counts) > 1 else 0


def _perhaps_several(found: LabelTable) -> tuple[str, str] | None:
    """A label that could be taken for several, and at which sign."""
    for sign in ";|, ":
        for row in found.rows:
            if sign in row.label:
                return sign, row.label
    return None
