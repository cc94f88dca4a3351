"""Accuracy of encoded tables between a ceiling, fresh real rows, and a floor, columns shuffled apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tables.accuracy_result import WAYS, AccuracyReport, Agreement
from auditkit.metrics.tables.between import error_bound
from auditkit.metrics.tables.column_sets import combinations_of
from auditkit.metrics.tables.compared import Compared
from auditkit.metrics.tables.draws import judged_sets
from auditkit.metrics.tables.marginals import (
    EVERYTHING,
    Rows,
    agreements,
    expected_agreements,
    named_columns,
    rows_at,
)
from auditkit.metrics.tables.quantile_bins import Bins, train_bins

__all__ = ["TRIPLES", "judged_rows", "marginal_accuracy"]

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
    judged = judged_rows(bins.codes, rng)
    floor = None if judged is None else _shuffled(judged.fresh, judged.size, rng)
    parts = {}
    for ways, name in enumerate(WAYS, 1):
        columns = combinations_of(len(bins.names), ways, most=triples if ways == len(WAYS) else EVERYTHING, rng=rng)
        if not len(columns):
            continue
        whole = Rows(bins.codes["real"])
        value = agreements(whole, [Rows(bins.codes["synthetic"])], sizes=bins.sizes, columns=columns)[0]
        expected = expected_agreements(whole, n=n_real, n_other=n_synthetic, sizes=bins.sizes, columns=columns)
        named = named_columns(bins.names, columns)
        if judged is None or floor is None:
            parts[name] = Agreement(named, value, expected)
            continue
        found = agreements(judged.reference, [*judged.draws, floor], sizes=bins.sizes, columns=columns)
        lowest = found[-1] if ways > 1 else _uniform_agreements(bins)
        parts[name] = Agreement(named, value, expected, *judged.means(found[:-1]), lowest, judged.error)
    left_out = sets["real"].left_out
    sizes = (n_real, n_synthetic, n_holdout, None if judged is None else judged.size)
    return AccuracyReport(parts, None, *sizes, left_out, seed, tables.absent, tables.notes)


@dataclass(frozen=True, eq=False)
class JudgedRows:
    """The sets of `judged_sets` as rows of bins.

    Attributes
    ----------
    reference, fresh : Rows
    size, n_synthetic_draws : int
    draws : list of Rows
        The synthetic ones, then fresh ones.
    """

    reference: Rows
    fresh: Rows
    size: int
    n_synthetic_draws: int
    draws: list[Rows]

    @property
    def error(self) -> float:
        """Standard error that the difference of two scores has at most."""
        return error_bound(len(self.reference), self.size)

    def means(self, found: Values) -> tuple[Values, Values]:
        """What is reached and the ceiling, from the agreement of each draw."""
        return found[: self.n_synthetic_draws].mean(axis=0), found[self.n_synthetic_draws :].mean(axis=0)


def judged_rows(codes: Mapping[str, NDArray[np.int32]], rng: np.random.Generator) -> JudgedRows | None:
    """Rows to compare with, synthetic and fresh ones of one size; None where there is no fresh row."""
    judged = judged_sets({role: of.shape[1] for role, of in codes.items()}, rng)
    if judged is None:
        return None
    fresh = codes[judged.fresh_from]
    draws = [rows_at(codes["synthetic"], places) for places in judged.synthetic_draws]
    n_drawn = len(draws)
    draws += [rows_at(fresh, places) for places in judged.fresh_draws]
    reference = rows_at(codes["real"], judged.reference)
    return JudgedRows(reference, rows_at(fresh, judged.fresh), judged.size, n_drawn, draws)


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
