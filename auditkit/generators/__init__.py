"""Generators: models that are fitted on real data and give synthetic units with the same schema."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if __name__ == "generators":  # the link at the top of the checkout is for reading, not for importing
    message = "import auditkit.generators, not the bare name 'generators'"
    raise ImportError(message)

if TYPE_CHECKING:
    from auditkit.generators.interface import (
        Budget,
        FitReport,
        Generator,
        GeneratorInfo,
        NotFittedError,
        Shortfall,
        ShortfallWarning,
    )
    from auditkit.generators.registry import create, default, describe, entries, load, names

__all__ = [
    "Budget",
    "FitReport",
    "Generator",
    "GeneratorInfo",
    "NotFittedError",
    "Shortfall",
    "ShortfallWarning",
    "create",
    "default",
    "describe",
    "entries",
    "load",
    "names",
]

_REGISTRY = {"create", "default", "describe", "entries", "load", "names"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = "registry" if name in _REGISTRY else "interface"
    return getattr(importlib.import_module(f"auditkit.generators.{module}"), name)


def __dir__() -> list[str]:
    return __all__
