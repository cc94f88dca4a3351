"""Between what a score is judged: fresh real rows above, what no generator can fall below beneath, all of one size.

Scores of finite sets depend on their sizes, so what stands beside each other is taken from equally many rows. The
ceiling is the holdout; without one, one half of the real rows is compared with the other. The floor of a pair is the
same fresh rows with every column shuffled on its own, that of a column is uniform over its range or levels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.metrics.tables.shapes import Levels, Ordered

__all__ = ["ERRORS_APART", "Judged", "judged_sets", "normalised", "shuffled", "uniform"]

ROWS_DRAWN = 200_000
MOST_DRAWS = 10
ERRORS_APART = 3.0


@dataclass(frozen=True, eq=False)
class Judged:
    """Sets that a score is judged by.

    Attributes
    ----------
    reference : Cells
        Real rows that all others are compared with.
    synthetic, fresh : tuple of Cells
        Draws of equally many rows; one where a set is taken whole.
    """

    reference: Cells
    synthetic: tuple[Cells, ...]
    fresh: tuple[Cells, ...]

    @property
    def error(self) -> float:
        """Standard error that the difference of two scores in [0, 1] has at most."""
        return float(np.sqrt((1.0 / len(self.reference) + 1.0 / len(self.fresh[0])) / 2.0))


def judged_sets(real: Cells, synthetic: Cells, holdout: Cells | None, rng: np.random.Generator) -> Judged | None:
    """Sets of one size.

    Parameters
    ----------
    real, synthetic : Cells
    holdout : Cells or None
        Where None, two halves of the real rows stand in for real and holdout.
    rng : numpy.random.Generator

    Returns
    -------
    Judged or None
        None where one real row is all there is.
    """
    reference, fresh = real, holdout
    if fresh is None:
        order = rng.permutation(len(real))
        if len(order) < 2:  # noqa: PLR2004 - two halves
            return None
        middle = (len(order) + 1) // 2
        reference, fresh = real.take(np.sort(order[:middle])), real.take(np.sort(order[middle:]))
    size = min(len(synthetic), len(fresh))
    return Judged(reference, _draws(synthetic, size, rng), _draws(fresh, size, rng))


def _draws(cells: Cells, size: int, rng: np.random.Generator) -> tuple[Cells, ...]:
    if len(cells) == size:
        return (cells,)
    count = min(max(ROWS_DRAWN // size, 1), MOST_DRAWS)
    return tuple(cells.take(np.sort(rng.choice(len(cells), size, replace=False))) for _ in range(count))


def shuffled(cells: Cells, rng: np.random.Generator) -> Cells:
    """Every column in an order of its own: what is left of a pair where nothing depends on anything."""
    orders = [rng.permutation(len(cells)) for _ in cells.columns]
    values = tuple(column[order] for column, order in zip(cells.values, orders, strict=True))
    missing = (None if absent is None else absent[order] for absent, order in zip(cells.missing, orders, strict=True))
    return replace(cells, values=values, missing=tuple(missing))


def uniform(reference: Ordered | Levels, fresh: Ordered | Levels, rng: np.random.Generator) -> Ordered | Levels:
    """As many present cells as the fresh column has, spread evenly over the range or the levels of the reference."""
    if isinstance(reference, Levels) and isinstance(fresh, Levels):
        known = np.flatnonzero(reference.counts[1:])
        counts = np.zeros_like(fresh.counts)
        counts[0] = fresh.n_missing
        if len(known):
            counts[1 + known] = rng.multinomial(fresh.n - fresh.n_missing, np.full(len(known), 1.0 / len(known)))
        return Levels(counts, reference.known)
    if isinstance(reference, Ordered) and isinstance(fresh, Ordered):
        return Ordered(_spread(reference.values, len(fresh.values), rng), fresh.n)
    raise TypeError("reference and fresh column differ in kind")


def _spread(values: NDArray[np.float64] | NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.generic]:
    if not len(values):
        return values[:0]
    if values.dtype == np.int64:
        return np.sort(rng.integers(values[0], values[-1], size=n, endpoint=True))
    if np.array_equal(values, np.rint(values)) and max(abs(values[0]), abs(values[-1])) < 2.0**53:
        whole = rng.integers(int(values[0]), int(values[-1]), size=n, endpoint=True)
        return np.sort(whole.astype(np.float64))
    return np.sort(rng.uniform(values[0], values[-1], size=n))


def normalised(matched: float, ceiling: float, floor: float, error: float) -> tuple[float | None, str]:
    """Where a score lies between floor (0) and ceiling (1), or the reason why that cannot be said."""
    if matched < min(floor, ceiling) - ERRORS_APART * error:
        return 0.0, "below the floor"
    if ceiling - floor <= ERRORS_APART * error:
        return None, f"ceiling and floor are within {ERRORS_APART:g} standard errors"
    if matched >= ceiling:
        return 1.0, "at the ceiling"
    return max(0.0, (matched - floor) / (ceiling - floor)), ""
