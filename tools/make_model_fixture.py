"""Write a small model file, and what it answers, for tests of later versions.

Run ``python tools/make_model_fixture.py NAME`` from the repository when the format of
model files has changed: it leaves ``NAME.safetensors`` and ``NAME.json`` in
``tests/data/models``. Files that are there stay as they are: they are what earlier
versions wrote.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from unfreeze.model_file.header import HeadShape, ModelHeader
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.records import ImageSpec, RejectAt, Task
from unfreeze.training.checkpoint import save_model

_HOME = Path(__file__).parents[1] / "tests/data/models"
_SIDE = 32  # pixels
_ARCH, _XTRA_CUT = "test_efficientnet", 3  # timm's; 15,000 weights are left of it
_HEAD = HeadShape(xtra_fc=(8,), ps=(0.25, 0.5))
_HEADER = ModelHeader(
    arch=_ARCH,
    classes=("cat", "Köter", "a b"),
    image=ImageSpec(size=_SIDE, interpolation="bicubic", squash=True),
    xtra_cut=_XTRA_CUT,
    task=Task.MULTI,
    head=_HEAD,
    settings={"seed": 3, "augment": "none", "fits": [{"lrs": [0.01, 0.1]}]},
    temperature=1.7,
    tta_temperature=1.2,
    thresholds=(0.25, 0.5, 0.75),
    reject=(RejectAt(0.9, 0.6), RejectAt(0.99, 0.95)),
)


def main(name: str) -> None:
    """Write one pair of files."""
    path = _HOME / f"{name}.safetensors"
    if path.exists():
        raise FileExistsError(f"{path} was written by an earlier version. Keep it.")
    model = _model()
    save_model(path, model, _HEADER)
    with torch.no_grad():
        logits = model(_images(_HEADER.image)) / _HEADER.temperature
    is_single = _HEADER.task is Task.SINGLE
    probs = logits.softmax(1) if is_single else logits.sigmoid()
    answers = json.dumps({"probabilities": probs.tolist()}, indent=2)
    path.with_suffix(".json").write_text(f"{answers}\n", encoding="utf-8")


def _model() -> StagedClassifier:
    backbone = build_backbone(
        _ARCH, weights="none", size=_SIDE, xtra_cut=_XTRA_CUT, seed=7
    )
    model = with_new_head(
        backbone, len(_HEADER.classes), xtra_fc=_HEAD.xtra_fc, ps=_HEAD.ps, seed=7
    )
    generator = torch.Generator().manual_seed(7)
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5, generator=generator)
        elif name.endswith("running_mean"):
            tensor.normal_(0, 0.1, generator=generator)
    return model.eval()


def _images(spec: ImageSpec) -> Tensor:
    """Two images of slanting stripes, whose slopes differ by channel."""
    rows, columns, channels = np.ogrid[:_SIDE, :_SIDE, :3]
    pixels = np.stack(
        [(rows * step + columns * 5 + channels * 60) % 256 for step in (17, 3)]
    )
    scaled = (pixels / 255 - np.array(spec.mean)) / np.array(spec.std)
    return torch.from_numpy(scaled.astype(np.float32)).permute(0, 3, 1, 2)


if __name__ == "__main__":
    main(sys.argv[1])
