"""The lesson's architecture names, and what the same networks are called in timm.

A name that is not listed here is passed on unchanged, so every timm architecture
works, with or without the tag of one of its weights (``"resnet18.a1_in1k"``).
"""

from types import MappingProxyType

__all__ = [
    "LESSON_NAMES",
    "Arch",
    "convnext_tiny",
    "dn121",
    "dn161",
    "dn169",
    "dn201",
    "efficientnet_b0",
    "inception_4",
    "inceptionresnet_2",
    "mobilenet_v2",
    "mobilenet_v3",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50",
    "resnext101",
    "resnext101_64",
    "resolve_arch",
    "unfreeze_nano",
    "vgg16",
    "vgg19",
    "vit_small",
    "vit_tiny",
    "wrn",
]


class Arch(str):
    """The name of an architecture: a string wherever a string is expected.

    Example:
        >>> print(resnet34, resnet34 == "resnet34")
        resnet34 True
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """The name as a plain string."""
        return str(self)


resnet18 = Arch("resnet18")
resnet34 = Arch("resnet34")
resnet50 = Arch("resnet50")
resnet101 = Arch("resnet101")
resnet152 = Arch("resnet152")
resnext50 = Arch("resnext50")
resnext101 = Arch("resnext101")
resnext101_64 = Arch("resnext101_64")
wrn = Arch("wrn")
vgg16 = Arch("vgg16")
vgg19 = Arch("vgg19")
dn121 = Arch("dn121")
dn161 = Arch("dn161")
dn169 = Arch("dn169")
dn201 = Arch("dn201")
inceptionresnet_2 = Arch("inceptionresnet_2")
inception_4 = Arch("inception_4")
mobilenet_v2 = Arch("mobilenet_v2")
mobilenet_v3 = Arch("mobilenet_v3")
efficientnet_b0 = Arch("efficientnet_b0")
convnext_tiny = Arch("convnext_tiny")
vit_tiny = Arch("vit_tiny")
vit_small = Arch("vit_small")
unfreeze_nano = Arch("unfreeze_nano")

LESSON_NAMES = MappingProxyType(
    {
        "resnext50": "resnext50_32x4d",
        "resnext101": "resnext101_32x4d",
        "resnext101_64": "resnext101_64x4d",
        "wrn": "wide_resnet50_2",
        # The lesson's VGGs carry batch norm. The bare ones are "vgg16.tv_in1k" here.
        "vgg16": "vgg16_bn",
        "vgg19": "vgg19_bn",
        "dn121": "densenet121",
        "dn161": "densenet161",
        "dn169": "densenet169",
        "dn201": "densenet201",
        "inceptionresnet_2": "inception_resnet_v2",
        "inception_4": "inception_v4",
        "mobilenet_v2": "mobilenetv2_100",
        "mobilenet_v3": "mobilenetv3_large_100",
        "vit_tiny": "vit_tiny_patch16_224",
        "vit_small": "vit_small_patch16_224",
    }
)
"""Names that differ from timm's, with timm's name for each."""


def resolve_arch(arch: str) -> str:
    """Translate a lesson name to timm's; any other name comes back unchanged.

    Example:
        >>> resolve_arch(dn121), resolve_arch("resnet18.a1_in1k")
        ('densenet121', 'resnet18.a1_in1k')
    """
    return LESSON_NAMES.get(str(arch), str(arch))
