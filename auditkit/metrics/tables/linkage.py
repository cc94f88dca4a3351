"""Can records be joined with the help of the synthetic rows? An attack on all records.

It looks for the synthetic rows nearest to what is known of a record, and it succeeds on strangers too: a useful set
teaches how columns go together. What counts is the success beyond that on a holdout.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.data.cells import Cells
from auditkit.errors import AuditkitError
from auditkit.metrics.parameters import check_seed, whole
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric
from auditkit.metrics.tables.attacks import ALWAYS, Hits, Rows, rate_of, reading_of_risk
from auditkit.metrics.tables.gower import nearest, spans
from auditkit.metrics.tables.peers import Anonymeter, check_peer
from auditkit.metrics.tables.risks import Risk
from auditkit.metrics.tables.sides import named_places, named_sets, table_sides
from auditkit.metrics.tables.whole_table import table_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Linkability", "linkability_risk"]

Halves = tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Linkability(Risk):
    """Risk of being joined across two sources, with the records that were.

    Attributes
    ----------
    baseline : float
        Rate of an attack that picks the synthetic rows at random.
    known : tuple of (tuple of str, tuple of str)
        Columns of the two sources.
    hits : ndarray of shape (n,), bool
        Training records that were joined.
    control_hits : ndarray of shape (h,), bool, or None
        Holdout records that were.
    rows : ndarray of shape (n,), int64
        The synthetic row that joins each training record; -1 where none does.
    """

    baseline: float
    known: tuple[tuple[str, ...], tuple[str, ...]]
    hits: Hits = field(repr=False)
    control_hits: Hits | None = field(repr=False)
    rows: Rows = field(repr=False)

    def frame(self) -> pd.DataFrame:
        """A row each for risk, attack, control and baseline; missing where there is none."""
        rows = super().frame()
        rows.loc["baseline", "value"] = self.baseline
        return rows


def _linkability_risk(real: Side, synthetic: Side, holdout: Side, *, k: int, seed: int) -> Reading:
    found = linkability_of(*(table_of(side) for side in (real, synthetic, holdout)), k=k, seed=seed)
    return reading_of_risk(found, (len(real), len(synthetic)), details={"baseline": found.baseline})


@metric(
    reads=_linkability_risk,
    family="copying",
    modalities=("tabular",),
    direction="lower",
    bounds=(None, 1.0),
    null=0.0,
    interval="reading",
    by_group=False,
    default=False,
    source="Giomi et al. 2023, section 4.2",
    meaning="How often two halves of a training record are joined through a synthetic record, beyond fresh records.",
    misleads=(
        "A useful set joins halves of strangers' records as well: only the excess over fresh records counts, and one "
        "failed attack proves nothing about others."
    ),
    advice="Treat the data as personal; train with more data or noise, and drop records near training records.",
)
def linkability_risk(
    *,
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    known: Halves | None = None,
    k: int = 1,
    compatible: Anonymeter | None = None,
    seed: int = 0,
) -> Linkability:
    """Risk that two sources, each with some columns of a record, are joined through a synthetic row.

    risk = (a - c) / (1 - c), with a the share of training records whose k nearest synthetic rows by one half of the
    columns and by the other half have a row in common, and c that of holdout records.

    Parameters
    ----------
    real : table of n rows
        Training records.
    synthetic : table of m rows
    holdout : table of h rows, optional
        Real records that the generator never saw; without them the risk is a itself, most of which may be chance.
    known : pair of lists of str, optional
        The columns of the two sources. By default all columns, dealt out in turn from the most to the least distinct.
    k : int, default 1
        Synthetic rows that are looked at for each source; at most m.
    compatible : {"anonymeter"}, optional
        Value and limits as anonymeter 1.1 gives them, and numbers measured by the range of the synthetic set and the
        attacked set alone.
    seed : int, default 0
        For which of several synthetic rows at one distance is taken: the same for both sources, whatever the order of
        the rows.

    Returns
    -------
    Linkability
        `float()` of it is the risk, at most 1; lower is better, 0 is chance. `.low` and `.high` are 95 % limits.

    Raises
    ------
    AuditkitError, DataError, SampleSizeError, UnknownNameError
        `float()` of the result raises an UndefinedError where every holdout record is joined.

    Notes
    -----
    All records are attacked, where anonymeter takes 500: at 500 a set of which 70 % of the cells are copied cannot be
    told from an honest one. Distances are those of `distance_to_closest_record` in mixed space, over the range of all
    sets. anonymeter leaves it to its sort which of several rows at one distance is taken, and counts a missing cell as
    far from a missing one; where neither occurs the rates are equal.

    References
    ----------
    Giomi et al. 2023, "A Unified Framework for Quantifying Privacy Risk in Synthetic Data", PoPETs, section 4.2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> people, strangers = ({"age": rng.normal(size=200), "pay": rng.normal(size=200)} for _ in range(2))
    >>> linkability_risk(real=people, synthetic=people, holdout=strangers).value
    1.0
    """
    return linkability_of(
        **table_sides(named_sets(real=real, synthetic=synthetic, holdout=holdout)),
        known=known,
        k=k,
        compatible=compatible,
        seed=seed,
    )


def linkability_of(
    real: Cells,
    synthetic: Cells,
    holdout: Cells | None = None,
    *,
    known: Halves | None = None,
    k: int = 1,
    compatible: Anonymeter | None = None,
    seed: int = 0,
) -> Linkability:
    """The same on sets that are encoded together already."""
    check_peer(compatible, Anonymeter)
    k, m = whole("k", k, 1, len(synthetic)), len(synthetic)
    halves = _dealt_out(real) if known is None else _halves(real, known)
    order = np.random.default_rng(check_seed(seed)).permutation(m)
    shuffled = synthetic.take(order)
    every = [item for item in (real, synthetic, holdout) if item is not None]

    def attack(targets: Cells) -> Rows:
        """The first row, by nearness in the first half, that both have in common; -1 without one."""
        measured = spans(targets, synthetic) if compatible else spans(*every)
        measure = dict(zip(real.names, measured, strict=True))
        one, two = (
            nearest(targets.only(names), [shuffled.only(names)], measure=[measure[name] for name in names], k=k).rows[0]
            for names in halves
        )
        joined = np.full(len(targets), -1, np.int64)
        for column in one.T[::-1]:
            joined = np.where((two == column[:, None]).any(axis=1), column, joined)
        return joined

    found = attack(real)
    control = None if holdout is None else attack(holdout) >= 0
    return Linkability.of(
        rate_of(found >= 0),
        None if control is None else rate_of(control),
        compatible,
        always=ALWAYS,
        baseline=1 - math.prod((m - k - i) / (m - i) for i in range(k)) if 2 * k <= m else 1.0,
        known=halves,
        hits=found >= 0,
        control_hits=control,
        rows=np.where(found >= 0, order[found], -1),
    )


def _halves(real: Cells, known: Halves) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if isinstance(known, str) or not isinstance(known, Sized) or len(known) != 2:  # noqa: PLR2004 - two sources
        raise AuditkitError(f"`known` must be two lists of columns, one per source, got {known!r}.")
    one, two = (tuple(real.names[place] for place in named_places(real, half, argument="known")) for half in known)
    both = [name for name in one if name in two]
    if both:
        raise AuditkitError(f"`known` names {both[0]!r} in both sources, which would join them: leave it out of one.")
    return one, two


def _dealt_out(real: Cells) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All columns in turn, so that both sources know a record about as well."""
    if len(real.columns) < 2:  # noqa: PLR2004 - two sources
        raise AuditkitError("two sources need two columns that all sets have, got one: add a column.")
    distinct = [len(np.unique(cells)) for cells in real.values]  # noqa: PD011 - no frame
    order = sorted(range(len(distinct)), key=lambda place: (-distinct[place], place))
    one, two = (tuple(real.names[place] for place in order[start::2]) for start in (0, 1))
    return one, two
