"""The demo: real handwritten digits and the embedded backbone, without a network."""

from pathlib import Path

from unfreeze.data.digits import write_digits
from unfreeze.places import cache_home
from unfreeze.runs.settings import RunSettings

__all__ = ["demo_folder", "demo_photos", "demo_settings"]

_SIDE = 96
"""Digits are enlarged from 8 pixels to this, so that files can be looked at."""


def demo_folder() -> Path:
    """Where the photos are, or will be."""
    return cache_home() / f"digits-{_SIDE}"


def demo_photos() -> Path:
    """Write the digits of scikit-learn as photos to the cache folder, once.

    Alpaydin and Kaynak, "Optical recognition of handwritten digits", 1998: 1,797
    digits by 43 people, split 80 to 20 per class.
    """
    folder = demo_folder()
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_digits(folder, side=_SIDE)
    return folder


def demo_settings(seed: int = 0, num_workers: int | None = None) -> RunSettings:
    """Settings that suit digits: small, never mirrored."""
    return RunSettings(
        arch="unfreeze_nano",
        size=_SIDE,
        augment="basic",
        seed=seed,
        num_workers=num_workers,
    )
