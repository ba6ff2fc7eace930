"""Mirrors src/unfreeze/versions.py."""

import platform

import numpy as np
import torch

from unfreeze.versions import version_of, versions


def test_every_version_is_what_the_library_says_of_itself() -> None:
    found = versions()

    assert found["python"] == platform.python_version()
    assert found["numpy"] == np.__version__
    assert torch.__version__.startswith(found["torch"])
    assert set(found) > {"unfreeze", "torchvision", "timm", "accelerate", "pillow"}


def test_a_package_that_is_missing_is_said_to_be() -> None:
    assert version_of("a-package-that-nobody-wrote") == "not installed"
