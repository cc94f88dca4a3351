"""Whether synthetic samples hold single training records' words: names, addresses, numbers, notes.

No distance looks at such columns, so that a copy of the words alone is seen by nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UndefinedError
from auditkit.metrics.copies import excess_of_records
from auditkit.metrics.products import ROLES, Side
from auditkit.metrics.registry import Part, Reading, metric, value_of
from auditkit.metrics.tables.scanned import keys_of, scanned_words
from auditkit.metrics.tables.strongest import strongest
from auditkit.metrics.tables.words import Words

__all__ = ["verbatim_leak_share"]

RARE = 3


def _verbatim_leak_share(real: Side, synthetic: Side, holdout: Side, *, rare: int = RARE) -> Reading:
    sides = (real, synthetic, holdout)
    keys = keys_of({role: side.words for role, side in zip(ROLES, sides, strict=True)})
    if not keys:
        return Reading(None, (len(real), len(synthetic)), "no column of free text or personal data is in every set.")
    return strongest([Part(_named(*key), _excess([side.words[key] for side in sides], rare)) for key in keys])


def _named(column: str, part: str) -> dict[str, str]:
    return {"column": column} if part == "cell" else {"column": column, "part": part}


def _excess(sets: Sequence[Words], rare: int) -> Reading:
    """Excess of cells that only train holds over those that only the holdout holds."""
    train, ours, fresh = sets
    # Train and holdout are counted together: were rare what is rare in train, more of train's cells would be.
    values, counts = np.unique(np.concatenate([train.digests, fresh.digests]), return_counts=True)
    few = values[counts <= rare]
    found = excess_of_records(*(_records(item, few, place) for place, item in enumerate(sets)))
    rows = np.unique(ours.samples[np.isin(ours.digests, few) & np.isin(ours.digests, train.digests)])
    cells = {"n_cells": len(ours.digests), "leaked_share": len(rows) / ours.n}
    votes = {name: found.details[name] for name in ("distinct_train_only", "distinct_holdout_only", "equal_size")}
    return replace(found, n=(train.n, ours.n), details=cells | votes)


def _records(words: Words, few: NDArray[np.int64], place: int) -> NDArray[np.int64]:
    """Digests of rare cells, and for each sample without one a number that no other set has."""
    is_few = np.isin(words.digests, few)
    lacking = words.n - len(np.unique(words.samples[is_few]))
    return np.concatenate([words.digests[is_few], np.full(lacking, -1 - place, np.int64)])


@metric(
    reads=_verbatim_leak_share,
    family="copying",
    modalities=("tabular",),
    direction="lower",
    bounds=(None, None),
    unit="share",
    null=0.0,
    interval="none",
    by_group=False,
    asks=("words",),
    source="Sign test of copy_excess on the rare cells of each column, Bonferroni over the columns",
    meaning="The share of synthetic records that hold words of single training records, beyond what words of fresh "
    "real records would explain.",
    misleads="It compares cells, not their meaning: a paraphrase, or a name that is spelt anew, is not found.",
    advice="Draw the column anew from a list that names nobody, or drop it; `verbatim_leaks` says in which rows.",
)
def verbatim_leak_share(
    *, real: Any, synthetic: Any, holdout: Any, columns: Sequence[str] | None = None, rare: int = RARE
) -> float:
    """Share of synthetic rows with a rare cell of train in a column of words, less the share with one of the holdout.

    max over columns c of (share of synthetic rows whose c equals a train-only cell, less the share whose c equals a
    holdout-only one), the column taken whose sign test is the clearest; only cells that at most `rare` rows of train
    and holdout together hold.

    Parameters
    ----------
    real, synthetic, holdout : table of n, m and h rows
        Training records, synthetic ones, and real ones that the generator never saw.
    columns : sequence of str, optional
        Columns to look at, whatever they hold; by default those that are recognised as free text or personal data.
    rare : int, default 3
        Rows of `real` and `holdout` together that a cell may occur in to be one of few; at least 1. `verbatim_leaks`
        counts those of `real` alone.

    Returns
    -------
    float in [-n / s, n / s] with s = min(n, h); lower is better. About 0 for a generator that does not copy.

    Raises
    ------
    UndefinedError
        If there is no such column.
    UnknownNameError
        If the real data lack a column that is asked for.
    DataError, SampleSizeError
        If tables cannot be read or have no row.
    AuditkitError
        If `rare` is no whole number from 1 on.

    Notes
    -----
    E-mail addresses, bank accounts and telephone numbers inside free text are columns of their own. Cells are compared
    as in `verbatim_leaks`; shares and test are those of `copy_excess`, and an audit corrects the evidence for the
    number of columns. In an audit the score has a part for each. Never holds a cell. O(n log n) per column.

    References
    ----------
    Bonferroni 1936; for the sign test see `copy_excess`.

    Examples
    --------
    >>> people = [f"person{number}@example.org" for number in range(90)]
    >>> verbatim_leak_share(
    ...     real={"mail": people[:30]},
    ...     synthetic={"mail": people[:15] + people[60:75]},
    ...     holdout={"mail": people[30:60]},
    ... )
    0.5
    """
    found = scanned_words(real=real, synthetic=synthetic, holdout=holdout, columns=columns, rare=rare)
    if not found.kinds:
        message = "no column of free text or personal data was recognised: name some by `columns`."
        raise UndefinedError(message)
    sides = {role: Side(np.zeros((found.n[role], 0)), words=found.words[role], name=role) for role in ROLES}
    return value_of(_verbatim_leak_share, sides, rare=rare)
