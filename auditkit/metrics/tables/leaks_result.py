"""What was found of real cells in a synthetic table, without the cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tables.shown import Shown, estimate_cells, short_text, value_or_none

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data.personal import PersonalKind
    from auditkit.results import Estimate

__all__ = ["ColumnLeaks", "VerbatimLeaks"]


@dataclass(frozen=True, eq=False)
class ColumnLeaks:
    """Rare real cells that one synthetic column holds.

    Attributes
    ----------
    column : str
    kind : {"email", "phone", "iban", "card", "ip", "name", "address", "number", "id", "text"}
        What its cells are.
    part : str
        `"cell"`, or `"email"`, `"phone"`, `"iban"` for what stands inside cells of free text.
    n_cells, n_leaked : int
        Synthetic cells (or parts inside them) that are not missing, and those of them that a rare real one equals.
    n_values : int
        Distinct ones among these.
    share : Estimate or None
        n_leaked / n_cells with Wilson's interval; None without a cell.
    holdout : Estimate or None
        The same of fresh real rows: what chance explains.
    excess : Estimate or None
        share - holdout, positive = worse.
    p, p_adjusted : float or None
        Of finding so many distinct ones by chance, on its own and with Holm's correction for all columns; None without
        a holdout.
    reason : str
        Why a number is absent.
    rows : ndarray of bool, shape (n_synthetic,)
        Synthetic rows that hold such a cell.
    """

    column: str
    kind: PersonalKind
    part: str
    n_cells: int
    n_leaked: int
    n_values: int
    share: Estimate | None
    holdout: Estimate | None
    excess: Estimate | None
    p: float | None
    p_adjusted: float | None
    reason: str
    rows: NDArray[np.bool_] = field(repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class VerbatimLeaks(Shown):
    """Rare real cells in a synthetic table.

    Attributes
    ----------
    columns : tuple of ColumnLeaks
        The worst first: by p, then by share.
    kinds : mapping of str to str
        Columns that were taken for free text or personal data.
    rows : ndarray of bool, shape (n_synthetic,)
        Synthetic rows that hold a rare real cell in any of the columns.
    notes : tuple of str
        What a reader should know, a sentence each.
    """

    columns: tuple[ColumnLeaks, ...]
    kinds: dict[str, PersonalKind]
    rows: NDArray[np.bool_] = field(repr=False)
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{int(self.rows.sum())} of {len(self.rows)} synthetic rows hold a rare real cell"
        names = ("column", "part", "cells", "leaked", "share", "of fresh rows", "p")
        rows = [
            (
                item.column,
                item.part,
                item.n_cells,
                item.n_leaked,
                item.share,
                value_or_none(item.holdout),
                item.p_adjusted,
            )
            for item in self.columns
        ]
        return short_text(head, names, rows, notes=self.notes)

    def frame(self) -> pd.DataFrame:
        """A row per column and part, in their order, without any cell.

        Returns
        -------
        pandas.DataFrame
            `column`, `kind`, `part`, `n_cells`, `n_leaked`, `n_values`, `share`, `low`, `high`, `holdout`, `excess`,
            `p`, `p_adjusted`, `reason`; missing where there is no number.
        """
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame needs it

        rows = [
            {
                "column": item.column,
                "kind": item.kind,
                "part": item.part,
                "n_cells": item.n_cells,
                "n_leaked": item.n_leaked,
                "n_values": item.n_values,
                **estimate_cells("share", item.share),
                "holdout": value_or_none(item.holdout),
                "excess": value_or_none(item.excess),
                "p": item.p,
                "p_adjusted": item.p_adjusted,
                "reason": item.reason,
            }
            for item in self.columns
        ]
        texts, counts = ("column", "kind", "part", "reason"), ("n_cells", "n_leaked", "n_values")
        numbers = ("share", "low", "high", "holdout", "excess", "p", "p_adjusted")
        order = ["column", "kind", "part", *counts, *numbers, "reason"]
        types = dict.fromkeys(texts, "str") | dict.fromkeys(counts, "int64") | dict.fromkeys(numbers, "float64")
        return pd.DataFrame(rows, columns=order).astype(types)
