"""What each row adds to a Fréchet distance: its influence, from which the distance's standard error follows.

With T the symmetric matrix that carries one Gaussian onto the other, T S2 T = S1, a row y of the second set adds
2 (y - m2) (m2 - m1) + (y - m2)^T (I - T) (y - m2) over the number of rows, less a constant: the derivative of the
distance in mean and covariance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.metrics.gaussians import Gaussian, product_of_factors
from auditkit.metrics.moments import BLOCK_NUMBERS, step_between

__all__ = ["influences"]

# Lengths below this times the largest are left out: they move no standard error, and what divides by them is noise.
SMALLEST_LENGTH = 1e-5


def influences(
    features: Sequence[NDArray[np.floating[Any]]], gaussians: tuple[Gaussian, Gaussian]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Influence of every row of both sets.

    Parameters
    ----------
    features : pair of ndarray of shape (n, d) and (m, d)
    gaussians : pair of Gaussian
        Of these rows.

    Returns
    -------
    pair of ndarray of shape (n,) and (m,), float64
        Up to a constant each.

    Notes
    -----
    One eigenvalue problem with vectors, or one singular value decomposition with fewer rows than features, and one
    product of n x d x d per set: more than the distance itself.
    """
    first, second = gaussians
    to_first, to_second = _transports(first, second)
    return _influence(features[0], first, second, to_second), _influence(features[1], second, first, to_first)


def _transports(first: Gaussian, second: Gaussian) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """P and Q of shape (d, r): P P^T carries the second Gaussian onto the first, Q Q^T the first onto the second."""
    if first.deviations is None and second.deviations is None:
        factor, covariance = first.factor.in_order, second.covariance
        squares, vectors = np.linalg.eigh(factor.T @ covariance @ factor)
        lengths = np.sqrt(np.maximum(squares, 0.0))
        kept = _long(lengths)
        lengths, along = lengths[kept], factor @ vectors[:, kept]
        return along / np.sqrt(lengths), covariance @ along / lengths**1.5
    left, lengths, right = np.linalg.svd(product_of_factors(first, second), full_matrices=False)
    kept = _long(lengths)
    scale = np.sqrt(lengths[kept])
    return first.rows.T @ left[:, kept] / scale, second.rows.T @ right[kept].T / scale


def _long(lengths: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(lengths > SMALLEST_LENGTH * lengths.max(initial=0.0))


def _influence(
    features: NDArray[np.floating[Any]], own: Gaussian, other: Gaussian, carry: NDArray[np.float64]
) -> NDArray[np.float64]:
    step = 2.0 * step_between(other, own)
    n, d = features.shape
    each = np.empty(n)
    for rows in split_blocks(n, max(1, BLOCK_NUMBERS // d)):
        centred = np.subtract(features[rows], own.mean, dtype=np.float64)
        centred -= own.rest
        carried = centred @ carry
        squares = np.einsum("ij,ij->i", centred, centred) - np.einsum("ij,ij->i", carried, carried)
        each[rows] = centred @ step + squares
    return each
