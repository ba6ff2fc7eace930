"""Model files: safe to open, refused where one byte changed, readable for good."""

import ast
import contextlib
import json
import math
import os
import pickle
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.mutating import Parts, mutated
from unfreeze.errors import UnfreezeError, WeightsError
from unfreeze.model_file.header import ModelHeader
from unfreeze.model_file.reading import read_header, read_model_file
from unfreeze.models.classifier import StagedClassifier
from unfreeze.records import Task
from unfreeze.training.checkpoint import load_model, load_weights

VERSIONS = ("format-1-uncalibrated", "format-1")


@pytest.fixture(scope="module")
def kept(repository: Path) -> Path:
    """Files that this and earlier versions wrote: tools/make_model_fixture.py."""
    return repository / "tests/data/models"


@pytest.fixture
def file(kept: Path, tmp_path: Path) -> Path:
    """The newest of them, free to change."""
    path = tmp_path / "model.safetensors"
    path.write_bytes((kept / f"{VERSIONS[-1]}.safetensors").read_bytes())
    return path


# --- earlier versions ----------------------------------------------------------------


def _images(header: ModelHeader) -> Tensor:
    """The two images of stripes that the files were asked about when written."""
    side = header.image.size
    row, column, channel = np.meshgrid(
        np.arange(side), np.arange(side), np.arange(3), indexing="ij"
    )
    pixels = [(row * step + column * 5 + channel * 60) % 256 for step in (17, 3)]
    scaled = (np.array(pixels) / 255 - header.image.mean) / header.image.std
    return torch.tensor(scaled.transpose(0, 3, 1, 2), dtype=torch.float32)


@pytest.mark.parametrize("version", VERSIONS)
def test_files_of_every_version_answer_as_when_they_were_written(
    kept: Path, version: str
) -> None:
    answers = json.loads((kept / f"{version}.json").read_text())["probabilities"]

    model, header = load_model(kept / f"{version}.safetensors")

    with torch.no_grad():
        logits = model(_images(header)).numpy() / header.temperature
    odds = np.exp(logits)
    is_single = header.task is Task.SINGLE
    probs = odds / odds.sum(1, keepdims=True) if is_single else odds / (1 + odds)
    # Other kernels sum in another order.
    np.testing.assert_allclose(probs, answers, atol=1e-5)


def test_every_kept_file_is_tested(kept: Path) -> None:
    assert {path.stem for path in kept.iterdir()} == set(VERSIONS)


def test_files_from_before_calibration_say_what_held_then(kept: Path) -> None:
    header = read_header(kept / "format-1-uncalibrated.safetensors")

    assert header.temperature == 1.0
    assert header.tta_temperature is None
    assert header.thresholds is None
    assert header.reject == ()


# --- one byte ------------------------------------------------------------------------


def _places(whole: bytes) -> list[int]:
    """Each byte of the length, every third of the header, four of each tensor."""
    parts = Parts(whole)
    entries = json.loads(parts.header)
    del entries["__metadata__"]
    inside = [
        parts.begin + begin + (end - 1 - begin) * share // 3
        for begin, end in (each["data_offsets"] for each in entries.values())
        for share in range(4)
    ]
    padding = range(8 + len(parts.header), parts.begin)
    return [*range(8), *range(8, parts.begin, 3), *padding, *inside]


@pytest.mark.parametrize("value", [0x00, 0x0A, 0x20, 0xFF])
def test_a_file_with_one_other_byte_is_refused(file: Path, value: int) -> None:
    whole = file.read_bytes()
    places = _places(whole)
    assert len(places) > 1_500
    survivors = []
    for place in places:
        if whole[place] == value:
            continue
        file.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
        try:
            read = read_model_file(file)
        except WeightsError:
            continue
        if read.is_intact():
            survivors.append(place)

    assert survivors == []


def test_what_can_be_read_of_a_changed_file_is_never_built(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[-1] ^= 1
    file.write_bytes(whole)

    with pytest.raises(WeightsError, match="damaged: its weights are not those"):
        load_model(file)


# --- code ----------------------------------------------------------------------------


class _Trap:
    def __init__(self, sprung: Path) -> None:
        self.sprung = sprung

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return os.mkdir, (str(self.sprung),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("suffix", [".safetensors", ".h5", ".pth"])
def test_a_pickle_is_refused_without_being_unpickled(
    file: Path, tmp_path: Path, protocol: int, suffix: str
) -> None:
    trap = pickle.dumps({"weights": _Trap(tmp_path / "sprung")}, protocol=protocol)
    disguised = tmp_path / f"a{suffix}"
    disguised.write_bytes(trap)
    model, _ = load_model(file)

    with pytest.raises(WeightsError):
        load_model(disguised)
    with pytest.raises(WeightsError):
        load_weights(model, disguised)

    assert not (tmp_path / "sprung").exists()
    pickle.loads(trap)  # noqa: S301 - it would have sprung
    assert (tmp_path / "sprung").exists()


def test_a_pickle_that_torch_packed_is_named_as_one(tmp_path: Path) -> None:
    disguised = tmp_path / "a.safetensors"
    torch.save({"weights": torch.zeros(3)}, disguised)

    with pytest.raises(WeightsError, match="looks like a Python pickle"):
        read_header(disguised)


_UNPICKLERS = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "joblib",
               "cloudpickle", "pickletools"}  # fmt: skip


def _unsafe_lines(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Call) and _may_unpickle(node):
            names = ["pickle"]
        if any(name.partition(".")[0] in _UNPICKLERS for name in names):
            found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


def _may_unpickle(call: ast.Call) -> bool:
    """Whether it is torch's or numpy's ``load`` with pickles allowed."""
    given = {each.arg: ast.unparse(each.value) for each in call.keywords}
    match ast.unparse(call.func):
        case "torch.load":
            return given.get("weights_only") != "True"
        case "np.load" | "numpy.load":
            return given.get("allow_pickle", "False") != "False"
        case "importlib.import_module" | "__import__" | "need":
            return bool(call.args) and ast.unparse(call.args[0]).strip("'") in (
                _UNPICKLERS
            )
    return False


def test_nothing_of_ours_can_unpickle(repository: Path) -> None:
    found = {
        path.name: lines
        for path in (repository / "src").rglob("*.py")
        if (lines := _unsafe_lines(path.read_text(encoding="utf-8")))
    }

    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "import os, dill.source",
        "from pickle import loads",
        "from multiprocessing import pickle",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "importlib.import_module('joblib')",
    ],
)
def test_that_check_finds(line: str) -> None:
    assert _unsafe_lines(line) != []
    assert _unsafe_lines("torch.load(path, weights_only=True)") == []


