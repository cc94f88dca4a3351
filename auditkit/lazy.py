"""Names of a package that are imported on first use, so that importing the package costs nothing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The functions `__getattr__` and `__dir__` of a package; what it lists is its `__all__`.

    Parameters
    ----------
    package : str
        Its `__name__`.
    homes : mapping of str to str
        Public name to the module below the package that holds it; a name whose home is empty is a module itself.

    Returns
    -------
    tuple of (callable, callable)

    Raises
    ------
    AttributeError
        By `__getattr__`, for a name that the package does not have.

    Examples
    --------
    >>> getattribute, names = lazy_names("auditkit", {"Score": "results", "metrics": ""})
    >>> getattribute("Score").__module__, getattribute("metrics").__name__, "Score" in names()
    ('auditkit.results', 'auditkit.metrics', True)
    """

    def getattribute(name: str) -> Any:
        if name not in homes:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        if not homes[name]:
            return importlib.import_module(f"{package}.{name}")
        return getattr(importlib.import_module(f"{package}.{homes[name]}"), name)

    return getattribute, lambda: sorted(sys.modules[package].__all__)
