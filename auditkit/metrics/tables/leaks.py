"""Whether a synthetic table repeats single real cells of free text and personal data: addresses, numbers, names, notes.

Misleads where fresh real rows repeat such cells too (families share a number): their own rate stands beside. A cell
that was changed by one letter is not found.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.fitted_table import fitted_table, set_of
from auditkit.data.levels import level_codes
from auditkit.data.personal import normal_text, personal_columns, personal_parts
from auditkit.errors import ConfigError, UnknownNameError
from auditkit.intervals import binomial_tail, holm, mover_difference, wilson
from auditkit.metrics.parameters import whole
from auditkit.metrics.tables.leaks_result import ColumnLeaks, VerbatimLeaks
from auditkit.metrics.tables.sides import named_sets
from auditkit.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data.personal import PersonalKind

__all__ = ["ColumnLeaks", "VerbatimLeaks", "verbatim_leaks"]

PARTS: tuple[PersonalKind, ...] = ("email", "iban", "phone")
_IS_SAID = re.compile(r"(?:\W*\w){4}")
"""Four letters or digits: shorter cells are mere marks."""


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
        Real rows that a cell may occur in to be one of few; at least 1.

    Returns
    -------
    VerbatimLeaks
        `.columns` with shares in [0, 1], lower is better; `.rows` says which synthetic rows. Never holds a cell.

    Raises
    ------
    DataError
        If a set is no table.
    SampleSizeError
        If a set has no row, or `rare` is below 1.
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
    whole("rare", rare, 1)
    first = set_of(real, name="real")
    given = named_sets(real=first, synthetic=synthetic, holdout=holdout)
    tables = {role: fitted_table(item, first.schema, name=role) for role, item in given.items()}
    kinds = _kinds(tables["real"], personal_columns(tables["real"], first.schema), columns)
    scanned = {name: kind for name, kind in kinds.items() if all(name in table for table in tables.values())}
    found = [item for name, kind in scanned.items() for item in _scan(tables, name, kind, rare)]
    rows = np.zeros(len(tables["synthetic"]), np.bool_)
    for item in found:
        rows |= item.rows
    notes = [f"Column {name!r} is not in every set and was not looked at." for name in kinds if name not in scanned]
    if not kinds:
        notes.append("No column of free text or personal data was recognised: name some by `columns`.")
    if holdout is None and kinds:
        notes.append("No holdout was given: how many cells chance explains is not known.")
    return VerbatimLeaks(tuple(sorted(_adjusted(found), key=_badness)), kinds, rows, tuple(notes))


def _kinds(
    table: pd.DataFrame, recognised: Mapping[str, PersonalKind], columns: Sequence[str] | None
) -> dict[str, PersonalKind]:
    if columns is None:
        return dict(recognised)
    if isinstance(columns, str) or not isinstance(columns, Iterable):
        message = f"`columns` must be a list of names, got {columns!r}: put it in brackets."
        raise ConfigError(message)
    for name in columns:
        if name not in table.columns:
            raise UnknownNameError.of("column", name, table.columns, "in the real set")
    return {name: recognised.get(name, "id") for name in columns}


@dataclass(frozen=True, eq=False)
class _Values:
    """Distinct values of a column, or of what stands inside its cells, and the row of each occurrence."""

    texts: list[str]
    codes: NDArray[np.int64]
    rows: NDArray[np.int64]

    def counts(self) -> dict[str, int]:
        """Rows that hold each value."""
        return dict(zip(self.texts, np.bincount(self.codes, minlength=len(self.texts)).tolist(), strict=True))


def _scan(tables: Mapping[str, pd.DataFrame], name: str, kind: PersonalKind, rare: int) -> Iterator[ColumnLeaks]:
    n_rows = len(tables["synthetic"])
    yield _leaks({role: _cells(table[name], kind) for role, table in tables.items()}, name, kind, "cell", n_rows, rare)
    if kind != "text":
        return
    inside = {role: _parts(table[name]) for role, table in tables.items()}
    for part in PARTS:
        found = {role: of[part] for role, of in inside.items()}
        if found["real"].texts and found["synthetic"].texts:
            yield _leaks(found, name, kind, part, n_rows, rare)


def _cells(values: pd.Series, kind: PersonalKind) -> _Values:
    codes, levels = level_codes(values)
    place: dict[str, int] = {}
    texts = (normal_text(level, kind) for level in levels)
    numbers = [place.setdefault(text, len(place)) if _IS_SAID.match(text) else -1 for text in texts]
    found = np.array([*numbers, -1], np.int64)[codes]
    rows = np.flatnonzero(found >= 0)
    return _Values(list(place), found[rows], rows)


def _parts(values: pd.Series) -> dict[PersonalKind, _Values]:
    """What stands inside the cells, each once per row."""
    codes, levels = level_codes(values)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(levels) + 1))
    places: dict[PersonalKind, dict[str, int]] = {part: {} for part in PARTS}
    found: dict[PersonalKind, list[tuple[int, NDArray[np.intp]]]] = {part: [] for part in PARTS}
    for number, level in enumerate(levels):
        said = {(part, normal_text(item, part)) for part, item in personal_parts(level)}
        for part, text in sorted(said):
            code = places[part].setdefault(text, len(places[part]))
            found[part].append((code, order[starts[number] : starts[number + 1]]))
    return {part: _spread(list(places[part]), found[part]) for part in PARTS}


def _spread(texts: list[str], found: Sequence[tuple[int, NDArray[np.intp]]]) -> _Values:
    codes = np.array([code for code, _ in found], np.int64)
    sizes = np.array([len(rows) for _, rows in found], np.int64)
    rows = np.concatenate([np.empty(0, np.int64), *(rows for _, rows in found)])
    return _Values(texts, np.repeat(codes, sizes), rows)


def _leaks(
    sets: Mapping[str, _Values], name: str, kind: PersonalKind, part: str, n_rows: int, rare: int
) -> ColumnLeaks:
    few = {value for value, count in sets["real"].counts().items() if count <= rare}
    hits = {role: _hits(item, few) for role, item in sets.items() if role != "real"}
    ours, fresh = hits["synthetic"], hits.get("holdout")
    rows = np.zeros(n_rows, np.bool_)
    rows[sets["synthetic"].rows[np.isin(sets["synthetic"].codes, ours.codes)]] = True
    share = ours.share(len(sets["real"].rows))
    other = None if fresh is None else fresh.share(len(sets["real"].rows))
    reasons = [] if share else ["the synthetic column has no cell to compare"]
    if fresh is None:
        reasons.append("no holdout was given")
    elif other is None:
        reasons.append("the holdout has no cell to compare")
    return ColumnLeaks(
        column=name,
        kind=kind,
        part=part,
        n_cells=ours.n_cells,
        n_leaked=sum(ours.counts.values()),
        n_values=len(ours.counts),
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
    counts: dict[str, int]
    codes: NDArray[np.int64]
    n_cells: int

    def share(self, n_real: int) -> Estimate | None:
        found = sum(self.counts.values())
        if not self.n_cells:
            return None
        return Estimate(found / self.n_cells, *wilson(found, self.n_cells), "wilson", (n_real, self.n_cells))


def _hits(item: _Values, few: set[str]) -> _Hits:
    codes = [number for number, value in enumerate(item.texts) if value in few]
    counts = np.bincount(item.codes, minlength=len(item.texts))
    return _Hits({item.texts[code]: int(counts[code]) for code in codes}, np.array(codes, np.int64), len(item.codes))


def _sign_test(ours: _Hits, fresh: _Hits) -> float:
    """P(at least so many of the values that were found stand with the synthetic set), were it fresh real rows."""
    both = ours.counts.keys() & fresh.counts.keys()
    votes = len(ours.counts.keys() | fresh.counts.keys())
    shared = math.fsum(ours.counts[value] / (ours.counts[value] + fresh.counts[value]) for value in sorted(both))
    mine = math.floor(len(ours.counts) - len(both) + shared)
    chance = ours.n_cells / (ours.n_cells + fresh.n_cells)
    return binomial_tail(mine, votes, chance)


def _adjusted(found: Sequence[ColumnLeaks]) -> list[ColumnLeaks]:
    known = [item.p for item in found if item.p is not None]
    corrected = iter(holm(known))
    return [item if item.p is None else replace(item, p_adjusted=next(corrected)) for item in found]


def _badness(item: ColumnLeaks) -> tuple[float, float]:
    return 1.0 if item.p is None else item.p, 0.0 if item.share is None else -item.share.value
