"""A cloud of features as a Gaussian: its mean, and its covariance in whichever form is smaller.

With fewer rows than features the centred rows themselves stand for the covariance, so that nothing of size d x d is
made; otherwise its scatter does. Either has a factor, F F^T = covariance, made on first asking and kept: a set that
many others are compared with pays for it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import single_threaded
from auditkit.metrics.moments import Moments, deviations, moments
from auditkit.metrics.products import Side, product

__all__ = ["EPS", "Factor", "Gaussian", "gaussian", "product_of_factors", "trace_of_root"]

EPS = float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).tiny)
# Rounding that the trace may take from small eigenvalues, over tr S1 + tr S2, before a slower way is taken.
TOLERANCE = 1e-12
# Backward error of a symmetric eigenvalue routine, in units of eps times the norm of what is left to reduce.
NOISE = 4.0
# Least over largest diagonal entry from which a matrix counts as even: worth trying without a second factor.
EVEN = 1e-4
# Least share of its diagonal entry that a column of a factor must keep, or else it is taken for rounding.
LEAST_LEFT = 1e-9
# By how much the logarithms of the eigenvalues may miss that of the determinant in all.
MOST_WRONG = 1e-4
# A feature that others determine leaves rounding: this many eps of its variance, and more with the root of d.
RANK_NOISE, RANK_GROWTH = 256.0, 64.0


@dataclass(frozen=True, eq=False)
class Factor:
    """F of shape (d, r) with F F^T a covariance, its rows in an order of their own.

    Attributes
    ----------
    values : ndarray of shape (d, r)
        Row i belongs to feature `order[i]`. A square one is lower triangular with falling diagonal.
    order : ndarray of shape (d,)
    """

    values: NDArray[np.float64]
    order: NDArray[np.intp]

    @classmethod
    def of(cls, covariance: NDArray[np.float64]) -> Factor:
        """Cholesky factor with the largest variance that is left taken first, without what is only rounding."""
        from scipy.linalg import lapack  # noqa: PLC0415 - loaded when first needed

        # Transposed, which changes nothing in it, it lies in memory as LAPACK wants it.
        lower, pivots, rank, _ = lapack.dpstrf(covariance.T, tol=TINY, lower=1)
        order = np.asarray(pivots, np.intp) - 1
        left = np.diagonal(lower)[:rank] ** 2
        # Measured by its own variance: rounding of a large feature may be far above all of a small one.
        rounding = (RANK_NOISE + RANK_GROWTH * np.sqrt(len(order))) * EPS
        kept = left > rounding * np.diagonal(covariance)[order[:rank]]
        values = np.triu(lower.T).T
        return cls(values if kept.all() and rank == len(order) else values[:, :rank][:, kept], order)

    @property
    def rank(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    @property
    def in_order(self) -> NDArray[np.float64]:
        """The factor with its rows in the order of the features."""
        values = np.empty_like(self.values)
        values[self.order] = self.values
        return values


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Number, mean and covariance of some rows.

    Attributes
    ----------
    n : int
    mean : ndarray of shape (d,)
    deviations : ndarray of shape (n, d) or None
        The centred rows, where there are at most d.
    scatter : ndarray of shape (d, d) or None
        Sum of their outer products, where there are more.
    rest : ndarray of shape (d,) or 0
        What the mean lost when it was rounded.
    """

    n: int
    mean: NDArray[np.float64]
    deviations: NDArray[np.float64] | None = None
    scatter: NDArray[np.float64] | None = None
    rest: NDArray[np.float64] | float = 0.0

    @classmethod
    def of(cls, features: NDArray[np.floating[Any]]) -> Gaussian:
        """Gaussian of rows of shape (n, d)."""
        if len(features) <= features.shape[1]:
            return cls.of_few(features)
        return cls.of_moments(moments(Side(features)))

    @classmethod
    def of_few(cls, features: NDArray[np.floating[Any]]) -> Gaussian:
        """Gaussian that keeps the centred rows."""
        mean, rest, centred = deviations(features)
        return cls(len(centred), mean, deviations=centred, rest=rest)

    @classmethod
    def of_moments(cls, state: Moments) -> Gaussian:
        """Gaussian of moments that were streamed or stored."""
        return cls(state.n, state.mean, scatter=state.scatter, rest=state.rest)

    @cached_property
    def variance(self) -> float:
        """Total variance: the trace of the covariance; needs n >= 2."""
        if self.deviations is not None:
            return float(np.einsum("ij,ij->", self.deviations, self.deviations)) / (self.n - 1)
        return float(np.trace(self.covariance))

    @cached_property
    def covariance(self) -> NDArray[np.float64]:
        """Unbiased covariance of shape (d, d); needs n >= 2."""
        if self.scatter is not None:
            return np.asarray(self.scatter / (self.n - 1))
        rows = self.rows
        return np.asarray(rows.T @ rows)

    @cached_property
    def rows(self) -> NDArray[np.float64]:
        """Rows A of shape (r, d) with A^T A = covariance."""
        if self.deviations is not None:
            return np.asarray(self.deviations / np.sqrt(self.n - 1))
        return np.ascontiguousarray(self.factor.in_order.T)

    @cached_property
    def factor(self) -> Factor:
        """Pivoted Cholesky factor of the covariance."""
        return Factor.of(self.covariance)


