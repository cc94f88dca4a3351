"""Whether a synthetic table repeats single real cells of free text and personal data: addresses, numbers, names, notes.

Misleads where fresh real rows repeat such cells too (families share a number): their own rate stands beside. A cell
that was changed by one letter is not found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import binomial_tail, holm, mover_difference, wilson
from auditkit.metrics.tables.leaks_result import ColumnLeaks, VerbatimLeaks
from auditkit.metrics.tables.scanned import keys_of, scanned_words
from auditkit.metrics.tables.words import Words
from auditkit.results import Estimate

if TYPE_CHECKING:
    from auditkit.data.personal import PersonalKind

__all__ = ["ColumnLeaks", "VerbatimLeaks", "verbatim_leaks"]


def verbatim_leaks(
    *, real: Any, synthetic: Any, holdout: Any = None, columns: Sequence[str] | None = None, rare: int = 3
) -> VerbatimLeaks:
    """Synthetic cells of free text and personal data that equal a rare real one.

    share = #{synthetic cells that equal a cell of at most `rare` real rows} / #{synthetic cells}, by column; e-mail
    addresses, bank accounts and telephone numbers inside free text are looked for as well.

    Parameters
    ----------
    real : table or Dataset
        What the generator was trained on.
    synthetic : table or Dataset
    holdout : table or Dataset, optional
        Real rows that the generator never saw: how many of their cells are found among the real ones is chance.
    columns : sequence of str, optional
        Columns to look at, whatever they hold; by default those that are recognised as free text or personal data.
    rare : int, default 3
        Rows of `real` that a cell may occur in to be one of few; at least 1. `verbatim_leak_share` counts those of
        `holdout` with them.

    Returns
    -------
    VerbatimLeaks
        `.columns` with shares in [0, 1], lower is better; `.rows` says which synthetic rows. Never holds a cell.

    Raises
    ------
    DataError
        If a set is no table.
    SampleSizeError
        If a set has no row.
    AuditkitError
        If `rare` is no whole number from 1 on.
    UnknownNameError
        If the real data lack a column that is asked for.

    Notes
    -----
    Cells are compared without case, outer blanks and the signs between digits; those of fewer than 4 letters and digits
    are left out. p is that of a sign test on values: each rare real value that is found votes for the set that holds
    it (for both by their counts), and chance gives the synthetic set n / (n + m) of the votes, n and m the cells of the
    two sets; P(Bin(votes, n / (n + m)) >= votes for it). A value that the generator repeats has one vote, so that mode
    collapse alone does not count as leaks. Holm's correction over the columns. O(n) by hash tables.

    Examples
    --------
    >>> people = [f"person{number}@example.org" for number in range(60)]
    >>> found = verbatim_leaks(
    ...     real={"mail": people[:30]},
    ...     synthetic={"mail": people[:10] + ["x@y.org"] * 10},
    ...     holdout={"mail": people[30:]},
    ... )
    >>> (mail,) = found.columns
    >>> mail.kind, mail.n_leaked, mail.share.value, mail.p < 1e-3
    ('email', 10, 0.5, True)
    """
    scanned = scanned_words(real=real, synthetic=synthetic, holdout=holdout, columns=columns, rare=rare)
    words, kinds = scanned.words, scanned.kinds
    found = [_leaks({role: of[key] for role, of in words.items()}, key, kinds[key[0]], rare) for key in keys_of(words)]
    rows = np.zeros(scanned.n["synthetic"], np.bool_)
    for item in found:
        rows |= item.rows
    notes = [f"Column {name!r} is not in every set and was not looked at." for name in scanned.lacking]
    if not kinds:
        notes.append("No column of free text or personal data was recognised: name some by `columns`.")
    if holdout is None and kinds:
        notes.append("No holdout was given: how many cells chance explains is not known.")
    return VerbatimLeaks(tuple(sorted(_adjusted(found), key=_badness)), kinds, rows, tuple(notes))


def _leaks(sets: Mapping[str, Words], key: tuple[str, str], kind: PersonalKind, rare: int) -> ColumnLeaks:
    values, counts = np.unique(sets["real"].digests, return_counts=True)
    few, n_real = values[counts <= rare], len(sets["real"].digests)
    hits = {role: _Hits.of(item, few) for role, item in sets.items() if role != "real"}
    ours, fresh = hits["synthetic"], hits.get("holdout")
    rows = np.zeros(sets["synthetic"].n, np.bool_)
    rows[sets["synthetic"].samples[np.isin(sets["synthetic"].digests, ours.values)]] = True
    share = ours.share(n_real)
    other = None if fresh is None else fresh.share(n_real)
    reasons = [] if share else ["the synthetic column has no cell to compare"]
    if fresh is None:
        reasons.append("no holdout was given")
    elif other is None:
        reasons.append("the holdout has no cell to compare")
    return ColumnLeaks(
        column=key[0],
        kind=kind,
        part=key[1],
        n_cells=ours.n_cells,
        n_leaked=int(ours.counts.sum()),
        n_values=len(ours.values),
        share=share,
        holdout=other,
        excess=None if share is None or other is None else mover_difference(share, other),
        p=None if fresh is None or share is None or other is None else _sign_test(ours, fresh),
        p_adjusted=None,
        reason="; ".join(reasons),
        rows=rows,
    )


@dataclass(frozen=True, eq=False)
class _Hits:
    """Rare real values that a set holds, and how often."""

    values: NDArray[np.int64]
    counts: NDArray[np.int64]
    n_cells: int

    @classmethod
    def of(cls, words: Words, few: NDArray[np.int64]) -> _Hits:
        values, counts = np.unique(words.digests, return_counts=True)
        is_hit = np.isin(values, few, assume_unique=True)
        return cls(values[is_hit], counts[is_hit].astype(np.int64), len(words.digests))

    def share(self, n_real: int) -> Estimate | None:
        found = int(self.counts.sum())
        if not self.n_cells:
            return None
        return Estimate(found / self.n_cells, *wilson(found, self.n_cells), "wilson", (n_real, self.n_cells))


def _sign_test(ours: _Hits, fresh: _Hits) -> float:
    """P(at least so many of the values that were found stand with the synthetic set), were it fresh real rows."""
    both, first, second = np.intersect1d(ours.values, fresh.values, assume_unique=True, return_indices=True)
    votes = len(ours.values) + len(fresh.values) - len(both)
    shared = math.fsum((ours.counts[first] / (ours.counts[first] + fresh.counts[second])).tolist())
    mine = math.floor(len(ours.values) - len(both) + shared)
    chance = ours.n_cells / (ours.n_cells + fresh.n_cells)
    return binomial_tail(mine, votes, chance)


def _adjusted(found: Sequence[ColumnLeaks]) -> list[ColumnLeaks]:
    known = [item.p for item in found if item.p is not None]
    corrected = iter(holm(known))
    return [item if item.p is None else replace(item, p_adjusted=next(corrected)) for item in found]


def _badness(item: ColumnLeaks) -> tuple[float, float]:
    return 1.0 if item.p is None else item.p, 0.0 if item.share is None else -item.share.value
