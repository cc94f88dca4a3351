"""What a private reference keeps: moments, counts of levels and yardsticks, nothing of any single record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.kept_rules import unit_breaks
from auditkit.auditing.measure import measure
from auditkit.auditing.plan import judged_by_yardstick, make_plan
from auditkit.auditing.private_quarters import private_edges, private_quarters
from auditkit.auditing.private_schema import hides, lenient_schema
from auditkit.auditing.views import MIN_SUPPORT, SUBSAMPLES, PartViews
from auditkit.data.amounts import has_amounts
from auditkit.data.digests import record_digests
from auditkit.errors import DataError, SampleSizeError
from auditkit.metrics import registry
from auditkit.metrics.gaussians import Gaussian
from auditkit.metrics.moments import Moments, moments
from auditkit.metrics.occupancy import Occupancy, occupancy
from auditkit.metrics.products import Role, Rows, Side, View, roles_of
from auditkit.metrics.records import number_records
from auditkit.metrics.registry import Reading
from auditkit.results import MIN_CELL, base_name

if TYPE_CHECKING:
    from auditkit.data.constraints import Constraint
    from auditkit.data.dataset import Dataset
    from auditkit.data.schema import Schema
    from auditkit.features.registry import Embedder

__all__ = [
    "RARE",
    "Aggregates",
    "Yardstick",
    "check_private",
    "is_compared",
    "make_aggregates",
    "matched_views",
    "pooled_codes",
    "why_unserved",
]

RARE = "(rare or new)"
"""Level that stands for all that fewer than `MIN_CELL` real units have, and for all that are not known."""

# Their interval also reads rows of the real side, for which rows with the same moments can stand.
_ROWS_BY_MOMENTS = frozenset({"frechet_distance"})


@dataclass(frozen=True)
class Yardstick:
    """A metric of fresh real data against the real set, at one size.

    Attributes
    ----------
    metric : str
    size : int
        Fresh units.
    values : tuple of float
        On each subsample of that size.
    interval : tuple of (float, float) or None
        Of the first value.
    method : str
    n : tuple of (int, int)
    """

    metric: str
    size: int
    values: tuple[float, ...]
    interval: tuple[float, float] | None
    method: str
    n: tuple[int, int]

    def readings(self) -> list[Reading]:
        """As an audit would have read them."""
        limits = [self.interval, *[None] * len(self.values)]
        return [
            Reading(value, self.n, interval=interval, method=self.method if interval else "")
            for value, interval in zip(self.values, limits, strict=False)
        ]


@dataclass(frozen=True, eq=False)
class Aggregates:
    """Sums over all real units, and counts of at least `MIN_CELL`.

    Attributes
    ----------
    moments : Moments
        Of the features of the real set, to 24 bits.
    occupancy : Occupancy
        Of its levels; the rare ones are one level, and cells of groups in `withheld` are 0.
    pooled : tuple of str
        Columns whose levels are not all known.
    withheld : mapping of str to tuple of str
        Levels of each group column whose cells by class are not kept.
    yardsticks : tuple of Yardstick
    edges : tuple of float
        Where a label that is an amount is cut into quarters, see `private_edges`; empty for classes.
    """

    moments: Moments
    occupancy: Occupancy
    pooled: tuple[str, ...]
    withheld: Mapping[str, tuple[str, ...]]
    yardsticks: tuple[Yardstick, ...]
    edges: tuple[float, ...] = ()

    @property
    def sizes(self) -> list[int]:
        """Sizes of the yardsticks, the largest first."""
        return sorted({item.size for item in self.yardsticks}, reverse=True)

    @property
    def digest(self) -> str:
        """SHA-256 of moments and counts; it stands for the real set's, which could confirm a guess of the records."""
        state = hashlib.sha256()
        held = self.occupancy
        for array in (self.moments.mean, self.moments.scatter, held.labels, *held.groups.values()):
            state.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
        return state.hexdigest()


def check_private(sets: Mapping[Role, Dataset]) -> None:
    """Refuse sets of which a private reference cannot be made.

    Raises
    ------
    SampleSizeError
        If there are too few units to speak of aggregates.
    DataError
        If a unit has several rows: counts of rows would hide how few units they are from.
    """
    if sets["real"].key is not None:
        message = "a private reference takes one row per unit, and these data have a key: build it without --private."
        raise DataError(message)
    if min(map(len, sets.values())) < MIN_SUPPORT:
        message = (
            f"a private reference needs at least {MIN_SUPPORT} units in each set, got "
            f"{', '.join(f'{len(item)} in {role}' for role, item in sets.items())}: give more."
        )
        raise SampleSizeError(message)


