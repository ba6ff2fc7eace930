"""Mirrors src/unfreeze/runs/checkup.py."""

import shutil
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fix_tables import write_fixes
from tests.spoiling import Spoilt, hashes_of, spoil
from unfreeze.data.fixes import Fix
from unfreeze.data.near_links import near_links
from unfreeze.errors import DataError
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.records import Finding
from unfreeze.runs.checkup import (
    Backbone,
    Checkup,
    check_folder,
    findings_before_training,
    name_findings,
)
from unfreeze.runs.photos import read_photos
from unfreeze.runs.settings import RunSettings

_NANO = Backbone(size=128)


def _of(checkup: Checkup, kind: str) -> list[Finding]:
    return [each for each in checkup.findings if each.kind == kind]


def _files(checkup: Checkup, kind: str) -> set[str]:
    return {file for each in _of(checkup, kind) for file in each.files}


def _pairs(checkup: Checkup, kind: str) -> set[frozenset[str]]:
    return {
        frozenset(pair)
        for each in _of(checkup, kind)
        for pair in combinations(each.files, 2)
    }


def test_drawings_of_two_splits_are_counted_by_class(drawn_folder: Path) -> None:
    checkup = check_folder(drawn_folder, None, num_workers=2)

    assert checkup.files == 54
    assert checkup.classes == {"circles": 18, "squares": 18, "stripes": 18}
    assert set(checkup.as_json()) == {
        "files", "readable", "unreadable", "other_files", "classes", "left_alone",
        "findings",
    }  # fmt: skip


def test_what_harms_most_is_named_first(drawn_folder: Path) -> None:
    Image.new("RGB", (64, 64)).save(drawn_folder / "train/squares/blank.png")
    (drawn_folder / "train/squares/bad.png").write_bytes(b"")
    (drawn_folder / "train/empty").mkdir()
    shutil.copy(
        drawn_folder / "train/squares/squares01.png",
        drawn_folder / "valid/squares/again.png",
    )

    found = check_folder(drawn_folder, None, num_workers=0).findings

    kinds = list(dict.fromkeys(each.kind for each in found))
    assert found[0].policy == "refused"
    order = ["leakage", "unreadable", "blank"]
    assert [kind for kind in kinds if kind in order] == order


@pytest.mark.slow
def test_it_is_said_where_only_a_small_network_looked(drawn_folder: Path) -> None:
    assert (
        "unfreeze_nano, a small network"
        in check_folder(drawn_folder, Backbone(size=32), num_workers=0).caution
    )
    assert check_folder(drawn_folder, None, num_workers=0).caution == ""


def test_class_folders_alone_are_checked_too(drawn_folder: Path) -> None:
    (drawn_folder / "train/squares/squares01.png").write_bytes(b"<html>")

    checkup = check_folder(drawn_folder / "train", None, num_workers=0)

    assert _files(checkup, "unreadable") == {"squares/squares01.png"}
    assert checkup.files == 36
    assert checkup.classes["squares"] == 11
    assert not _of(checkup, "leakage")


def test_copies_across_the_split_are_leaks_and_named_once(drawn_folder: Path) -> None:
    shutil.copy(
        drawn_folder / "train/squares/squares01.png",
        drawn_folder / "valid/squares/again.png",
    )

    checkup = check_folder(drawn_folder, None, num_workers=2)

    pair = frozenset({"train/squares/squares01.png", "valid/squares/again.png"})
    assert pair not in _pairs(checkup, "exact_duplicate")
    (leak,) = [each for each in _of(checkup, "leakage") if pair <= set(each.files)]
    assert leak.files[0].startswith("valid/")
    assert "of 19 validation photos" in leak.message


