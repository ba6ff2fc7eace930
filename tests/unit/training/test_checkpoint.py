"""Mirrors src/unfreeze/training/checkpoint.py."""

import dataclasses
import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from unfreeze.errors import PlanError, WeightsError
from unfreeze.model_file.header import HeadShape, ModelHeader
from unfreeze.model_file.reading import read_header
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import (
    StagedClassifier,
    with_new_head,
    with_original_head,
)
from unfreeze.models.weights import content_hash
from unfreeze.records import ImageSpec, RejectAt, Task
from unfreeze.training.checkpoint import load_model, load_weights, save_model

StateOf = Callable[[nn.Module], dict[str, bytes]]
MakeModel = Callable[..., StagedClassifier]

_HEADER = ModelHeader(
    arch="resnet10t",
    classes=("cats", "Dögs", "a b"),
    image=ImageSpec(size=64, interpolation="bicubic", squash=True),
    xtra_cut=1,
    task=Task.MULTI,
    head=HeadShape(xtra_fc=(8, 4), ps=(0.1, 0.2, 0.3)),
    settings={"seed": 3, "fits": [{"lrs": [0.01, 0.1]}]},
)


@pytest.fixture
def file(model: StagedClassifier, tmp_path: Path) -> Path:
    return save_model(tmp_path / "models/a.safetensors", model, _HEADER)


def _with_metadata(
    file: Path, metadata: dict[str, str], tensors: dict[str, Tensor] | None = None
) -> Path:
    """Write the tensors of ``file`` again, under another description."""
    other = file.with_name("other.safetensors")
    save_file(load_file(file) if tensors is None else tensors, other, metadata=metadata)
    return other


def _sealed(content: object) -> dict[str, str]:
    text = json.dumps(content)
    seal = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return {"unfreeze": text, "unfreeze_blake2b": seal}


def _content(file: Path) -> dict[str, object]:
    with safe_open(file, framework="np") as opened:
        content: dict[str, object] = json.loads(opened.metadata()["unfreeze"])
    return content


def test_weights_come_back_bit_by_bit(
    file: Path, model: StagedClassifier, make_model: MakeModel, state_of: StateOf
) -> None:
    other = make_model(seed=1)
    assert state_of(other) != state_of(model)

    load_weights(other, file)

    assert state_of(other) == state_of(model)


def test_weights_are_read_where_outputs_mean_the_same(
    file: Path, model: StagedClassifier, make_model: MakeModel, state_of: StateOf
) -> None:
    other = make_model(seed=1)

    load_weights(other, file, dataclasses.replace(_HEADER, settings={}))

    assert state_of(other) == state_of(model)


_SWAPPED = tuple(reversed(_HEADER.classes))


@pytest.mark.parametrize(
    ("meaning", "message"),
    [
        ({"classes": _SWAPPED}, rf"class 0 was '{_HEADER.classes[0]}', and is"),
        ({"classes": ("x", *_HEADER.classes[1:])}, "this learner has.*'x'"),
        ({"classes": _HEADER.classes[:2]}, "3 and 2 of them"),
        ({"task": Task.SINGLE}, "task 'multi'.*labelled for 'single'"),
    ],
)
def test_weights_are_refused_where_outputs_mean_something_else(
    file: Path,
    make_model: MakeModel,
    state_of: StateOf,
    meaning: dict[str, Any],
    message: str,
) -> None:
    other = make_model(seed=1)
    before = state_of(other)

    with pytest.raises(WeightsError, match=message):
        load_weights(other, file, dataclasses.replace(_HEADER, **meaning))

    assert state_of(other) == before


def test_the_header_comes_back_as_it_was(file: Path) -> None:
    assert read_header(file) == _HEADER


def test_the_header_says_what_made_the_file(file: Path) -> None:
    content = _content(file)

    assert content["format"] == 1
    assert content["task"] == "multi"
    assert content["versions"]["torch"] in torch.__version__
    assert content["image"]["size"] == 64


