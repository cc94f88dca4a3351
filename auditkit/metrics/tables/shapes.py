"""How like two distributions of one column are: the logic, on sorted values and on counts of levels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.errors import UndefinedError
from auditkit.metrics.tables.pair_tiles import largest_gap, value_distance

__all__ = [
    "LARGE",
    "UNIT",
    "Levels",
    "Ordered",
    "Statistic",
    "boundary_share",
    "distribution_similarity",
    "known_share",
    "level_coverage",
    "levels_of",
    "missing_similarity",
    "ordered_of",
    "peer_distribution_similarity",
    "peer_variation_similarity",
    "range_share",
    "rare_loss",
    "statistic_score",
    "value_similarity",
    "variation_similarity",
]

Statistic = Literal["mean", "median", "std"]

LARGE, UNIT = 1e150, 2.0**-600
"""Numbers whose squares may leave float64, and the unit in which they do not."""
_WRAPS = 2.0**62
_PEER_DECIMALS = 14
_PEER_COUNT = 1e-6
"""What sdmetrics counts a level as that the real column lacks."""


@dataclass(frozen=True, eq=False)
class Ordered:
    """A column of numbers or moments.

    Attributes
    ----------
    values : ndarray of shape (r,), float64 or int64
        The present ones, sorted.
    n : int
        Rows, those without a value among them.
    """

    values: NDArray[Any]
    n: int

    @property
    def n_missing(self) -> int:
        """Rows without a value."""
        return self.n - len(self.values)

    @property
    def spread(self) -> float:
        """Largest less smallest value; 0 where there is none."""
        return _difference(self.values[-1], self.values[0]) if len(self.values) else 0.0


@dataclass(frozen=True, eq=False)
class Levels:
    """A column of categories.

    Attributes
    ----------
    counts : ndarray of shape (n_levels + 1,), int64
        Rows per code, the missing ones first; as long in all sets.
    known : int
        Levels that the first set has: the first so many.
    """

    counts: NDArray[np.int64]
    known: int

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.counts.sum())

    @property
    def n_missing(self) -> int:
        """Rows without a level."""
        return int(self.counts[0])


def ordered_of(cells: Cells, place: int) -> Ordered:
    """Sorted values of a column of numbers or moments."""
    absent = cells.missing[place]
    values = cells.values[place]
    return Ordered(np.sort(values if absent is None else values[~absent]), len(cells))


def levels_of(cells: Cells, place: int) -> Levels:
    """Counts of a column of categories."""
    column = cells.columns[place]
    return Levels(np.bincount(cells.values[place], minlength=len(column.levels) + 1), column.known)


def missing_similarity(real: Ordered | Levels, synthetic: Ordered | Levels) -> float:
    """One less the difference of the shares of missing cells."""
    return 1.0 - abs(real.n_missing / real.n - synthetic.n_missing / synthetic.n)


def distribution_similarity(real: Ordered, synthetic: Ordered) -> float:
    """One less the largest gap between the shares of rows below or above any value; a missing cell is neither."""
    above, below = largest_gap(real.values, synthetic.values, real.n, synthetic.n)
    present = len(real.values) / real.n - len(synthetic.values) / synthetic.n
    return 1.0 - max(above, below, above - present, below + present)


def peer_distribution_similarity(real: Ordered, synthetic: Ordered) -> float:
    """The same as sdmetrics has it: of present cells only, rounded to 14 decimals."""
    if not len(real.values) or not len(synthetic.values):
        raise UndefinedError("a set has no present value")
    a, b = _rounded(real.values), _rounded(synthetic.values)
    return 1.0 - max(largest_gap(a, b, len(a), len(b)))


def _rounded(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype != np.float64 or np.array_equal(values, np.rint(values)):
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        return np.round(values, _PEER_DECIMALS)


def variation_similarity(real: Levels, synthetic: Levels) -> float:
    """One less the total variation distance of the levels, missing being one of them."""
    return max(1.0 - float(np.abs(real.counts / real.n - synthetic.counts / synthetic.n).sum()) / 2.0, 0.0)


def peer_variation_similarity(real: Levels, synthetic: Levels) -> float:
    """The same as sdmetrics has it: of present cells only, an unseen level having been seen 1e-6 times."""
    a, b = real.counts[1:].astype(np.float64), synthetic.counts[1:]
    if not a.any() or not b.any():
        raise UndefinedError("a set has no present value")
    a[(a == 0) & (b > 0)] = _PEER_COUNT
    return 1.0 - float(np.abs(a / a.sum() - b / b.sum()).sum()) / 2.0


def value_similarity(real: Ordered, synthetic: Ordered) -> float:
    """One less the Wasserstein-1 distance of present values over the real range, at least 0."""
    _check_range(real)
    _check_present(synthetic)
    real, synthetic = _within_floats(real, synthetic)
    return max(0.0, 1.0 - value_distance(real.values, synthetic.values) / real.spread)


def statistic_score(real: Ordered, synthetic: Ordered, statistic: Statistic) -> float:
    """One less the difference of a statistic over the real range, at least 0."""
    _check_range(real)
    _check_present(synthetic)
    real, synthetic = _within_floats(real, synthetic)
    if statistic == "std" and min(len(real.values), len(synthetic.values)) < 2:  # noqa: PLR2004 - a spread needs two
        raise UndefinedError("a set has one value, and a spread needs two")
    found = [_statistic(side.values, statistic, real.values[0]) for side in (real, synthetic)]
    return max(0.0, 1.0 - abs(found[0] - found[1]) / real.spread)


def _statistic(values: NDArray[Any], statistic: Statistic, origin: Any) -> float:
    shifted = (values - origin).astype(np.float64)
    if statistic == "mean":
        return float(shifted.mean())
    return float(np.median(shifted)) if statistic == "median" else float(shifted.std(ddof=1))


def boundary_share(real: Ordered, synthetic: Ordered) -> float:
    """Share of synthetic cells within the real bounds; a missing one is outside unless the real column has some."""
    _check_present(real, "real")
    judged = len(synthetic.values) if real.n_missing else synthetic.n
    if not judged:
        raise UndefinedError("the synthetic column has no present value")
    low = np.searchsorted(synthetic.values, real.values[0])
    high = np.searchsorted(synthetic.values, real.values[-1], side="right")
    return float(high - low) / judged


def range_share(real: Ordered, synthetic: Ordered) -> float:
    """Share of the real range between the smallest and the largest synthetic value."""
    _check_range(real)
    _check_present(synthetic)
    real, synthetic = _within_floats(real, synthetic)
    low = max(_difference(synthetic.values[0], real.values[0]), 0.0)
    high = max(_difference(real.values[-1], synthetic.values[-1]), 0.0)
    return max(0.0, 1.0 - low / real.spread - high / real.spread)


def level_coverage(real: Levels, synthetic: Levels) -> float:
    """Share of the real levels that the synthetic column has."""
    has = real.counts[1:] > 0
    if not has.any():
        raise UndefinedError("the real column has no level")
    return float((synthetic.counts[1:] > 0)[has].mean())


def known_share(real: Levels, synthetic: Levels) -> float:
    """Share of synthetic cells whose level the real column has; a missing one counts if the real column has some."""
    valid = int(synthetic.counts[1:][real.counts[1:] > 0].sum())
    return (valid + (synthetic.n_missing if real.n_missing else 0)) / synthetic.n


def rare_loss(real: Levels, synthetic: Levels, rare: float) -> float:
    """Share of the real levels held by at most this share of the real rows that the synthetic column lacks."""
    counts = real.counts[1:]
    which = (counts > 0) & (counts <= rare * real.n)
    if not which.any():
        raise UndefinedError(f"no real level is held by {rare:g} of the rows or fewer")
    return float((synthetic.counts[1:][which] == 0).mean())


def _within_floats(real: Ordered, synthetic: Ordered) -> tuple[Ordered, Ordered]:
    """Both in units of a power of two where squares of differences would leave float64; shares stay as they are.

    Integers whose differences 64 bits do not hold become floats.
    """
    ends = [side.values[place] for side in (real, synthetic) for place in (0, -1)]
    if real.values.dtype.kind == "i" and _difference(max(ends), min(ends)) >= _WRAPS:
        real, synthetic = (replace(side, values=side.values.astype(np.float64)) for side in (real, synthetic))
    if max(abs(float(end)) for end in ends) < LARGE:
        return real, synthetic
    return replace(real, values=real.values * UNIT), replace(synthetic, values=synthetic.values * UNIT)


def _difference(one: Any, other: Any) -> float:
    """One number less another; of integers exact before it is a float."""
    if isinstance(one, np.integer) and isinstance(other, np.integer):
        return float(int(one) - int(other))
    return float(one) - float(other)


def _check_range(real: Ordered) -> None:
    _check_present(real, "real")
    if real.values[0] == real.values[-1]:
        raise UndefinedError("the real column is constant")


def _check_present(side: Ordered, name: str = "synthetic") -> None:
    if not len(side.values):
        raise UndefinedError(f"the {name} column has no present value")