@product(sides=("real",))
def gaussian(side: Side) -> Gaussian:
    """Gaussian of a side."""
    with single_threaded():
        return Gaussian.of(side.features)


def trace_of_root(first: Gaussian, second: Gaussian) -> float:
    """Tr (S1 S2)^(1/2), the sum of the singular values of F1^T F2, to about 1e-12 of tr S1 + tr S2.

    With F the pivoted Cholesky factor of one covariance and S the other, it is the sum of the roots of the eigenvalues
    of F^T S F, which one symmetric eigenvalue routine finds. Roots of small eigenvalues may be rounding, so how far
    that may have moved the sum is estimated; where it is too far, or the sets are few, singular values are taken.

    Parameters
    ----------
    first, second : Gaussian
        The factor of `first` is made and kept; that of `second` only where it is needed.

    Returns
    -------
    float
    """
    if first.deviations is None and second.deviations is None:
        bound = TOLERANCE * (first.variance + second.variance)
        trace, error = _by_eigenvalues(first.factor, second.covariance, bound)
        if error <= bound:
            return trace
        # A covariance that is singular where the other is not gives eigenvalues of 0, unless it gives the factor.
        if second.factor.rank < first.factor.rank:
            trace, error = _by_eigenvalues(second.factor, first.covariance, bound)
            if error <= bound:
                return trace
    return float(np.linalg.svd(product_of_factors(first, second), compute_uv=False).sum())


def product_of_factors(first: Gaussian, second: Gaussian) -> NDArray[np.float64]:
    """F1^T F2, of shape (r1, r2)."""
    return np.asarray(first.rows @ second.rows.T)


def _by_eigenvalues(factor: Factor, covariance: NDArray[np.float64], bound: float) -> tuple[float, float]:
    """Sum of the roots of the eigenvalues of F^T S F, and how far rounding may have moved it."""
    from scipy.linalg import lapack  # noqa: PLC0415 - loaded when first needed

    if not factor.rank:
        return 0.0, 0.0
    ordered = covariance[np.ix_(factor.order, factor.order)]
    if factor.rank == len(ordered):
        carried = lapack.dsygst(ordered.T, factor.values, itype=2, lower=1, overwrite_a=1)[0]
    else:
        carried = factor.values.T @ (ordered @ factor.values)
    diagonal = np.diagonal(carried)
    if diagonal.min() > EVEN * diagonal.max():
        trace, error = _sum_of_roots(carried, np.full(len(carried), _norms_left(carried)[0]))
        if error <= bound:
            return trace, error
    return _by_second_factor(carried)


def _by_second_factor(carried: NDArray[np.float64]) -> tuple[float, float]:
    """The same by way of a factor G of F^T S F = G G^T.

    G^T G has the same eigenvalues and is nearly diagonal with falling entries. Of such a matrix the routine keeps the
    digits of small eigenvalues too, as long as no column of G is lost in rounding (Demmel and Veselic 1992).
    """
    from scipy.linalg import lapack  # noqa: PLC0415 - loaded when first needed

    lower, pivots, rank, _ = lapack.dpstrf(carried, tol=TINY, lower=1)
    most = np.diagonal(carried)[np.asarray(pivots, np.intp) - 1]
    if rank < len(carried) or (np.diagonal(lower) ** 2 < LEAST_LEFT * most).any():
        return np.nan, np.inf
    determinant = 2.0 * float(np.log(np.diagonal(lower)).sum())
    turned = lapack.dlauum(lower, lower=1, overwrite_c=1)[0]
    return _sum_of_roots(turned, _norms_left(turned), determinant)


def _sum_of_roots(
    matrix: NDArray[np.float64], norms: NDArray[np.float64], determinant: float | None = None
) -> tuple[float, float]:
    """Sum of the roots of the eigenvalues, and how far noise of the order of `norms` may have moved it.

    The logarithm of the determinant, where it is known, must come out as the sum of theirs: a small eigenvalue that
    is noise would not let it.
    """
    from scipy.linalg import eigvalsh  # noqa: PLC0415 - loaded when first needed

    noise = NOISE * EPS * norms
    values = np.maximum(eigvalsh(matrix, lower=True, check_finite=False)[::-1], 0.0)
    roots = np.sqrt(values)
    moved = np.where(values > 4.0 * noise, noise / (2.0 * np.maximum(roots, TINY)), np.sqrt(values + noise))
    error = float(moved.sum())
    if determinant is not None:
        wrong = abs(float(np.log(np.maximum(values, TINY)).sum()) - determinant)
        error = error + wrong * float(roots[-1]) if wrong < MOST_WRONG else np.inf
    return float(roots.sum()), error


def _norms_left(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Frobenius norm of what is left of a symmetric matrix after its first i rows and columns; reads the lower half."""
    lower = np.tril(matrix)
    columns = 2.0 * np.einsum("ij,ij->j", lower, lower) - np.diagonal(lower) ** 2
    return np.asarray(np.sqrt(np.cumsum(columns[::-1])[::-1]))
