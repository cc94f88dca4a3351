"""Between what a score is judged: fresh real rows above, what no generator can fall below beneath, all of one size.

Scores of finite sets depend on their sizes, so what stands beside each other is taken from equally many rows. The
ceiling is the holdout; without one, one half of the real rows is compared with the other. The floor of a pair is the
same fresh rows with every column shuffled on its own, that of a column is uniform over the real range or levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auditkit.data.cells import Cells
from auditkit.metrics.tables.between import error_bound

__all__ = ["Judged", "judged_sets"]

ROWS_DRAWN = 200_000
MOST_DRAWS = 10


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
        """Standard error that the difference of two scores has at most."""
        return error_bound(len(self.reference), len(self.fresh[0]))


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
