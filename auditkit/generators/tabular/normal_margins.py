"""Columns as cut normal deviates, and the correlations of the deviates that give the rows' covariances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from auditkit.generators.tabular.coded import Codes, is_number
from auditkit.generators.tabular.pools import Pool

__all__ = ["Margin", "latent_correlations"]

_TERMS = 40
"""Terms of the series of a covariance in powers of the correlation."""

_STEPS = 40
"""Halvings of the interval that a correlation is looked for in."""

_MOST = 0.999
_LEAST_EIGENVALUE = 1e-4


@dataclass(frozen=True, eq=False)
class Margin:
    """A column's cells in order, and the shares between which the normal deviate of each lies.

    Attributes
    ----------
    name : str
    codes : ndarray of shape (m,), int32
        Positions in the pool, in order; -1 for a missing cell.
    edges : ndarray of shape (m + 1,), float64
        Cell k lies between the shares `edges[k]` and `edges[k + 1]`; from 0 to 1.
    is_gap : bool
        True for the deviate that says whether a number is missing: its codes are 0 (there) and -1.
    """

    name: str
    codes: NDArray[np.int32]
    edges: NDArray[np.float64]
    is_gap: bool = False

    @classmethod
    def of_columns(cls, pools: Mapping[str, Pool], codes: Codes, *, label: str | None) -> tuple[Margin, ...]:
        """Margins of columns: numbers by size, categories by their mean of what orders them best.

        Parameters
        ----------
        pools, codes : mapping by column
        label : str or None
            Orders the categories where it is a number or has two levels.
        """
        numbers = [_of_number(name, pool) for name, pool in pools.items() if is_number(pool) and len(pool.values)]
        gaps = [_gap(name, pool) for name, pool in pools.items() if is_number(pool) and pool.n_missing]
        order_by = _order_by(numbers, pools, codes, label=label)
        categories = [_of_category(name, codes[name], order_by) for name, pool in pools.items() if not is_number(pool)]
        return (*numbers, *gaps, *categories)

    def codes_of(self, shares: NDArray[np.float64]) -> NDArray[np.int32]:
        """Cells in whose intervals shares lie."""
        found: NDArray[np.int32] = self.codes[np.searchsorted(self.edges[1:-1], shares, side="right")]
        return found

    def limits(self, code: int) -> tuple[float, float]:
        """Shares between which a cell's deviate lies."""
        place = int(np.flatnonzero(self.codes == code)[0])
        return float(self.edges[place]), float(self.edges[place + 1])

    def scores(self) -> NDArray[np.float64]:
        """Mean deviate of each cell: the mean of a normal variable between its cuts, shape (m,)."""
        return -np.diff(_density(ndtri(self.edges))) / np.maximum(np.diff(self.edges), 1e-300)

    def scores_of(self, cells: NDArray[np.int32]) -> NDArray[np.float64]:
        """Mean deviate of each cell of a column; NaN where the margin does not speak of the cell."""
        known = np.full(int(max(self.codes.max(), cells.max(initial=0))) + 2, np.nan)
        known[self.codes] = self.scores()
        return known[np.minimum(cells, 0) if self.is_gap else cells]

    def coefficients(self) -> NDArray[np.float64]:
        """Coefficients of the scores in the orthonormal Hermite polynomials 1 to `_TERMS`."""
        cuts = ndtri(self.edges)
        density, inner = _density(cuts), np.where(np.isfinite(cuts), cuts, 0.0)
        before, now = np.zeros_like(cuts), np.ones_like(cuts)
        scores, found = self.scores(), np.empty(_TERMS)
        for term in range(1, _TERMS + 1):
            # The integral of h_r over an interval is the difference of -h_(r-1) times the density, over sqrt(r).
            found[term - 1] = -(scores * np.diff(now * density)).sum() / np.sqrt(term)
            before, now = now, (inner * now - np.sqrt(term - 1) * before) / np.sqrt(term)
        return found


