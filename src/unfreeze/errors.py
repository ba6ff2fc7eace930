"""Everything this package raises on purpose.

UnfreezeError
├── DataError            the images or labels cannot be used as they are
│   └── ImageError       one image cannot be read
├── PlanError            a setting is out of range, or contradicts another
├── WeightsError         saved weights are damaged, or do not fit this model
├── DivergedError        the loss exploded, or left the finite numbers
└── MissingExtraError    an optional dependency is not installed

Every class takes one finished sentence (what was found, what was expected, what
to do next) and nothing else, so that an error raised in another thread or process
arrives as the same class with the same words.
"""

__all__ = [
    "DataError",
    "DivergedError",
    "ImageError",
    "MissingExtraError",
    "PlanError",
    "UnfreezeError",
    "WeightsError",
]


class UnfreezeError(Exception):
    """Anything this package refuses to do, with the reason as its message."""


class DataError(UnfreezeError):
    """The images or labels cannot be used as they are."""


class ImageError(DataError):
    """One image cannot be read; the message does not repeat its file name."""


class PlanError(UnfreezeError):
    """A setting is out of range, or contradicts another."""


class WeightsError(UnfreezeError):
    """Saved weights are damaged, or do not fit this model."""


class DivergedError(UnfreezeError):
    """The loss exploded; the last good weights are back in place."""


class MissingExtraError(UnfreezeError):
    """An optional dependency is not installed."""
