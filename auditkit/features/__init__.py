"""Embedders: samples into feature vectors, fitted on the training data only."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.features.registry import Embedder, create_embedder, default_embedder, embedder_names

__all__ = ["Embedder", "create_embedder", "default_embedder", "embedder_names"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module("auditkit.features.registry"), name)


def __dir__() -> list[str]:
    return __all__