def test_the_same_model_has_the_same_bytes(
    tmp_path: Path, model: StagedClassifier
) -> None:
    """Metadata has an order of chance each time that safetensors writes it."""
    files = [save_model(tmp_path / f"{n}", model, _HEADER) for n in range(8)]

    assert len({file.read_bytes() for file in files}) == 1


def test_one_file_appears_and_nothing_else(file: Path, model: StagedClassifier) -> None:
    save_model(file, model, _HEADER)

    assert [path.name for path in file.parent.iterdir()] == ["a.safetensors"]


@pytest.mark.parametrize("xtra_cut", [0, 1])
def test_a_model_is_built_from_its_file_alone(
    tmp_path: Path, state_of: StateOf, xtra_cut: int
) -> None:
    backbone = build_backbone(
        "resnet10t", weights="none", size=64, xtra_cut=xtra_cut, seed=5
    )
    model = with_new_head(backbone, 2, xtra_fc=(8,), ps=(0.1, 0.2), seed=5).eval()
    header = ModelHeader(
        arch="resnet10t",
        classes=("cats", "dogs"),
        image=ImageSpec(size=64),
        xtra_cut=xtra_cut,
        head=HeadShape(xtra_fc=(8,), ps=(0.1, 0.2)),
    )
    path = save_model(tmp_path / "a.safetensors", model, header)
    before = torch.get_rng_state()

    loaded, found = load_model(path)

    assert found == header
    assert not loaded.training
    assert state_of(loaded) == state_of(model)
    images = torch.linspace(-1, 1, 2 * 3 * 64 * 64).view(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(loaded(images), model(images))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_with_its_original_head_is_built_again(
    tmp_path: Path, state_of: StateOf
) -> None:
    model = with_original_head("resnet10t", weights="none", size=64, seed=5)
    header = ModelHeader(
        arch="resnet10t",
        classes=tuple(str(number) for number in range(1000)),
        image=ImageSpec(size=64),
        head=HeadShape(kind="original", xtra_fc=(), ps=()),
    )

    loaded, _ = load_model(save_model(tmp_path / "a.safetensors", model, header))

    assert state_of(loaded) == state_of(model)


def test_a_head_that_a_file_cannot_describe_is_not_guessed(
    model: StagedClassifier, tmp_path: Path
) -> None:
    header = dataclasses.replace(_HEADER, head=HeadShape(kind="custom"))
    path = save_model(tmp_path / "a.safetensors", model, header)

    with pytest.raises(WeightsError, match=r"head of its own making.*learn\.load"):
        load_model(path)


def test_an_architecture_that_is_not_installed_is_named(file: Path) -> None:
    content = {**_content(file), "arch": "resnet9999"}

    with pytest.raises(PlanError, match="Unknown architecture 'resnet9999'"):
        load_model(_with_metadata(file, _sealed(content)))


# --- damage ------------------------------------------------------------------------


def _refused(read: Callable[[], object]) -> bool:
    try:
        read()
    except WeightsError:
        return True
    return False


@pytest.mark.parametrize("bit", [0, 5])
def test_a_file_with_one_flipped_bit_is_refused_and_changes_nothing(
    file: Path, make_model: MakeModel, state_of: StateOf, bit: int
) -> None:
    """At each byte of the description in turn, and all over the weights."""
    whole = bytearray(file.read_bytes())
    weights_begin = 8 + int.from_bytes(whole[:8], "little")
    places = [*range(0, weights_begin, 7), *range(weights_begin, len(whole), 97)]
    model = make_model(seed=1)
    before = state_of(model)
    survivors = []
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << bit
        file.write_bytes(damaged)
        if not _refused(lambda: load_weights(model, file)):
            survivors.append((place, bytes(whole[place - 20 : place + 20])))

    assert survivors == []
    assert state_of(model) == before


def test_a_description_with_one_flipped_bit_is_refused(file: Path) -> None:
    """Such as another letter in the name of a class."""
    whole = file.read_bytes()
    begin = whole.index(b"unfreeze")
    end = whole.index(b"}", whole.index(b"blake2b"))
    for place in range(begin, end, 3):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        file.write_bytes(damaged)
        with pytest.raises(WeightsError):
            read_header(file)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_truncated_file_is_refused(
    file: Path, model: StagedClassifier, share: float
) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        read_header(file)
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        load_weights(model, file)


@pytest.mark.parametrize("read", [read_header, load_model])
def test_a_missing_file_is_named(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=r"no model file .*nowhere\.safetensors"):
        read(tmp_path / "nowhere.safetensors")


def test_a_file_of_somebody_else_has_no_header_but_its_weights_can_be_read(
    file: Path, model: StagedClassifier, make_model: MakeModel, state_of: StateOf
) -> None:
    foreign = _with_metadata(file, {"format": "pt"})
    other = make_model(seed=1)

    with pytest.raises(WeightsError, match="not a model file of unfreeze"):
        read_header(foreign)
    load_weights(other, foreign)

    assert state_of(other) == state_of(model)


def test_a_file_of_a_later_format_says_to_update(file: Path) -> None:
    later = _with_metadata(file, _sealed({"format": 2, "model": "?"}))

    with pytest.raises(WeightsError, match=r"has format 2.*reads format 1\. Update"):
        read_header(later)


@pytest.mark.parametrize(
    "change", [{"arch": None}, {"task": "both"}, {"image": []}, {"head": {}}]
)
def test_a_description_that_makes_no_sense_is_refused(
    file: Path, change: dict[str, object]
) -> None:
    content = {**_content(file), **change}
    if change == {"arch": None}:
        del content["arch"]

    with pytest.raises(WeightsError, match="does not understand"):
        read_header(_with_metadata(file, _sealed(content)))


def test_weights_of_another_model_under_this_header_are_refused(
    file: Path, make_model: MakeModel
) -> None:
    other = {name: each + 1 for name, each in load_file(file).items()}
    swapped = _with_metadata(file, _sealed(_content(file)), other)

    with pytest.raises(WeightsError, match="damaged: its weights are not those"):
        load_weights(make_model(), swapped)


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("boom",)


@pytest.mark.parametrize("suffix", [".safetensors", ".h5", ".pth"])
def test_a_pickle_is_refused_and_never_run(
    suffix: str,
    model: StagedClassifier,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(pickle.dumps({"weights": _Bomb()}, protocol=2))

    with pytest.raises(WeightsError, match="not a"):
        load_weights(model, path)

    assert "boom" not in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".h5", ".pth"])