# --- without torch -------------------------------------------------------------------


@pytest.mark.parametrize("command", [["--version"], ["inspect"], ["inspect", "--json"]])
def test_looking_at_a_file_needs_no_torch(
    repository: Path, file: Path, command: list[str]
) -> None:
    program = (
        "import sys; from unfreeze.cli.app import run; code = run(sys.argv[1:]); "
        "heavy = {'torch', 'timm', 'safetensors', 'PIL', 'cv2'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    arguments = [*command, *([str(file)] if "inspect" in command else [])]

    result = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=os.environ | {"PYTHONPATH": str(repository / "src")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout != ""


# --- mutations -----------------------------------------------------------------------


def _makes_sense(header: ModelHeader) -> bool:
    """What must hold of any header that is read, said without the code that reads."""
    numbers = [header.temperature, header.tta_temperature or 1.0]
    shares = [*(header.thresholds or ()), *header.head.ps]
    for each in header.reject:
        shares += [each.precision, each.threshold]
    return (
        all(isinstance(each, str) and each for each in (*header.classes, header.arch))
        and len(set(header.classes)) == len(header.classes) > 0
        and all(math.isfinite(each) and each > 0 for each in numbers)
        and all(0 <= each <= 1 for each in shares)
        and (header.thresholds is None or len(header.thresholds) == len(header.classes))
        and type(header.image.size) is int
        and 1 <= header.image.size <= 4096
        and all(math.isfinite(each) for each in (*header.image.mean, *header.image.std))
        and all(each > 0 for each in header.image.std)
        and all(type(each) is int and each > 0 for each in header.head.xtra_fc)
        and isinstance(header.settings, dict)
    )


class _Reader:
    """Opens mutations of one file, and compares what can be read with the original."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.whole = file.read_bytes()
        self.model, self.header = load_model(file)
        self.spare, _ = load_model(file)
        self.weights = _bytes_of(self.model)
        self.ends: Counter[str] = Counter()
        self.longest = 0  # refusal, in characters

    def open(self, number: int) -> None:
        content, disguise = mutated(self.whole, number)
        self.file.write_bytes(content)
        try:
            header = read_header(self.file)
        except UnfreezeError as refusal:
            self.longest = max(self.longest, len(str(refusal)))
            self.ends[f"{disguise}, refused"] += 1
        else:
            assert _makes_sense(header)
            assert disguise == "sealed" or header == self.header
            self._build(disguise)
        model = self.spare if disguise == "rehashed" else self.model
        with contextlib.suppress(UnfreezeError):
            load_weights(model, self.file)

    def _build(self, disguise: str) -> None:
        try:
            model, _ = load_model(self.file)
        except UnfreezeError:
            self.ends[f"{disguise}, header read, not built"] += 1
        else:
            assert disguise == "rehashed" or _bytes_of(model) == self.weights
            assert all(torch.isfinite(each).all() for each in model.parameters())
            self.ends[f"{disguise}, built"] += 1


def _bytes_of(model: StagedClassifier) -> dict[str, bytes]:
    return {name: each.numpy().tobytes() for name, each in model.state_dict().items()}


def _open_all(file: Path, numbers: range) -> Counter[str]:
    reader = _Reader(file)
    slowest = 0.0
    for number in numbers:
        began = time.process_time()
        try:
            reader.open(number)
        except Exception as error:
            error.add_note(f"This was mutation {number}.")
            raise
        slowest = max(slowest, time.process_time() - began)
    assert _bytes_of(reader.model) == reader.weights
    assert reader.longest < 5_000
    assert slowest < 20  # seconds of computing: nothing hangs
    return reader.ends


def test_mutated_files_are_refused_in_our_words_or_read_as_they_were(
    file: Path,
) -> None:
    ends = _open_all(file, range(320))

    assert ends["plain, refused"] > 150
    assert ends["sealed, refused"] > 20
    assert ends["sealed, built"] > 5
    assert ends["rehashed, built"] > 5
    assert ends["rehashed, header read, not built"] > 5


@pytest.mark.slow
def test_ten_thousand_mutations_are_refused_or_read_within_a_gigabyte(
    file: Path,
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    ends = _open_all(file, range(10_000))

    print(dict(ends))  # shown with -s
    assert sum(ends.values()) == 10_000
    assert ends["sealed, built"] > 100
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 2**20  # kilobytes
