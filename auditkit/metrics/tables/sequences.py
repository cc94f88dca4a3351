"""Do sequences hold together? Tables whose rows belong to units, in an order.

A generator may match every row and still forget what came before. Here units are compared: how rows follow each other,
how many levels a unit has, how long it is, how its numbers move; and whether whole units are copies, whatever their id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.errors import UndefinedError
from auditkit.metrics.parameters import check_seed
from auditkit.metrics.registry import metric, value_of
from auditkit.metrics.tables.between import error_bound, judged_columns
from auditkit.metrics.tables.draws import judged_sets
from auditkit.metrics.tables.group_copies import GroupCopies, group_copies
from auditkit.metrics.tables.mostly_coherence import mostly_coherence
from auditkit.metrics.tables.peers import Mostly, check_peer
from auditkit.metrics.tables.sequence_scores import coherence_means, coherence_reading, named_unit_sides
from auditkit.metrics.tables.shown import Shown, cell_text, left_out_note, short_text
from auditkit.metrics.tables.sides import named_sets
from auditkit.metrics.tables.unit_sides import UnitRows, unit_sides
from auditkit.metrics.tables.unit_traits import Trait, agreement, traits_of

__all__ = ["SequenceReport", "coherence", "sequence_report"]

Values = NDArray[np.float64]
Whole = NDArray[np.intp]


@dataclass(frozen=True, eq=False, repr=False)
class SequenceReport(Shown):
    """How well sequences hold together.

    Attributes
    ----------
    measures : tuple of (str, str)
        Measure and column of each number below; the measures are those of `unit_traits.MEASURES`.
    value : ndarray of float64
        Agreement of all synthetic units with the real ones, in [0, 1]; NaN where `frame` gives the reason.
    matched, ceiling, floor : ndarray of float64 or None
        At equal numbers of units, in the mean over ten draws of the larger set (fewer of more than 20,000 units, one of
        more than 100,000): of the synthetic ones, of fresh real ones, and of fresh real rows that were dealt to
        units at random. None where there are no fresh units.
    error : float
        Standard error that a difference of two of these has at most.
    copies : GroupCopies
    new_transitions : ndarray of float64, shape (n_synthetic,)
        Per synthetic unit, the share of its steps from a row to the next, over all columns, that no real unit takes;
        NaN for units of one row.
    unit_ids : ndarray of str, shape (n_synthetic,)
    lengths : ndarray of int64, shape (n_synthetic,)
    n_real, n_synthetic, n_holdout : int
        Units.
    matched_size : int or None
    left_out : mapping of str to str
    seed : int
    """

    measures: tuple[tuple[str, str], ...]
    value: Values
    matched: Values | None
    ceiling: Values | None
    floor: Values | None
    error: float
    copies: GroupCopies
    new_transitions: Values
    unit_ids: NDArray[np.str_]
    lengths: NDArray[np.int64]
    n_real: int
    n_synthetic: int
    n_holdout: int
    matched_size: int | None
    left_out: Mapping[str, str]
    seed: int

    @property
    def coherence(self) -> float | None:
        """Mean over three measures (next row, distinct levels, units per level) of the mean over columns."""
        return _coherence(zip(self._names, self.value.tolist(), strict=True))

    @property
    def _names(self) -> list[str]:
        return [measure for measure, _ in self.measures]

    @property
    def length_similarity(self) -> float:
        """One minus the largest difference of the distribution functions of the number of rows."""
        return float(self.value[self.measures.index(("length", "(rows)"))])

    def __str__(self) -> str:
        frame = self.frame()
        judged = "normalised" if "normalised" in frame else "value"
        names = ["measure", "column", "value", *(["ceiling", "floor", "normalised"] if judged != "value" else [])]
        rows = frame.sort_values(judged, kind="stable")[names].to_numpy().tolist()
        sizes = f"{self.n_synthetic} synthetic and {self.n_real} real sequences"
        head = f"coherence {cell_text(self.coherence)} of {sizes}; lengths alike {cell_text(self.length_similarity)}"
        notes = [f"{int(self.copies.copied.sum())} equal a training sequence", *left_out_note(self.left_out)]
        return short_text(head, names, rows, notes=notes)

    def frame(self) -> pd.DataFrame:
        """One row per measure and column.

        Returns
        -------
        pandas.DataFrame
            `measure`, `column`, `value`, where there are fresh units `matched`, `ceiling`, `floor`, `excess` (ceiling
            less matched, positive = worse) and `normalised` (matched - floor over ceiling - floor, cut to [0, 1]), and
            `reason`: why a number is missing or was cut.
        """
        frame = pd.DataFrame(list(self.measures), columns=["measure", "column"])
        frame["value"] = self.value
        reason = np.where(np.isnan(self.value), "no unit has a value", "")
        if self.matched is not None and self.ceiling is not None and self.floor is not None:
            frame = frame.assign(**judged_columns(self.matched, self.ceiling, self.floor, self.error))
            reason = np.where(reason != "", reason, frame["reason"])
        return frame.assign(reason=reason)

    def units(self) -> pd.DataFrame:
        """One row per synthetic unit.

        Returns
        -------
        pandas.DataFrame
            `rows`, `copy` (equals a training unit), `source` (its place, -1 where none), `repeated` (equals an earlier
            synthetic unit) and `new_transitions`, indexed by the unit's id.
        """
        columns = {
            "rows": self.lengths,
            "copy": self.copies.copied,
            "source": self.copies.source,
            "repeated": self.copies.repeated,
            "new_transitions": self.new_transitions,
        }
        return pd.DataFrame(columns, index=pd.Index(self.unit_ids, name="unit"))


@metric(
    reads=coherence_reading,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="dealt",
    asks=("key", "steps"),
    source="Mean of three one minus total variation distances; mostlyai-qa 1.10 (coherence)",
    meaning="How well the rows of a unit belong together: what follows what, how many levels, which levels.",
    misleads=(
        "Shares of levels are part of it, so a set with right rows in the wrong order keeps much of its score: read "
        "transition_similarity beside it."
    ),
    advice="Generate whole units, not rows: condition each row on those before it, and check order and key.",
)
def coherence(
    *,
    real: Any,
    synthetic: Any,
    key: str | None = None,
    order: str | None = None,
    compatible: Mostly | None = None,
    seed: int = 0,
) -> float:
    """How well the rows of synthetic units belong together, as real ones do.

    Mean of three means over columns, each one minus a total variation distance: of a row's bin with the next row's bin;
    of the number of distinct levels in a unit; of levels, each counted once per unit.

    Parameters
    ----------
    real, synthetic : table or Dataset
        Tables with several rows per unit; left as they are.
    key : str, optional
        Column that joins the rows of a unit; a Dataset has its own.
    order : str, optional
        Column that orders them; rows are taken as they stand without it. It is not compared itself.
    compatible : {"mostlyai"}, optional
        Do what mostlyai-qa 1.10.11 does, see Notes. Give it train and holdout joined as `real`.
    seed : int, default 0
        Of the draws in the compatible way; there are none by default.

    Returns
    -------
    float in [0, 1]; higher is better, 1 on identical sets.

    Raises
    ------
    AuditkitError
        If `seed` is no whole number from 0 on.
    DataError
        If there is no key or nothing to compare.
    UnknownNameError
        If a set lacks the key or the order, or `compatible` is not known.
    UndefinedError
        If no column can be compared.

    Notes
    -----
    By default all pairs of consecutive rows count, those of one unit together as much as those of another; all levels
    are kept, and numbers are in quantile bins of the real rows. mostlyai-qa draws one pair per unit and at most 100
    rows of a unit, makes bins of the pair's first and second rows apart, merges all but the 30 most frequent levels,
    then all but the nine that most units have, and compares the ordering column like any other; its digits agree with
    these up to the draws, and fully where units have two rows.

    A value says little without what fresh units reach: `sequence_report` has the ceiling.

    Examples
    --------
    >>> table = {"who": [1, 1, 2, 2], "state": ["a", "b", "a", "b"]}
    >>> coherence(real=table, synthetic=table, key="who")
    1.0
    """
    check_peer(compatible, Mostly)
    seed = check_seed(seed)
    if compatible is None:
        return value_of(coherence_reading, named_unit_sides(real=real, synthetic=synthetic, key=key, order=order))
    sets = unit_sides(named_sets(real=real, synthetic=synthetic), key=key, order=order, compare_order=True)
    figures = mostly_coherence(sets["real"], sets["synthetic"], rng=np.random.default_rng(seed))
    value = _coherence((measure, value) for (measure, _), (value, _) in figures.items())
    if value is None:
        raise UndefinedError("coherence is undefined: no column but the key and the order can be compared.")
    return value


def sequence_report(
    *, real: Any, synthetic: Any, holdout: Any = None, key: str | None = None, order: str | None = None, seed: int = 0
) -> SequenceReport:
    """How well sequences hold together, how long they are, how their numbers move, and which are copies.

    Parameters
    ----------
    real, synthetic : table or Dataset
        Tables with several rows per unit; left as they are.
    holdout : table or Dataset, optional
        Units that the generator never saw: the ceiling. Without it, two halves of the real units are compared.
    key : str, optional
        Column that joins the rows of a unit; a Dataset has its own. Ids mean nothing across sets: an id that occurs in
        two sets is no copy.
    order : str, optional
        Column that orders them; rows are taken as they stand without it.
    seed : int, default 0

    Returns
    -------
    SequenceReport

    Raises
    ------
    AuditkitError
        If `seed` is no whole number from 0 on.
    DataError
        If there is no key or nothing to compare.
    UnknownNameError
        If a set lacks the key or the order.

    Notes
    -----
    Beside the three measures of `coherence`: `transition`, the shares of the next row's bins given a row's bin, in the
    mean over real rows; `length`, `step`, `mean_step`, `mean` and `spread`, each one minus the largest difference of
    two distribution functions (SDMetrics 0.32 calls those of length, of step and of mean or spread
    SequenceLengthSimilarity, InterRowMSAS and StatisticMSAS). Of the ordering column only the steps are compared. Steps
    agree by 0 where real numbers change and no synthetic one does, though rows follow each other, as in
    `step_similarity`.
    A unit is a copy if all of its rows equal those of a real unit, but for key and order: in the same order where there
    is one, else in any.

    Examples
    --------
    >>> table = {"who": [1, 1, 2, 2, 3, 3], "state": ["a", "b", "a", "b", "b", "b"]}
    >>> sequence_report(real=table, synthetic=table, key="who").copies.share
    1.0
    """
    seed = check_seed(seed)
    sets = unit_sides(named_sets(real=real, synthetic=synthetic, holdout=holdout), key=key, order=order)
    return sequences_of(sets, ordered=order is not None or getattr(real, "order", None) is not None, seed=seed)


def sequences_of(sets: Mapping[str, UnitRows], *, ordered: bool, seed: int = 0) -> SequenceReport:
    """The report of encoded units, see `sequence_report`.

    Parameters
    ----------
    sets : mapping of str to UnitRows
        `"real"`, `"synthetic"` and, where there is one, `"holdout"`.
    ordered : bool
        Whether copies have their rows in the same order.
    seed : int, default 0
    """
    rng = np.random.default_rng(seed)
    real, synthetic = sets["real"], sets["synthetic"]
    judged = judged_sets({role: len(rows) for role, rows in sets.items()}, rng)
    known = dict(sets)
    if judged is not None:
        known["floor"] = sets[judged.fresh_from].take(rng.permutation(judged.fresh)[: judged.size]).dealt(rng)
    traits = traits_of(known)
    every = {role: np.ones(len(rows)) for role, rows in known.items()}
    value = _agreements(traits, every, "synthetic")
    matched = ceiling = floor = None
    if judged is not None:
        against = every | {"real": _chosen(judged.reference, len(real))}
        matched = _drawn(traits, against, "synthetic", judged.synthetic_draws)
        ceiling = _drawn(traits, against, judged.fresh_from, judged.fresh_draws)
        floor = _agreements(traits, against, "floor")
    return SequenceReport(
        measures=_measures(traits["real"]),
        value=value,
        matched=matched,
        ceiling=ceiling,
        floor=floor,
        error=0.0 if judged is None else error_bound(len(judged.reference), judged.size),
        copies=group_copies(sets, ordered=ordered),
        new_transitions=_new_transitions(traits, len(synthetic)),
        unit_ids=synthetic.ids,
        lengths=synthetic.lengths,
        n_real=len(real),
        n_synthetic=len(synthetic),
        n_holdout=len(sets["holdout"]) if "holdout" in sets else 0,
        matched_size=None if judged is None else judged.size,
        left_out=real.cells.left_out,
        seed=seed,
    )


def _measures(traits: list[Trait]) -> tuple[tuple[str, str], ...]:
    return tuple((item.measure, item.column) for item in traits)


def _agreements(
    traits: Mapping[str, list[Trait]], weights: Mapping[str, Values], role: str, chosen: Values | None = None
) -> Values:
    """Agreement of one set with the real one in each trait; NaN where no unit has a value."""
    other = weights[role] if chosen is None else chosen
    found = [agreement(*pair, weights["real"], other) for pair in zip(traits["real"], traits[role], strict=True)]
    return np.array([np.nan if value is None else value for value in found])


def _chosen(units: Whole, n_units: int) -> Values:
    """Weights that are 1 for some units."""
    weights = np.zeros(n_units)
    weights[units] = 1.0
    return weights


def _drawn(
    traits: Mapping[str, list[Trait]], weights: Mapping[str, Values], role: str, draws: Sequence[Whole]
) -> Values:
    """Mean agreement over draws of the units of a set."""
    found = [_agreements(traits, weights, role, _chosen(units, len(weights[role]))) for units in draws]
    return np.asarray(np.mean(found, axis=0), np.float64)


def _new_transitions(traits: Mapping[str, list[Trait]], n_units: int) -> Values:
    """Share of each synthetic unit's steps that no real unit takes."""
    new, steps = np.zeros(n_units), np.zeros(n_units)
    for real, synthetic in zip(traits["real"], traits["synthetic"], strict=True):
        if synthetic.kind == "transitions":
            unseen = ~np.isin(synthetic.values, real.values)
            new += np.bincount(synthetic.units, weights=unseen, minlength=n_units)
            steps += np.bincount(synthetic.units, minlength=n_units)
    return np.where(steps > 0, new / np.maximum(steps, 1.0), np.nan)


def _coherence(agreements: Iterable[tuple[str, float]]) -> float | None:
    """Mean over the three measures of the mean over the columns; None without a column."""
    means = coherence_means(agreements)
    return float(np.mean(list(means.values()))) if means else None
