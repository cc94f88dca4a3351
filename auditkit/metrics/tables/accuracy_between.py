"""Accuracy of encoded tables between a ceiling, fresh real rows, and a floor, columns shuffled apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tables.accuracy_result import WAYS, AccuracyReport, Agreement
from auditkit.metrics.tables.between import error_bound
from auditkit.metrics.tables.compared import Compared
from auditkit.metrics.tables.draws import equal_draws, two_halves
from auditkit.metrics.tables.marginals import (
    EVERYTHING,
    Rows,
    agreements,
    combinations_of,
    expected_agreements,
    named_columns,
)
from auditkit.metrics.tables.quantile_bins import Bins, train_bins

__all__ = ["TRIPLES", "drawn_rows", "fresh_halves", "marginal_accuracy"]

TRIPLES = 1_000
Values = NDArray[np.float64]


def marginal_accuracy(tables: Compared, *, triples: int = TRIPLES, seed: int = 0) -> AccuracyReport:
    """Accuracy of encoded tables with ceiling and floor, see `accuracy_report`.

    Parameters
    ----------
    tables : Compared
    triples : int, default 1000
    seed : int, default 0

    Returns
    -------
    AccuracyReport
    """
    rng, sets = np.random.default_rng(seed), tables.cells
    bins = train_bins(sets)
    n_real, n_synthetic, n_holdout = (
        len(sets[role]) if role in sets else 0 for role in ("real", "synthetic", "holdout")
    )
    reference, fresh = fresh_halves(bins.codes, rng)
    size = min(n_synthetic, len(fresh)) if fresh is not None else 0
    synthetic_draws = drawn_rows(Rows(bins.codes["synthetic"]), size, rng)
    fresh_draws = [] if fresh is None else drawn_rows(fresh, size, rng)
    floor = [] if fresh is None else [_shuffled(fresh, size, rng)]
    error = error_bound(len(reference), size) if size else 0.0
    parts = {}
    for ways, name in enumerate(WAYS, 1):
        columns = combinations_of(len(bins.names), ways, most=triples if ways == len(WAYS) else EVERYTHING, rng=rng)
        if not len(columns):
            continue
        whole = Rows(bins.codes["real"])
        value = agreements(whole, [Rows(bins.codes["synthetic"])], sizes=bins.sizes, columns=columns)[0]
        expected = expected_agreements(whole, n=n_real, n_other=n_synthetic, sizes=bins.sizes, columns=columns)
        named = named_columns(bins.names, columns)
        if not size:
            parts[name] = Agreement(named, value, expected)
            continue
        found = agreements(reference, [*synthetic_draws, *fresh_draws, *floor], sizes=bins.sizes, columns=columns)
        n_synthetic_draws = len(synthetic_draws)
        lowest = found[-1] if ways > 1 else _uniform_agreements(bins)
        matched, ceiling = found[:n_synthetic_draws].mean(axis=0), found[n_synthetic_draws:-1].mean(axis=0)
        parts[name] = Agreement(named, value, expected, matched, ceiling, lowest, error)
    left_out = sets["real"].left_out
    sizes = (n_real, n_synthetic, n_holdout, size or None)
    return AccuracyReport(parts, None, *sizes, left_out, seed, tables.absent, tables.notes)


def fresh_halves(codes: Mapping[str, NDArray[np.int32]], rng: np.random.Generator) -> tuple[Rows, Rows | None]:
    """Real rows to compare with, and fresh real rows: the holdout, else halves of the real ones; one row has none."""
    real = codes["real"]
    if "holdout" in codes:
        return Rows(real), Rows(codes["holdout"])
    if real.shape[1] < 2:  # noqa: PLR2004 - one row has no halves
        return Rows(real), None
    reference, fresh = (half.astype(np.int32) for half in two_halves(real.shape[1], rng))
    return Rows(real, reference), Rows(real, fresh)


def drawn_rows(item: Rows, size: int, rng: np.random.Generator) -> list[Rows]:
    """Subsamples of a set without replacement, `n_draws` of them; the set itself where it is no larger."""
    if len(item) <= size:
        return [item]
    rows = item.rows if len(item.rows) else np.arange(item.codes.shape[1], dtype=np.int32)
    return [Rows(item.codes, chosen) for chosen in equal_draws(rows, size, rng)]


def _shuffled(item: Rows, size: int, rng: np.random.Generator) -> Rows:
    """The same columns, each in an order of its own."""
    rows = item.rows if len(item.rows) else np.arange(item.codes.shape[1], dtype=np.int32)
    return Rows(np.stack([column[rng.permutation(rows)[:size]] for column in item.codes]))


def _uniform_agreements(bins: Bins) -> Values:
    """Agreement of each real column with a uniform draw from its range or its levels."""
    found = []
    for codes, even in zip(bins.codes["real"], bins.uniform, strict=True):
        shares = np.bincount(codes, minlength=len(even)) / len(codes)
        found.append(1.0 - 0.5 * float(np.abs(shares - even).sum()))
    return np.array(found)
