"""Real, synthetic and fresh real rows at one size, so that their scores can stand beside each other.

Scores of finite sets depend on their sizes, so what stands beside each other is taken from equally many rows. The
ceiling is the holdout; without one, one half of the real rows is compared with the other. The floor of a pair is the
same fresh rows with every column shuffled on its own, that of a column is uniform over the real range or levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.metrics.tables.between import error_bound
from auditkit.metrics.tables.draws import judged_sets

__all__ = ["EqualSets", "equal_sets"]


@dataclass(frozen=True, eq=False)
class EqualSets:
    """Sets that a score is judged by.

    Attributes
    ----------
    reference : Cells
        Real rows that all others are compared with.
    synthetic, fresh : tuple of Cells
        Draws of equally many rows, as many as `n_draws` says; one where a set has no more rows than that.
    """

    reference: Cells
    synthetic: tuple[Cells, ...]
    fresh: tuple[Cells, ...]

    @property
    def error(self) -> float:
        """Standard error that the difference of two scores has at most."""
        return error_bound(len(self.reference), len(self.fresh[0]))


def equal_sets(real: Cells, synthetic: Cells, holdout: Cells | None, rng: np.random.Generator) -> EqualSets | None:
    """Sets of one size.

    Parameters
    ----------
    real, synthetic : Cells
    holdout : Cells or None
        Where None, two halves of the real rows stand in for real and holdout.
    rng : numpy.random.Generator

    Returns
    -------
    EqualSets or None
        None where one real row is all there is.
    """
    sets = {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
    judged = judged_sets({role: len(cells) for role, cells in sets.items()}, rng)
    if judged is None:
        return None
    fresh = tuple(_rows(sets[judged.fresh_from], rows) for rows in judged.fresh_draws)
    drawn = tuple(_rows(synthetic, rows) for rows in judged.synthetic_draws)
    return EqualSets(_rows(real, judged.reference), drawn, fresh)


def _rows(cells: Cells, places: NDArray[np.intp]) -> Cells:
    return cells if len(places) == len(cells) else cells.take(places)
