"""Classifiers that are asked only about rows of a fold that they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, single_threaded

__all__ = ["FOLDS", "MAX_TRAINING_ROWS", "OutOfFold", "out_of_fold", "positive_probability"]

FOLDS = 3
MAX_TRAINING_ROWS = 10_000

Fit = Callable[[NDArray[Any], NDArray[np.bool_], int], Any]
"""Trains a classifier on some rows, whether each is synthetic, and a seed."""


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """What classifiers of one kind say, each of the fold that it has not seen.

    Attributes
    ----------
    answers : ndarray of shape (n,)
        Probability of being synthetic; NaN in folds whose classifier had rows of one set only.
    models : tuple of classifier or None
        One per fold.
    """

    answers: NDArray[np.float64]
    models: tuple[Any, ...]

    def ask(self, rows: NDArray[Any], fold: NDArray[np.int64]) -> NDArray[np.float64]:
        """What the classifiers say of other rows, each of the rows that are put into its fold."""
        found = np.full(len(rows), np.nan)
        with single_threaded():  # OpenMP waits for its threads at each tree, for long where the cores are taken
            for number, model in enumerate(self.models):
                if model is not None and (fold == number).any():
                    found[fold == number] = positive_probability(model, rows[fold == number])
        return found


def out_of_fold(
    kinds: Mapping[str, tuple[NDArray[Any], Fit]],
    fold: NDArray[np.int64],
    is_synthetic: NDArray[np.bool_],
    seeds: list[int],
) -> dict[str, OutOfFold]:
    """Train classifiers of some kinds on the rows outside each fold, at most 10,000 of each set, and ask them about it.

    Parameters
    ----------
    kinds : mapping of name to rows and how to train on them
    fold : ndarray of shape (n,), int64
    is_synthetic : ndarray of shape (n,), bool
    seeds : list of int
        One per fold.
    """
    train = [training_rows(np.flatnonzero(fold != number), is_synthetic, seeds[number]) for number in range(FOLDS)]

    def work(job: tuple[int, str]) -> Any:
        number, name = job
        rows, fit = kinds[name]
        chosen = train[number]
        if len(np.unique(is_synthetic[chosen])) < 2:  # noqa: PLR2004 - needs both classes
            return None
        return fit(rows[chosen], is_synthetic[chosen], seeds[number])

    jobs = [(number, name) for number in range(FOLDS) for name in kinds]
    models = dict(zip(jobs, run_blocks(work, jobs), strict=True))
    found = {}
    for name, (rows, _) in kinds.items():
        mine = OutOfFold(np.empty(0), tuple(models[number, name] for number in range(FOLDS)))
        found[name] = OutOfFold(mine.ask(rows, fold), mine.models)
    return found


def training_rows(rows: NDArray[np.intp], is_synthetic: NDArray[np.bool_], seed: int) -> NDArray[np.intp]:
    """At most `MAX_TRAINING_ROWS` of each set."""
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(rows[is_synthetic[rows] == side])[:MAX_TRAINING_ROWS] for side in (False, True)]
    return np.sort(np.concatenate(chosen))


def positive_probability(model: Any, rows: NDArray[Any]) -> NDArray[np.float64]:
    """Probability of the class True."""
    return np.asarray(model.predict_proba(rows)[:, 1], np.float64)
