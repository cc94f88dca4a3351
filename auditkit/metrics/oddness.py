"""How odd a sample is beside real ones: what the discriminator says, and a second one that looks at traces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, single_threaded
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
        What the boosted discriminator of the columns or features and a boosted and a linear one of the traces say,
        weighed by a logistic regression out of fold, real rows first; NaN where there are too few rows.
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

    rows = [training_rows(np.flatnonzero(fold != number), is_synthetic, seeds[number]) for number in range(FOLDS)]
    if any(len(np.unique(is_synthetic[train])) < 2 for train in rows):  # noqa: PLR2004 - needs both classes
        return Oddness(np.full(len(fold), np.nan), is_synthetic)

    def boosted(number: int) -> NDArray[np.float64]:
        train = rows[number]
        model = boosted_classifier((), seeds[number]).fit(binnable(traces[train]), is_synthetic[train])
        return positive_probability(model, traces[fold == number])

    def linear(number: int) -> NDArray[np.float64]:
        scaled = _scaled(traces, rows[number])
        model = linear_classifier().fit(scaled[rows[number]], is_synthetic[rows[number]])
        return positive_probability(model, scaled[fold == number])

    logits = [log_odds(discriminator.boosted)]
    asked = [number for number in range(FOLDS) if (fold == number).any()]
    with single_threaded():
        for answers in (run_blocks(boosted, asked), map(linear, asked)):
            found = np.full(len(fold), np.nan)
            for number, answer in zip(asked, answers, strict=True):
                found[fold == number] = log_odds(answer)
            logits.append(found)
        return Oddness(_joined(np.column_stack(logits), is_synthetic, fold), is_synthetic)


def _joined(
    logits: NDArray[np.float64], is_synthetic: NDArray[np.bool_], fold: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Log odds of a logistic regression on the answers to the rows of the other folds; NaN without all answers."""
    found = np.full(len(logits), np.nan)
    if np.isnan(logits).any():
        return found
    answers = np.clip(logits, -_FURTHEST, _FURTHEST)
    for number in range(FOLDS):
        mine = fold == number
        if mine.any():
            model = linear_classifier().fit(answers[~mine], is_synthetic[~mine])
            found[mine] = model.decision_function(answers[mine])
    return found


def _scaled(traces: NDArray[np.float64], train: NDArray[np.intp]) -> NDArray[Any]:
    """Traces in units of their spread about their median, at most 5, 0 where missing."""
    known = np.where(np.isnan(traces[train]).all(axis=0), 0.0, traces[train])
    middle, spread = np.nanmedian(known, axis=0), np.nanstd(known, axis=0)
    scaled = np.clip((traces - middle) / np.where(spread > 0, spread, 1.0), -_FURTHEST, _FURTHEST)
    return np.where(np.isnan(scaled), 0.0, scaled)
