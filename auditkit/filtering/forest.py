"""A discriminator of another family, so that a filter is not judged by what it read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.sides import make_sides
from auditkit.lazy import unmoved_random
from auditkit.metrics.detection import (
    Discriminator,
    binnable,
    grouped_folds,
    load_models,
    pooled_columns,
    told_apart,
)
from auditkit.metrics.out_of_fold import FOLDS, out_of_fold
from auditkit.metrics.records import records_of
from auditkit.results import Estimate

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.features.registry import Embedder
    from auditkit.metrics.side import Side

__all__ = ["FOREST", "forest_areas"]

FOREST = "forest_two_sample"
"""Name of its area among the scores of a rescoring."""

_MOST = 4000
_TREES = 60


def forest_areas(
    real: Dataset, synthetic: Dataset, kept: NDArray[np.bool_], embedder: Embedder, *, seed: int
) -> tuple[Estimate | None, Estimate | None]:
    """Area under the ROC curve of a random forest that tells synthetic from real samples, before and after a filter.

    Parameters
    ----------
    real : Dataset
        Fresh real samples where there are some.
    synthetic : Dataset
    kept : ndarray of bool, shape (n_synthetic,)
    embedder : Embedder
        Fitted; its features are read where samples have no cells.
    seed : int

    Returns
    -------
    before, after : Estimate or None
        With as many synthetic samples in both, at most 4,000; lower is better, 0.5 is chance. None where they are too
        few.
    """
    sides = make_sides({"real": real, "synthetic": synthetic}, embedder)
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1 << 17]))
    n = min(len(real), int(kept.sum()), _MOST)
    fresh = sides["real"].take(np.sort(rng.permutation(len(real))[: min(len(real), _MOST)]))
    draws = [rng.permutation(np.flatnonzero(mask))[:n] for mask in (np.ones(len(kept), dtype=bool), kept)]
    before, after = (_area(fresh, sides["synthetic"].take(np.sort(draw)), rng) for draw in draws)
    return before, after


def _area(real: Side, synthetic: Side, rng: np.random.Generator) -> Estimate | None:
    load_models()
    columns, _ = pooled_columns(real, synthetic)
    is_synthetic = np.arange(len(columns)) >= len(real)
    fold = grouped_folds(np.concatenate(records_of(real, synthetic)), rng)
    seeds = [int(number) for number in rng.integers(2**31, size=FOLDS)]

    told = out_of_fold({FOREST: (columns, _forest)}, fold, is_synthetic, seeds)[FOREST]
    reading = told_apart(Discriminator(told.answers, told.answers, is_synthetic, fold))
    if reading.value is None:
        return None
    low, high = reading.interval if reading.interval is not None else (None, None)
    return Estimate(reading.value, low, high, reading.method, (len(real), len(synthetic)))


def _forest(rows: NDArray[Any], is_synthetic: NDArray[np.bool_], seed: int) -> Any:
    with unmoved_random():
        from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - costs half a second

    model = RandomForestClassifier(n_estimators=_TREES, min_samples_leaf=5, random_state=seed, n_jobs=1)
    return model.fit(binnable(rows), is_synthetic)
