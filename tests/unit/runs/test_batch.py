"""Mirrors src/unfreeze/runs/batch.py."""

import os
import tracemalloc
import weakref
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from unfreeze.answering import Answering
from unfreeze.data.paths import PackedNames
from unfreeze.errors import DataError, PlanError
from unfreeze.runs import batch
from unfreeze.runs.answers import AnswerColumns
from unfreeze.runs.batch import Job, Work
from unfreeze.runs.blocks import BLOCK, Block
from unfreeze.runs.submission import Submission


class Guesser:
    """Says something about every photo whose name does not hold ``bad``."""

    digest = "guess"

    def __init__(self, num_classes: int = 2) -> None:
        self.rules = Answering(classes=tuple(f"c{n}" for n in range(num_classes)))
        self.asked: list[int] = []
        self.arrays: list[weakref.ref[np.ndarray]] = []

    def blocks(
        self, photos: PackedNames, first: int = 0
    ) -> Generator[Block, None, None]:
        for start in range(first, len(photos), BLOCK):
            self.asked.append(start)
            names = list(photos[start : start + BLOCK])
            shape = (len(names), len(self.rules.classes))
            probs = np.random.default_rng(start).dirichlet(np.ones(shape[1]), shape[0])
            log_probs = np.log(probs)
            self.arrays.append(weakref.ref(log_probs))
            errors = tuple("It is bad." if "bad" in each else None for each in names)
            yield Block(start, names, log_probs, errors)


def _photos(count: int, kind: str = "good") -> PackedNames:
    return PackedNames.from_names([f"p/{kind}{n}.jpg" for n in range(count)])


def _job(folder: Path, guesser: Guesser, photos: PackedNames) -> Job:
    rules = guesser.rules
    tables = (
        (folder / "a.csv", AnswerColumns(rules)),
        (folder / "s.csv", Submission(folder / "s.csv").columns(rules)),
    )
    return Job(answerer=guesser, photos=photos, tables=tables)


def _do(job: Job, blocks: int | None = None, *, may_go_on: bool = True) -> Work:
    with Work(job, may_go_on=may_go_on) as work, closing(work.blocks()) as coming:
        for number, _ in enumerate(coming, start=1):
            if number == blocks:
                break
    return work


def test_every_photo_has_a_row_in_every_table(tmp_path: Path) -> None:
    work = _do(_job(tmp_path, Guesser(), _photos(150)))

    assert (work.before, work.done, work.num_unreadable) == (0, 150, 0)
    for name in ("a.csv", "s.csv"):
        assert len((tmp_path / name).read_text().splitlines()) == 1 + 150


