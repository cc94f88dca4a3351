"""Texts, recordings and series as models see them: features of their default embedder, fitted on the real set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from auditkit.ablation.designs import Features
from auditkit.features import create_embedder

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["embedded_sets"]

_WORDS = {"text": "texts", "audio": "recordings", "series": "series"}


def embedded_sets(sets: Mapping[str, Dataset], real: Dataset) -> tuple[dict[str, Features], list[str]]:
    """Features of every set, and a sentence that names the embedder.

    Parameters
    ----------
    sets : mapping of str to Dataset
    real : Dataset
        The real training set; the embedder learns from it and from nothing else, in every arm alike.

    Returns
    -------
    features : dict of str to Features
    notes : list of str
    """
    embedder = create_embedder(modality=real.modality).fit(real, seed=0)
    found = {name: np.asarray(embedder.transform(dataset), dtype=np.float64) for name, dataset in sets.items()}
    features = {
        name: Features(values, np.zeros(values.shape[1], dtype=bool), embedder=embedder.name)
        for name, values in found.items()
    }
    note = f"the models see {_WORDS[real.modality]} as features of the embedder {embedder.name!r}."
    return features, [note]
