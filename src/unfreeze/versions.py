"""Versions of this package and of those it computes with."""

import platform
from importlib.metadata import PackageNotFoundError, version

__all__ = ["version_of", "versions"]

_LIBRARIES = (
    "unfreeze",
    "torch",
    "torchvision",
    "timm",
    "accelerate",
    "numpy",
    "pillow",
)


def version_of(name: str) -> str:
    """Version of an installed package, or ``not installed``.

    The latter is what a source tree says of itself when it is used as it lies there.
    """
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def versions() -> dict[str, str]:
    """Python and the libraries whose version can change a result."""
    found = {name: version_of(name) for name in _LIBRARIES}
    return {"python": platform.python_version(), **found}
