"""The small backbone that comes with the package, in plain torch.

A dense stem brings an image to 32 channels at an eighth of its side; three stages of
inverted residual blocks (Sandler et al., "MobileNetV2", 2018) take it to 160 channels
at a thirty-second; a 1 x 1 convolution widens that to ``num_features`` channels.

The stages have the shape of MobileNetV2's, because their weights start from it. The
stem is dense because MobileNetV2's own first layers, thin but at full resolution, take
four fifths of its time on a CPU. ``weights/README.md`` tells how it was trained, and
how good and how fast it is.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias, final

from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.tensors import Features, Images, Logits

__all__ = ["PRETRAINED_CFG", "FeatureMap", "UnfreezeNano"]

FeatureMap: TypeAlias = Float[Tensor, "B D h w"]  # h, w: sides of the image over 32

_NUM_FEATURES = 512
_SMALLEST_SIDE = 32  # of an image, in pixels: one place of the last map
_EXPANSION = 6  # MobileNetV2's factor inside every inverted residual block

PRETRAINED_CFG: Mapping[str, object] = MappingProxyType(
    {
        "architecture": "unfreeze_nano",
        "input_size": (3, 224, 224),
        "fixed_input_size": False,
        "pool_size": (7, 7),
        "crop_pct": 1.0,
        "crop_mode": "center",
        "interpolation": "bilinear",
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "num_classes": 0,
        "first_conv": "stem.0.conv",
        "classifier": "classifier",
        "license": "apache-2.0",
    }
)
"""timm's record of a pretrained network. ``num_classes`` is 0 because the file holds
the backbone alone."""


@final
class UnfreezeNano(nn.Module):
    """1.4 million weights that read square or oblong images from 32 pixels a side.

    It answers to timm's interface, so that it can be registered beside timm's own.

    Args:
        num_classes: Outputs of the classifier; 0 leaves the classifier out.
        in_chans: Channels of the images.
        global_pool: "avg" for the mean over positions, "" to keep the map.
        drop_rate: Share of pooled features dropped before the classifier, 0 to
            below 1.

    Raises:
        PlanError: If ``global_pool`` is unknown, or a classifier is asked for
            without pooling.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        in_chans: int = 3,
        global_pool: str = "avg",
        drop_rate: float = 0.0,
    ) -> None:
        super().__init__()
        self.num_features = self.head_hidden_size = _NUM_FEATURES
        self.pretrained_cfg = self.default_cfg = dict(PRETRAINED_CFG)
        self.feature_info = [
            {"num_chs": 32, "reduction": 8, "module": "stem"},
            {"num_chs": 96, "reduction": 16, "module": "stages.1"},
            {"num_chs": _NUM_FEATURES, "reduction": 32, "module": "final"},
        ]
        self.stem = _stem(in_chans)
        self.stages = nn.Sequential(
            _stage(32, 64, num_blocks=3, stride=2),
            _stage(64, 96, num_blocks=3, stride=1),
            _stage(96, 160, num_blocks=3, stride=2),
        )
        self.final = _ConvNorm(160, _NUM_FEATURES, side=1)
        self.drop = nn.Dropout(drop_rate)
        self.apply(_start)
        self.reset_classifier(num_classes, global_pool)

    def reset_classifier(self, num_classes: int, global_pool: str = "avg") -> None:
        """Replace the classifier by a fresh one, or by none where the count is 0."""
        if global_pool not in ("avg", ""):
            raise PlanError(
                f"global_pool must be 'avg' or '' (keep the map), got {global_pool!r}."
            )
        if num_classes and not global_pool:
            raise PlanError(
                f"A classifier of {num_classes} outputs needs pooled features. Pass "
                "global_pool='avg', or num_classes=0."
            )
        self.num_classes = num_classes
        self.global_pool = global_pool
        self.classifier: nn.Module = (
            nn.Linear(self.num_features, num_classes) if num_classes else nn.Identity()
        )

    def get_classifier(self) -> nn.Module:
        """Return the last layer."""
        return self.classifier

    def group_matcher(self, coarse: bool = False) -> dict[str, object]:
        """Name the layer groups in forward order, as timm's patterns.

        Args:
            coarse: One group per stage; otherwise one per block.
        """
        blocks = r"^stages\.(\d+)" if coarse else r"^stages\.(\d+)\.(\d+)"
        return {"stem": r"^stem", "blocks": [(blocks, None), (r"^final", (99,))]}

    def forward_features(self, images: Images) -> FeatureMap:
        """Compute the feature map: non-negative, ``num_features`` channels.

        Raises:
            PlanError: If a side of the images is below 32 pixels.
        """
        height, width = images.shape[2:]
        if min(height, width) < _SMALLEST_SIDE:
            raise PlanError(
                f"Got images of {height} x {width} pixels; unfreeze_nano reads "
                f"{_SMALLEST_SIDE} or more a side. Choose a larger size."
            )
        return self.final(self.stages(self.stem(images)))

    def forward_head(
        self, features: FeatureMap, pre_logits: bool = False
    ) -> FeatureMap | Features | Logits:
        """Pool a feature map and classify it, as far as this network is set to.

        Args:
            features: What ``forward_features`` returned.
            pre_logits: Stop before the classifier.
        """
        pooled = features.mean((2, 3)) if self.global_pool else features
        dropped = self.drop(pooled)
        return dropped if pre_logits else self.classifier(dropped)

    @override
    def forward(self, images: Images) -> FeatureMap | Features | Logits:
        return self.forward_head(self.forward_features(images))