def test_an_old_state_dict_loads_under_the_suffix_of_the_lesson(
    suffix: str,
    model: StagedClassifier,
    make_model: MakeModel,
    state_of: StateOf,
    tmp_path: Path,
) -> None:
    torch.save(model.state_dict(), tmp_path / f"old{suffix}")
    other = make_model(seed=1)

    load_weights(other, tmp_path / f"old{suffix}")

    assert state_of(other) == state_of(model)


def test_a_model_that_does_not_fit_says_why_and_stays_as_it_was(
    file: Path, make_model: MakeModel, state_of: StateOf
) -> None:
    other = make_model(5, seed=1)
    before = state_of(other)

    message = r"does not fit.*head\.6\.bias is \(3,\), expected \(5,\)"
    with pytest.raises(WeightsError, match=message):
        load_weights(other, file)

    assert state_of(other) == before


def test_settings_that_json_does_not_know_leave_no_half_file(
    model: StagedClassifier, tmp_path: Path
) -> None:
    header = dataclasses.replace(_HEADER, settings={"lr": np.float32(0.1)})

    with pytest.raises(TypeError, match="float32"):
        save_model(tmp_path / "a.safetensors", model, header)

    assert list(tmp_path.iterdir()) == []


# --- headers that ask for more than there is -----------------------------------------


@pytest.fixture
def kept(repository: Path, tmp_path: Path) -> Path:
    """A file whose model can be built, free to change."""
    path = tmp_path / "kept.safetensors"
    path.write_bytes(
        (repository / "tests/data/models/format-1.safetensors").read_bytes()
    )
    return path


