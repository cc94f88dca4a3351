"""How odd a sample is beside real ones: what the discriminator says, and a second one that looks at traces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import single_threaded
from auditkit.metrics.detection import (
    Discriminator,
    binnable,
    boosted_classifier,
    fit_linear,
    known_levels,
    load_models,
    log_odds,
    pooled_columns,
)
from auditkit.metrics.out_of_fold import FOLDS, out_of_fold
from auditkit.metrics.products import Side, product
from auditkit.metrics.records import records_of
from auditkit.metrics.traces import traces_of

__all__ = ["Oddness"]

_FURTHEST = 5.0
_FOLDING = 1 << 19


@dataclass(frozen=True, eq=False)
class Oddness:
    """Out-of-fold log odds that a row is synthetic, by its columns and by its traces.

    Attributes
    ----------
    log_odds : ndarray of shape (n + m,)
        What the boosted discriminator of the columns or features and a boosted and a linear one of the traces say,
        weighed by a logistic regression out of fold, real rows first; NaN where there are too few rows.
    synthetic : ndarray of shape (n + m,), bool
    ask : callable
        Log odds of the rows of another side, which no classifier has seen. Real rows stand in the traces of those that
        the classifiers learnt from, synthetic ones do not, so that of few samples a real one looks less odd than a
        synthetic one of the same distribution. What fresh real rows show is asked of rows that no fold has seen.
    """

    log_odds: NDArray[np.float64]
    synthetic: NDArray[np.bool_]
    ask: Callable[[Side], NDArray[np.float64]]


@product(sides=("real", "synthetic"))
def oddness(real: Side, synthetic: Side, discriminator: Discriminator, *, rng: np.random.Generator) -> Oddness:
    """Train classifiers of the traces out of fold and ask them beside the discriminator."""
    load_models()
    fold, is_synthetic = discriminator.fold, discriminator.synthetic
    traces = traces_of(real, synthetic, fold)
    seeds = [int(seed) for seed in rng.integers(2**31, size=FOLDS)]
    _, categorical = pooled_columns(real, synthetic)
    columns, features = discriminator.told["boosted"], discriminator.told["linear"]

    def folds_of(fresh: Side) -> NDArray[np.int64]:
        """Folds of other rows, at random; one that equals a row of a fold is put there, as its twins are."""
        records = records_of(real, synthetic, fresh)
        known, first = np.unique(np.concatenate(records[:2]), return_index=True)
        place = np.minimum(np.searchsorted(known, records[2]), len(known) - 1)
        dealt = np.random.default_rng([seeds[0], _FOLDING]).permutation(len(fresh)) % FOLDS
        return np.where(known[place] == records[2], fold[first[place]], dealt).astype(np.int64)

    def seen(fresh: Side, own: NDArray[np.int64]) -> NDArray[np.float64]:
        return log_odds(columns.ask(known_levels(pooled_columns(fresh)[0], categorical), own))

    if not traces.shape[1]:

        def plain(fresh: Side) -> NDArray[np.float64]:
            own = folds_of(fresh)
            return np.asarray((seen(fresh, own) + log_odds(features.ask(fresh.features, own))) / 2, np.float64)

        logits = [log_odds(answers) for answers in (discriminator.boosted, discriminator.linear)]
        return Oddness(np.mean(logits, axis=0), is_synthetic, plain)

    with single_threaded():
        told = [
            out_of_fold({"traces": (traces, fit)}, fold, is_synthetic, seeds)["traces"] for fit in (_boosted, _linear)
        ]
        logits = [log_odds(discriminator.boosted), *(log_odds(item.answers) for item in told)]
        joined, weighing = _joined(np.column_stack(logits), is_synthetic, fold)

    def ask(fresh: Side) -> NDArray[np.float64]:
        own = folds_of(fresh)
        theirs = traces_of(real, fresh, np.concatenate([fold[~is_synthetic], own]))[len(real) :]
        with single_threaded():
            logits = [seen(fresh, own), *(log_odds(item.ask(theirs, own)) for item in told)]
            return _weighed(np.column_stack(logits), own, weighing)

    return Oddness(joined, is_synthetic, ask)


def _boosted(traces: NDArray[np.float64], is_synthetic: NDArray[np.bool_], seed: int) -> Any:
    return boosted_classifier((), seed).fit(binnable(traces), is_synthetic)


def _linear(traces: NDArray[np.float64], is_synthetic: NDArray[np.bool_], _: int) -> Any:
    scaling = _Scaled.of(traces)
    return _Scaled(scaling.middle, scaling.spread, fit_linear(scaling.scaled(traces), is_synthetic))


@dataclass(frozen=True, eq=False)
class _Scaled:
    """A linear classifier of traces in units of their spread about their median, at most 5, 0 where missing."""

    middle: NDArray[np.float64]
    spread: NDArray[np.float64]
    model: Any = None

    @classmethod
    def of(cls, traces: NDArray[np.float64]) -> _Scaled:
        known = np.where(np.isnan(traces).all(axis=0), 0.0, traces)
        return cls(np.nanmedian(known, axis=0), np.nanstd(known, axis=0))

    def scaled(self, traces: NDArray[np.float64]) -> NDArray[np.float64]:
        units = np.clip((traces - self.middle) / np.where(self.spread > 0, self.spread, 1.0), -_FURTHEST, _FURTHEST)
        return np.where(np.isnan(units), 0.0, units)

    def predict_proba(self, traces: NDArray[np.float64]) -> Any:
        return self.model.predict_proba(self.scaled(traces))


def _joined(
    logits: NDArray[np.float64], is_synthetic: NDArray[np.bool_], fold: NDArray[np.int64]
) -> tuple[NDArray[np.float64], tuple[Any, ...]]:
    """Log odds of a logistic regression on the answers to the rows of the other folds; NaN without all answers."""
    if np.isnan(logits).any():
        return np.full(len(logits), np.nan), (None,) * FOLDS
    answers = np.clip(logits, -_FURTHEST, _FURTHEST)
    others = [fold != number for number in range(FOLDS)]
    models = tuple(fit_linear(answers[rows], is_synthetic[rows]) for rows in others)
    return _weighed(logits, fold, models), models


def _weighed(logits: NDArray[np.float64], fold: NDArray[np.int64], models: tuple[Any, ...]) -> NDArray[np.float64]:
    found = np.full(len(logits), np.nan)
    answers = np.clip(logits, -_FURTHEST, _FURTHEST)
    for number, model in enumerate(models):
        mine = fold == number
        if model is not None and mine.any():
            found[mine] = model.decision_function(answers[mine])
    return found
