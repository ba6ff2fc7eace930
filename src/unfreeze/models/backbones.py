"""Backbones: every timm network without its classifier, behind one interface."""

import copy
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, cast, final

from torch import nn
from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.models import zoo
from unfreeze.models.depthwise import keep_gradients_fast
from unfreeze.models.layouts import fill_from_file
from unfreeze.models.partition import LayerGroup, partition
from unfreeze.models.probe import blank_images, children_run_by, evaluating
from unfreeze.models.readout import Layout, cut_stages, read_features, readout_of
from unfreeze.models.stages import first_half
from unfreeze.records import ImageSpec, Interpolation
from unfreeze.tensors import Features, Images, Logits

__all__ = [
    "Backbone",
    "OriginalHead",
    "Weights",
    "build_backbone",
    "build_with_original_head",
    "spec_for",
]

Weights: TypeAlias = Literal["pretrained", "none"] | Path
"""Where the first weights come from: timm, a keyed generator, or a local file."""

_INTERPOLATIONS: Mapping[str, Interpolation] = MappingProxyType(
    {"bilinear": "bilinear", "bicubic": "bicubic", "lanczos": "lanczos"}
)


@final
class Backbone(nn.Module):
    """A network up to its last features: maps ``B C H W`` or tokens ``B N C``.

    Args:
        network: A whole timm network; it is cut down in place.
        head: The children that only its own head uses.
        arch: The name it was built by.
        size: Side of the images it is meant for, in pixels.
        xtra_cut: Trailing stages to remove.

    Raises:
        PlanError: If the network cannot be cut that short, or cannot read images
            of this size.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        head: frozenset[str],
        arch: str,
        size: int,
        xtra_cut: int = 0,
    ) -> None:
        super().__init__()
        self.arch = str(arch)
        self.size = size
        self.xtra_cut = xtra_cut
        self.network = network
        self._last_stage = cut_stages(network, self.arch, xtra_cut)
        _remove_children(network, head)
        keep_gradients_fast(network)
        self._readout = readout_of(
            network, self.arch, size=size, last_stage=self._last_stage
        )
        self._early_names = first_half(network)

    @property
    def num_features(self) -> int:
        """Channels C of the output."""
        return self._readout.num_features

    @property
    def num_prefix_tokens(self) -> int:
        """Tokens ahead of the image's own; 0 for maps."""
        return self._readout.num_prefix_tokens

    @property
    def is_tied_to_size(self) -> bool:
        """Whether images may change their size by ``resize_input`` alone."""
        return bool(zoo.record_of(self.arch)["fixed_input_size"])

    @property
    def layout(self) -> Layout:
        """Axes of the features before they are brought to channels first."""
        return self._readout.layout

    @property
    def groups(self) -> list[LayerGroup]:
        """Two layer groups, early stages and late ones, each parameter once."""
        part_of = {
            parameter: 0 if name in self._early_names else 1
            for name, parameter in self.network.named_parameters()
        }
        return partition(self.network, part_of, count=2)

    @override
    def forward(self, images: Images) -> Features:
        """Compute ``B C H W`` maps or ``B N C`` tokens of normalised images."""
        output = read_features(self.network, images, last_stage=self._last_stage)
        if self.layout is Layout.CHANNELS_LAST_MAP:
            return output.permute(0, 3, 1, 2)
        return output

    def resize_input(self, size: int) -> None:
        """Make ready for images of another size; keep all weights.

        Position embeddings are resampled, and are then new parameters: rebuild
        optimizers and layer groups.

        Args:
            size: Side of the images, in pixels.

        Raises:
            PlanError: If the network cannot read images of this size. It is then
                as it was.
        """
        trial = copy.deepcopy(self.network)
        _set_input_size(trial, self.arch, size)
        readout_of(trial, self.arch, size=size, last_stage=self._last_stage)
        frozen = {n for n, p in self.network.named_parameters() if not p.requires_grad}
        _set_input_size(self.network, self.arch, size)
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(name not in frozen)
        self.size = size

    @override
    def extra_repr(self) -> str:
        return f"arch={self.arch!r}, size={self.size}, num_features={self.num_features}"


@final
class OriginalHead(nn.Module):
    """A network's own pooling and classifier.

    Args:
        network: A timm network with everything but its head removed.
        layout: The features it expects.
    """

    def __init__(self, network: nn.Module, layout: Layout) -> None:
        super().__init__()
        self.network = network
        self._layout = layout

    @override
    def forward(self, output: Features) -> Logits:
        """Compute the logits of the original classes from a Backbone's output."""
        if self._layout is Layout.CHANNELS_LAST_MAP:
            output = output.permute(0, 2, 3, 1)
        return cast("Any", self.network).forward_head(output)


