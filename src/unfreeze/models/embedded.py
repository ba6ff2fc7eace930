"""The embedded architecture ``unfreeze_nano``, registered beside timm's own.

timm's registry asks for an entry point and its records in one module, so this file
imports timm, too. Its weights are part of this package: no network is needed.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from timm.models import generate_default_cfgs, register_model
from torch import Tensor

from unfreeze.errors import WeightsError
from unfreeze.models.nano import PRETRAINED_CFG, UnfreezeNano
from unfreeze.models.weights import fit_weights, read_weights

__all__ = ["EMBEDDED_ARCH", "EMBEDDED_FILE", "read_embedded"]

EMBEDDED_ARCH = "unfreeze_nano"
EMBEDDED_FILE = Path(__file__).with_name("weights") / "unfreeze_nano.safetensors"

default_cfgs = generate_default_cfgs(
    {EMBEDDED_ARCH: {**PRETRAINED_CFG, "file": str(EMBEDDED_FILE)}}
)
"""timm's records of the architectures that this module defines; timm gave the name."""


def read_embedded(file: Path = EMBEDDED_FILE) -> dict[str, Tensor]:
    """Read the weights that come with the package.

    Args:
        file: Weights, with a record of the same name (``.json``) that states their
            SHA-256.

    Raises:
        WeightsError: If the file is missing or not the one on record.
    """
    if not file.is_file():
        raise WeightsError(f"There is no {file}. Install the package again.")
    record = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != record["sha256"]:
        raise WeightsError(
            f"{file} has SHA-256 {found}, expected {record['sha256']}. "
            "Install the package again."
        )
    return read_weights(file)


@register_model
def unfreeze_nano(
    pretrained: bool = False,
    pretrained_cfg: object = None,
    pretrained_cfg_overlay: object = None,
    cache_dir: object = None,
    **options: Any,  # noqa: ANN401 - timm hands on what its caller gave
) -> UnfreezeNano:
    """Build the network for ``timm.create_model``.

    Args:
        pretrained: Fill it with the embedded weights.
        pretrained_cfg: timm's record of the weights; there is only one.
        pretrained_cfg_overlay: Changes to that record; not needed here.
        cache_dir: Where timm keeps downloads; nothing is downloaded here.
        options: Arguments of ``UnfreezeNano``.
    """
    network = UnfreezeNano(**options)
    if pretrained:
        fit_weights(
            network,
            read_embedded(),
            what="The embedded file",
            leave_out=("classifier",),
        )
    return network
