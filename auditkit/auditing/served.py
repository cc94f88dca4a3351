"""An audit against aggregates: what they answer is read as in any audit, the rest says why it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.aggregates import RARE, Aggregates, matched_views, pooled_codes, why_unserved
from auditkit.auditing.plan import Plan, make_plan
from auditkit.auditing.private_quarters import private_quarters
from auditkit.auditing.views import PartViews
from auditkit.blocks import single_threaded
from auditkit.metrics.gaussians import Gaussian
from auditkit.metrics.occupancy import Occupancy
from auditkit.metrics.products import Products, Role, Rows, Side, View
from auditkit.results import MIN_CELL, Scores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditkit.auditing.measure import Readings
    from auditkit.auditing.sides import Described

__all__ = ["Served"]


@dataclass(frozen=True, eq=False)
class Served:
    """What aggregates answer about one synthetic set.

    Attributes
    ----------
    aggregates : Aggregates
    occupancy : Occupancy
        The real set's, with a place for each level that only the synthetic set has.
    sides : mapping of role to Side
        The real one is made up: as many rows, with the same moments and the same counts of levels.
    has_holdout : bool
    seed : int
    """

    aggregates: Aggregates
    occupancy: Occupancy
    sides: Mapping[Role, Side]
    has_holdout: bool
    seed: int

    @classmethod
    def of(
        cls,
        aggregates: Aggregates,
        synthetic: Described,
        records: NDArray[np.int64],
        *,
        label: str | None = None,
        has_holdout: bool,
        seed: int,
    ) -> Served:
        """Bring a synthetic set and the aggregates to the same levels; `label` names the column of the label."""
        held = aggregates.occupancy
        if label is not None and synthetic.labels is not None:
            synthetic = replace(synthetic, labels=private_quarters(synthetic.labels, aggregates.edges, label=label))
        labels = None if held.labels is None else _joined(held.label_levels, synthetic.labels)
        groups = {name: _joined(held.group_levels[name], values) for name, values in synthetic.groups.items()}
        side = Side(
            synthetic.features,
            records=records,
            labels=None if labels is None else pooled_codes(_values(synthetic.labels), labels),
            label_levels=labels or (),
            groups={name: pooled_codes(synthetic.groups[name], levels) for name, levels in groups.items()},
            group_levels=groups,
            name="synthetic",
        )
        real = _padded(held, side)
        return cls(aggregates, real, {"real": _made_up(aggregates, real), "synthetic": side}, has_holdout, seed)

    def prepare(self, products: Products) -> None:
        """Put in what is known of the real set."""
        view = View("full", {}, {"real": Rows("real")})
        for known in (self.aggregates.moments, Gaussian.of_moments(self.aggregates.moments), self.occupancy):
            products.put(known, view)

    def planned(self, *, metrics: str | Sequence[str], modality: str, matched: bool) -> tuple[list[PartViews], Plan]:
        """The whole set at full size and at the size of a yardstick; metrics that are not served lack evidence."""
        parts = [matched_views(len(self.sides["synthetic"]), self._size(matched), seed=self.seed)]
        plan = make_plan(parts, self.sides, metrics=metrics, modality=modality, has_cells=False)
        reasons = {name: why_unserved(name, holdout=True) for name in plan.metrics}
        lacking = {name: f"{reason}." for name, reason in reasons.items() if reason}
        tasks = [
            replace(task, metrics=tuple(name for name in task.metrics if name not in lacking)) for task in plan.tasks
        ]
        return parts, replace(plan, tasks=tuple(tasks), lacking={**plan.lacking, **lacking})

    def complete(self, readings: Readings, *, matched: bool) -> None:
        """Put the yardsticks beside what was read."""
        size = self._size(matched)
        for item in self.aggregates.yardsticks:
            if item.size == size and (0, "matched", item.metric) in readings.found:
                readings.found[0, "yardstick", item.metric] = list(item.readings())

    def explained(self, scores: Scores) -> Scores:
        """Scores in which rates that are not kept say so."""
        why = f"a class has fewer than {MIN_CELL} real units there, or its number would tell another group's."
        lacks = "keeps no yardstick for it at this size" if self.has_holdout else "was built without a holdout"
        withheld = {(name, level) for name, levels in self.aggregates.withheld.items() for level in levels}
        found = []
        for score in scores:
            told = score
            if score.metric == "label_rate_gap" and score.estimate is None and withheld & set(score.where.items()):
                told = replace(score, reason=f"this group's rates are not kept: {why}")
            elif score.status == "degraded":
                told = replace(score, reason=f"no comparison with fresh real data: the reference {lacks}.")
            found.append(told)
        return Scores.of(found)

    def notes(self) -> tuple[str, ...]:
        """What is lost, a sentence each."""
        said = ["The real data are known by aggregates only: what needs single real records is not measured."]
        columns = [*self.aggregates.occupancy.group_levels]
        pooled = [name for name in columns if RARE in self.aggregates.occupancy.group_levels[name]]
        if RARE in self.aggregates.occupancy.label_levels:
            pooled = ["the label", *pooled]
        if pooled:
            said.append(
                f"Levels of {', '.join(pooled)} with fewer than {MIN_CELL} real units, and new ones, count as one, "
                f"{RARE!r}."
            )
        if self.has_holdout and len(self.sides["synthetic"]) < min(self.aggregates.sizes, default=0):
            said.append("The synthetic set is smaller than the smallest yardstick that the reference keeps.")
        return tuple(said)

    def _size(self, matched: bool) -> int:  # noqa: FBT001 - the audit's `sizes`
        """Largest yardstick that the synthetic set has units for; 0 without one."""
        sizes, n = self.aggregates.sizes, len(self.sides["synthetic"])
        if not matched and sizes:
            return n if n == sizes[0] else 0
        return next((size for size in sizes if size <= n), 0)


def _values(values: NDArray[Any] | None) -> NDArray[Any]:
    return np.array([], object) if values is None else values


def _joined(known: tuple[str, ...], values: NDArray[Any] | None) -> tuple[str, ...]:
    """Known levels, and behind them new ones where rare ones are not pooled."""
    if RARE in known:
        return known
    return (*known, *sorted({str(value) for value in _values(values)} - set(known)))


def _padded(held: Occupancy, like: Side) -> Occupancy:
    """Real counts with a zero for each level that only the synthetic set has."""
    n_classes = len(like.label_levels)
    return Occupancy(
        n=held.n,
        label_levels=like.label_levels,
        labels=None if held.labels is None else _wider(held.labels, n_classes),
        group_levels=dict(like.group_levels),
        groups={name: _wider(held.groups[name], len(levels)) for name, levels in like.group_levels.items()},
        cells={
            name: np.pad(
                held.cells[name],
                ((0, len(levels) - len(held.cells[name])), (0, n_classes - held.cells[name].shape[1])),
            )
            for name, levels in like.group_levels.items()
            if name in held.cells
        },
    )


def _wider(counts: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    return np.pad(counts, (0, width - len(counts)))


def _made_up(aggregates: Aggregates, counts: Occupancy) -> Side:
    """As many rows as the real set has, drawn with its moments, with levels as often as it has them."""
    held = aggregates.moments
    rng = np.random.default_rng(0)
    with single_threaded():
        values, vectors = np.linalg.eigh(held.scatter / max(held.n - 1, 1))
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        features = (held.mean + rng.standard_normal((held.n, len(held.mean))) @ root.T).astype(np.float32)
    return Side(
        features,
        labels=None if counts.labels is None else np.repeat(np.arange(len(counts.labels)), counts.labels),
        label_levels=counts.label_levels,
        groups={name: np.repeat(np.arange(len(found)), found) for name, found in counts.groups.items()},
        group_levels=dict(counts.group_levels),
        name="real",
    )
