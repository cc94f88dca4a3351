"""What an embedder computes, as a short digest: numbers of two digests do not compare."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

from auditkit.features.registry import StorableEmbedder

if TYPE_CHECKING:
    from auditkit.features.registry import Embedder

__all__ = ["fingerprinted_name"]

_DIGITS = 12


def fingerprinted_name(embedder: Embedder) -> str:
    """Name of a fitted embedder and, behind #, the start of the SHA-256 of what it computes, as every score bears it.

    Of a model file that is the file; of an embedder that can be stored its state, which the training data are part
    of. A user's own function has the name alone.
    """
    if "#" in embedder.name:
        return embedder.name
    if not isinstance(embedder, StorableEmbedder):
        return embedder.name
    state = embedder.state()
    content = hashlib.sha256(json.dumps(dict(state.about), sort_keys=True).encode())
    for name in sorted(state.arrays):
        array = np.ascontiguousarray(state.arrays[name])
        content.update(f"{name} {array.dtype.str} {array.shape}".encode() + array.tobytes())
    return f"{embedder.name}#{content.hexdigest()[:_DIGITS]}"
