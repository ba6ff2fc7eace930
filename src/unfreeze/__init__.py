"""A folder of labelled photos in, a world-class image classifier out.

The names of the 2018 lesson, each loaded on first use, so that importing the package
stays light::

    from unfreeze import *

    arch, sz = resnet34, 224
    tfms = tfms_from_model(arch, sz, aug_tfms=transforms_side_on, max_zoom=1.1)
    data = ImageClassifierData.from_paths(PATH, tfms=tfms)
    learn = ConvLearner.pretrained(arch, data, precompute=True)
    learn.lr_find()
    learn.fit(1e-2, 1)
"""

import importlib

_HOMES = {
    "unfreeze.front.images": ("open_image",),
    "unfreeze.data.sample": ("make_sample",),
    "unfreeze.data.splits": ("get_cv_idxs",),
    "unfreeze.errors": (
        "DataError",
        "DivergedError",
        "ImageError",
        "MissingExtraError",
        "PlanError",
        "UnfreezeError",
        "WeightsError",
    ),
    "unfreeze.front.conv_learner": ("ConvLearner",),
    "unfreeze.front.image_data": ("ImageClassifierData",),
    "unfreeze.front.interpretation": ("ImageModelResults",),
    "unfreeze.front.learner": ("Learner",),
    "unfreeze.runs.predictor": ("Classifier",),
    "unfreeze.front.recipe": ("layer_rates",),
    "unfreeze.front.tfms": (
        "AddPadding",
        "CropType",
        "Cutout",
        "RandomBlur",
        "RandomDihedral",
        "RandomFlip",
        "RandomLighting",
        "RandomRotate",
        "RandomRotateZoom",
        "RandomStretch",
        "RandomZoom",
        "imagenet_stats",
        "inception_stats",
        "tfms_from_model",
        "tfms_from_stats",
        "transforms_basic",
        "transforms_side_on",
        "transforms_top_down",
    ),
    "unfreeze.runs.settings": ("RunSettings",),
    "unfreeze.runs.training_run": ("train_folder",),
    "unfreeze.models.archs": (
        "dn121",
        "dn161",
        "dn169",
        "dn201",
        "inception_4",
        "inceptionresnet_2",
        "resnet18",
        "resnet34",
        "resnet50",
        "resnet101",
        "resnet152",
        "resnext50",
        "resnext101",
        "resnext101_64",
        "unfreeze_nano",
        "vgg16",
        "vgg19",
        "wrn",
    ),
    "unfreeze.numerics.metrics": (
        "Metric",
        "accuracy",
        "accuracy_multi",
        "accuracy_np",
        "accuracy_thresh",
        "f1",
        "f2",
        "fbeta",
        "precision",
        "recall",
    ),
    "unfreeze.optim.builders": ("adam", "sgd"),
    "unfreeze.optim.layer_optimizer": ("LayerOptimizer",),
    "unfreeze.training.callbacks.base": ("Callback", "Verdict"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605  # made from the table above


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