@pytest.mark.parametrize("cut", [0, 1])
def test_a_small_file_cannot_ask_for_a_huge_network(kept: Path, cut: int) -> None:
    words = {"arch": "eva_giant_patch14_560", "xtra_cut": cut}

    message = r"eva_giant.*has 1,0\d\d,\d{3},\d{3} weights, and it holds 16,0\d\d\."
    with pytest.raises(WeightsError, match=message):
        load_model(_with_metadata(kept, _sealed({**_content(kept), **words})))


@pytest.mark.parametrize(
    "words",
    [
        {"classes": ["a", "b"], "thresholds": None},
        {"head": {"kind": "concat-pool", "xtra_fc": [9], "ps": [0, 0]}},
        {"head": {"kind": "concat-pool", "xtra_fc": [], "ps": [0]}},
        {"head": {"kind": "concat-pool", "xtra_fc": [2**20] * 9, "ps": [0] * 10}},
    ],
)
def test_a_head_that_is_not_in_the_file_is_not_built(
    kept: Path, words: dict[str, object]
) -> None:
    with pytest.raises(WeightsError, match=r"its head has layers of .* and holds"):
        load_model(_with_metadata(kept, _sealed({**_content(kept), **words})))


def test_thin_layers_cannot_ask_for_thick_ones(kept: Path) -> None:
    """Two layers of a million outputs take little room, if each has one input."""
    tensors = load_file(kept)
    tensors |= {f"head.{n}.weight": torch.zeros(2**20, 1) for n in (2, 6)}
    tensors["head.10.weight"] = torch.zeros(3, 1)
    content = {
        **_content(kept),
        "head": {"kind": "concat-pool", "xtra_fc": [2**20] * 2, "ps": [0, 0, 0]},
        "digest": content_hash(tensors),
    }

    with pytest.raises(WeightsError, match=r"its head has layers of .* and holds"):
        load_model(_with_metadata(kept, _sealed(content), tensors))


def test_half_precision_is_read_as_it_was_saved(kept: Path) -> None:
    tensors = {
        name: each.half() if each.is_floating_point() else each
        for name, each in load_file(kept).items()
    }
    content = {**_content(kept), "digest": content_hash(tensors)}

    model, _ = load_model(_with_metadata(kept, _sealed(content), tensors))

    for name, each in model.state_dict().items():
        assert torch.equal(each, tensors[name].to(each.dtype))


# --- what makes probabilities right ------------------------------------------------


def test_temperature_thresholds_and_rejection_travel(
    model: StagedClassifier, tmp_path: Path
) -> None:
    header = dataclasses.replace(
        _HEADER,
        temperature=1.7,
        tta_temperature=1.2,
        thresholds=(0.2, 0.3, 0.4),
        reject=(RejectAt(0.9, 0.6), RejectAt(0.99, 0.95)),
    )

    file = save_model(tmp_path / "a.safetensors", model, header)

    assert read_header(file) == header


def test_files_from_before_there_was_a_temperature_are_read(
    model: StagedClassifier, tmp_path: Path
) -> None:
    file = save_model(tmp_path / "a.safetensors", model, _HEADER)
    content = _content(file)
    for name in ("temperature", "tta_temperature", "thresholds", "reject"):
        del content[name]

    header = read_header(_with_metadata(file, _sealed(content)))

    assert header == _HEADER
    assert (header.temperature, header.thresholds, header.reject) == (1.0, None, ())


@pytest.mark.parametrize(
    "words",
    [
        {"temperature": 0.0},
        {"tta_temperature": -1.0},
        {"thresholds": [0.5]},
        {"reject": [{"precision": 0.9}]},
    ],
)
def test_a_header_that_contradicts_itself_is_refused(
    model: StagedClassifier, tmp_path: Path, words: dict[str, object]
) -> None:
    file = save_model(tmp_path / "a.safetensors", model, _HEADER)

    with pytest.raises(WeightsError, match="does not understand"):
        read_header(_with_metadata(file, _sealed({**_content(file), **words})))