def latent_correlations(margins: tuple[Margin, ...], codes: Codes) -> NDArray[np.float64]:
    """Correlations of the deviates at which their scores have the covariances of the rows.

    Parameters
    ----------
    margins : tuple of Margin
        d of them.
    codes : mapping of str to ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (d, d), float64
        Positive definite, 1 on the diagonal.

    Notes
    -----
    cov(s(x), s(y)) = sum_r rho^r a_r b_r with the Hermite coefficients a, b of the two scores (Mehler's formula); it
    rises with rho, which is found by halving. Rows where one of the two is missing are left out of their pair. A matrix
    that is not positive definite is moved to the nearest one by raising its eigenvalues.

    References
    ----------
    Olsson 1979, "Maximum likelihood estimation of the polychoric correlation coefficient", Psychometrika 44.
    """
    if not margins:
        return np.empty((0, 0))
    scores = np.column_stack([margin.scores_of(codes[margin.name]) for margin in margins])
    wanted = _covariances(scores)
    series = np.stack([margin.coefficients() for margin in margins])
    products = series[:, None, :] * series[None, :, :]
    low, high = np.full(wanted.shape, -_MOST), np.full(wanted.shape, _MOST)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        given = np.zeros_like(middle)
        for term in reversed(range(_TERMS)):
            given = (given + products[:, :, term]) * middle
        below = given < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    varies = np.outer(series[:, 0] > 0, series[:, 0] > 0)
    return _made_definite(np.where(varies, (low + high) / 2, 0.0))


def _covariances(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariances over the rows that have both."""
    there = np.isfinite(scores)
    filled = np.where(there, scores, 0.0)
    weight = there.astype(np.float64)
    n = np.maximum(weight.T @ weight, 1.0)
    sums = filled.T @ weight
    found: NDArray[np.float64] = (filled.T @ filled - sums * sums.T / n) / n
    return found


def _made_definite(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 1.0)
    values, vectors = np.linalg.eigh(matrix)
    if values[0] >= _LEAST_EIGENVALUE:
        return matrix
    raised = (vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(raised))
    found: NDArray[np.float64] = raised * np.outer(scale, scale)
    np.fill_diagonal(found, 1.0)
    return found


def _density(cuts: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.exp(-(cuts**2) / 2) / np.sqrt(2 * np.pi)
    return found


def _of_number(name: str, pool: Pool) -> Margin:
    return Margin(name, np.arange(len(pool.values), dtype=np.int32), _edges(pool.counts))


def _gap(name: str, pool: Pool) -> Margin:
    there, absent = int(pool.counts.sum()), pool.n_missing
    if not there:
        return Margin(name, np.array([-1], dtype=np.int32), np.array([0.0, 1.0]), is_gap=True)
    return Margin(name, np.array([0, -1], dtype=np.int32), _edges(np.array([there, absent])), is_gap=True)


def _of_category(name: str, cells: NDArray[np.int32], order_by: NDArray[np.float64] | None) -> Margin:
    counts = np.bincount(cells + 1)
    seen = np.flatnonzero(counts)
    # Means of levels are drawn to the middle by one row, or the rarest would all stand at the ends.
    means = counts if order_by is None else np.bincount(cells + 1, weights=order_by) / (counts + 1)
    order = seen[np.argsort(means[seen], kind="stable")]
    return Margin(name, (order - 1).astype(np.int32), _edges(counts[order]))


def _order_by(
    numbers: list[Margin], pools: Mapping[str, Pool], codes: Codes, *, label: str | None
) -> NDArray[np.float64] | None:
    """What the levels of categories are ordered by, centred: the label, else the numbers' first component."""
    if label is not None and label in pools and not is_number(pools[label]) and len(np.unique(codes[label])) == 2:  # noqa: PLR2004
        values = codes[label].astype(np.float64)
        return _centred(values)
    chosen = [margin for margin in numbers if margin.name == label] or numbers
    if not chosen:
        return None
    scores = np.column_stack([margin.scores_of(codes[margin.name]) for margin in chosen])
    filled = np.where(np.isfinite(scores), scores, 0.0)
    vectors = np.linalg.eigh(filled.T @ filled)[1]
    return _centred(filled @ vectors[:, -1])


def _centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = values - values.mean()
    return found


def _edges(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    upto = np.cumsum(counts)
    return np.concatenate([[0.0], upto / upto[-1]])
