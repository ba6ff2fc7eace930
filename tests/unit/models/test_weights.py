"""Mirrors src/unfreeze/models/weights.py."""

import hashlib
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from unfreeze.errors import WeightsError
from unfreeze.models.weights import content_hash, fit_weights, read_weights


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    return {
        "weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "bias": torch.tensor([0.5, -0.5]),
    }


def _meta_linear() -> nn.Linear:
    return nn.Linear(3, 2, device="meta").to_empty(device="cpu")


def _assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)


def test_safetensors_come_back_as_saved(
    tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    save_file(tensors, tmp_path / "w.safetensors")

    _assert_same(read_weights(tmp_path / "w.safetensors"), tensors)


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".h5", ".bin"])
def test_state_dicts_are_read_whatever_their_suffix(
    tensors: dict[str, Tensor], tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"w{suffix}"
    torch.save(tensors, path)

    _assert_same(read_weights(path), tensors)


def test_state_dicts_from_before_the_zip_format_are_read(
    tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save(tensors, tmp_path / "w.pth", _use_new_zipfile_serialization=False)

    _assert_same(read_weights(tmp_path / "w.pth"), tensors)


def test_half_precision_comes_back_single(tmp_path: Path) -> None:
    saved = {"half": torch.ones(1).half(), "count": torch.ones(1, dtype=torch.int64)}
    save_file(saved, tmp_path / "w.safetensors")

    found = read_weights(tmp_path / "w.safetensors")

    assert {name: t.dtype for name, t in found.items()} == {
        "half": torch.float32,
        "count": torch.int64,
    }


@pytest.mark.parametrize("wrapper", ["state_dict", "model"])
def test_wrappers_and_prefixes_of_training_scripts_are_taken_off(
    tensors: dict[str, Tensor], tmp_path: Path, wrapper: str
) -> None:
    inner = {f"module.{name}": tensor for name, tensor in tensors.items()}
    torch.save({wrapper: inner, "epoch": 3}, tmp_path / "w.pth")

    _assert_same(read_weights(tmp_path / "w.pth"), tensors)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no weights file .*gone\.pth"):
        read_weights(tmp_path / "gone.pth")


def test_one_wrong_byte_in_a_state_dict_is_refused(
    tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    path = tmp_path / "w.pth"
    torch.save(tensors, path)
    contents = bytearray(path.read_bytes())
    place = contents.index(tensors["weight"].numpy().tobytes())
    contents[place + 5] ^= 1
    path.write_bytes(contents)

    with pytest.raises(WeightsError, match="wrong checksum"):
        read_weights(path)


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize("kept", [0, 7, 100, 0.5, 0.99])
def test_a_truncated_file_is_refused(
    tensors: dict[str, Tensor], tmp_path: Path, name: str, kept: float
) -> None:
    path = tmp_path / name
    torch.save(tensors, path) if name == "w.pth" else save_file(tensors, path)
    contents = path.read_bytes()
    size = int(kept * len(contents)) if isinstance(kept, float) else kept
    path.write_bytes(contents[:size])

    with pytest.raises(WeightsError, match=r"w\.(pth|safetensors) is "):
        read_weights(path)


def test_a_nonsense_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"\xff" * 64)

    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        read_weights(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused_by_name(
    tensors: dict[str, Tensor], tmp_path: Path, value: float
) -> None:
    tensors["bias"][1] = value
    save_file(tensors, tmp_path / "w.safetensors")

    with pytest.raises(WeightsError, match="not finite, in bias"):
        read_weights(tmp_path / "w.safetensors")


def test_a_hash_in_the_name_must_match(
    tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save(tensors, tmp_path / "w.pth")
    contents = (tmp_path / "w.pth").read_bytes()
    digest = hashlib.sha256(contents).hexdigest()
    (tmp_path / f"w-{digest[:8]}.pth").write_bytes(contents)
    (tmp_path / "w-0123abcd.pth").write_bytes(contents)

    _assert_same(read_weights(tmp_path / f"w-{digest[:8]}.pth"), tensors)
    with pytest.raises(WeightsError, match="name promises SHA-256 0123abcd"):
        read_weights(tmp_path / "w-0123abcd.pth")


def test_safetensors_may_be_called_after_a_run(
    tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    """``run-1a2b3c4d`` is how trackers call runs; torch.hub has no such files."""
    save_file(tensors, tmp_path / "run-1a2b3c4d.safetensors")

    _assert_same(read_weights(tmp_path / "run-1a2b3c4d.safetensors"), tensors)


def test_a_date_in_the_name_is_no_hash(
    tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    save_file(tensors, tmp_path / "w-20180117.safetensors")

    _assert_same(read_weights(tmp_path / "w-20180117.safetensors"), tensors)


def test_a_file_that_could_run_code_is_refused(tmp_path: Path) -> None:
    path, traces = tmp_path / "w.pth", tmp_path / "ran"

    class Payload:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (traces,)

    torch.save({"weight": Payload()}, path)

    with pytest.raises(WeightsError, match="could run code"):
        read_weights(path)
    assert not traces.exists()


def test_a_bare_pickle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(pickle.dumps({"weight": [1.0, 2.0]}, protocol=2))

    with pytest.raises(WeightsError, match=r"w\.pth"):
        read_weights(tmp_path / "w.pth")


def test_an_hdf5_file_is_refused_by_its_format(tmp_path: Path) -> None:
    (tmp_path / "w.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))

    with pytest.raises(WeightsError, match="HDF5 file, as Keras writes"):
        read_weights(tmp_path / "w.h5")


def test_a_foreign_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.pth", "w") as archive:
        archive.writestr("photo.txt", "no weights here")

    with pytest.raises(WeightsError, match="damaged or not a torch file"):
        read_weights(tmp_path / "w.pth")


def test_anything_but_named_tensors_is_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(1), "epoch": 3}, tmp_path / "extra.pth")
    torch.save([torch.ones(1)], tmp_path / "list.pth")

    with pytest.raises(WeightsError, match=r"more than tensors: \['epoch'\]"):
        read_weights(tmp_path / "extra.pth")
    with pytest.raises(WeightsError, match="holds no state dict"):
        read_weights(tmp_path / "list.pth")


def test_fitting_weights_fill_a_module(tensors: dict[str, Tensor]) -> None:
    module = _meta_linear()

    fit_weights(module, tensors, what="the file")

    _assert_same(module.state_dict(), tensors)


def test_misfits_are_listed_and_nothing_is_loaded() -> None:
    module = _meta_linear()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    tensors = {"weight": torch.ones(3, 2), "scale": torch.ones(1)}

    with pytest.raises(WeightsError) as caught:
        fit_weights(module, tensors, what="w.pth")

    assert str(caught.value).startswith(
        "w.pth does not fit this model: missing bias; unknown scale; "
        "weight is (3, 2), expected (2, 3)."
    )
    _assert_same(module.state_dict(), before)


def test_many_misfits_are_counted() -> None:
    tensors = {f"strange_{number}": torch.ones(1) for number in range(10)}

    with pytest.raises(WeightsError, match=r"; and 7 more\. Expected"):
        fit_weights(_meta_linear(), tensors, what="w.pth")


def test_children_can_be_left_out(tensors: dict[str, Tensor]) -> None:
    module = nn.ModuleDict({"body": _meta_linear(), "head": _meta_linear()})
    head = {n: t.clone() for n, t in module["head"].state_dict().items()}
    given = {f"body.{name}": tensor for name, tensor in tensors.items()}
    given["head.weight"] = torch.ones(9, 9)

    fit_weights(module, given, what="the file", leave_out=("head",))

    _assert_same(module["body"].state_dict(), tensors)
    _assert_same(module["head"].state_dict(), head)


def test_counters_of_batch_norm_may_be_missing() -> None:
    module = nn.Sequential(nn.BatchNorm1d(2))
    old = {n: t for n, t in module.state_dict().items() if "num_batches" not in n}

    fit_weights(module, old, what="a file of 2017")


def test_content_hash_names_the_contents(tensors: dict[str, Tensor]) -> None:
    module = _meta_linear()
    module.load_state_dict(tensors)
    other = {**tensors, "bias": tensors["bias"] + 1e-7}

    assert content_hash(module) == content_hash(dict(reversed(tensors.items())))
    assert content_hash(other) != content_hash(tensors)
    assert content_hash({"a": torch.zeros(4)}) != content_hash({"a": torch.zeros(2, 2)})
