"""How odd a sample is beside real ones: what the discriminator says, and a second one that looks at traces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks
from auditkit.metrics.detection import (
    FOLDS,
    Discriminator,
    binnable,
    boosted_classifier,
    linear_classifier,
    load_models,
    log_odds,
    positive_probability,
    training_rows,
)
from auditkit.metrics.products import Side, product
from auditkit.metrics.traces import traces_of

__all__ = ["Oddness"]

_FURTHEST = 5.0


@dataclass(frozen=True, eq=False)
class Oddness:
    """Out-of-fold log odds that a row is synthetic, by its columns and by its traces.

    Attributes
    ----------
    log_odds : ndarray of shape (n + m,)
        Mean over the boosted discriminator of the columns or features and a boosted and a linear one of the traces,
        real rows first; NaN where there are too few rows.
    synthetic : ndarray of shape (n + m,), bool
    """

    log_odds: NDArray[np.float64]
    synthetic: NDArray[np.bool_]


@product(sides=("real", "synthetic"))
def oddness(real: Side, synthetic: Side, discriminator: Discriminator, *, rng: np.random.Generator) -> Oddness:
    """Train classifiers of the traces out of fold and ask them beside the discriminator."""
    load_models()
    fold, is_synthetic = discriminator.fold, discriminator.synthetic
    traces = traces_of(real, synthetic, fold)
    if not traces.shape[1]:
        logits = [log_odds(answers) for answers in (discriminator.boosted, discriminator.linear)]
        return Oddness(np.mean(logits, axis=0), is_synthetic)
    seeds = [int(seed) for seed in rng.integers(2**31, size=FOLDS)]

    def work(job: tuple[int, str]) -> NDArray[np.float64]:
        number, kind = job
        train = training_rows(np.flatnonzero(fold != number), is_synthetic, seeds[number])
        asked = fold == number
        if len(np.unique(is_synthetic[train])) < 2 or not asked.any():  # noqa: PLR2004 - needs both classes
            return np.full(int(asked.sum()), np.nan)
        if kind == "boosted":
            model = boosted_classifier((), seeds[number]).fit(binnable(traces[train]), is_synthetic[train])
            return positive_probability(model, traces[asked])
        scaled = _scaled(traces, train)
        return positive_probability(linear_classifier().fit(scaled[train], is_synthetic[train]), scaled[asked])

    jobs = [(number, kind) for number in range(FOLDS) for kind in ("boosted", "linear")]
    answers = {kind: np.full(len(fold), np.nan) for kind in ("boosted", "linear")}
    for (number, kind), answer in zip(jobs, run_blocks(work, jobs), strict=True):
        answers[kind][fold == number] = answer
    logits = [log_odds(item) for item in (discriminator.boosted, answers["boosted"], answers["linear"])]
    return Oddness(np.mean(logits, axis=0), is_synthetic)


def _scaled(traces: NDArray[np.float64], train: NDArray[np.intp]) -> NDArray[Any]:
    """Traces in units of their spread about their median, at most 5, 0 where missing."""
    known = np.where(np.isnan(traces[train]).all(axis=0), 0.0, traces[train])
    middle, spread = np.nanmedian(known, axis=0), np.nanstd(known, axis=0)
    scaled = np.clip((traces - middle) / np.where(spread > 0, spread, 1.0), -_FURTHEST, _FURTHEST)
    return np.where(np.isnan(scaled), 0.0, scaled)
