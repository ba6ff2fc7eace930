"""Mirrors src/unfreeze/front/conv_learner.py: the lesson's way with every family.

Small images, random weights, one step of each kind. The smallest architecture of each
timm family, at the smallest side that it takes and at which its loss stays sound.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch
from timm.layers import DropPath
from torch import Tensor, nn

from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.tfms import tfms_from_model, transforms_side_on
from unfreeze.training.history import EpochRow

State: TypeAlias = dict[str, Tensor]
StateOf: TypeAlias = Callable[[nn.Module], State]
MakeLearner: TypeAlias = Callable[..., ConvLearner]

_FAMILIES = {
    "beit_base_patch16_224": 32,
    "coatnet_pico_rw_224": 32,
    "convnext_zepto_rms": 32,
    "convnextv2_atto": 32,
    "cspresnet50": 32,
    "deit_tiny_patch16_224": 32,
    "densenet121": 32,
    "dla46_c": 32,
    "edgenext_xx_small": 32,
    "efficientnet_b0": 32,
    "efficientvit_b0": 64,
    "eva02_tiny_patch14_224": 28,
    "fastvit_t8": 32,
    "ghostnet_050": 32,
    "hgnetv2_b0": 32,
    "hrnet_w18_small": 32,
    "inception_next_atto": 32,
    "inception_v4": 107,
    "levit_128s": 224,
    "maxvit_pico_rw_256": 64,
    "mixer_s32_224": 224,
    "mnasnet_050": 32,
    "mobilenetv2_035": 32,
    "mobilenetv3_small_050": 32,
    "mobilenetv4_conv_small_035": 32,
    "mobilevitv2_050": 32,
    "nfnet_l0": 32,
    "poolformer_s12": 32,
    "pvt_v2_b0": 32,
    "regnetx_002": 32,
    "repvgg_a0": 32,
    "repghostnet_050": 32,
    "resnet10t": 32,
    "resnetv2_50": 32,
    "resnext26ts": 32,
    "starnet_s050": 32,
    "swin_tiny_patch4_window7_224": 32,
    "tinynet_e": 32,
    "vgg11": 32,
    "vit_tiny_patch16_224": 32,
    "xception41": 32,
    "xcit_nano_12_p16_224": 32,
}
"""An architecture of each family, and the side of images to try it with."""


@pytest.mark.slow
@pytest.mark.filterwarnings(
    # timm's own, while it fits relative positions to another size
    "ignore:Using a non-tuple sequence for multidimensional indexing",
    "ignore:torch.searchsorted",
)
@pytest.mark.parametrize(("arch", "size"), _FAMILIES.items())
def test_a_family_goes_the_lesson_s_way(
    arch: str,
    size: int,
    tmp_path: Path,
    make_learner: MakeLearner,
    state_of: StateOf,
) -> None:
    """Stored activations, augmentation, all layers, little memory, and back again."""
    data = _data(tmp_path, arch, size)
    learn = make_learner(data, arch, pretrained=False, precompute=True)
    _without_chance(learn.model.backbone)
    early, late, head = learn.get_layer_groups()

    with _changing(state_of, learns=[head], rests=[early, late]):
        row = learn.fit(1e-2, 1)
    _assert_measured(row, learn)

    before = learn.predict()
    learn.precompute = False
    assert np.array_equal(learn.predict(), before)
    with _changing(state_of, learns=[head], rests=[early, late]):
        row = learn.fit(1e-2, 1)
    _assert_measured(row, learn)

    learn.unfreeze()
    with _changing(state_of, learns=[early, late, head]):
        row = learn.fit([1e-4, 1e-3, 1e-2], 1)
    _assert_measured(row, learn)
    _assert_same_in_pieces(learn, state_of)

    learn.precompute = True
    with _changing(state_of, learns=[head], rests=[early, late]):
        row = learn.fit(1e-2, 1)
    _assert_measured(row, learn)


def _data(folder: Path, arch: str, size: int) -> ImageClassifierData:
    """Six noisy images to learn from, in one batch, and four to measure with."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (10, size + 8, size + 8, 3), dtype=np.uint8)
    labels = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    return ImageClassifierData.from_arrays(
        folder,
        (images[:6], labels[:6]),
        (images[6:], labels[6:]),
        bs=6,
        tfms=tfms_from_model(arch, size, transforms_side_on, max_zoom=1.1),
        num_workers=0,
    )


def _without_chance(backbone: nn.Module) -> None:
    """Some families drop paths unless told otherwise; pieces would draw others."""
    for module in backbone.modules():
        if isinstance(module, DropPath):
            module.drop_prob = 0.0


@contextmanager
def _changing(
    state_of: StateOf, *, learns: Sequence[nn.Module], rests: Sequence[nn.Module] = ()
) -> Iterator[None]:
    """See to it that some groups change, and others do not by a single bit."""
    before = [(group, state_of(group)) for group in [*learns, *rests]]
    yield
    moved = [_moved(group, state) for group, state in before]
    assert all(moved[: len(learns)])
    assert moved[len(learns) :] == [set()] * len(rests)


def _moved(group: nn.Module, before: State) -> set[str]:
    after = group.state_dict()
    return {name for name in before if not torch.equal(before[name], after[name])}


def _assert_measured(row: EpochRow, learn: ConvLearner) -> None:
    """The loss of the fit is that of predictions from the photos themselves."""
    log_probs, labels = learn.predict_with_targs()
    by_hand = -log_probs[np.arange(len(log_probs)), labels].mean()
    assert row.valid_loss == pytest.approx(by_hand, rel=1e-3, abs=1e-5)


def _assert_same_in_pieces(learn: ConvLearner, state_of: StateOf) -> None:
    """A step of all layers, where statistics are frozen, in little memory."""
    learn.bn_freeze(True)
    start, epochs = state_of(learn.model), learn.epochs_done
    learn.fit([1e-4, 1e-3, 1e-2], 1)
    whole = state_of(learn.model)
    learn.model.load_state_dict(start)
    learn.epochs_done = epochs
    with _memory_for(learn, 3):
        learn.fit([1e-4, 1e-3, 1e-2], 1)
    torch.testing.assert_close(state_of(learn.model), whole, rtol=1e-3, atol=1e-5)
    learn.bn_freeze(False)


@contextmanager
def _memory_for(learn: ConvLearner, num_photos: int) -> Iterator[None]:
    """Let the backbone hold no more than this, so that batches run in pieces."""

    def hold(_: nn.Module, __: object, output: Tensor) -> None:
        if len(output) > num_photos:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    hook = learn.model.backbone.register_forward_hook(hold)
    yield
    hook.remove()