def test_a_stopped_job_goes_on_where_a_block_begins(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    _do(_job(folders[0], Guesser(), _photos(150)))

    stopped = _do(_job(folders[1], Guesser(), _photos(150)), 1)
    again = Guesser()
    work = _do(_job(folders[1], again, _photos(150)))

    assert [each.exists() for each in stopped.parts] == [False, False]
    assert (work.before, again.asked) == (BLOCK, [BLOCK, 2 * BLOCK])
    for name in ("a.csv", "s.csv"):
        found, expected = ((each / name).read_bytes() for each in folders[::-1])
        assert found == expected


def test_tables_go_on_together_from_the_shorter_one(tmp_path: Path) -> None:
    stopped = _do(_job(tmp_path, Guesser(), _photos(150)), 2)
    shorter = stopped.parts[1]
    shorter.write_bytes(shorter.read_bytes()[:-20])

    again = Guesser()
    _do(_job(tmp_path, again, _photos(150)))

    assert again.asked == [BLOCK, 2 * BLOCK]
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 150


def test_a_job_that_only_lacks_a_name_asks_nothing(tmp_path: Path) -> None:
    _do(_job(tmp_path, Guesser(), _photos(100)), 2)

    again = Guesser()
    _do(_job(tmp_path, again, _photos(100)))

    assert again.asked == []
    assert (tmp_path / "a.csv").exists()


def test_a_job_that_may_not_go_on_leaves_the_rows_that_are_there(
    tmp_path: Path,
) -> None:
    stopped = _do(_job(tmp_path, Guesser(), _photos(100)), 1)
    before = {each: each.read_bytes() for each in stopped.parts}

    with pytest.raises(PlanError, match="64 of 100 photos are answered in"):
        _do(_job(tmp_path, Guesser(), _photos(100)), may_go_on=False)

    assert {each: each.read_bytes() for each in stopped.parts} == before
    for part in stopped.parts:
        part.unlink()
    again = Guesser()
    _do(_job(tmp_path, again, _photos(100)), may_go_on=False)
    assert again.asked == [0, BLOCK]


def test_rows_of_earlier_commands_can_be_read_again(tmp_path: Path) -> None:
    _do(_job(tmp_path, Guesser(), _photos(100)), 1)

    with Work(_job(tmp_path, Guesser(), _photos(100))) as work:
        rows = list(work.rows_before(0))
        with closing(work.blocks()) as coming:
            assert [each.first for each in coming] == [BLOCK]

    assert [name for name, _ in rows] == list(_photos(100)[:BLOCK])
    whole = (tmp_path / "a.csv").read_text().splitlines()
    assert [",".join(row) for _, row in rows] == whole[1 : BLOCK + 1]


@pytest.mark.parametrize("what", ["photos", "settings", "model", "folder"])
def test_whatever_decides_on_the_answers_makes_another_job(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guesser = Guesser()
    job = Job(answerer=guesser, photos=_photos(9), settings=(0.5, "label"))
    first = job.digest()
    assert (
        first
        == Job(answerer=guesser, photos=_photos(9), settings=(0.5, "label")).digest()
    )

    match what:
        case "photos":
            job = Job(answerer=guesser, photos=_photos(8), settings=(0.5, "label"))
        case "settings":
            job = Job(answerer=guesser, photos=_photos(9), settings=(0.4, "label"))
        case "model":
            guesser.digest = "other"
        case _:
            monkeypatch.chdir(tmp_path)

    assert job.digest() != first


def test_photos_that_cannot_be_read_are_counted_and_all_of_them_refused(
    tmp_path: Path,
) -> None:
    some = PackedNames.from_names(["p/bad1.jpg", "p/2.jpg", "p/bad3.jpg"])

    assert _do(_job(tmp_path, Guesser(), some)).num_unreadable == 2
    with pytest.raises(DataError, match=r"None of the 70 images.*bad0.jpg"):
        _do(_job(tmp_path, Guesser(), _photos(70, "bad")))
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert len(rows) == 1 + 70
    assert rows[1].endswith(",It is bad.")


def test_answers_are_not_kept(tmp_path: Path) -> None:
    guesser = Guesser()
    with Work(_job(tmp_path, guesser, _photos(9 * BLOCK))) as work:
        for _ in work.blocks():
            alive = [each for each in guesser.arrays if each() is not None]
            assert len(alive) <= 2


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_photos(tmp_path: Path) -> None:
    """Ten times the photos, a hundred classes: the answers alone would take 16 MB."""
    peaks = []
    for count in (2_000, 20_000):
        guesser, photos = Guesser(100), _photos(count)
        job = Job(
            answerer=guesser,
            photos=photos,
            tables=((tmp_path / "a.csv", AnswerColumns(guesser.rules)),),
        )
        tracemalloc.start()
        with Work(job) as work:
            for _ in work.blocks():
                guesser.arrays.clear()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + 1e6


# --- what has changed meanwhile -------------------------------------------------------


@pytest.fixture
def there(tmp_path: Path) -> PackedNames:
    """150 files."""
    names = [str(tmp_path / f"{number:03}.jpg") for number in range(150)]
    for name in names:
        Path(name).write_bytes(b"first")
    return PackedNames.from_names(names)


@pytest.mark.parametrize(
    ("number", "asked"), [(3, [0, 64, 128]), (70, [64, 128]), (149, [128])]
)
def test_a_photo_that_was_replaced_is_answered_again(
    tmp_path: Path, there: PackedNames, number: int, asked: list[int]
) -> None:
    _do(_job(tmp_path, Guesser(), there), 2)
    Path(there[number]).write_bytes(b"repaired")

    again = Guesser()
    _do(_job(tmp_path, again, there))

    assert again.asked == asked
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 150
    assert list(tmp_path.glob(".*")) == []


def test_a_photo_of_the_same_size_and_another_time_is_answered_again(
    tmp_path: Path, there: PackedNames
) -> None:
    _do(_job(tmp_path, Guesser(), there), 2)
    os.utime(there[70], (1, 1))

    again = Guesser()
    _do(_job(tmp_path, again, there))

    assert again.asked == [64, 128]


def test_a_photo_that_came_or_went_is_answered_again(
    tmp_path: Path, there: PackedNames
) -> None:
    Path(there[3]).unlink()
    _do(_job(tmp_path, Guesser(), there), 2)
    Path(there[3]).write_bytes(b"")

    again = Guesser()
    _do(_job(tmp_path, again, there))

    assert again.asked == [0, 64, 128]


@pytest.mark.parametrize("what", ["DECODER", "version_of"])
def test_another_version_makes_another_job(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    job = Job(answerer=Guesser(), photos=_photos(9))
    first = job.digest()
    new = {"DECODER": "rules 99", "version_of": lambda name: f"{name} 99"}
    monkeypatch.setattr(batch, what, new[what])

    assert job.digest() != first


@pytest.mark.parametrize("kinds", [("a.csv", "s.csv"), ("s.csv",)])
def test_unreadable_photos_of_earlier_sittings_count(
    tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    """Also where only a submission is written, which does not tell them apart."""

    def job(photos: PackedNames) -> Job:
        whole = _job(tmp_path, Guesser(), photos)
        tables = tuple(each for each in whole.tables if each[0].name in kinds)
        return Job(answerer=Guesser(), photos=photos, tables=tables)

    some = PackedNames.from_names([*_photos(3, "bad"), *_photos(97), "p/bad9.jpg"])
    _do(job(some), 1)
    assert _do(job(some)).num_unreadable == 4

    _do(job(_photos(100, "bad")), 1)
    with pytest.raises(DataError, match=r"None of the 100 .*bad0.jpg': It is bad"):
        _do(job(_photos(100, "bad")))
    _do(job(_photos(100, "bad")), 2)
    with pytest.raises(DataError, match="None of the 100"):
        _do(job(_photos(100, "bad")))
