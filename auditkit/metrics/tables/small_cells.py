"""Synthetic rows in cells of the real table that hold one record, or a few.

A few columns together may name a person. A synthetic row that has such a combination points at somebody, whether or
not its other cells are right. Some rows do by chance: so what they hit in train is set against what they hit in a
holdout, for each set of columns, with a correction for the number of sets.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks
from auditkit.data.cells import Cells
from auditkit.errors import AuditkitError
from auditkit.intervals import binomial_tail, holm
from auditkit.metrics.parameters import check_seed, whole
from auditkit.metrics.tables.codes import Codes, column_codes, combined
from auditkit.metrics.tables.column_sets import combinations_of
from auditkit.metrics.tables.shown import Shown, short_text
from auditkit.metrics.tables.sides import named_places, named_sets, table_sides

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CellCount", "SmallestCells", "smallest_cells"]

MOST_SETS = 1_000
_SPREAD = 50
Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]
Column = tuple[list[Codes], int]


@dataclass(frozen=True)
class CellCount:
    """Synthetic rows in small cells of the training table, for one set of columns.

    Attributes
    ----------
    columns : tuple of str
    once, few : float
        Share of synthetic rows whose combination one training record has, and fewer than k (but at least one).
    control : float or None
        What `few` would be with fresh records in place of the training set.
    excess : float or None
        `few - control`; 0 is chance.
    smallest : int or None
        Records of the smallest training cell that a synthetic row is in.
    cells, fresh_cells : int, int or None
        Combinations that synthetic rows have and that exactly one of all real records has: of training records, and
        of the holdout's.
    p, p_adjusted : float or None
        Chance of so many training records among them if they were in neither set's favour, and the same after Holm's
        correction for all sets of columns.
    homogeneous, homogeneous_control : float or None
        Share of synthetic rows that state the sensitive value which all records of their cell have, in train and in
        the holdout, each at its own size.
    """

    columns: tuple[str, ...]
    once: float
    few: float
    control: float | None
    excess: float | None
    smallest: int | None
    cells: int
    fresh_cells: int | None
    p: float | None
    p_adjusted: float | None = None
    homogeneous: float | None = None
    homogeneous_control: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class SmallestCells(Shown):
    """Small cells of all sets of columns.

    Attributes
    ----------
    sets : tuple of CellCount
        Those with the strongest evidence first; without a holdout those with the most rows in small cells. A large
        excess alone is none: a generator may make one rare combination many times.
    k : int
    once : ndarray of shape (m,), int64
        In how many sets of columns each synthetic row is in a cell of one training record.
    fresh_once : ndarray of shape (m,), int64, or None
        The same for the holdout.
    n_left_out : int
        Sets of columns that were not looked at, because there are too many.
    """

    sets: tuple[CellCount, ...]
    k: int
    once: Counts = field(repr=False)
    fresh_once: Counts | None = field(repr=False)
    n_left_out: int

    @property
    def found(self) -> tuple[CellCount, ...]:
        """Sets of columns by which the synthetic rows point at training records, at 1 % after correction."""
        return tuple(item for item in self.sets if item.p_adjusted is not None and item.p_adjusted <= 0.01)  # noqa: PLR2004 - as for all gates of one check

    def __str__(self) -> str:
        head = f"cells of fewer than {self.k} training records, for {len(self.sets)} sets of columns"
        if self.fresh_once is not None:
            head += f"; {len(self.found)} point at training records"
        names = ("columns", "in one record", f"in fewer than {self.k}", "beyond chance", "p")
        rows = [(item.columns, item.once, item.few, item.excess, item.p_adjusted) for item in self.sets]
        notes = [f"{self.n_left_out} sets of columns were not looked at"] if self.n_left_out else []
        return short_text(head, names, rows, notes=notes)

    def frame(self) -> pd.DataFrame:
        """A row per set of columns."""
        import pandas as pd  # noqa: PLC0415 - only for who wants a frame

        names = [item.name for item in fields(CellCount)]
        return pd.DataFrame([{name: getattr(item, name) for name in names} for item in self.sets], columns=names)


def smallest_cells(
    *,
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    columns: Sequence[str] | None = None,
    sensitive: str | None = None,
    k: int = 5,
    order: int = 3,
    seed: int = 0,
) -> SmallestCells:
    """How many synthetic rows are in cells that one training record is in, or fewer than k.

    few = mean_i 1[1 <= #{j : real_j = synthetic_i in the columns} < k].

    Parameters
    ----------
    real : table of n rows
        Training records.
    synthetic : table of m rows
    holdout : table of h rows, optional
        Real records that the generator never saw; without them nothing tells leaks from chance.
    columns : sequence of str, optional
        Columns by which people may be known, taken together. By default all sets of one, two, ... `order` columns.
    sensitive : str, optional
        A column that people would keep to themselves: is it the same for all of a cell, and told? It is left out of
        the sets of columns.
    k : int, default 5
        Cells with fewer training records are small.
    order : int, default 3
    seed : int, default 0
        Draws a thousand sets of columns where there are more, the small ones first.

    Returns
    -------
    SmallestCells

    Raises
    ------
    AuditkitError
        If k < 2 or order < 1.
    DataError, SampleSizeError, UnknownNameError

    Notes
    -----
    Cells are of exact values, also of numbers; a missing cell is a value of its own. k-anonymity asks this of a table
    that is released; here the released table is synthetic and the cells are those of the table that is not.

    Shares depend on the sizes. The control is few - n / s (few_s - fresh_s) with both sets cut to the smaller size s in
    the mean over all cuts, as for `singling_out_risk`. The test needs no sizes: of combinations that one real record
    has, of all in train and holdout, each is a training record's with chance n / (n + h), given the synthetic set.
    O(n + m + h) per set of columns.

    References
    ----------
    Sweeney 2002, "k-anonymity: a model for protecting privacy", IJUFKS 10.
    Machanavajjhala et al. 2007, "l-diversity: Privacy beyond k-anonymity", ACM TKDD 1.

    Examples
    --------
    >>> real = {"zip": ["1", "1", "2", "3"], "ill": ["no", "yes", "no", "yes"]}
    >>> found = smallest_cells(real=real, synthetic={"zip": ["1", "2", "4"], "ill": ["no", "no", "no"]}, k=2, order=1)
    >>> [(item.columns, round(item.once, 3), item.smallest) for item in found.sets]
    [(('zip',), 0.333, 1), (('ill',), 0.0, 2)]
    """
    return smallest_cells_of(
        **table_sides(named_sets(real=real, synthetic=synthetic, holdout=holdout)),
        columns=columns,
        sensitive=sensitive,
        k=k,
        order=order,
        seed=seed,
    )


def smallest_cells_of(
    real: Cells,
    synthetic: Cells,
    holdout: Cells | None = None,
    *,
    columns: Sequence[str] | None = None,
    sensitive: str | None = None,
    k: int = 5,
    order: int = 3,
    seed: int = 0,
) -> SmallestCells:
    """The same on sets that are encoded together already."""
    whole("k", k, 2, give=5)
    whole("order", order, 1)
    secret = None if sensitive is None else named_places(real, [sensitive], argument="sensitive")[0]
    chosen, n_left_out = _column_sets(real, columns, secret, order, np.random.default_rng(check_seed(seed)))
    sets = [real, synthetic] if holdout is None else [real, synthetic, holdout]
    wanted = {*itertools.chain(*chosen), *(() if secret is None else (secret,))}
    codes = {place: column_codes(sets, place) for place in wanted}
    sizes = (len(real), None if holdout is None else len(holdout))
    tables = _Small.of(*sizes, k)

    def look(places: tuple[int, ...]) -> tuple[CellCount, NDArray[np.bool_], NDArray[np.bool_] | None]:
        names = tuple(real.columns[place].name for place in places)
        cells = combined([codes[place] for place in places])
        found, once, fresh_once = tables.count(names, cells)
        if secret is None:
            return found, once, fresh_once
        told = [_homogeneous(cells, codes[secret], place) for place in (0, 2)[: len(sets) - 1]]
        return replace(found, homogeneous=told[0], homogeneous_control=[*told, None][1]), once, fresh_once

    total = np.zeros(len(synthetic), np.int64)
    fresh_total = None if holdout is None else np.zeros(len(synthetic), np.int64)
    items = []
    for item, once, fresh_once in run_blocks(look, chosen):
        items.append(item)
        total += once
        if fresh_total is not None and fresh_once is not None:
            fresh_total += fresh_once
    if holdout is not None:
        adjusted = holm([item.p if item.p is not None else 1.0 for item in items])
        items = [replace(item, p_adjusted=p) for item, p in zip(items, adjusted, strict=True)]
    items.sort(key=lambda item: (item.p or 0.0, -(item.few if item.excess is None else item.excess)))
    return SmallestCells(tuple(items), k, total, fresh_total, n_left_out)


def _column_sets(
    real: Cells, columns: Sequence[str] | None, secret: int | None, order: int, rng: np.random.Generator
) -> tuple[list[tuple[int, ...]], int]:
    """Sets of columns, the small ones first, and how many there would be more."""
    if columns is not None:
        places = named_places(real, columns, argument="columns")
        if secret in places:
            name = real.columns[places[places.index(secret)]].name if secret is not None else ""
            raise AuditkitError(f"column {name!r} is in `columns` and is `sensitive`: name it in one of them.")
        return [places], 0
    places = tuple(place for place in range(len(real.columns)) if place != secret)
    if not places:
        raise AuditkitError("nothing but the sensitive column is shared: people cannot be known by any other.")
    chosen: list[tuple[int, ...]] = []
    left_out = 0
    for size in range(1, min(order, len(places)) + 1):
        more = combinations_of(len(places), size, most=MOST_SETS - len(chosen), rng=rng)
        left_out += math.comb(len(places), size) - len(more)
        chosen += [tuple(places[item] for item in columns) for columns in more.tolist()]
    return chosen, left_out


@dataclass(frozen=True, eq=False)
class _Small:
    """Tables by the number of records in a cell: chance to have one, and from one to k - 1, in a set cut to `size`."""

    k: int
    share: float
    scale: float
    few: Numbers
    fresh_few: Numbers | None

    @classmethod
    def of(cls, n: int, n_fresh: int | None, k: int) -> _Small:
        size = n if n_fresh is None else min(n, n_fresh)
        fresh = None if n_fresh is None else _kept_few(n_fresh, size, k)
        return cls(k, n / (n + (n_fresh or 0)), n / size, _kept_few(n, size, k), fresh)

    def count(
        self, names: tuple[str, ...], cells: Column
    ) -> tuple[CellCount, NDArray[np.bool_], NDArray[np.bool_] | None]:
        """What one set of columns shows, and which synthetic rows are in a cell of one record."""
        codes, n_cells = cells
        sizes = [np.bincount(codes[place], minlength=n_cells) for place in range(len(codes))]
        hit = sizes[0][codes[1]]
        once, few = hit == 1, float(((hit >= 1) & (hit < self.k)).mean())
        smallest = int(hit[hit > 0].min()) if hit.any() else None
        met = sizes[1] > 0
        if self.fresh_few is None:
            cell_count = int((met & (sizes[0] == 1)).sum())
            return CellCount(names, float(once.mean()), few, None, None, smallest, cell_count, None, None), once, None
        fresh = sizes[2][codes[1]]
        kept, fresh_kept = _looked_up(self.few, hit), _looked_up(self.fresh_few, fresh)
        excess = self.scale * float((kept - fresh_kept).mean())
        alone = met & (sizes[0] + sizes[2] == 1)
        n_train, n_fresh = int((alone & (sizes[0] == 1)).sum()), int((alone & (sizes[2] == 1)).sum())
        p = binomial_tail(n_train, n_train + n_fresh, self.share)
        found = CellCount(names, float(once.mean()), few, few - excess, excess, smallest, n_train, n_fresh, p)
        return found, once, fresh == 1


def _looked_up(chances: Numbers, sizes: Counts) -> Numbers:
    found: Numbers = chances[np.minimum(sizes, len(chances) - 1)]
    return found


def _kept_few(n: int, size: int, k: int) -> Numbers:
    """Chance of a cell of c of n records to keep from 1 to k - 1 of them among `size`, by c, as far as it matters."""
    from scipy.stats import hypergeom  # noqa: PLC0415 - costs half a second

    most = min(n, int((k + _SPREAD) * 2 * n / size))
    sizes = np.arange(most + 1)
    if size == n:
        return ((sizes >= 1) & (sizes < k)).astype(np.float64)
    chances: Numbers = hypergeom.cdf(k - 1, n, sizes, size) - hypergeom.pmf(0, n, sizes, size)
    return chances


def _homogeneous(cells: Column, secret: Column, place: int) -> float:
    """Share of synthetic rows that say what all records of their cell have."""
    pairs, n_pairs = combined([cells, secret])
    first = np.unique(pairs[place], return_index=True)[1]
    n_values = np.bincount(cells[0][place][first], minlength=cells[1])
    known = np.zeros(n_pairs, np.bool_)
    known[pairs[place]] = True
    return float((known[pairs[1]] & (n_values[cells[0][1]] == 1)).mean())
