"""Features kept on disk by content, where the user says so: costly embedders see the same set only once."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit import store

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.features.registry import Embedder

__all__ = ["VARIABLE", "features_of"]

VARIABLE = "AUDITKIT_CACHE"


def features_of(embedder: Embedder, dataset: Dataset) -> NDArray[np.floating[Any]]:
    """Features of a set, from the folder of the variable `AUDITKIT_CACHE` where they lie there.

    Only embedders that say `costly = True` and have a `fingerprint` of what they compute are kept, under the SHA-256
    of the fingerprint, the embedder's name and the content of the set. Without the variable nothing is written: the
    features of real records are as private as the records.

    Parameters
    ----------
    embedder : Embedder
        Fitted.
    dataset : Dataset

    Returns
    -------
    ndarray of shape (n_units, d)
    """
    folder, fingerprint = os.environ.get(VARIABLE, ""), getattr(embedder, "fingerprint", "")
    if not folder or not fingerprint or not getattr(embedder, "costly", False):
        return embedder.transform(dataset)
    key = hashlib.sha256(f"{fingerprint}\n{embedder.name}\n{dataset.hash}".encode()).hexdigest()
    path = Path(folder) / f"{key}.npy"
    kept = _read(path, len(dataset))
    if kept is not None:
        return kept
    made = embedder.transform(dataset)
    content = io.BytesIO()
    np.lib.format.write_array(content, made, allow_pickle=False)
    store.write_bytes(path, content.getvalue())
    return made


def _read(path: Path, n: int) -> NDArray[np.floating[Any]] | None:
    """Features of a file; None where there is none, or it holds something else."""
    try:
        kept: NDArray[np.floating[Any]] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return kept if kept.ndim == 2 and len(kept) == n and kept.dtype.kind == "f" else None  # noqa: PLR2004 - rows
