"""Principal directions of rows, exact for few columns and by subspace iteration for many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import split_blocks

__all__ = ["MAX_COMPONENTS", "carried_components", "principal_components", "project", "steady_components"]

MAX_COMPONENTS = 64

_BLOCK = 1024
_EXACT = 1024
_EXTRA = 16
_ROUNDS = 6
_LEAST, _ROWS_EACH = 8, 40


def principal_components(
    rows: NDArray[np.floating[Any]], *, rng: np.random.Generator, at_most: int = MAX_COMPONENTS
) -> NDArray[np.float64]:
    """Leading principal directions of centred rows, each with its largest entry positive.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Centred. Up to 1,024 columns the directions are exact, above they come from subspace iteration.
    rng : numpy.random.Generator
        Starts the iteration.
    at_most : int, default 64
        Directions to find; fewer where there are fewer columns or rows.

    Returns
    -------
    ndarray of shape (p, k), float64
        Orthonormal columns, largest variance first; k = min(at_most, p, n - 1), at least 1.

    Examples
    --------
    >>> rows = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> principal_components(rows, rng=np.random.default_rng(0)).round(6) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    n, p = rows.shape
    k = max(1, min(at_most, p, n - 1))
    if p <= _EXACT:
        vectors = np.linalg.eigh(_covariance(rows))[1][:, ::-1][:, :k]
    else:
        basis = _subspace(rows, min(k + _EXTRA, p), rng=rng)
        vectors = basis @ np.linalg.eigh(basis.T @ _times_covariance(rows, basis))[1][:, ::-1][:, :k]
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(k)]
    turned: NDArray[np.float64] = np.ascontiguousarray(vectors * np.where(largest < 0, -1.0, 1.0))
    return turned


def steady_components(n: int, k: int) -> int:
    """Leading components whose space rows that they were learnt from are hardly nearer to than other rows.

    One for every 40 rows, at least 8: with a component for every ten rows the distance from their space alone tells
    a training row from a fresh one.

    Parameters
    ----------
    n : int
        Rows that they were learnt from.
    k : int
        Components that there are.

    Examples
    --------
    >>> steady_components(540, 64), steady_components(100, 5), steady_components(10_000, 64)
    (13, 5, 64)
    """
    return min(k, max(_LEAST, n // _ROWS_EACH))


def carried_components(
    rows: NDArray[np.floating[Any]], components: NDArray[np.float64], *, carriers: int
) -> NDArray[np.float64]:
    """Components of whose variance no row makes up more than 1 / carriers; the others are left out."""
    largest, total = np.zeros(components.shape[1]), np.zeros(components.shape[1])
    for block in split_blocks(len(rows), _BLOCK):
        squares = np.square(rows[block].astype(np.float64) @ components)
        largest, total = np.maximum(largest, squares.max(axis=0)), total + squares.sum(axis=0)
    return np.ascontiguousarray(components[:, largest * carriers <= total])


def project(
    rows: NDArray[np.float64], components: NDArray[np.float64], *, steady: int, out: NDArray[np.float32]
) -> None:
    """Write projections of centred rows and, where there is a column more, the distance from the first components.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
    components : ndarray of shape (p, k)
    steady : int
        Leading components from whose space the distance is taken.
    out : ndarray of shape (n, k) or (n, k + 1)
    """
    k = components.shape[1]
    projected = rows @ components
    out[:, :k] = projected
    if out.shape[1] > k:
        within = np.square(projected[:, :steady]).sum(axis=1)
        beyond = (rows * rows).sum(axis=1) - within
        out[:, k] = np.sqrt(np.maximum(beyond, 0.0))


def _subspace(rows: NDArray[np.floating[Any]], width: int, *, rng: np.random.Generator) -> NDArray[np.float64]:
    """Orthonormal columns that nearly span the leading directions (Halko et al. 2011, algorithm 4.4)."""
    basis = rng.standard_normal((rows.shape[1], width))
    for _ in range(_ROUNDS):
        basis = np.linalg.qr(_times_covariance(rows, basis))[0]
    return basis


def _covariance(rows: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    total = np.zeros((rows.shape[1], rows.shape[1]))
    for block in split_blocks(len(rows), _BLOCK):
        part = rows[block].astype(np.float64)
        total += part.T @ part
    return total


def _times_covariance(rows: NDArray[np.floating[Any]], basis: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros_like(basis)
    for block in split_blocks(len(rows), _BLOCK):
        part = rows[block].astype(np.float64)
        total += part.T @ (part @ basis)
    return total