def test_what_training_refuses_is_reported(drawn_folder: Path) -> None:
    (drawn_folder / "train/empty").mkdir()
    (drawn_folder / "valid/novel").mkdir()
    shutil.copy(
        drawn_folder / "train/squares/squares01.png", drawn_folder / "valid/novel/a.png"
    )

    checkup = check_folder(drawn_folder, None, num_workers=0)

    refused = {f for e in checkup.findings if e.policy == "refused" for f in e.files}
    assert {"train/empty", "train/novel"} <= refused
    assert checkup.classes["empty"] == 0


def test_a_folder_whose_photos_are_all_damaged_is_reported(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        (tmp_path / "photos" / name / "a.jpg").write_bytes(b"")

    checkup = check_folder(tmp_path / "photos", _NANO, num_workers=0)

    assert _files(checkup, "unreadable") == {"cats/a.jpg", "dogs/a.jpg"}
    assert checkup.files == 2


def test_folders_that_hold_no_photos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        check_folder(tmp_path, None)
    with pytest.raises(DataError, match="There is no folder"):
        check_folder(tmp_path / "gone", None)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="There is no folder"):
        check_folder(tmp_path / "file", None)


def test_one_split_may_be_empty(drawn_folder: Path) -> None:
    shutil.rmtree(drawn_folder / "valid")
    (drawn_folder / "valid").mkdir()

    checkup = check_folder(drawn_folder, _NANO, num_workers=2)

    assert checkup.files == 36
    assert _files(checkup, "class_missing") == {
        "valid/circles", "valid/squares", "valid/stripes"
    }  # fmt: skip


@pytest.mark.usefixtures("global_draws")
def test_a_backbone_finds_a_wrong_label_and_leaves_files_alone(
    drawn_folder: Path,
) -> None:
    squares = drawn_folder / "train/squares"
    (drawn_folder / "train/circles/circles05.png").rename(squares / "wrong.png")
    before = hashes_of(drawn_folder)

    checkup = check_folder(drawn_folder, _NANO, num_workers=2)

    assert "train/squares/wrong.png" in [
        each.files[0] for each in _of(checkup, "label_suspect")[:2]
    ]
    assert hashes_of(drawn_folder) == before


