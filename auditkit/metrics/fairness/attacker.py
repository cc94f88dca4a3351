"""How well a level of an attribute is predicted from the other columns: areas under the ROC curve, out of fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks
from auditkit.metrics.detection import binnable, boosted_classifier, grouped_folds, load_models
from auditkit.metrics.out_of_fold import FOLDS
from auditkit.metrics.ranks import area_under_curve
from auditkit.metrics.records import number_rows

__all__ = ["MAX_ROWS", "MIN_LEVEL", "Area", "Known", "areas_of"]

MAX_ROWS = 20_000
ROUNDS = 40
# Rows of a level in each set: ten in each fold.
MIN_LEVEL = 30


@dataclass(frozen=True, eq=False)
class Known:
    """What the attacker sees of one set, and what it is after.

    Attributes
    ----------
    columns : ndarray of shape (n, p), float64
        NaN is missing; categories are whole numbers.
    categorical : tuple of bool
    target : ndarray of shape (n,), int64
        Level of the attribute.
    """

    columns: NDArray[np.float64]
    categorical: tuple[bool, ...]
    target: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.target)

    def sample(self, size: int, rng: np.random.Generator) -> Known:
        """At most so many rows."""
        if size >= len(self):
            return self
        rows = np.sort(rng.choice(len(self), size, replace=False))
        return Known(self.columns[rows], self.categorical, self.target[rows])


@dataclass(frozen=True)
class Area:
    """Area under the ROC curve with its standard error."""

    value: float
    error: float


def areas_of(known: Known, levels: NDArray[np.int64], rng: np.random.Generator) -> dict[int, Area]:
    """Area of each level against all others, out of fold.

    Parameters
    ----------
    known : Known
    levels : ndarray of int64
        Those that are asked for; rows of other levels are left out.
    rng : numpy.random.Generator

    Returns
    -------
    dict of int to Area
        Without those whose folds lack them. Rows with the same columns share a fold where enough are distinct.

    Notes
    -----
    The error is that of DeLong within folds or that of their spread, whichever is larger; folds that train each other's
    classifiers count as in `classifier_two_sample`.
    """
    load_models()
    kept = np.isin(known.target, levels)
    columns, target = known.columns[kept], known.target[kept]
    fold = _folds(columns, target, rng)
    seeds = [int(seed) for seed in rng.integers(2**31, size=FOLDS)]

    def work(number: int) -> dict[int, tuple[float, float]]:
        train, asked = fold != number, fold == number
        if len(np.unique(target[train])) < 2 or not asked.any():  # noqa: PLR2004 - needs two classes
            return {}
        model = boosted_classifier(known.categorical, seeds[number], rounds=ROUNDS)
        fitted = model.fit(binnable(columns[train]), target[train])
        probability = np.asarray(fitted.predict_proba(binnable(columns[asked])), np.float64)
        return _fold_areas(probability, fitted.classes_, target[asked])

    found = list(run_blocks(work, range(FOLDS)))
    told = {}
    for level in levels.tolist():
        folds = [item[level] for item in found if level in item]
        if len(folds) == FOLDS:
            told[level] = _joined(np.array(folds))
    return told


def _folds(columns: NDArray[np.float64], target: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Fold of each row; rows that look alike to the attacker share one, unless a level has too few different ones.

    The attribute itself has no say: told apart by it, alike rows of one level would all be held out while those of
    the other are learned from, and the attacker would learn the opposite.
    """
    # Rows by the places of their cells among the values of a column, where missing is one, too.
    places = [np.unique(column, return_inverse=True)[1] for column in columns.T]
    (records,) = number_rows(np.column_stack(places).astype(np.float64))
    if all(len(np.unique(records[target == level])) >= MIN_LEVEL for level in np.unique(target)):
        return grouped_folds(records, rng)
    fold = np.empty(len(target), np.int64)
    for level in np.unique(target):
        rows = rng.permutation(np.flatnonzero(target == level))
        fold[rows] = np.arange(len(rows)) % FOLDS
    return fold


def _fold_areas(
    probability: NDArray[np.float64], classes: NDArray[Any], target: NDArray[np.int64]
) -> dict[int, tuple[float, float]]:
    areas = {}
    for place, level in enumerate(classes.tolist()):
        found = area_under_curve(probability[:, place], target == level)
        if found is not None:
            areas[int(level)] = found
    return areas


def _joined(folds: NDArray[np.float64]) -> Area:
    areas, errors = folds.T
    within = float(np.sqrt((1 / FOLDS + 1 / (FOLDS - 1)) * (errors**2).mean()))
    return Area(float(areas.mean()), max(within, float(areas.std(ddof=1)) / FOLDS**0.5))
