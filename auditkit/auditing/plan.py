"""Which metric is read in which view, in which order, and what that costs: made before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from auditkit.auditing.views import PartViews
from auditkit.errors import ConfigError
from auditkit.metrics import registry
from auditkit.metrics.naming import parameters_in
from auditkit.metrics.probing import check_values
from auditkit.metrics.products import Role, Side, View

__all__ = ["AUDIT_PARAMETERS", "Plan", "Purpose", "Task", "judged_by_yardstick", "make_plan"]

Purpose = Literal["full", "matched", "yardstick", "floor", "at baseline", "block", "matched block", "yardstick block"]

# On data with tied distances both other rules are artefacts; without ties all three agree.
AUDIT_PARAMETERS = {"ties": "half"}
# What units of several rows have as well.
_OF_ANY_TABLE = frozenset({"key", "rows", "rules", "words"})
# Operations that one core of a laptop does in a second; what it does not tell: cells, classifiers, slow machines.
_A_SECOND = 2e10
_FEW, _MINUTES = 10, 120
_OTHER_KINDS = "it is for "


@dataclass(frozen=True, eq=False)
class Task:
    """Some metrics read in one view for one part."""

    part: int
    purpose: Purpose
    view: View
    metrics: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """Every reading of an audit, in the order in which they run.

    Attributes
    ----------
    tasks : tuple of Task
    parameters : mapping of metric name to its parameters
    skipped : mapping of metric name to the reason why it does not apply here
    lacking : mapping of metric name to the reason why its evidence is missing
    cost : mapping of view purpose to predicted operations
    """

    tasks: tuple[Task, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    skipped: Mapping[str, str]
    lacking: Mapping[str, str]
    cost: Mapping[str, float] = field(default_factory=dict)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics that are read or lack evidence, in order."""
        return tuple(self.parameters)

    def __str__(self) -> str:
        lines = [f"{'view':<18}{'views':>6}{'metrics':>9}{'operations':>12}"]
        for purpose, operations in sorted(self.cost.items(), key=lambda item: -item[1]):
            tasks = [task for task in self.tasks if task.purpose == purpose]
            n_metrics = max((len(task.metrics) for task in tasks), default=0)
            lines.append(f"{purpose:<18}{len(tasks):>6}{n_metrics:>9}{operations:>12.2e}")
        lines.append(self.estimate)
        here = {name: reason for name, reason in self.skipped.items() if not _of_other_data(reason)}
        if len(here) < len(self.skipped):
            lines.append(f"not asked here: {len(self.skipped) - len(here)} metrics that are for other kinds of data")
        lines += [f"not asked here: {name}: {reason}" for name, reason in here.items()]
        lines += [f"lacks evidence: {name}: {reason}" for name, reason in self.lacking.items()]
        return "\n".join(lines)

    @property
    def estimate(self) -> str:
        """What the comparisons of rows take, as an order of magnitude in words."""
        total = sum(self.cost.values())
        seconds = total / _A_SECOND
        if seconds < _FEW:
            return "Comparing rows takes seconds; columns, classifiers and pictures of the results take the rest."
        rough = f"{round(seconds, -1):.0f} seconds" if seconds < _MINUTES else f"{round(seconds / 60):,} minutes"
        return (
            f"Comparing rows takes about {rough} of one core, as an order of magnitude; columns and classifiers come "
            "on top. It grows with the square of the rows: --quick looks at 5,000 samples of each set."
        )


def make_plan(
    parts: Sequence[PartViews],
    sides: Mapping[Role, Side],
    *,
    metrics: str | Sequence[str] = "default",
    modality: str | None = None,
    has_cells: bool = True,
) -> Plan:
    """Plan of an audit.

    Parameters
    ----------
    parts : sequence of PartViews
        From `views_of`, the whole set first.
    sides : mapping of role to Side
    metrics : str or sequence of str
        Names; `"default"` and `"all"` stand for many.
    modality : str, optional
        Of the data: metrics for other modalities are not asked.
    has_cells : bool, default True
        Whether sides of tables of one row per unit hold their cells; otherwise metrics of cells are asked all the same.

    Returns
    -------
    Plan

    Raises
    ------
    UnknownNameError
        If a metric is not known.
    AuditkitError
        If a name gives a parameter an impossible value.
    """
    asked = _asked(metrics)
    skipped = _skipped(asked, sides, modality, has_cells=has_cells)
    lacking = {
        name: "needs a holdout, real records that the generator never saw"
        for name in asked
        if name not in skipped and not registry.get(name).roles <= set(sides)
    }
    read = [name for name in asked if name not in skipped and name not in lacking]
    tasks = tuple(task for number, part in enumerate(parts) for task in _tasks(number, part, read) if task.metrics)
    parameters = {name: _parameters(name) for name in asked if name not in skipped}
    return Plan(tasks, parameters, skipped, lacking, _cost(tasks, sides))


def _of_other_data(reason: str) -> bool:
    return reason.startswith(_OTHER_KINDS) and reason.endswith(" data")


