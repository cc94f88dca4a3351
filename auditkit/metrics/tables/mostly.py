"""Accuracy of encoded tables to the digits of mostlyai-qa 1.10.11."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from auditkit.data.cells import Cells
from auditkit.errors import DataError
from auditkit.metrics.tables.accuracy_result import WAYS, AccuracyReport, Agreement
from auditkit.metrics.tables.column_sets import combinations_of
from auditkit.metrics.tables.marginals import (
    EVERYTHING,
    Rows,
    agreements,
    expected_agreements,
    named_columns,
)
from auditkit.metrics.tables.quantile_bins import mostly_bins

__all__ = ["DIGITS", "MOSTLY_TRIPLES", "is_text", "mostly_accuracy"]

MOSTLY_TRIPLES, MOSTLY_COLUMNS = 10_000, 300
DIGITS = 5
TEXT_SHARE = 0.05


def mostly_accuracy(sets: Mapping[str, Cells], *, triples: int = MOSTLY_TRIPLES, seed: int = 0) -> AccuracyReport:
    """Accuracy of encoded tables as mostlyai-qa 1.10.11 has it, see `accuracy_report`.

    Parameters
    ----------
    sets : mapping of str to Cells
        `"real"`, `"synthetic"` and, where there is one, `"holdout"`.
    triples : int, default 10000
    seed : int, default 0

    Returns
    -------
    AccuracyReport

    Raises
    ------
    DataError
        If every column holds free text.
    """
    real = sets["real"]
    texts = {
        column.name: "free text, of which mostlyai-qa draws words"
        for column in real.columns
        if is_text(real, column.name)
    }
    if len(texts) == len(real.names):
        raise DataError("no column can be compared: all of them hold free text, of which mostlyai-qa draws words.")
    names = sorted(name for name in real.names if name not in texts)
    beyond = dict.fromkeys(names[MOSTLY_COLUMNS:], f"mostlyai-qa compares {MOSTLY_COLUMNS} columns")
    chosen = {role: cells.only(names[:MOSTLY_COLUMNS]) for role, cells in sets.items()}
    originals = [role for role in sets if role != "synthetic"]
    bins = mostly_bins(originals, chosen)
    codes = np.concatenate([bins.codes[role] for role in originals], axis=1)
    n_original, n_synthetic = codes.shape[1], len(sets["synthetic"])
    rng = np.random.default_rng(seed)
    parts = {}
    for ways, name in enumerate(WAYS, 1):
        columns = combinations_of(len(bins.names), ways, most=triples if ways == len(WAYS) else EVERYTHING, rng=rng)
        if len(columns):
            value = agreements(Rows(codes), [Rows(bins.codes["synthetic"])], sizes=bins.sizes, columns=columns)[0]
            counts = {"n": n_original, "n_other": n_synthetic}
            expected = expected_agreements(Rows(codes), **counts, sizes=bins.sizes, columns=columns)
            parts[name] = Agreement(named_columns(bins.names, columns), value.round(DIGITS), expected.round(DIGITS))
    n_holdout = n_original - len(real)
    left_out = {**real.left_out, **texts, **beyond}
    return AccuracyReport(parts, "mostlyai", len(real), n_synthetic, n_holdout, None, left_out, seed)


def is_text(real: Cells, name: str) -> bool:
    """Whether more than 5 % of the present cells hold a value that no other row has."""
    place = real.place(name)
    if real.columns[place].kind != "category":
        return False
    counts = np.bincount(real.values[place])[1:]
    return bool(counts.sum()) and float((counts == 1).sum() / counts.sum()) > TEXT_SHARE