def make_aggregates(
    sets: Mapping[Role, Dataset],
    embedder: Embedder,
    *,
    schema: Schema,
    keys: Sequence[str] = (),
    constraints: Sequence[Constraint] = (),
    metrics: Iterable[str],
    seed: int,
) -> Aggregates:
    """Aggregates of the real set, with yardsticks from the holdout where there is one.

    Parameters
    ----------
    sets : mapping of role to Dataset
        Real, and holdout if any.
    embedder : Embedder
        Fitted on the real set, with a state that tells of no single record.
    schema : Schema
        From `private_schema`.
    keys : sequence of str
        Columns that name each real row once.
    constraints : sequence of Constraint
        Rules that fresh rows are held against beside the schema.
    metrics : iterable of str
        Those that yardsticks are made for, as far as they can be served.
    seed : int

    Returns
    -------
    Aggregates
    """
    real = sets["real"]
    edges = private_edges(real.group_values(str(real.label))) if has_amounts(real.schema, real.label) else ()
    levels = {name: _often(_levels(real, name, edges)) for name in dict.fromkeys((*_label(real), *real.groups))}
    pooled = {column.name for column in real.schema.columns if hides(column, schema[column.name])}
    pooled |= {name for name, kept in levels.items() if RARE in kept}
    sides = _pooled_sides(sets, embedder, levels, schema, edges)
    if "holdout" in sets:
        broken = _fresh_breaks(sets["holdout"], lenient_schema(schema, pooled), keys, constraints)
        sides["synthetic"] = replace(sides["synthetic"], broken=broken)
    counts, withheld = _withheld(occupancy(sides["real"]))
    whole = moments(sides["real"])
    rounded = Moments(
        whole.n, *(np.asarray(item, np.float32).astype(np.float64) for item in (whole.mean, whole.scatter))
    )
    return Aggregates(
        moments=rounded,
        occupancy=counts,
        pooled=tuple(sorted(pooled)),
        withheld=withheld,
        yardsticks=_yardsticks(sides, metrics, modality=real.modality, seed=seed) if "holdout" in sets else (),
        edges=edges,
    )


def why_unserved(name: str, *, holdout: bool) -> str:
    """Why a private reference has no answer to a metric; empty where it has one."""
    metric = registry.get(name)
    if "holdout" in metric.roles:
        return "needs records of the holdout, and a private reference keeps none"
    reads = {
        need.wants
        for need in metric.needs
        if (need.role or "real") == "real" and "real" in ({"real"} if need.wants is Side else roles_of((need,)))
    }
    if base_name(metric.name) in _ROWS_BY_MOMENTS:
        reads -= {Side}
    if reads - {Moments, Gaussian, Occupancy}:
        return "needs records of the real set, and a private reference keeps none"
    if is_compared(name) and not holdout:
        return "has a value and nothing to compare it with: the reference was built without a holdout"
    return ""


def is_compared(name: str) -> bool:
    """Whether a metric is judged beside the same metric of fresh real data."""
    return judged_by_yardstick(name) and registry.get(name).direction != "none"


def _fresh_breaks(
    fresh: Dataset, schema: Schema, keys: Sequence[str], constraints: Sequence[Constraint]
) -> NDArray[np.bool_]:
    """Which fresh units break what is kept of the rules; none where so few do that they could be told apart."""
    broken = unit_breaks(fresh, schema, keys=keys, constraints=constraints)
    return broken if broken.sum() >= MIN_CELL else np.zeros_like(broken)


def _label(dataset: Dataset) -> tuple[str, ...]:
    return () if dataset.label is None else (dataset.label,)


def _levels(dataset: Dataset, name: str, edges: tuple[float, ...]) -> NDArray[Any]:
    """Level of each unit in a column; of a label that is an amount its quarter."""
    values = dataset.group_values(name)
    return private_quarters(values, edges, label=name) if name == dataset.label else values


def _often(values: NDArray[np.object_]) -> tuple[str, ...]:
    """Levels that enough units have, in order, and `RARE` for the others if there are any."""
    names, counts = np.unique(values.astype(str), return_counts=True)
    order = np.argsort(counts, kind="stable")
    sums = np.cumsum(counts[order])
    n_pooled = int((counts < MIN_CELL).sum())
    # What is left of the total would tell the number of a small pool.
    while n_pooled and sums[n_pooled - 1] < MIN_CELL and n_pooled < len(names):
        n_pooled += 1
    kept = sorted(str(name) for name in names[order[n_pooled:]])
    return (*kept, RARE) if n_pooled else tuple(kept)


def pooled_codes(values: NDArray[Any], levels: tuple[str, ...]) -> NDArray[np.int64]:
    """Place of each value among the levels; of others that of `RARE`."""
    places = {level: place for place, level in enumerate(levels)}
    return np.array([places[str(value)] if str(value) in places else places[RARE] for value in values], np.int64)


