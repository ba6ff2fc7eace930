"""Optional dependencies: imported by the function that needs them, or explained."""

import importlib
from types import ModuleType

from unfreeze.errors import MissingExtraError

__all__ = ["need"]


def need(module: str, *, extra: str) -> ModuleType:
    """Import an optional dependency.

    Args:
        module: What to import, dots allowed.
        extra: The name of the extra in ``pip install '.[extra]'``.

    Raises:
        MissingExtraError: If the package is not installed. A package that is
            installed but fails to import raises its own error.

    Example:
        >>> need("json", extra="none").dumps([1])
        '[1]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise  # installed, but broken: that is another problem
        raise MissingExtraError(
            f"This step needs {module!r}, which is not installed. "
            f"Run in the checkout of unfreeze: pip install '.[{extra}]'"
        ) from error