@pytest.mark.usefixtures("global_draws")
def test_a_cropped_copy_is_found_by_backbone_and_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    for split in ("train", "valid"):
        for name in ("a", "b"):
            (tmp_path / "photos" / split / name).mkdir(parents=True)
    for number in range(24):
        coarse = rng.integers(0, 256, (15, 20, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)
        split, name = ("train", "valid")[number % 4 == 3], "ab"[number % 2]
        image.save(tmp_path / f"photos/{split}/{name}/{number:02}.jpg")
    with Image.open(tmp_path / "photos/train/a/00.jpg") as image:
        image.crop((40, 20, 310, 222)).save(tmp_path / "photos/valid/a/crop.jpg")

    checkup = check_folder(tmp_path / "photos", _NANO, num_workers=2)

    pair = frozenset({"train/a/00.jpg", "valid/a/crop.jpg"})
    assert _pairs(checkup, "leakage") == {pair}
    assert "scores" in _of(checkup, "leakage")[0].message

    def crowded(*_: object, **__: object) -> np.ndarray:
        """Activations by which three other photos are nearer to it than its crop."""
        rows = np.random.default_rng(1).normal(size=(25, 64)).astype(np.float32)
        for row, far in ((1, 0.1), (2, 0.1), (3, 0.1), (18, 0.6)):
            rows[row] = rows[0] + far * rows[row]  # 18 is the crop, first of valid/
        return rows

    monkeypatch.setattr("unfreeze.runs.checkup.features_of_splits", crowded)
    checkup = check_folder(tmp_path / "photos", _NANO, num_workers=2)

    assert _pairs(checkup, "leakage") == {pair}


def test_a_mirrored_copy_is_a_leak(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for split in ("train", "valid"):
        for name in ("a", "b"):
            (tmp_path / f"photos/{split}/{name}").mkdir(parents=True)
            coarse = rng.integers(0, 256, (15, 20, 3), dtype=np.uint8)
            image = Image.fromarray(coarse).resize((320, 240))
            image.save(tmp_path / f"photos/{split}/{name}/1.jpg")
    with Image.open(tmp_path / "photos/train/a/1.jpg") as image:
        turned = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        turned.resize((200, 150)).save(tmp_path / "photos/valid/a/2.jpg")

    checkup = check_folder(tmp_path / "photos", None, num_workers=0)

    pair = frozenset({"train/a/1.jpg", "valid/a/2.jpg"})
    assert _pairs(checkup, "leakage") == {pair}


def test_findings_before_training_take_a_line_for_each_kind() -> None:
    lines: list[str] = []
    tiny = Finding("tiny", ("a.jpg", "b.jpg"), 0.1, "kept", "Small.")
    bad = Finding("unreadable", ("c.jpg",), 1.0, "skipped", "Empty.")

    name_findings([bad, tiny], lines.append)

    assert lines[0] == "check: very small (2 files). Small."
    assert len(lines) == 2


def _clouds(folder: Path, *, first: int, num_copies: int) -> None:
    """Eight soft pictures of each class, and small copies of the first class's."""
    for label, name in enumerate("ab"):
        (folder / name).mkdir(parents=True)
        for number in range(8):
            rng = np.random.default_rng(first + 10 * label + number)
            grid = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
            cloud = Image.fromarray(grid).resize((160, 120), Image.Resampling.BICUBIC)
            cloud.save(folder / name / f"{number}.png")
            if label == 0 and number < num_copies:
                cloud.resize((80, 60)).save(folder / name / f"small{number}.jpg")


@pytest.mark.parametrize("is_split", [False, True])
@pytest.mark.parametrize("has_fixes", [False, True])
def test_copies_are_searched_once_and_found_as_by_a_search_of_their_own(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_split: bool,
    has_fixes: bool,
) -> None:
    photos = tmp_path / "photos"
    _clouds(photos / "train" if is_split else photos, first=0, num_copies=4)
    if is_split:
        _clouds(photos / "valid", first=100, num_copies=2)
    settings = RunSettings(arch="unfreeze_nano", size=32, num_workers=0)
    if has_fixes:
        name = "train/a/0.png" if is_split else "a/0.png"
        write_fixes(tmp_path / "fixes.csv", [Fix(name, "drop")])
        settings = replace(settings, fixes=str(tmp_path / "fixes.csv"))
    searched: list[int] = []

    def counted_links(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        searched.append(len(hashes))
        return near_links(hashes)

    monkeypatch.setattr("unfreeze.data.likeness.near_links", counted_links)
    data = read_photos(photos, settings)
    found = findings_before_training(photos, data)

    whole = [count for count in searched if count > 10]  # not a torn group again
    assert len(whole) == 1
    assert found == findings_before_training(photos, replace(data, likeness=None))
    groups = [each for each in found if each.kind == "near_duplicate"]
    assert len(groups) == 4 + 2 * is_split - has_fixes


def test_photos_with_several_labels_are_looked_at_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    lines = ["name,tags"]
    for number in range(20):
        pixels = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((64, 64)).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{'a b' if number % 2 else 'a'}")
    shutil.copy(tmp_path / "0.png", tmp_path / "1.png")
    Image.new("RGB", (64, 64)).save(tmp_path / "2.png")
    (tmp_path / "3.png").write_bytes(b"")
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    data = read_photos(
        tmp_path, RunSettings(csv="labels.csv", label_separator=" ", num_workers=0)
    )

    found = {each.kind: each for each in findings_before_training(tmp_path, data) or ()}

    assert {"unreadable", "blank", "exact_duplicate"} <= set(found)
    assert not any(kind.startswith("class") for kind in found)
    assert found["blank"].files == ("2.png",)
    assert set(found["exact_duplicate"].files) == {"0.png", "1.png"}
    assert "They carry different labels" in found["exact_duplicate"].message


def test_a_class_with_a_folder_in_each_split_is_counted_once() -> None:
    files = ("train/A", "train/a", "valid/A", "valid/a")
    said: list[str] = []

    name_findings([Finding("class_case", files, 1.0, "kept", "Alike.")], said.append)

    assert said[0] == "check: class names look alike (2 classes). Alike."


def test_of_pixels_that_never_were_files_nothing_is_known(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (4, 8, 8, 3), dtype=np.uint8)
    part = (pixels, np.array([0, 1, 0, 1]))
    data = ImageClassifierData.from_arrays(tmp_path, part, part, bs=2)

    assert findings_before_training(tmp_path, data) is None
    said: list[str] = []
    name_findings(None, said.append)
    assert said == []


@pytest.mark.parametrize("has_table", [False, True])
def test_a_deeper_look_is_offered_where_the_doctor_can_read_the_labels(
    has_table: bool,
) -> None:
    lines: list[str] = []
    found = [Finding("tiny", ("a.png",), 9, "kept", "Small.")]

    name_findings(found, lines.append, has_table=has_table)

    deeper = "" if has_table else "; `unfreeze check` looks deeper"
    assert lines[1:] == [f"check: summary.json names the files{deeper}"]


def test_of_several_findings_of_a_kind_the_first_is_said() -> None:
    lines: list[str] = []
    found = [
        Finding("odd_mode", (name,), 0.1, "kept", f"1 file stored as {mode}.")
        for name, mode in (("a.png", "CMYK"), ("b.png", "LAB"))
    ]

    name_findings(found, lines.append)

    expected = "unusual colours (2 files). First of 2: 1 file stored as CMYK."
    assert lines[0] == f"check: {expected}"


# On photos


@pytest.fixture(scope="session")
def spoilt_dogscats(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Spoilt:
    """A copy of dogscats, spoilt in known ways."""
    return spoil(shared_data / "dogscats", tmp_path_factory.mktemp("spoilt") / "photos")


@pytest.mark.realdata
@pytest.mark.usefixtures("global_draws")
def test_spoilt_photos_are_found(spoilt_dogscats: Spoilt, shared_data: Path) -> None:
    root = spoilt_dogscats.root
    before = hashes_of(root)
    resnet = Backbone(
        arch="resnet18", weights=shared_data / "weights/resnet18.safetensors"
    )
    check_folder(root, resnet)

    began = time.process_time()
    checkup = check_folder(root, resnet)
    seconds = time.process_time() - began

    assert hashes_of(root) == before
    bad = spoilt_dogscats.truncated | spoilt_dogscats.not_images
    assert _files(checkup, "unreadable") == bad
    assert spoilt_dogscats.turned <= _files(checkup, "exif_rotated")
    leaks, planted = _pairs(checkup, "leakage"), set(spoilt_dogscats.copies)
    near = leaks | _pairs(checkup, "near_duplicate")
    assert not leaks & _pairs(checkup, "near_duplicate")
    assert len(near & planted) >= 0.9 * len(planted)
    assert len(near - planted) <= 0.02 * len(near)
    assert planted & near <= leaks
    first = {each.files[0] for each in _of(checkup, "label_suspect")[:40]}
    swapped = spoilt_dogscats.swapped
    assert len(first & swapped) >= 0.8 * len(swapped)
    assert seconds < 20


@pytest.mark.realdata
def test_chest_x_rays_of_different_shots_are_not_called_copies(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path))

    checkup = check_folder(shared_data / "chestxray", None)

    assert len(_of(checkup, "near_duplicate")) <= 2
    assert _of(checkup, "imbalance")


def test_a_finding_becomes_json_with_the_promised_keys() -> None:
    finding = Finding("tiny", ("a.jpg",), 0.1, "kept", "Small.")

    assert set(finding.as_json()) == {"kind", "files", "score", "policy", "message"}