def _pooled_sides(
    sets: Mapping[Role, Dataset],
    embedder: Embedder,
    levels: Mapping[str, tuple[str, ...]],
    schema: Schema,
    edges: tuple[float, ...],
) -> dict[Role, Side]:
    """Real side, and the holdout in the place of the synthetic one."""
    real = sets["real"]
    known = {role: {name: _levels(item, name, edges) for name in levels} for role, item in sets.items()}
    # A level that only the holdout has is told from the others if none are pooled.
    full = {
        name: kept if RARE in kept else (*kept, *sorted(_novel(known, name, kept))) for name, kept in levels.items()
    }
    records = number_records(*(record_digests(item, schema=schema) for item in sets.values()))
    roles: dict[Role, Role] = {"real": "real", "holdout": "synthetic"}
    return {
        roles[role]: Side(
            embedder.transform(item),
            records=own,
            labels=None if real.label is None else pooled_codes(known[role][real.label], full[real.label]),
            label_levels=() if real.label is None else full[real.label],
            groups={name: pooled_codes(known[role][name], full[name]) for name in real.groups},
            group_levels={name: full[name] for name in real.groups},
            name=role,
        )
        for (role, item), own in zip(sets.items(), records, strict=True)
    }


def _novel(known: Mapping[Role, Mapping[str, NDArray[Any]]], name: str, kept: tuple[str, ...]) -> set[str]:
    return {str(value) for values in known.values() for value in values[name]} - set(kept)


def _withheld(counts: Occupancy) -> tuple[Occupancy, dict[str, tuple[str, ...]]]:
    """Counts without the cells of groups in which a class has few units, and those groups."""
    real = _cut(counts)
    left_out = {name: _left_out(table) for name, table in real.cells.items()}
    cells = {name: np.where(left_out[name][:, None], 0, table) for name, table in real.cells.items()}
    names = {
        name: tuple(level for level, out in zip(real.group_levels[name], rows, strict=True) if out)
        for name, rows in left_out.items()
    }
    return replace(real, cells=cells), names


def _left_out(table: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows with a small cell, and as many more that what is left of the sums tells of no small cell either."""
    small = (table > 0) & (table < MIN_CELL)
    rows: NDArray[np.bool_] = np.array(small.any(axis=1), np.bool_)
    for row in np.argsort(table.sum(axis=1), kind="stable"):
        left = table[rows].sum(axis=0)
        if not ((left > 0) & (left < MIN_CELL)).any():
            break
        rows[row] = True
    return rows


def _cut(counts: Occupancy) -> Occupancy:
    """Counts without levels that no real unit has: the holdout's alone are no business of the real set's."""
    kept = {name: np.flatnonzero(found) for name, found in counts.groups.items()}
    classes = np.arange(0) if counts.labels is None else np.flatnonzero(counts.labels)
    return Occupancy(
        n=counts.n,
        label_levels=tuple(counts.label_levels[code] for code in classes),
        labels=None if counts.labels is None else counts.labels[classes],
        group_levels={name: tuple(counts.group_levels[name][code] for code in codes) for name, codes in kept.items()},
        groups={name: counts.groups[name][codes] for name, codes in kept.items()},
        cells={name: table[np.ix_(kept[name], classes)] for name, table in counts.cells.items()},
    )


def _yardsticks(
    sides: Mapping[Role, Side], metrics: Iterable[str], *, modality: str, seed: int
) -> tuple[Yardstick, ...]:
    """Readings of the fresh side at its size, at half of it, and so on."""
    names = [name for name in dict.fromkeys(metrics) if not why_unserved(name, holdout=True)]
    sizes = [len(sides["synthetic"])]
    while sizes[-1] // 2 >= MIN_SUPPORT:
        sizes.append(sizes[-1] // 2)
    parts = [matched_views(len(sides["synthetic"]), size, seed=seed) for size in sizes]
    plan = make_plan(parts, sides, metrics=names, modality=modality)
    readings = measure(plan, sides, seed=seed)
    found = []
    for number, size in enumerate(sizes):
        for name in plan.metrics:
            first = readings.one(number, "matched", name)
            if isinstance(first, Reading):
                read = readings.all(number, "matched", name)
                numbers = tuple(item.value for item in read if isinstance(item, Reading) and item.value is not None)
                found.append(Yardstick(name, size, numbers, first.interval, first.method, first.n))
    return tuple(found)


def matched_views(n: int, size: int, *, seed: int) -> PartViews:
    """Views of the whole set and of subsamples of one size.

    Parameters
    ----------
    n : int
        Units on the side that plays synthetic.
    size : int
        0 for no subsamples.
    seed : int
    """
    rng = np.random.default_rng([seed, size])
    rows = [Rows("synthetic")] if size else []
    if 0 < size < n:
        rows = [Rows("synthetic", np.sort(rng.choice(n, size, replace=False))) for _ in range(SUBSAMPLES)]
    views = [
        View(name, {}, {"real": Rows("real"), "synthetic": item})
        for name, item in [("full", Rows("synthetic")), *(("matched", item) for item in rows)]
    ]
    return PartViews({}, {}, full=views[0], matched=tuple(views[1:]))
