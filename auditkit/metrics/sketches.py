"""Few coordinates that never overstate a distance, and the measured rule that says when they pay.

With P the projection on m orthonormal directions and x' what is left of x beside them,

    |x - y|^2 >= |Px - Py|^2 + (|x'| - |y'|)^2,

which is a squared distance again, of the m + 1 coordinates (Px, |x'|). So a pass over these coordinates leaves out
what a pass over all d columns would, only less of it, at (m + 1) / d of the price; what it does not leave out is
measured in full. The directions are the principal ones of a sample. Activations of a network have most of their
variance in a few directions and gain much; isotropic features gain nothing, which a sample tells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, single_threaded, split_blocks
from auditkit.metrics.operands import TINY, UNIT, Operand, centre_of, operands, rounding_share, scale_factor
from auditkit.metrics.points import Points
from auditkit.metrics.row_tiles import centre_rows
from auditkit.metrics.tiles import Single

__all__ = ["chosen_operands", "principal_directions", "sketched", "worthwhile_width"]

FloatArray = NDArray[np.float64]

WIDTHS = (32, 64, 128)
"""Numbers of directions to choose from."""

LEAST_COLUMNS = 192
LEAST_PRODUCTS = 9e9
_TRIED = 192
_PROBED = 128
_LEAST_SAMPLED = 256
_MOST_SAMPLED = 768
_BLOCK = 512
_OVERSAMPLED = 16

# Cost of one pair in the time of one multiply-add of a large float32 product: to look at a bound, to measure.
_LOOK = 60.0
_MEASURE = 2500.0
_MEASURE_COLUMN = 25.0
_WORTHWHILE = 0.8


def chosen_operands(sets: tuple[Points, ...], *, pruned: bool | None) -> tuple[list[Operand], bool]:
    """Operands of all columns, or of few coordinates where told to or where they pay; and whether they are few."""
    centre = centre_of(sets[0])
    factor = scale_factor(sets, centre)
    width = WIDTHS[0] if pruned else 0 if pruned is False else worthwhile_width(sets, centre=centre, factor=factor)
    basis = _basis(sets, width, centre, factor) if width else None
    if basis is None:
        return operands(sets, centre=centre, factor=factor), False
    return [sketched(points, basis, centre=centre, factor=factor) for points in sets], True


def worthwhile_width(sets: tuple[Points, ...], *, centre: FloatArray, factor: float) -> int:
    """How many directions make a pass cheapest by a sample's measure, 0 where none make it cheaper.

    Parameters
    ----------
    sets : tuple of Points
        One set that meets itself, or a real and a synthetic one.
    centre, factor
        How the rows are centred and scaled.

    Returns
    -------
    int
        One of `WIDTHS`, or 0.

    Notes
    -----
    Some rows look for their nearest among some hundreds of others. The share of pairs that a lower bound does not
    rule out there overstates the share in the whole set, where neighbours are nearer. The trial takes two or three
    hundredths of the smallest pass that it is made for, and less of all others.
    """
    d = len(centre)
    n_pairs = sets[0].n_distinct * sets[-1].n_distinct / (2 if len(sets) == 1 else 1)
    if d < LEAST_COLUMNS or n_pairs * d < LEAST_PRODUCTS:
        return 0
    targets = _centred(sets[0], _spread(sets[0].n_distinct, 2 * _TRIED)[::2], centre, factor)
    probed = _centred(sets[-1], _spread(sets[-1].n_distinct, 2 * _TRIED)[1::2][:_PROBED], centre, factor)
    with single_threaded():
        shares = _surviving(probed, targets)
    n_rows = sum(points.n_distinct for points in sets)
    costs = {
        width: 2.0 * (_LOOK + width) + share * (_MEASURE + _MEASURE_COLUMN * d) + 2.0 * n_rows * d * width / n_pairs
        for width, share in shares.items()
    }
    best = min(costs, key=lambda width: costs[width])
    return best if costs[best] < _WORTHWHILE * (d + _LOOK) else 0


def _spread(n: int, size: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, n - 1, min(n, size)).astype(np.int64))


def _centred(points: Points, index: NDArray[np.int64], centre: FloatArray, factor: float) -> Single:
    out = np.empty((len(index), len(centre)), dtype=np.float32)
    centre_rows(points.rows[index], centre, factor, out)
    return out


def _surviving(probed: Single, targets: Single) -> dict[int, float]:
    """Share of pairs within the nearest distance of the probed row by their lower bound, for each width.

    The directions are those of the targets; coordinates come from their inner products alone, and no direction is
    ever written down.
    """
    values, vectors = np.linalg.eigh(targets @ targets.T)
    kept = np.flatnonzero(values > values[-1] * 1e-5)[::-1][: max(WIDTHS)]
    if not len(kept):
        return {}
    across = probed @ targets.T
    squared = [np.square(rows).sum(axis=1) for rows in (probed, targets)]
    coordinates = [across @ (vectors[:, kept] / np.sqrt(values[kept])), vectors[:, kept] * np.sqrt(values[kept])]
    nearest = (squared[0][:, None] + squared[1] - 2.0 * across).min(axis=1, keepdims=True)
    shares = {}
    for width in WIDTHS:
        left, right = (
            np.column_stack([part[:, :width], _rest(norms, part[:, :width])])
            for part, norms in zip(coordinates, squared, strict=True)
        )
        lower = squared[0][:, None] + squared[1] - 2.0 * (left @ right.T)
        shares[width] = float((lower <= nearest).mean())
    return shares


def _rest(norms: Single, projected: Single) -> Single:
    return np.asarray(np.sqrt(np.maximum(norms - np.square(projected).sum(axis=1), 0.0)))


def _basis(sets: tuple[Points, ...], width: int, centre: FloatArray, factor: float) -> FloatArray | None:
    """Leading principal directions of rows spread over the sets."""
    n = int(np.clip(min(points.n_distinct for points in sets) // 16, _LEAST_SAMPLED, _MOST_SAMPLED))
    rows = [_centred(points, _spread(points.n_distinct, n), centre, factor) for points in sets]
    with single_threaded():
        return principal_directions(np.concatenate(rows), width)


def principal_directions(rows: Single, n_directions: int) -> FloatArray | None:
    """Leading right singular directions of centred rows, of shape (d, m) in falling order; None of no rows' worth.

    Randomised subspace iteration; the last orthonormalisation is in float64.

    References
    ----------
    Halko, Martinsson & Tropp 2011, "Finding structure with randomness", SIAM Review 53(2), algorithm 4.4.
    """
    n_drawn = min(n_directions + _OVERSAMPLED, *rows.shape)
    if not rows.any():
        return None
    start = np.random.default_rng(0).standard_normal((len(rows), n_drawn), dtype=np.float32)
    range_of = np.linalg.qr(rows.T @ start)[0]
    range_of = np.linalg.qr((rows.T @ (rows @ range_of)).astype(np.float64))[0]
    seen = (rows @ range_of.astype(np.float32)).astype(np.float64)
    turned = np.linalg.eigh(seen.T @ seen)[1][:, ::-1]
    return np.asarray((range_of @ turned)[:, :n_directions])


def sketched(points: Points, basis: FloatArray, *, centre: FloatArray, factor: float) -> Operand:
    """Coordinates of a set as an operand whose lower bounds hold for the rows as they were given.

    The coordinates are computed in float64. They and the distance from the directions each err by less than
    e = 2 u + sqrt(4 d sqrt(m + 1) 2^-53) of the norm, u = 2^-24, which can lengthen a squared distance by at most
    2 (2 e + e^2) (|x|^2 + |y|^2); that is taken off beside what the float32 product can have lost.
    """
    n, (d, width) = points.n_distinct, basis.shape
    features = np.empty((n, width + 1), dtype=np.float32)
    norms, whole = np.empty(n), np.empty(n)

    def visit(block: slice) -> None:
        centred = np.empty((block.stop - block.start, d))
        centre_rows(points.rows[block], centre, factor, centred)
        projected = centred @ basis
        whole[block] = np.einsum("ij,ij->i", centred, centred)
        features[block, :width] = projected
        features[block, width] = np.sqrt(np.maximum(whole[block] - np.einsum("ij,ij->i", projected, projected), 0.0))
        norms[block] = np.square(features[block], dtype=np.float64).sum(axis=1)

    run_blocks(visit, split_blocks(n, _BLOCK))
    moved = 2.0 * UNIT + np.sqrt(4.0 * d * np.sqrt(width + 1.0) * 2.0**-53)
    lost = norms * rounding_share(width + 1) + whole * 2.0 * (2.0 * moved + moved**2)
    low = (norms - lost - TINY).astype(np.float32)
    return Operand(points.rows, centre, factor, features, low, np.full(n, np.inf, dtype=np.float32))