def spec_for(arch: str, size: int) -> ImageSpec:
    """Look up how images must be prepared for ``arch``, by timm's record of it.

    Args:
        arch: Any architecture name; a weight tag selects that weight's record.
        size: Side of the square, in pixels.

    Raises:
        PlanError: If there is no such architecture.
    """
    record = zoo.record_of(arch)
    return ImageSpec(
        size=size,
        mean=tuple(record["mean"]),
        std=tuple(record["std"]),
        interpolation=_INTERPOLATIONS.get(record["interpolation"], "bilinear"),
    )


def build_backbone(
    arch: str, *, weights: Weights, size: int, xtra_cut: int = 0, seed: int = 0
) -> Backbone:
    """Build a backbone for images of ``size`` pixels.

    Args:
        arch: A lesson name or any of timm's, with or without a weight tag.
        weights: "pretrained" for timm's (downloaded once, then from its cache),
            "none" for random ones, or a local file in timm's or torchvision's
            layout. The file's classifier is left out.
        size: Side of the images, in pixels.
        xtra_cut: Trailing stages to remove, 0 for none.
        seed: Key of random weights.

    Raises:
        PlanError: If there is no such architecture, or it cannot be cut so short,
            or cannot read images of this size.
        WeightsError: If the weights cannot be had, are damaged, or do not fit.
    """
    network = _start_network(arch, weights, seed)
    body, head = _anatomy(network, arch)
    if isinstance(weights, Path):
        fill_from_file(network, arch, weights, leave_out=tuple(head - body))
    _set_input_size(network, arch, size)
    return Backbone(network, head=head - body, arch=arch, size=size, xtra_cut=xtra_cut)


def build_with_original_head(
    arch: str, *, weights: Weights, size: int, seed: int = 0
) -> tuple[Backbone, OriginalHead]:
    """Build a backbone, and the head that belongs to it in the original network.

    Together they compute what the whole network does. The arguments and errors are
    those of ``build_backbone``; a weights file must hold the classifier, too.
    """
    network = _start_network(arch, weights, seed)
    body, head = _anatomy(network, arch)
    if isinstance(weights, Path):
        fill_from_file(network, arch, weights, leave_out=())
    _set_input_size(network, arch, size)
    head_network = copy.deepcopy(network)
    children = frozenset(name for name, _ in network.named_children())
    _remove_children(head_network, children - head)
    for name, _ in list(head_network.named_parameters(recurse=False)):
        head_network.register_parameter(name, None)
    backbone = Backbone(network, head=head - body, arch=arch, size=size)
    return backbone, OriginalHead(head_network, backbone.layout)


def _start_network(arch: str, weights: Weights, seed: int) -> nn.Module:
    if not isinstance(weights, Path) and weights not in ("pretrained", "none"):
        raise PlanError(
            f'weights must be "pretrained", "none", or the Path of a file, '
            f"got {weights!r}."
        )
    return zoo.create_network(arch, pretrained=weights == "pretrained", seed=seed)


def _anatomy(network: nn.Module, arch: str) -> tuple[frozenset[str], frozenset[str]]:
    """Name the children that compute features, and those that compute logits."""
    own_size = zoo.record_of(arch)["input_size"][-1]
    whole = cast("Any", network)
    with evaluating(network):
        images = blank_images(network, own_size)
        body, features = children_run_by(
            network, lambda: whole.forward_features(images)
        )
        head, _ = children_run_by(network, lambda: whole.forward_head(features))
    return body, head


def _remove_children(network: nn.Module, names: frozenset[str]) -> None:
    for name in names:
        setattr(network, name, nn.Identity())


def _set_input_size(network: nn.Module, arch: str, size: int) -> None:
    """Resample what depends on the input size, in networks that are tied to one."""
    whole = cast("Any", network)
    record = zoo.record_of(arch)
    if not record["fixed_input_size"]:
        return
    if size != record["input_size"][-1]:
        _check_multiple(arch, size, step=whole.feature_info[-1]["reduction"])
    try:
        whole.set_input_size(img_size=size)
    except AttributeError:
        return  # no such method: whether it can read this size shows when it runs
    except (AssertionError, RuntimeError, ValueError) as error:
        raise PlanError(
            f"{arch} cannot be set to images of {size} pixels ({error})."
        ) from error


def _check_multiple(arch: str, size: int, *, step: int) -> None:
    """Refuse sizes that leave a margin of pixels beyond the last whole patch."""
    if size % step or size < step:
        nearest = max(1, round(size / step)) * step
        raise PlanError(
            f"Images for {arch} must be a multiple of {step} pixels, got {size}. "
            f"Nearest: {nearest}."
        )
