"""Embedders: samples into feature vectors, fitted on the training data only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit.features.registry import (
        Embedder,
        EmbedderState,
        StorableEmbedder,
        create_embedder,
        default_embedder,
        embedder_names,
        restore_embedder,
    )

__all__ = [
    "Embedder",
    "EmbedderState",
    "StorableEmbedder",
    "create_embedder",
    "default_embedder",
    "embedder_names",
    "restore_embedder",
]

_HOMES = dict.fromkeys(__all__, "registry")

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
