"""Compiled loops over the rows of one set: digests, centring, norms. Each reads the rows once and copies none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tiles import Double, RowArray, Single, compiled

__all__ = ["centre_rows", "centred_norms", "digest_rows", "largest_offset"]

Bits = NDArray[np.uint32] | NDArray[np.uint64]
Digests = NDArray[np.uint64]


@compiled()
def digest_rows(bits: Bits, magnitude: int, weights: Digests, digests: Digests) -> np.uint64:
    """Digest each row so that equal rows have equal digests; returns the largest magnitude as bits.

    `bits` are the rows as unsigned integers, `magnitude` masks the sign out: of two finite floats the one with the
    larger masked bits is larger in size, and infinity and NaN are larger than both. A zero of either sign is 0.
    """
    top = np.uint64(0)
    for i in range(bits.shape[0]):
        total = np.uint64(0)
        for c in range(bits.shape[1]):
            word = np.uint64(bits[i, c])
            size = word & np.uint64(magnitude)
            top = max(top, size)
            word = word if size != np.uint64(0) else np.uint64(0)
            total += (word ^ (word >> np.uint64(32))) * weights[c]
        digests[i] = total
    return top


@compiled()
def largest_offset(rows: RowArray, centre: Double) -> float:
    """Largest difference in size of an entry from the centre."""
    largest = 0.0
    for i in range(rows.shape[0]):
        for c in range(rows.shape[1]):
            largest = max(largest, abs(np.float64(rows[i, c]) - centre[c]))
    return largest


@compiled()
def centre_rows(rows: RowArray, centre: Double, factor: float, out: Single | Double) -> None:
    """Write `(rows - centre) * factor`, taken in float64, in the type of `out`."""
    for i in range(rows.shape[0]):
        for c in range(rows.shape[1]):
            out[i, c] = (np.float64(rows[i, c]) - centre[c]) * factor


@compiled("reassoc", "contract", "nsz")
def centred_norms(rows: RowArray, centre: Double, factor: float, norms: Double) -> None:
    """Squared norms, in float64, of the centred rows as they are once rounded to float32."""
    for i in range(rows.shape[0]):
        total = 0.0
        for c in range(rows.shape[1]):
            value = np.float64(np.float32((np.float64(rows[i, c]) - centre[c]) * factor))
            total += value * value
        norms[i] = total
