"""Where rates per group come from: counted cells, or sums over rows; each can be resampled and dealt out anew.

The state of a source is an array whose axes end with the groups and what is kept of each, so that the value, its
resamples and its null go through the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.fairness.confusion import (
    Array,
    dealt_cells,
    rates_of,
    ratio_of,
    resampled_cells,
    supports_of,
)
from auditkit.metrics.fairness.value_codes import Codes

__all__ = ["CellSource", "Rates", "RowSource", "Source", "State", "amounts", "calibrations"]

Rates = dict[str, Array]
State = NDArray[np.number]
_AT_ONCE = 4_000_000
_MOST_DRAWS = 50_000_000
_FEWEST = 100
_STRATA = 10


class Source(Protocol):
    """What gaps are read from."""

    @property
    def observed(self) -> State:
        """State of the units as they are."""

    def rates(self, state: State) -> Rates:
        """By name, of shape (..., n_groups, classes); NaN where undefined or over too few units."""

    def overall(self, state: State) -> Rates:
        """The same of all units together, of shape (..., 1, classes)."""

    def supports(self) -> Rates:
        """Units behind each rate as observed, of shape (n_groups, classes)."""

    def resampled(self, n_resamples: int, rng: np.random.Generator) -> Iterator[State]:
        """States of resamples of the rows with replacement."""

    def dealt(self, n_resamples: int, rng: np.random.Generator, *, within_truth: bool) -> Iterator[State]:
        """States after dealing the groups out anew."""


@dataclass(frozen=True, eq=False)
class CellSource:
    """Rates of classes from counted cells.

    Attributes
    ----------
    observed : ndarray of int64, shape (n_groups, k, k)
    asked : tuple of int
    min_support : int
    """

    observed: NDArray[np.int64]
    asked: tuple[int, ...]
    min_support: int

    def rates(self, state: State) -> Rates:
        """See `Source`."""
        return rates_of(state, self.asked, min_support=self.min_support)

    def overall(self, state: State) -> Rates:
        """See `Source`."""
        return rates_of(state.sum(axis=-3, keepdims=True), self.asked)

    def supports(self) -> Rates:
        """See `Source`."""
        return supports_of(self.observed, self.asked)

    def resampled(self, n_resamples: int, rng: np.random.Generator) -> Iterator[State]:
        """Multinomial draws of the cells."""
        return resampled_cells(self.observed, n_resamples, rng)

    def dealt(self, n_resamples: int, rng: np.random.Generator, *, within_truth: bool) -> Iterator[State]:
        """Hypergeometric draws of the cells."""
        return dealt_cells(self.observed, n_resamples, rng, within_truth=within_truth)


@dataclass(frozen=True, eq=False)
class RowSource:
    """Rates from sums over the rows of each group.

    Attributes
    ----------
    values : ndarray of shape (n, s)
        What is summed; the first column is 1.
    codes : ndarray of intp, shape (n,)
        Groups.
    n_groups : int
    strata : ndarray of intp, shape (n,)
        Within which groups are dealt out, where the truth is to stay.
    read : callable
        Sums of shape (..., n_groups, s) to rates of shape (..., n_groups).
    min_support : int
    """

    values: Array
    codes: Codes
    n_groups: int
    strata: Codes
    read: Callable[[Array], Mapping[str, Array]]
    min_support: int

    @property
    def observed(self) -> Array:
        """Sums of the rows as they are."""
        rows = np.arange(len(self.codes))[None]
        found: Array = self._sums(rows, self.codes)[0]
        return found

    def rates(self, state: State) -> Rates:
        """See `Source`."""
        few = state[..., 0] < self.min_support
        return {name: np.where(few, np.nan, found)[..., None] for name, found in self.read(_floats(state)).items()}

    def overall(self, state: State) -> Rates:
        """See `Source`."""
        return {name: found[..., None] for name, found in self.read(_floats(state.sum(axis=-2, keepdims=True))).items()}

    def supports(self) -> Rates:
        """See `Source`."""
        counts = self.observed[:, :1]
        return dict.fromkeys(self.read(self.observed), counts)

    def resampled(self, n_resamples: int, rng: np.random.Generator) -> Iterator[State]:
        """Rows drawn with replacement; fewer resamples than asked where rows are many."""
        n = len(self.codes)
        for size in _pieces(n_resamples, n):
            rows = rng.integers(0, n, (size, n))
            yield self._sums(rows, self.codes[rows])

    def dealt(self, n_resamples: int, rng: np.random.Generator, *, within_truth: bool) -> Iterator[State]:
        """Groups permuted within strata, or among all rows."""
        n = len(self.codes)
        strata = self.strata if within_truth else np.zeros(n, dtype=np.intp)
        codes = self.codes[np.argsort(strata, kind="stable")]
        for size in _pieces(n_resamples, n):
            rows = np.argsort(strata + rng.random((size, n)), axis=1)
            yield self._sums(rows, codes)

    def _sums(self, rows: NDArray[np.intp], codes: Codes) -> Array:
        """Sums per table of rows and group."""
        place = (np.arange(len(rows))[:, None] * self.n_groups + codes).reshape(-1)
        size = len(rows) * self.n_groups
        sums = [np.bincount(place, column[rows].reshape(-1), size) for column in self.values.T]
        return _floats(np.stack(sums, axis=-1)).reshape(len(rows), self.n_groups, -1)


def amounts(truth: Array, predicted: Array, codes: Codes, n_groups: int, *, min_support: int) -> RowSource:
    """Mean prediction, mean absolute error and R2 of each group.

    Groups are dealt out within tenths of the truth.
    """
    # Centred first: sums of squares far from zero would cancel.
    centre = float(truth.mean())
    error = predicted - truth
    centred = truth - centre
    values = np.stack([np.ones(len(truth)), predicted, np.abs(error), error**2, centred, centred**2], axis=1)

    def read(sums: Array) -> Mapping[str, Array]:
        n = sums[..., 0]
        spread = sums[..., 5] - np.where(n > 0, sums[..., 4] ** 2 / np.maximum(n, 1), 0.0)
        spread = np.where(spread > np.finfo(np.float64).eps * np.maximum(sums[..., 5], 1e-300) * 8, spread, 0.0)
        return {
            "mean_prediction": ratio_of(sums[..., 1], n),
            "mae": ratio_of(sums[..., 2], n),
            "r2": 1.0 - ratio_of(sums[..., 3], spread),
        }

    return RowSource(values, codes, n_groups, _tenths(truth), read, min_support)


def calibrations(
    positive: NDArray[np.bool_], probability: Array, codes: Codes, n_groups: int, *, min_support: int
) -> RowSource:
    """Mean probability less the share of positives in each group.

    Groups are dealt out within tenths of the probability: a calibrated score says all that the group says.
    """
    values = np.stack([np.ones(len(positive)), probability - positive], axis=1)

    def read(sums: Array) -> Mapping[str, Array]:
        return {"calibration_error": ratio_of(sums[..., 1], sums[..., 0])}

    return RowSource(values, codes, n_groups, _tenths(probability), read, min_support)


def _floats(values: NDArray[np.number]) -> Array:
    return np.asarray(values, dtype=np.float64)


def _tenths(values: Array) -> Codes:
    edges = np.quantile(values, np.arange(1, _STRATA) / _STRATA)
    return np.searchsorted(edges, values, side="right").astype(np.intp)


def _pieces(n_resamples: int, n: int) -> Iterator[int]:
    total = min(n_resamples, max(_FEWEST, _MOST_DRAWS // n))
    size = max(1, _AT_ONCE // n)
    for start in range(0, total, size):
        yield min(size, total - start)