def judged_by_yardstick(name: str) -> bool:
    """Whether a metric means something only beside the same metric of fresh real rows."""
    metric = registry.get(name)
    return metric.target is None and "holdout" not in metric.roles


def _parameters(name: str) -> dict[str, Any]:
    """Parameters of a metric in an audit; what its name sets goes before what audits set."""
    metric = registry.get(name)
    ours = {key: value for key, value in AUDIT_PARAMETERS.items() if key in metric.parameters}
    given = {} if name == metric.function.__name__ else parameters_in(name, metric.parameters)
    return {**metric.parameters, **ours, **given}


def _asked(metrics: str | Sequence[str]) -> tuple[str, ...]:
    names = (metrics,) if isinstance(metrics, str) else tuple(metrics) if isinstance(metrics, Iterable) else (metrics,)
    for name in names:
        if not isinstance(name, str):
            raise ConfigError(f"metrics must be a list of names, got {name!r}: write metrics=['precision'], say.")
    return tuple(dict.fromkeys(each for name in names for each in _meant(name)))


def _meant(name: str) -> list[str]:
    """Metrics that a name stands for."""
    if name == "default":
        return registry.default_names()
    if name == "all":
        return registry.names()
    check_values(name)
    return [registry.get(name).name]


def _skipped(
    asked: Sequence[str], sides: Mapping[Role, Side], modality: str | None, *, has_cells: bool
) -> dict[str, str]:
    real = sides["real"]
    lacks = {
        "label": real.labels is None,
        "groups": not real.groups,
        "key": real.units is None,
        "steps": real.units is not None and not real.units.cells.columns,
        "rows": has_cells and real.cells is None and real.units is None,
        "rules": False,  # every table has some
        "words": not sides["synthetic"].words,
    }
    why = {
        "label": "no label was declared",
        "groups": "no groups were declared",
        "key": "no key was declared that joins several rows to one sample",
        "steps": "units have no column to compare beside the key and the order",
        "rows": "it is for tables whose records are at hand",
        "words": "no column of free text or personal data was recognised",
    }
    skipped = {}
    for name in asked:
        metric = registry.get(name)
        reasons = [why[role] for role in metric.asks if lacks[role]]
        if modality is not None and modality not in metric.modalities:
            reasons = [f"{_OTHER_KINDS}{' and '.join(metric.modalities)} data"]
        elif (
            metric.modalities == ("tabular",)
            and has_cells
            and real.cells is None
            and not _OF_ANY_TABLE & {*metric.asks}
        ):
            reasons = ["it is for tables of one row per unit"]
        if reasons:
            skipped[name] = " and ".join(reasons)
    return skipped


def _tasks(number: int, part: PartViews, read: Sequence[str]) -> list[Task]:
    here = [name for name in read if not part.where or registry.get(name).by_group]
    if part.full is None:
        return []
    compared = tuple(name for name in here if judged_by_yardstick(name))
    blocks = tuple(name for name in compared if registry.get(name).interval == "blocks")
    tasks = [Task(number, "full", part.full, tuple(here))]
    kinds: tuple[tuple[Purpose, tuple[View, ...], tuple[str, ...]], ...] = (
        ("matched", part.matched, compared),
        ("yardstick", part.yardstick, compared),
        ("block", part.blocks.views, blocks),
        ("matched block", () if part.matched_blocks is part.blocks else part.matched_blocks.views, blocks),
        ("yardstick block", part.yardstick_blocks.views, blocks),
    )
    for purpose, views, names in kinds:
        for repeat, view in enumerate(views):
            # A discriminator trains on a bounded number of rows: more subsamples of it only cost time.
            kept = tuple(name for name in names if repeat == 0 or not _trains(name))
            tasks.append(Task(number, purpose, view, kept))
    alone = tuple(name for name in here if name not in compared and "synthetic" in registry.get(name).sized_by)
    tasks += [Task(number, "at baseline", view, alone) for view in part.at_baseline if alone]
    for floor, view in part.floors.items():
        tasks.append(Task(number, "floor", view, tuple(name for name in here if registry.get(name).floor == floor)))
    return tasks


def _trains(name: str) -> bool:
    metric = registry.get(name)
    return metric.family == "detection" and metric.interval != "blocks"


def _cost(tasks: Sequence[Task], sides: Mapping[Role, Side]) -> dict[str, float]:
    """Multiplications of all pairs of rows, by purpose: the part of the work that grows fastest."""
    width = sides["real"].features.shape[1]
    cost: dict[str, float] = {}
    for task in tasks:
        sizes = [
            len(sides[rows.source]) if rows.index is None else len(rows.index)
            for role, rows in task.view.rows.items()
            if role != "holdout"
        ]
        pairs = sizes[0] * sizes[1] + sum(size * size / 2 for size in sizes)
        cost[task.purpose] = cost.get(task.purpose, 0.0) + 2.0 * pairs * width
    return cost
