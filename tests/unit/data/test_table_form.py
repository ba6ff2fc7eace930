"""Mirrors src/unfreeze/data/table_form.py."""

import os
from pathlib import Path

import pytest

from unfreeze.data.csv_rows import TableForm, csv_rows
from unfreeze.data.table_form import form_of, said_of_form
from unfreeze.errors import DataError


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_characters_are_read_as_spreadsheets_write_them(
    tmp_path: Path, encoding: str, said: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Datei,Märchen\r\n1.jpg,créée à Noël\r\n".encode(encoding))

    form = form_of(path)

    rows = [cells for _, cells in csv_rows(path, form=form)]
    assert rows == [["Datei", "Märchen"], ["1.jpg", "créée à Noël"]]
    assert said in said_of_form(form)
    assert bool(said) == bool(said_of_form(form))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("файл,кошка\n1.jpg,собака\n", "cp1251"),
        ("file,κόκκινο\n1.jpg,μπλε\n", "cp1253"),
        ("file,犬\n1.jpg,ねこ\n", "shift-jis"),
        ("file,cat\x81\n", "latin-1"),  # a byte that is no character there
        ("file,größe\n", "cp850"),
        ("file,größe\n", "mac-roman"),
        ("file,label\n", "utf-16-le"),  # without its mark
    ],
)
def test_other_characters_are_not_taken_for_western_ones(
    tmp_path: Path, text: str, encoding: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))

    with pytest.raises(DataError, match=r"not a CSV file in UTF-8.*Save it again"):
        form_of(path)


def test_half_a_character_of_utf_16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\n".encode("utf-16")[:-1])

    with pytest.raises(DataError, match="not a CSV file"):
        form_of(path)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("file,label\n1.jpg,cat\n", ","),
        ("file;label\n1.jpg;cat\n", ";"),
        ("file\tlabel\n1.jpg\tcat\n", "\t"),
        ("file|label\n1.jpg|cat\n", "|"),
        ("file,label\n1.jpg,cat;dog\n2.jpg,cat;bird\n", ","),
        ("file,label\n1.jpg,cat|dog\n", ","),
        ("file;label\n1.jpg;cat, small\n2.jpg;dog\n", ";"),
        ("1.jpg;cat, small\n2.jpg;dog\n", ";"),
        ("file;score\n1.jpg;0,5\n2.jpg;0,7\n", ";"),
        ('"file";"label"\n"1.jpg";"cat, dog"\n', ";"),
        ('file,label\n1.jpg,"cat, dog"\n2.jpg,cat\n', ","),
        ("file,labels (a;b)\n1.jpg,x;y\n2.jpg,x\n", ","),
        ("file,label\n1.jpg,cat,\n2.jpg\n", ","),
        ("file\n1.jpg\n", ","),
        ("", ","),
    ],
)
def test_what_parts_columns_is_found(tmp_path: Path, text: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)

    assert form_of(path).delimiter == delimiter


@pytest.mark.parametrize("sign", [",", ";", "\t", "|", ":"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_first_line_for_excel_says_what_parts_columns(
    tmp_path: Path, sign: str, encoding: str, end: str
) -> None:
    path = tmp_path / "a.csv"
    lines = [f"sep={sign}", f"a,b{sign}c;d|e" if sign == ":" else f"a{sign}b", ""]
    path.write_bytes(end.join(lines).encode(encoding))

    form = form_of(path)

    cells = lines[1].split(sign)
    assert list(csv_rows(path, form=form)) == [(2, cells)]
    assert ("between columns" in said_of_form(form)) == (
        sign != "," or encoding == "utf-16"
    )


@pytest.mark.parametrize("first", ['"sep=;"', "SEP=; "])
def test_the_line_for_excel_may_be_written_otherwise(
    tmp_path: Path, first: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'{first}\nfile;label\n1.jpg;"cat, dog"\n')

    rows = [cells for _, cells in csv_rows(path, form=form_of(path))]

    assert rows == [["file", "label"], ["1.jpg", "cat, dog"]]


@pytest.mark.parametrize("first", ["sep=;;", "sep=x", "sep", "sep=;,label", "xsep=;"])
def test_other_first_lines_are_rows(tmp_path: Path, first: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{first}\n1.jpg,cat\n")

    assert not form_of(path).says_delimiter


@pytest.mark.parametrize("sign", [", ", ";  "])
def test_quotes_may_stand_behind_blanks_in_tables_of_others(
    tmp_path: Path, sign: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'"1.jpg"{sign}"cat, dog"\n"2, a.jpg"{sign}"cat; dog"\n')

    rows = [cells for _, cells in csv_rows(path, form=form_of(path))]

    assert rows == [["1.jpg", "cat, dog"], ["2, a.jpg", "cat; dog"]]


def test_blanks_belong_to_cells_in_our_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("file,label\n 1.jpg, cat\n")

    *_, (_, cells) = csv_rows(path, form=form_of(path, is_ours=True))

    assert cells == [" 1.jpg", " cat"]


def test_a_form_of_other_columns_is_said() -> None:
    said = "The table is read as UTF-8 text with tabs between columns."

    assert said_of_form(TableForm(delimiter="\t")) == said


def test_odd_bytes_are_let_pass_where_they_are_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"file;label\ncaf\xe9.jpg;x\n")

    form = form_of(path, odd_bytes="surrogateescape")

    assert form == TableForm(delimiter=";", skips_blanks=True)
    *_, (_, cells) = csv_rows(path, form=form, odd_bytes="surrogateescape")
    assert os.fsencode(cells[0]) == b"caf\xe9.jpg"


def test_what_is_no_file_is_left_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert form_of(tmp_path / "pipe") == TableForm(skips_blanks=True)
    assert form_of(tmp_path / "gone", is_ours=True) == TableForm()


def test_a_file_that_nobody_may_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.touch()

    def refuse(self: Path, mode: str) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(DataError, match=r"cannot be read: Permission denied"):
        form_of(path)
