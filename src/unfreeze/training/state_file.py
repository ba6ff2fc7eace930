"""A file of named tensors and a JSON object: safetensors, which can hold no code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save

from unfreeze.atomic import written_whole
from unfreeze.errors import WeightsError
from unfreeze.model_file.layout import read_layout
from unfreeze.training.fit_state import Tensors
from unfreeze.written_json import exact_json_text

__all__ = ["read_state_file", "write_state_file"]

_CONTENT = "unfreeze_state"


def write_state_file(path: Path, tensors: Tensors, content: Mapping[str, Any]) -> None:
    """Write both in one move, so that the file is there whole or not at all.

    Args:
        path: The file.
        tensors: On any device, in any memory order.
        content: Numbers are finite.
    """
    ready = {name: each.detach().cpu().contiguous() for name, each in tensors.items()}
    text = exact_json_text(content)
    with written_whole(path) as stream:
        stream.write(save(ready, metadata={_CONTENT: text}))


def read_state_file(path: Path) -> tuple[dict[str, Any], Tensors]:
    """Read what ``write_state_file`` wrote; the tensors are on the CPU.

    Raises:
        WeightsError: If the file is missing, cut short, or another one.
    """
    text = read_layout(path).metadata.get(_CONTENT)
    try:
        content = None if text is None else json.loads(text)
        if isinstance(content, dict):
            return content, load_file(path)
    except (OSError, ValueError, SafetensorError) as error:
        raise WeightsError(f"{path} cannot be read ({error}).") from error
    raise WeightsError(f"{path} is a safetensors file, and none of a run's states.")
