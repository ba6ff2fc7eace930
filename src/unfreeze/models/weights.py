"""Read weights that others saved, check them, and fill a network with them.

A file is refused whole when its bytes are damaged, when reading it could run code,
or when it does not fit: a network is never left half filled.
"""

import hashlib
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from unfreeze.bundle import is_export
from unfreeze.errors import WeightsError

__all__ = ["content_hash", "find_misfits", "fit_weights", "read_weights"]

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"  # HDF5 file format specification, II.A
_WRAPPERS = ("state_dict", "model")  # where training scripts keep the tensors
_PREFIXES = ("module.", "_orig_mod.")  # added by data parallelism, torch.compile
_HASH_IN_NAME = re.compile(r"-([0-9a-f]{8}|[0-9a-f]{64})\.")  # torch.hub's habit
_SHOWN_MISFITS = 5


def read_weights(path: Path | str) -> dict[str, Tensor]:
    """Read named tensors from a safetensors file or a torch state dict.

    Half precision comes back as single precision. A state dict may lie under
    ``state_dict`` or ``model``, its names may start with ``module.``, and its file
    may end in ``.h5``, as the lesson's did. A hash in the name of a torch file, as in
    ``resnet18-f37072fd.pth``, is compared with the contents.

    Raises:
        WeightsError: If the file is missing, damaged, of another format, could run
            code, or holds numbers that are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}. Check the path.")
    _check_hash_in_name(path)
    tensors = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in _read_tensors(path).items()
    }
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise WeightsError(
                f"{path} holds numbers that are not finite, in {name}. "
                "The file is damaged; get it again."
            )
    return tensors


def fit_weights(
    module: nn.Module,
    tensors: Mapping[str, Tensor],
    *,
    what: str,
    leave_out: tuple[str, ...] = (),
) -> None:
    """Fill ``module`` with ``tensors``, entirely or not at all.

    Args:
        module: The network to fill.
        tensors: One tensor per name of ``module.state_dict()``. Counters of batch
            norm may be missing, as in files from before 2018.
        what: Where the tensors come from, for the error message.
        leave_out: Children of ``module`` that keep what they have, whether or not
            ``tensors`` mentions them.

    Raises:
        WeightsError: If a tensor is missing, unknown, or of another shape.
    """
    misfits = find_misfits(module, tensors, leave_out=leave_out)
    if misfits:
        shown = "; ".join(misfits[:_SHOWN_MISFITS])
        rest = len(misfits) - _SHOWN_MISFITS
        raise WeightsError(
            f"{what} does not fit this model: {shown}"
            f"{f'; and {rest} more' if rest > 0 else ''}. "
            "Expected weights of the same architecture."
        )
    fitting = {n: t for n, t in tensors.items() if not _is_under(n, leave_out)}
    module.load_state_dict(fitting, strict=False)


def find_misfits(
    module: nn.Module,
    tensors: Mapping[str, Tensor],
    *,
    leave_out: tuple[str, ...] = (),
) -> list[str]:
    """List what keeps ``tensors`` from filling ``module``, a few words each.

    Args:
        module: The network to fill.
        tensors: Tensors by name.
        leave_out: Children of ``module`` that do not count.
    """
    wanted = {
        n: t for n, t in module.state_dict().items() if not _is_under(n, leave_out)
    }
    given = {n: t for n, t in tensors.items() if not _is_under(n, leave_out)}
    missing = [n for n in sorted(wanted.keys() - given.keys()) if not _is_counter(n)]
    unknown = sorted(given.keys() - wanted.keys())
    return [
        *(f"missing {name}" for name in missing),
        *(f"unknown {name}" for name in unknown),
        *(
            f"{name} is {tuple(given[name].shape)}, "
            f"expected {tuple(wanted[name].shape)}"
            for name in sorted(wanted.keys() & given.keys())
            if given[name].shape != wanted[name].shape
        ),
    ]


def content_hash(weights: nn.Module | Mapping[str, Tensor]) -> str:
    """Name a set of weights by its contents: names, types, shapes and bytes.

    Returns:
        32 hexadecimal digits; equal weights give equal names on every device.
    """
    state = weights.state_dict() if isinstance(weights, nn.Module) else weights
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\n".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _is_under(name: str, children: tuple[str, ...]) -> bool:
    return name.startswith(tuple(f"{child}." for child in children))


def _is_counter(name: str) -> bool:
    return name.endswith(".num_batches_tracked")


def _check_hash_in_name(path: Path) -> None:
    found = _HASH_IN_NAME.search(path.name)
    if found is None or found[1].isdigit():  # digits alone are more likely a date
        return
    if path.suffix == ".safetensors":  # a name that a person, or a tracker, chose
        return
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if not actual.startswith(found[1]):
        raise WeightsError(
            f"{path} is damaged: its name promises SHA-256 {found[1]}, "
            f"its contents have {actual[: len(found[1])]}. Get the file again."
        )


def _read_tensors(path: Path) -> dict[str, Tensor]:
    with path.open("rb") as file:
        start = file.read(len(_HDF5_SIGNATURE))
    if start == _HDF5_SIGNATURE:
        raise WeightsError(
            f"{path} is an HDF5 file, as Keras writes them. Expected a safetensors "
            "file or a torch state dict; convert it first."
        )
    if is_export(path):
        raise WeightsError(
            f"{path} is an exported model, in which weights have no names. Expected a "
            "safetensors file or a torch state dict."
        )
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    return _read_state_dict(path)


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(
            f"{path} is not a whole safetensors file ({error}). Get it again."
        ) from error


def _read_state_dict(path: Path) -> dict[str, Tensor]:
    try:
        if zipfile.is_zipfile(path):
            _check_zip(path)
        contents = torch.load(path, map_location="cpu", weights_only=True)
    except (EOFError, OSError, RuntimeError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"{path} is damaged or not a torch file ({error}). Get it again."
        ) from error
    except Exception as error:  # torch's refusals share no class of their own
        raise WeightsError(
            f"{path} is not a plain torch state dict: loading it could run code, "
            "or its bytes are damaged. Expected tensors by name; save it again with "
            "torch.save(model.state_dict(), path) or as safetensors."
        ) from error
    return _named_tensors(contents, path)


def _check_zip(path: Path) -> None:
    """Compare each entry with its checksum, which torch.load leaves unread."""
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(f"wrong checksum of {damaged}")


def _named_tensors(contents: Any, path: Path) -> dict[str, Tensor]:  # noqa: ANN401 - whatever the file holds
    for wrapper in _WRAPPERS:
        if isinstance(contents, dict) and isinstance(contents.get(wrapper), dict):
            contents = contents[wrapper]
    if not isinstance(contents, dict) or not contents:
        raise WeightsError(f"{path} holds no state dict. Expected tensors by name.")
    strangers = [str(n) for n, t in contents.items() if not isinstance(t, Tensor)]
    if strangers:
        raise WeightsError(
            f"{path} holds more than tensors: {strangers[:_SHOWN_MISFITS]}. "
            "Expected a state dict: tensors by name."
        )
    for prefix in _PREFIXES:
        if all(name.startswith(prefix) for name in contents):
            contents = {n.removeprefix(prefix): t for n, t in contents.items()}
    return dict(contents)
