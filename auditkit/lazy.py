"""Imports on first use: names of a package, so that importing it costs nothing, and libraries that draw at import."""

from __future__ import annotations

import contextlib
import importlib
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["lazy_names", "unmoved_random"]


@contextlib.contextmanager
def unmoved_random() -> Iterator[None]:
    """Put Python's global random state back after an import: scikit-learn loads rich, which draws when loaded.

    Examples
    --------
    >>> before = random.getstate()
    >>> with unmoved_random():
    ...     _ = random.random()
    >>> random.getstate() == before
    True
    """
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


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
