"""Compiled loops of the kernel sums: what happens to one tile of inner products.

A difference of mean kernel values does not change when a function of one row alone is taken off the kernel:
k(x, y) - g(x) - g(y) gives the same distance as k(x, y). So each loop computes the kernel less what a far-off mean
adds to every pair, by formulae in which nothing cancels; everything after the product is float64.
"""

from __future__ import annotations

import numpy as np

from auditkit.metrics.tiles import Double, RowArray, compiled

__all__ = ["CUBIC", "gaussian_tile", "polynomial_tile"]

FAST = ("reassoc", "contract", "nsz")
CUBIC = 3
# Up to here ten terms of the exponential series are exact to float64.
SERIES = 1.0 / 16.0


@compiled(inline=True)
def _cubic_row(products: RowArray, offset: float, base: float, unit: float, offsets: Double, columns: Double) -> float:
    """Row of `polynomial_tile` for degree 3, multiplied out; compiles to vector code."""
    total = 0.0
    for c in range(products.shape[0]):
        q = np.float64(products[c]) * unit
        b = offsets[c]
        z = base + offset + b
        value = q * (q * (q + 3.0 * z) + 3.0 * z * z) + 3.0 * offset * b * (z + base)
        columns[c] += value
        total += value
    return total


@compiled(inline=True)
def _power_row(products: RowArray, left: Double, base: float, unit: float, right: Double, columns: Double) -> float:
    """Row of `polynomial_tile` for any degree: from one power to the next, every difference as a product."""
    total, a = 0.0, left[0]
    for c in range(products.shape[0]):
        q, b = np.float64(products[c]) * unit, right[0, c]
        z = base + a + b
        # With s = z + q: (s^k - z^k), (z^k - (base + a)^k - (base + b)^k + base^k) and z^k.
        with_product, without, power = q, 0.0, z
        for k in range(1, left.shape[0]):
            without = z * without + a * right[k, c] + b * left[k]
            with_product = (z + q) * with_product + q * power
            power *= z
        columns[c] += with_product + without
        total += with_product + without
    return total


@compiled(*FAST)
def polynomial_tile(
    products: RowArray,
    left: Double,
    right: Double,
    constants: Double,
    diagonal: int,
    rows: Double,
    columns: Double,
) -> None:
    """Add up f(0) + f(a + b + q) - f(a) - f(b) with f(t) = (base + t)^p: a polynomial kernel seen from the centre.

    Parameters
    ----------
    products : ndarray of shape (r, c), float32 or float64
        Inner products of centred rows; times `constants[1]` they are the q.
    left, right : ndarrays of shape (r, p) and (p, c)
        For each row, first its offset a (or b), then (base + a)^k - base^k for k = 1 to p - 1.
    constants : ndarray of shape (2,)
        The base and the unit of the products.
    diagonal : int
        1 where the tile pairs rows with themselves: only pairs above the diagonal count then; else 0.
    rows : ndarray of shape (r,)
        The sum over the pairs of each row is added here.
    columns : ndarray of shape (1, c) or (r, c)
        The sum over the pairs of each column is added here, or each value where there is a row for each.
    """
    base, unit = constants[0], constants[1]
    for r in range(products.shape[0]):
        first, target = (r + 1) * diagonal, min(r, columns.shape[0] - 1)
        if left.shape[1] == CUBIC:
            rows[r] += _cubic_row(
                products[r, first:], left[r, 0], base, unit, right[0, first:], columns[target, first:]
            )
        else:
            rows[r] += _power_row(products[r, first:], left[r], base, unit, right[:, first:], columns[target, first:])


@compiled(inline=True)
def _series_row(products: RowArray, own: float, unit: float, norms: Double, columns: Double) -> float:
    """Row of `gaussian_tile` where every exponent is small; compiles to vector code."""
    total = 0.0
    for c in range(products.shape[0]):
        t = -max(own + norms[c] - np.float64(products[c]) * unit, 0.0)
        value = 1.0 + t * (1.0 / 10.0)
        value = 1.0 + t * (1.0 / 9.0) * value
        value = 1.0 + t * (1.0 / 8.0) * value
        value = 1.0 + t * (1.0 / 7.0) * value
        value = 1.0 + t * (1.0 / 6.0) * value
        value = 1.0 + t * (1.0 / 5.0) * value
        value = 1.0 + t * (1.0 / 4.0) * value
        value = 1.0 + t * (1.0 / 3.0) * value
        value = t * (1.0 + t * (1.0 / 2.0) * value)
        columns[c] += value
        total += value
    return total


@compiled(inline=True)
def _exponential_row(products: RowArray, own: float, unit: float, norms: Double, columns: Double) -> float:
    """Row of `gaussian_tile` for any exponent."""
    total = 0.0
    for c in range(products.shape[0]):
        value = np.expm1(-max(own + norms[c] - np.float64(products[c]) * unit, 0.0))
        columns[c] += value
        total += value
    return total


@compiled(*FAST)
def gaussian_tile(
    products: RowArray,
    left: Double,
    right: Double,
    constants: Double,
    diagonal: int,
    rows: Double,
    columns: Double,
) -> None:
    """Add up exp(-|x - y|^2 / (2 s^2)) - 1.

    Parameters
    ----------
    products : ndarray of shape (r, c), float32 or float64
        Inner products of centred rows; times `constants[1]` they are <x, y> / s^2.
    left, right : ndarrays of shape (r, 1) and (1, c)
        Squared norms of the centred rows over 2 s^2.
    constants : ndarray of shape (2,)
        A bound of the exponents and the unit of the products.
    diagonal, rows, columns
        As for `polynomial_tile`.
    """
    bound, unit = constants[0], constants[1]
    for r in range(products.shape[0]):
        first, target = (r + 1) * diagonal, min(r, columns.shape[0] - 1)
        if bound <= SERIES:
            rows[r] += _series_row(products[r, first:], left[r, 0], unit, right[0, first:], columns[target, first:])
        else:
            rows[r] += _exponential_row(
                products[r, first:], left[r, 0], unit, right[0, first:], columns[target, first:]
            )
