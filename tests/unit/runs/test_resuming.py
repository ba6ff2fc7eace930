"""Mirrors src/unfreeze/runs/resuming.py."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.resuming import (
    EVERY_EPOCH,
    EVERY_STEP,
    Copied,
    require_same_end,
    run_with_copies,
    summary_of,
)
from unfreeze.errors import DataError, UnfreezeError, WeightsError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.learner import Learner
from unfreeze.runs.locks import held
from unfreeze.runs.resuming import resume_run
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.state_folder import StateFolder
from unfreeze.training.speeds import Speeds


def quiet(line: str) -> None:
    del line


@pytest.fixture(scope="module")
def copied(
    photos: Path, settings: RunSettings, tmp_path_factory: pytest.TempPathFactory
) -> Copied:
    """The shortest recipe, its state kept after every epoch."""
    short = dataclasses.replace(settings, epochs=3)
    folder = tmp_path_factory.mktemp("copied")
    return run_with_copies(photos, folder, short, EVERY_EPOCH)


def resumed(moment: Path, tmp_path: Path, **words: object) -> Path:
    """Go on from a copy, in another place."""
    run = Path(shutil.copytree(moment, tmp_path / "resumed"))
    resume_run(run, write=quiet, has_bar=False, **words)  # type: ignore[arg-type]
    return run


# --- the same end ------------------------------------------------------------------


def test_the_end_of_the_search_and_of_each_epoch_is_kept(copied: Copied) -> None:
    assert len(copied.moments) == 2 * (1 + 3)


@pytest.mark.parametrize("number", [0, 3, 4, 7])
def test_a_killed_run_ends_as_if_nobody_had_killed_it(
    copied: Copied, tmp_path: Path, number: int
) -> None:
    """Before its first state; after an epoch, before the next; after all of them."""
    require_same_end(resumed(copied.moments[number], tmp_path), copied.finished)


def test_a_run_killed_between_steps_of_an_epoch_ends_the_same(
    photos: Path, settings: RunSettings, tmp_path: Path
) -> None:
    short = dataclasses.replace(settings, epochs=2)
    before_step = {2 * (1 + 6 + 3)}  # the search; an epoch and its 5 steps; 3 steps
    copied = run_with_copies(
        photos, tmp_path, short, EVERY_STEP, lambda moment: moment in before_step
    )

    require_same_end(resumed(copied.moments[0], tmp_path), copied.finished)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_eight_steps_go_on_from_any_moment(
    photos: Path, settings: RunSettings, tmp_path: Path, seed: int
) -> None:
    """Of the 1,200 moments of a run, a dozen drawn at random and the last ones."""
    whole = dataclasses.replace(settings, recipe="eight-steps", epochs=2, seed=seed)
    drawn = set(np.random.default_rng(seed).integers(0, 1200, 12).tolist())
    late = set(range(1204, 1228, 4))  # the second search, and the whole network
    copied = run_with_copies(
        photos, tmp_path, whole, EVERY_STEP, lambda moment: moment in drawn | late
    )

    assert len(copied.moments) > 12
    for moment in copied.moments:
        run = resumed(moment, tmp_path)
        require_same_end(run, copied.finished)
        shutil.rmtree(run)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"recipe": "head", "epochs": 3},
        {"recipe": "head", "epochs": None, "balance": "sampling"},
        {"balance": "weights", "augment": "none"},
        {"recipe": "eight-steps", "epochs": None},
    ],
)
def test_other_recipes_go_on_as_well(
    photos: Path, settings: RunSettings, tmp_path: Path, changes: dict[str, object]
) -> None:
    other = dataclasses.replace(settings, **changes)  # type: ignore[arg-type]
    copied = run_with_copies(
        photos, tmp_path, other, EVERY_EPOCH, lambda moment: moment % 6 == 3
    )

    assert copied.moments
    for moment in copied.moments:
        run = resumed(moment, tmp_path)
        require_same_end(run, copied.finished)
        shutil.rmtree(run)


@pytest.mark.slow
def test_several_labels_from_a_table_go_on_as_well(
    drawn_folder: Path, settings: RunSettings, tmp_path: Path
) -> None:
    also = {"circles": "round", "squares": "cornered", "stripes": "cornered;wide"}
    files = sorted((drawn_folder / "train").rglob("*.png"))
    rows = [
        f"{file.relative_to(drawn_folder).as_posix()},"
        f"{file.parent.name};{also[file.parent.name]}"
        for file in files
    ]
    (drawn_folder / "labels.csv").write_text("\n".join(["file,labels", *rows]))
    table = dataclasses.replace(settings, csv="labels.csv", epochs=3)
    copied = run_with_copies(drawn_folder, tmp_path, table, EVERY_EPOCH)

    again = resumed(copied.moments[5], tmp_path)
    require_same_end(again, copied.finished)
    assert summary_of(again)["settings"]["label_separator"] == ";"
    shutil.rmtree(tmp_path / "resumed")
    relabelled = [*rows[:-1], rows[-1].replace(";wide", "")]
    (drawn_folder / "labels.csv").write_text("\n".join(["file,labels", *relabelled]))
    with pytest.raises(DataError, match=r"labels\.csv changed since the run"):
        resumed(copied.moments[5], tmp_path)


@pytest.mark.slow
def test_a_budget_keeps_its_plan_and_counts_the_time_that_was_used(
    photos: Path,
    settings: RunSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    really, measured = Learner.measure_speeds, []

    def measure(learn: Learner, seconds: float, bn_frozen: bool) -> Speeds:
        measured.append(seconds)
        return really(learn, seconds / 1000, bn_frozen)

    monkeypatch.setattr(Learner, "measure_speeds", measure)
    ample = dataclasses.replace(settings, epochs=None, budget=7200.0)
    copied = run_with_copies(
        photos, tmp_path, ample, EVERY_EPOCH, lambda moment: moment == 8
    )

    ended = summary_of(resumed(copied.moments[0], tmp_path))

    assert len(measured) == 1
    assert ended == summary_of(copied.finished)
    assert ended["plan"]["head_epochs"] == 50


def test_rows_behind_the_kept_state_are_not_doubled(
    copied: Copied, tmp_path: Path
) -> None:
    moment = Path(shutil.copytree(copied.moments[4], tmp_path / "moment"))
    with (moment / "history.jsonl").open("a") as text:
        text.write('{"kind": "step", "step": 10, "epo')  # torn by the kill

    require_same_end(resumed(moment, tmp_path), copied.finished)


def test_a_state_that_is_torn_gives_way_to_the_one_before(
    copied: Copied, tmp_path: Path
) -> None:
    moment = Path(shutil.copytree(copied.moments[5], tmp_path / "moment"))
    states = sorted((moment / "checkpoint").glob("state-*"))
    states[-1].write_bytes(states[-1].read_bytes()[:-1])

    assert len(states) == 2
    require_same_end(resumed(moment, tmp_path), copied.finished)


def test_what_a_killed_process_was_writing_is_removed(
    copied: Copied, tmp_path: Path
) -> None:
    moment = Path(shutil.copytree(copied.moments[5], tmp_path / "moment"))
    for folder in (moment, moment / "checkpoint"):
        (folder / f".{'0f' * 8}.part").write_bytes(b"half")

    require_same_end(resumed(moment, tmp_path), copied.finished)


# --- time --------------------------------------------------------------------------


def test_seconds_of_both_parts_are_added(copied: Copied, tmp_path: Path) -> None:
    moment = Path(shutil.copytree(copied.moments[5], tmp_path / "moment"))
    summary = json.loads((moment / "summary.json").read_text())
    summary["steps"][-1]["seconds"] = 1000.0  # it was stopped in order, late
    (moment / "summary.json").write_text(json.dumps(summary))

    ended = json.loads((resumed(moment, tmp_path) / "summary.json").read_text())

    assert 1000 < ended["seconds"] < 1500
    assert 1000 < ended["steps"][len(summary["steps"]) - 1]["seconds"] < 1500
    total = sum(step["seconds"] for step in ended["steps"])
    assert ended["seconds"] == pytest.approx(total, abs=0.05)


def test_an_unfinished_run_says_that_it_is_stopped(copied: Copied) -> None:
    summary = json.loads((copied.moments[3] / "summary.json").read_text())

    assert summary["status"] == "stopped"
    assert summary["accuracy"] is None


# --- what has moved ----------------------------------------------------------------


def test_photos_and_run_may_have_moved(
    copied: Copied, photos: Path, tmp_path: Path
) -> None:
    begun = json.loads((copied.moments[5] / "checkpoint/begun.json").read_text())
    elsewhere = shutil.copytree(photos, tmp_path / "elsewhere")
    moment = Path(shutil.copytree(copied.moments[5], tmp_path / "moment"))
    begun["data"] = begun["places"]["data"] = str(tmp_path / "gone")
    (moment / "checkpoint/begun.json").write_text(json.dumps(begun))

    with pytest.raises(DataError, match=r"not in .*gone any more.*--data"):
        resume_run(moment, write=quiet, has_bar=False)
    run = resumed(moment, tmp_path, data=elsewhere)

    require_same_end(run, copied.finished)


def changed(photos: Path, kind: str) -> None:
    first = photos / "train/circles/circles00.png"
    match kind:
        case "new":
            shutil.copy(first, first.with_name("new.png"))
        case "gone":
            first.unlink()
        case "content":
            shutil.copy(first.with_name("circles01.png"), first)
        case "label":
            first.rename(photos / "train/squares/circles00.png")


def contents(run: Path) -> dict[str, bytes]:
    """Every file of a run."""
    return {
        str(each.relative_to(run)): each.read_bytes()
        for each in run.rglob("*")
        if each.is_file()
    }


def left_late(moment: Path, folder: Path) -> Path:
    """A run that was killed some rows and a better model after its latest state."""
    run = Path(shutil.copytree(moment, folder / "left late"))
    with (run / "history.jsonl").open("a") as text:
        text.write('{"kind": "step", "step": 10, "epo')
    model = run / "model.safetensors"
    model.unlink(missing_ok=True)  # another name of the kept one
    model.write_bytes(b"a better one")
    (run / f".{'0f' * 8}.part").write_bytes(b"half")
    (run / "checkpoint/lock").write_text("1")
    return run


def require_refused(run: Path, words: str, **given: object) -> None:
    """Fail where a refusal has changed as much as a byte of the run."""
    before = contents(run)
    with pytest.raises(UnfreezeError, match=words):
        resume_run(run, write=quiet, has_bar=False, **given)  # type: ignore[arg-type]
    assert contents(run) == before


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("new", r"1 photo of .*\(1 new\), such as train/circles/new.png"),
        ("gone", r"1 photo of .*\(1 gone\), such as train/circles/circles00.png"),
        ("content", r"1 photo of .*\(1 with other content or label\)"),
        ("label", r"2 photos of .*\(1 gone, 1 new\), such as train/circles/circles00"),
    ],
)
def test_photos_that_changed_are_refused(
    copied: Copied, drawn_folder: Path, tmp_path: Path, kind: str, words: str
) -> None:
    changed(drawn_folder, kind)
    run = left_late(copied.moments[5], tmp_path)

    require_refused(run, words, data=drawn_folder)


# --- what is refused ---------------------------------------------------------------


def test_a_finished_run_is_refused(copied: Copied) -> None:
    with pytest.raises(DataError, match="is finished already"):
        resume_run(copied.finished)


@pytest.mark.parametrize("number", [2, 5])
def test_photos_that_are_not_there_leave_all_as_it_is(
    copied: Copied, tmp_path: Path, number: int
) -> None:
    """Also where the latest state is older than the first model."""
    run = left_late(copied.moments[number], tmp_path)

    require_refused(run, "photos of the run are not in", data=tmp_path / "unmounted")


def test_weights_where_there_were_none_leave_all_as_it_is(
    copied: Copied, tmp_path: Path
) -> None:
    run = left_late(copied.moments[5], tmp_path)

    require_refused(run, "began without a weights file", weights=tmp_path / "any")


@pytest.mark.parametrize("name", ["weights", "fixes", "csv"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_files_of_the_run_that_changed_leave_all_as_it_is(
    copied: Copied, tmp_path: Path, name: str, is_gone: bool
) -> None:
    run = left_late(copied.moments[5], tmp_path)
    file = tmp_path / "named"
    begun = json.loads((run / "checkpoint/begun.json").read_text())
    begun["settings"][name] = begun["places"][name] = str(file)
    begun["digests"][name] = "of what it was"
    (run / "checkpoint/begun.json").write_text(json.dumps(begun))
    if not is_gone:
        file.write_text("something else")

    require_refused(
        run, r"named any more" if is_gone else r"changed since|other content"
    )


@pytest.mark.parametrize("name", ["photos.safetensors", "begun.json"])
def test_a_damaged_checkpoint_leaves_all_as_it_is(
    copied: Copied, tmp_path: Path, name: str
) -> None:
    run = left_late(copied.moments[5], tmp_path)
    (run / "checkpoint" / name).write_bytes(b"{}")

    require_refused(run, "nobody knows")


def test_a_history_of_other_fits_leaves_all_as_it_is(
    copied: Copied, tmp_path: Path
) -> None:
    run = left_late(copied.moments[5], tmp_path)
    history = run / "history.jsonl"
    history.write_bytes(history.read_bytes().replace(b'"search"', b'"quests"'))

    require_refused(run, "did not write")


def test_states_that_are_all_torn_leave_all_as_it_is(
    copied: Copied, tmp_path: Path
) -> None:
    run = left_late(copied.moments[5], tmp_path)
    for state in (run / "checkpoint").glob("state-*"):
        state.write_bytes(state.read_bytes()[:-1])

    require_refused(run, "2 states in .*, and none is whole")


def test_a_model_without_a_state_is_not_taken_for_nothing_done(
    copied: Copied, tmp_path: Path
) -> None:
    run = left_late(copied.moments[5], tmp_path)
    for state in (run / "checkpoint").glob("state-*"):
        state.unlink()

    require_refused(run, "There is a model in .*, and no state-N")


@pytest.mark.parametrize("number", [0, 5])
def test_weights_that_cannot_be_had_leave_all_as_it_is(
    copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """As without a network, which is only seen while the network is built."""
    run = Path(shutil.copytree(copied.moments[number], tmp_path / "run"))
    if number:
        run = left_late(run, tmp_path)

    def fail(*arguments: object, **words: object) -> None:
        raise WeightsError("no network")

    monkeypatch.setattr(ConvLearner, "pretrained", fail)

    require_refused(run, "no network")


def test_a_log_of_another_recipe_leaves_all_as_it_is(
    copied: Copied, tmp_path: Path
) -> None:
    run = left_late(copied.moments[5], tmp_path)
    begun = json.loads((run / "checkpoint/begun.json").read_text())
    begun["settings"].update(epochs=None, budget=3600.0)
    (run / "checkpoint/begun.json").write_text(json.dumps(begun))

    require_refused(run, "has noted a search where a plan is expected")


def test_ctrl_c_while_the_past_is_shown_leaves_all_as_it_is(
    copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = left_late(copied.moments[5], tmp_path)
    before = contents(run)

    def interrupt(*arguments: object, **words: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ConvLearner, "pretrained", interrupt)
    with pytest.raises(KeyboardInterrupt):
        resume_run(run, write=quiet, has_bar=False)

    assert contents(run) == before


def test_a_second_ctrl_c_while_the_first_is_noted_loses_nothing(
    copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = left_late(copied.moments[5], tmp_path)

    with monkeypatch.context() as patch:

        def interrupt(*arguments: object, **words: object) -> None:
            patch.setattr(os, "fsync", interrupt)  # half of the summary is written
            raise KeyboardInterrupt

        patch.setattr("unfreeze.runs.training_run.measure", interrupt)
        with pytest.raises(KeyboardInterrupt):
            resume_run(run, write=quiet, has_bar=False)

    assert json.loads((run / "summary.json").read_text())["status"] == "stopped"
    require_same_end(resumed(run, tmp_path), copied.finished)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no unfinished run in"):
        resume_run(tmp_path)
    with pytest.raises(DataError, match="no run folder"):
        resume_run(tmp_path / "nowhere")


def test_a_run_that_is_running_is_refused(copied: Copied, tmp_path: Path) -> None:
    run = left_late(copied.moments[5], tmp_path)

    with held(run / "checkpoint/lock", "It"):
        require_refused(run, rf"still running \(process {os.getpid()}\)")


def test_other_versions_are_refused_unless_they_are_wanted(
    copied: Copied, tmp_path: Path
) -> None:
    begun = json.loads((copied.moments[7] / "checkpoint/begun.json").read_text())
    moment = left_late(copied.moments[7], tmp_path)
    begun["versions"]["torch"] = "1.0"
    (moment / "checkpoint/begun.json").write_text(json.dumps(begun))
    lines: list[str] = []

    require_refused(moment, r"torch 1\.0 then, .* now.*--anyway")
    resume_run(moment, is_anyway=True, write=lines.append, has_bar=False)

    assert lines[0].startswith("note: the weights will differ")
    assert not (moment / "checkpoint").exists()


def test_a_history_that_is_cut_is_refused(copied: Copied, tmp_path: Path) -> None:
    run = left_late(copied.moments[5], tmp_path)
    (run / "history.jsonl").write_text("")

    require_refused(run, r"history.jsonl has 0 bytes")


# --- a run that keeps its checkpoint -----------------------------------------------


def test_a_checkpoint_can_be_left(
    photos: Path, settings: RunSettings, tmp_path: Path
) -> None:
    short = dataclasses.replace(settings, epochs=1)
    keeping = dataclasses.replace(EVERY_EPOCH, is_left=True)
    run = run_with_copies(photos, tmp_path, short, keeping, lambda _: False).finished

    assert StateFolder(run / "checkpoint").newest() is not None
    with pytest.raises(DataError, match="is finished already"):
        resume_run(run)