@final
class _ConvNorm(nn.Module):
    """Convolution, batch norm, ReLU; the map is padded by ``(side - 1) // 2``.

    At stride 2 a side of 4 makes each output look at the middle of what it stands for.
    """

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        *,
        side: int = 3,
        stride: int = 1,
        is_activated: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            num_inputs,
            num_outputs,
            side,
            stride=stride,
            padding=(side - 1) // 2,
            bias=False,
        )
        self.norm = nn.BatchNorm2d(num_outputs)
        self.activation = nn.ReLU(inplace=True) if is_activated else nn.Identity()

    @override
    def forward(self, maps: Tensor) -> Tensor:
        return self.activation(self.norm(self.conv(maps)))


@final
class _ChannelFilter(nn.Module):
    """One 3 x 3 filter per channel, batch norm, ReLU.

    Stride 2 keeps every second output of stride 1, starting from the second, for two
    reasons. That is where the network that the first weights came from looks. And
    torch's backward pass of a strided depthwise convolution in bfloat16 takes ten
    times as long on a CPU (2.15, AVX512-BF16: 117 against 12 ms for 576 channels).
    """

    def __init__(self, num_channels: int, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(
            num_channels, num_channels, 3, padding=1, groups=num_channels, bias=False
        )
        self.norm = nn.BatchNorm2d(num_channels)
        self.activation = nn.ReLU(inplace=True)

    @override
    def forward(self, maps: Tensor) -> Tensor:
        first = self.stride - 1
        kept = self.conv(maps)[:, :, first :: self.stride, first :: self.stride]
        return self.activation(self.norm(kept))


@final
class _DenseBlock(nn.Module):
    """Two convolutions beside a shortcut (He et al., 2015).

    At stride 2 the shortcut averages four neighbours, so that none is left out (He et
    al., "Bag of tricks", 2018).
    """

    def __init__(
        self, num_inputs: int, num_outputs: int, *, num_inner: int, stride: int
    ) -> None:
        super().__init__()
        side = 4 if stride == 2 else 3
        self.first = _ConvNorm(num_inputs, num_inner, side=side, stride=stride)
        self.second = _ConvNorm(num_inner, num_outputs, is_activated=False)
        self.pool = nn.AvgPool2d(2) if stride == 2 else nn.Identity()
        self.shortcut = (
            nn.Identity()
            if num_inputs == num_outputs
            else _ConvNorm(num_inputs, num_outputs, side=1, is_activated=False)
        )
        self.activation = nn.ReLU(inplace=True)

    @override
    def forward(self, maps: Tensor) -> Tensor:
        total = self.second(self.first(maps)) + self.shortcut(self.pool(maps))
        return self.activation(total)


@final
class _InvertedBlock(nn.Module):
    """Widen, filter each channel by itself, narrow; add the input where shapes agree.

    Where MobileNetV2 cuts activations off at 6, this does not: on a CPU that costs a
    quarter of the block's time, and training makes up for it.
    """

    def __init__(self, num_inputs: int, num_outputs: int, *, stride: int) -> None:
        super().__init__()
        num_inner = num_inputs * _EXPANSION
        self.widen = _ConvNorm(num_inputs, num_inner, side=1)
        self.filter = _ChannelFilter(num_inner, stride=stride)
        self.narrow = _ConvNorm(num_inner, num_outputs, side=1, is_activated=False)
        self.is_residual = stride == 1 and num_inputs == num_outputs

    @override
    def forward(self, maps: Tensor) -> Tensor:
        narrowed = self.narrow(self.filter(self.widen(maps)))
        return maps + narrowed if self.is_residual else narrowed


def _stem(in_chans: int) -> nn.Sequential:
    return nn.Sequential(
        _ConvNorm(in_chans, 16, side=4, stride=2),
        _ConvNorm(16, 32, side=4, stride=2),
        _DenseBlock(32, 64, num_inner=64, stride=2),
        _DenseBlock(64, 64, num_inner=32, stride=1),
        _ConvNorm(64, 32, side=1, is_activated=False),
    )


def _stage(
    num_inputs: int, num_outputs: int, *, num_blocks: int, stride: int
) -> nn.Sequential:
    first = _InvertedBlock(num_inputs, num_outputs, stride=stride)
    rest = [
        _InvertedBlock(num_outputs, num_outputs, stride=1)
        for _ in range(num_blocks - 1)
    ]
    return nn.Sequential(first, *rest)


def _start(module: nn.Module) -> None:
    """Draw convolution weights so that ReLU keeps the variance (He et al., 2015)."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
