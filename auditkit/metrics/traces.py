"""What betrays a sample beside what it shows: details of images and sounds, cells that never stand together in tables.

A discriminator of the columns or features alone is slow to see noise, blur and formats. Traces are numbers per sample
in which these stand out. Those of a table compare a row with the real rows of the other folds, so that a real row is
described as a synthetic one is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UndefinedError
from auditkit.metrics.audio import traits as _recordings
from auditkit.metrics.images import looks as _looks
from auditkit.metrics.images import textures as _textures
from auditkit.metrics.raw_samples import RawSamples, measures_of
from auditkit.metrics.series import traits as _series
from auditkit.metrics.side import Side

__all__ = ["traces_of"]

BINS = 16
MOST_CODES = 64
MOST_PAIRS = 300
MOST_DECIMALS = 6
MEASURING = (_looks, _textures, _recordings, _series)
"""Modules whose measures of samples are traces, whether or not their metrics are read."""
_LOOKED_AT = 2000
_ROUNDED = 1e-6


def traces_of(real: Side, synthetic: Side, fold: NDArray[np.int64]) -> NDArray[np.float64]:
    """Traces of two sides, real rows first.

    Parameters
    ----------
    real, synthetic : Side
    fold : ndarray of shape (n + m,), int64
        Rows of which a fold knows nothing: its own.

    Returns
    -------
    ndarray of shape (n + m, q)
        q is 0 where nothing can be told but the features; NaN is missing.
    """
    if real.columns is not None and synthetic.columns is not None:
        columns = np.concatenate([real.columns, synthetic.columns])
        return table_traces(columns, real.categorical, np.arange(len(columns)) < len(real), fold)
    if real.samples is None or synthetic.samples is None:
        return np.empty((len(fold), 0))
    measured = [_measured(item) for item in (real.samples, synthetic.samples)]
    shared = sorted(measured[0].keys() & measured[1].keys())
    found = [np.concatenate([item[name] for item in measured]) for name in shared]
    return np.column_stack([np.empty((len(fold), 0)), *found])


def _measured(samples: RawSamples) -> dict[str, NDArray[np.float64]]:
    """Numbers that are measured on samples, as many of each; a reference may lack some."""
    found = {}
    for name, measure in measures_of(samples.samples.modality).items():
        try:
            rows = samples.numbers(measure)
        except UndefinedError:
            continue
        if rows.dtype.kind in "if":
            found[name] = rows.reshape(len(rows), -1).astype(np.float64)
    return found


def table_traces(
    columns: NDArray[np.float64], categorical: tuple[bool, ...], is_real: NDArray[np.bool_], fold: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Traces of a table's rows.

    Per column: how common its very value is among real rows, how many decimals it has, and the least and the sum over
    the other columns of log(pair / expected), where pair counts the real rows of the same two bins and expected is what
    there would be of them were the columns independent. Then the sums and least of these over all columns.
    """
    n_columns = columns.shape[1]
    common = np.empty(columns.shape)
    codes = np.empty(columns.shape, np.int64)
    for place in range(n_columns):
        values = np.where(np.isnan(columns[:, place]), np.inf, columns[:, place])
        _, exact = np.unique(values, return_inverse=True)
        common[:, place] = np.log(_others(exact, is_real, fold) + 0.5)
        codes[:, place] = _codes(values, exact, is_real, category=categorical[place])
    least, total = _together(codes, is_real, fold)
    numeric = [place for place in range(n_columns) if not categorical[place]]
    whole = [common.sum(axis=1), common.min(axis=1), total.sum(axis=1), least.min(axis=1)] if n_columns else []
    return np.column_stack([common, _decimals(columns[:, numeric]), least, total, *whole])


def _codes(
    values: NDArray[np.float64], exact: NDArray[np.intp], is_real: NDArray[np.bool_], *, category: bool
) -> NDArray[np.int64]:
    """Bins of a column, 0 to 63: the common values each on its own, other numbers by quantiles, other levels as one."""
    counts = np.bincount(exact[is_real], minlength=int(exact.max(initial=0)) + 1)
    order = np.argsort(-counts, kind="stable")
    few = np.count_nonzero(counts) <= MOST_CODES
    least = 1 if category or few else max(1, int(is_real.sum()) // (2 * BINS))
    heavy = order[: MOST_CODES - 1 - (0 if category or few else BINS)]
    heavy = heavy[counts[heavy] >= least]
    code = np.zeros(len(counts), np.int64)
    code[heavy] = np.arange(1, len(heavy) + 1)
    found = code[exact]
    rest = values[is_real & (found == 0) & np.isfinite(values)]
    if category or few or not len(rest):
        return found
    edges = np.unique(np.quantile(rest, np.arange(1, BINS) / BINS))
    return np.where(found > 0, found, len(heavy) + 1 + np.searchsorted(edges, values))


def _together(
    codes: NDArray[np.int64], is_real: NDArray[np.bool_], fold: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and sum per column of how much oftener real rows have its bin and another column's than by chance."""
    n, n_columns = codes.shape
    least, total = np.zeros((n, n_columns)), np.zeros((n, n_columns))
    there = np.array([(is_real & (fold != number)).sum() for number in range(int(fold.max(initial=0)) + 1)])[fold]
    alone = [_others(codes[:, place], is_real, fold) for place in range(n_columns)]
    for first, second in _pairs(codes[is_real]):
        pair = _others(codes[:, first] * (MOST_CODES + 1) + codes[:, second], is_real, fold)
        expected = alone[first] * alone[second] / np.maximum(there, 1)
        found = np.log((pair + 1.0) / (expected + 1.0))
        for place in (first, second):
            np.minimum(least[:, place], found, out=least[:, place])
            total[:, place] += found
    return least, total


def _pairs(codes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """All pairs of columns; where they are many, those that tell most of each other."""
    n_columns = codes.shape[1]
    pairs = [(first, second) for first in range(n_columns) for second in range(first)]
    if len(pairs) <= MOST_PAIRS:
        return pairs
    looked = codes[np.linspace(0, len(codes) - 1, min(len(codes), _LOOKED_AT)).astype(int)]
    told = np.array([_information(looked[:, first], looked[:, second]) for first, second in pairs])
    chosen = np.sort(np.argsort(-told, kind="stable")[:MOST_PAIRS])
    return [pairs[place] for place in chosen]


def _information(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    joint = np.bincount(first * (MOST_CODES + 1) + second, minlength=(MOST_CODES + 1) ** 2)
    table = joint.reshape(MOST_CODES + 1, -1) / len(first)
    even = np.outer(table.sum(axis=1), table.sum(axis=0))
    held = table > 0
    return float((table[held] * np.log(table[held] / even[held])).sum())


def _others(code: NDArray[np.integer], is_real: NDArray[np.bool_], fold: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many real rows of the other folds have the code of each row."""
    size = int(code.max(initial=0)) + 1
    whole = np.bincount(code[is_real], minlength=size)
    found = np.empty(len(code))
    for number in range(int(fold.max(initial=0)) + 1):
        mine = fold == number
        found[mine] = (whole - np.bincount(code[is_real & mine], minlength=size))[code[mine]]
    return found


def _decimals(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decimals of each number, 7 for more than 6; NaN where missing."""
    found = np.where(np.isnan(columns), np.nan, MOST_DECIMALS + 1.0)
    for decimals in range(MOST_DECIMALS, -1, -1):
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = columns * 10.0**decimals
            whole = np.abs(scaled - np.round(scaled)) <= _ROUNDED * np.maximum(1.0, np.abs(scaled) * 1e-6)
        found[whole] = decimals
    return found
