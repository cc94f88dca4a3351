"""Groups that nobody declared: the blind spots of an audit, as an exhibit and in a sentence.

They are read while the crossings of the whole set are at hand, so that they cost a search and no pass over pairs.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.cluster_occupancy import cluster_occupancy
from auditkit.auditing.declared_groups import partitions_of, with_corners
from auditkit.auditing.views import PartViews
from auditkit.errors import AuditkitError
from auditkit.exhibits import Exhibit
from auditkit.metrics.slices.clusters import cluster_axis
from auditkit.metrics.slices.conditions import Axis, Codes, axes_of_cells, axis_of_levels
from auditkit.metrics.slices.counterparts import counterparts_of
from auditkit.metrics.slices.result import BlindSpots, Slice
from auditkit.metrics.slices.spots import Counterparts, Rows, spots_of

if TYPE_CHECKING:
    from auditkit.auditing.inputs import Inputs
    from auditkit.auditing.plan import Plan
    from auditkit.data import Dataset
    from auditkit.metrics.products import Products, Role, Side

__all__ = ["SPOTS", "Undeclared", "spots_exhibit"]

_LOG = logging.getLogger("auditkit")
SPOTS = "blind_spots"
CLASS = "class"
MOSTLY = 0.5
LEAST = 30
FEWEST_ROWS = 200
MOST_IDS = 12
_TOLD = 3
_NUMBERS = (
    "real_share", "synthetic_share", "coverage", "fresh_coverage", "precision", "fresh_precision", "effect", "low",
    "high", "p_adjusted",
)  # fmt: skip


class Undeclared:
    """Looks for blind spots while an audit runs, where coverage is read.

    Parameters
    ----------
    inputs : Inputs
    plan : Plan
    whole : PartViews
        Of the whole set: its first views at equal size tell what has a counterpart.
    seed : int
    show_real : bool

    Attributes
    ----------
    found : BlindSpots or None
        None where nothing was looked for: coverage was not asked for, a private reference has no rows, or a set has
        fewer than 200 rows, too few to find slices in one half and confirm them in the other.
    """

    found: BlindSpots | None = None
    _clusters: Exhibit | None = None

    def __init__(self, inputs: Inputs, plan: Plan, whole: PartViews, *, seed: int, show_real: bool) -> None:
        self._inputs, self._whole, self._seed, self._show_real = inputs, whole, seed, show_real
        enough = min(map(len, inputs.sides.values())) >= FEWEST_ROWS
        self._asked = inputs.served is None and enough and "coverage" in plan.metrics

    def gather(self, products: Products) -> None:
        """Look for them; called with the products of the whole set. A failure is logged and ends no audit."""
        if not self._asked:
            return
        sides = self._inputs.sides
        try:
            if sides["real"].cells is not None:
                rows = _tables(sides)
            else:
                rows = _clusters(sides, self._seed)
                self._clusters = cluster_occupancy(rows.axes[0], {role: item[0] for role, item in rows.codes.items()})
            counterparts = _counterparts(products, self._whole)
            found = spots_of(rows, counterparts, least=LEAST, seed=self._seed)
            declared = partitions_of(sides, self._label(rows))
            self.found = with_corners(found, rows, counterparts, declared, least=LEAST, seed=self._seed)
        except Exception:  # noqa: BLE001 - as for metrics
            _LOG.debug("the search for blind spots failed", exc_info=True)

    def _label(self, rows: Rows) -> str | None:
        """Name of the axis of classes."""
        label = self._inputs.sets["real"].label
        return label if label in {axis.name for axis in rows.axes} else CLASS

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """Blind spots, and how full the clusters are of sets that are no tables; none where nothing was looked for."""
        clusters = () if self._clusters is None else (self._clusters,)
        if self.found is None:
            return clusters
        return (spots_exhibit(self.found, self._inputs.sets, show_real=self._show_real), *clusters)

    @property
    def facts(self) -> dict[str, str]:
        """What a finding says of the worst slices; empty where there is none."""
        if self.found is None or not self.found.slices:
            return {}
        return {SPOTS: _sentence(self.found.slices)}


def _tables(sides: Mapping[Role, Side]) -> Rows:
    cells = {role: side.cells for role, side in sides.items() if side.cells is not None}
    axes, codes = axes_of_cells(list(cells.values()), least=LEAST)
    return Rows(axes, dict(zip(cells, codes, strict=True)))


def _clusters(sides: Mapping[Role, Side], seed: int) -> Rows:
    """Clusters of features, classes and declared groups as conditions."""
    roles = [str(role) for role in sides]
    features = {str(role): side.features for role, side in sides.items()}
    axis, by_role = cluster_axis(features, roles, least=LEAST, seed=seed)
    axes, codes = [axis], [[by_role[role] for role in roles]]
    real = sides["real"]
    named = {
        name: (levels, [side.groups[name] for side in sides.values()]) for name, levels in real.group_levels.items()
    }
    labels = [side.labels for side in sides.values() if side.labels is not None]
    if len(labels) == len(sides):
        axis = _named_by_class(axis, by_role["real"], labels[0], real.label_levels)
        axes[0] = axis
        named = {CLASS: (real.label_levels, labels), **named}
    for name, (levels, positions) in named.items():
        found, coded = axis_of_levels(name, levels, positions, least=LEAST)
        axes.append(found)
        codes.append(coded)
    return Rows(tuple(axes), {role: np.stack([items[place] for items in codes]) for place, role in enumerate(roles)})


def _named_by_class(axis: Axis, clusters: Codes, labels: NDArray[np.int64], levels: Sequence[str]) -> Axis:
    """Axis whose clusters say of which class most of their real units are, where that is more than half."""
    words = []
    for low, word in zip(axis.lows, axis.words, strict=True):
        counts = np.bincount(labels[clusters == low], minlength=len(levels))
        top = int(counts.argmax())
        share = counts[top] / max(int(counts.sum()), 1)
        words.append(f"{word} ({100 * share:.0f} % {levels[top]})" if share > MOSTLY else word)
    return replace(axis, words=tuple(words))


def _counterparts(products: Products, whole: PartViews) -> Counterparts | None:
    """What neighbours say at equal sizes; None where sizes differ, or there are too few rows for neighbours."""
    if not whole.matched or not whole.yardstick:
        return None
    matched, yardstick = whole.matched[0], whole.yardstick[0]
    if products.sizes(matched)["synthetic"] != products.sizes(yardstick)["synthetic"]:
        return None
    try:
        return counterparts_of(products, matched, yardstick)
    except AuditkitError:  # the scores of coverage and precision say why
        return None


def spots_exhibit(found: BlindSpots, sets: Mapping[Role, Dataset], *, show_real: bool) -> Exhibit:
    """Exhibit of blind spots: words, sizes and rates, and the ids of some synthetic units; real ones if they are shown.

    Parameters
    ----------
    found : BlindSpots
        Each slice holds at least 30 real units, so that none is told apart.
    sets : mapping of role to Dataset
    show_real : bool

    Returns
    -------
    Exhibit
    """
    items = [_item(item, sets, show_real=show_real) for item in found.slices]
    data = {
        "items": items,
        "n_looked_at": found.n_looked_at,
        "n_left_out": found.n_left_out,
        "n_tested": found.n_tested,
        "alpha": found.alpha,
        "least": found.least,
    }
    return Exhibit("blind-spots", SPOTS, "Groups that nobody declared where the synthetic data are worst", data)


def _item(item: Slice, sets: Mapping[Role, Dataset], *, show_real: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": item.kind,
        "conditions": list(item.conditions),
        "n_real": item.n_real,
        "n_synthetic": item.n_synthetic,
        "sentence": item.sentence,
    }
    told |= {name: _rounded(getattr(item, name)) for name in _NUMBERS}
    told["synthetic"] = [str(name) for name in sets["synthetic"].ids[item.synthetic_rows[:MOST_IDS]]]
    if show_real:
        told["real"] = [str(name) for name in sets["real"].ids[item.real_rows[:MOST_IDS]]]
    return told


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _sentence(found: Sequence[Slice]) -> str:
    told = "; ".join(item.sentence for item in found[:_TOLD])
    more = f"; and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return f"{told}{more}."
