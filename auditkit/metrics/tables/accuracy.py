"""Do single columns, pairs and triples hold the shares of the real ones? Accuracy as mostlyai-qa names it.

Accuracy is one minus the total variation distance between binned real and synthetic cells. By itself it misleads: it
falls with the number of cells and with small sets, and independent columns score high on it. So it stands between a
ceiling, what fresh real rows reach at the same size, and a floor, what columns reach that know nothing of each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit.data.any_table import frame_of
from auditkit.data.cells import CellKind
from auditkit.data.joint import encode_frames
from auditkit.metrics.parameters import check_seed, whole
from auditkit.metrics.tables.accuracy_between import TRIPLES, marginal_accuracy
from auditkit.metrics.tables.accuracy_result import AccuracyReport, Agreement
from auditkit.metrics.tables.compared import compared_tables
from auditkit.metrics.tables.mostly import MOSTLY_TRIPLES, mostly_accuracy
from auditkit.metrics.tables.peers import Mostly, check_peer
from auditkit.metrics.tables.sides import named_sets

__all__ = ["AccuracyReport", "Agreement", "accuracy_report"]


def accuracy_report(
    *,
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    compatible: Mostly | None = None,
    triples: int | None = None,
    seed: int = 0,
) -> AccuracyReport:
    """Accuracy of single columns, pairs and triples of a synthetic table.

    accuracy = 1 - 1/2 sum over cells |p_real - p_synthetic|, numbers and moments in quantile bins of the real rows.

    score = min over parts of normalised accuracy x (1 + worst column) / 2, see `headline_of`: what a plain mean of
    accuracies hides, columns that know nothing of each other and one that is ruined, is what it shows.

    Parameters
    ----------
    real, synthetic : table or Dataset
        Frames, arrow or polars tables, mappings of columns; left as they are. Columns are matched by name.
    holdout : table or Dataset, optional
        Real rows that the generator never saw: the ceiling. Without it, two halves of `real` are compared.
    compatible : {"mostlyai"}, optional
        Do what mostlyai-qa 1.10.11 does, to its five digits: see Notes.
    triples : int, optional
        At most so many triples, drawn by the seed; 1,000 by default (10,000 in the compatible way), 0 for none.
    seed : int, default 0

    Returns
    -------
    AccuracyReport
        `.score`, `.worst`, `.columns`, `.accuracy`, `.univariate`, `.bivariate`, `.trivariate` frames, `.frame()`.

    Raises
    ------
    AuditkitError
        If `triples` or `seed` is no whole number from 0 on.
    UnknownNameError
        If `compatible` is not known.
    DataError
        If the tables share no column; compatible, also if cells are not of their column's kind.
    SampleSizeError
        If a table has no row.

    Notes
    -----
    By default all levels are kept, also unseen ones; values below and above the real range and missing cells have cells
    of their own; edges come from `real` alone. `matched` and `ceiling` are means over ten seeded draws of the larger
    set (fewer of more than 20,000 rows, one of more than 100,000), against the same real rows. Levels that nearly every
    row has for itself make value and ceiling fall together. Columns of names of records and of free text are left out.
    Cells that are not of their column's kind count as missing and are noted.

    mostlyai-qa joins the holdout to the real rows, merges all levels but the ten most frequent, drops levels below
    five rows, cuts edges down to few decimals and puts values outside the range in the outer bins. It draws words of
    columns in which over 5 % of the cells hold a value of its own; such columns are left out here. Ties between levels
    as frequent as the tenth go by first appearance, there by chance.

    O(rows) per set of columns.

    References
    ----------
    Platzer and Reutterer 2021, "Holdout-Based Empirical Assessment of Mixed-Type Synthetic Data", section 3.1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=4000)
    >>> table = {"x": x, "y": x + rng.normal(size=4000) / 9}
    >>> shuffled = {"x": x, "y": rng.permutation(table["y"])}
    >>> reports = [accuracy_report(real=table, synthetic=other) for other in (table, shuffled)]
    >>> [round(report.accuracy, 2) for report in reports], [round(report.score, 1) for report in reports]
    ([1.0, 0.63], [1.0, 0.0])
    """
    check_peer(compatible, Mostly)
    seed = check_seed(seed)
    if triples is not None:
        triples = whole("triples", triples, 0)
    given = named_sets(real=real, synthetic=synthetic, holdout=holdout)
    if compatible is not None:
        sets = encode_frames(given, kinds=_flags_as_numbers(real))
        return mostly_accuracy(sets, triples=MOSTLY_TRIPLES if triples is None else triples, seed=seed)
    return marginal_accuracy(compared_tables(given), triples=TRIPLES if triples is None else triples, seed=seed)


def _flags_as_numbers(real: Any) -> dict[str, CellKind]:
    frame = frame_of(real, name="real")
    return {str(name): "number" for name in frame.columns if frame[name].dtype == np.bool_}
