"""Plain results: estimates and scores. They hold numbers and words, never data or models."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from auditkit.errors import UnknownNameError
from auditkit.parts import either_order, part_name, unknown_part, with_part

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "MIN_CELL",
    "Direction",
    "Estimate",
    "Reference",
    "Score",
    "Scores",
    "Status",
    "base_name",
    "finite",
]

MIN_CELL = 5
"""Fewer real units than this in a cell could be told apart, so neither their number nor their rate is shown."""

Direction = Literal["higher", "lower", "match", "none"]
Reference = Literal["yardstick", "floor", "chance", "baseline"]
Status = Literal["ok", "degraded", "undefined", "insufficient", "error"]


@dataclass(frozen=True)
class Estimate:
    """A number, how sure it is, and from how many samples.

    Attributes
    ----------
    value : float
    low, high : float or None
        Limits of the 95 % interval; None where no interval could be had.
    method : str
        How the interval was made, as `"blocks"` or `"wilson"`; empty without one.
    n : tuple of (int, int)
        Units on the real and on the synthetic side.
    """

    value: float
    low: float | None = None
    high: float | None = None
    method: str = ""
    n: tuple[int, int] = (0, 0)

    def __format__(self, spec: str) -> str:
        """Value and limits, each as `spec` says, by default to four digits: `"0.9000 [0.8800, 0.9200]"`."""
        spec = spec or ".4f"
        if self.low is None or self.high is None:
            return format(self.value, spec)
        return f"{self.value:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"

    def __str__(self) -> str:
        return format(self)

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {"n": list(self.n)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Estimate:
        """Estimate from what `to_json` wrote."""
        return cls(**{**data, "n": (int(data["n"][0]), int(data["n"][1]))})


@dataclass(frozen=True)
class Score:
    """One metric on one part of the data, beside what it should be compared with.

    Attributes
    ----------
    metric : str
        The metric's name, with parameters and embedder where not the default: `"coverage"`.
    where : mapping of str to str
        The part: empty for the whole set, `{"sex": "Female"}` for a group.
    estimate : Estimate or None
        Value at full size; None when it could not be measured (see `status`, `reason`).
    references : mapping
        Estimates to compare with: yardstick (holdout against train, at equal size), floor, chance, baseline.
    excess : Estimate or None
        Signed difference from the yardstick (or chance) at equal sizes; positive is worse.
    direction : {"higher", "lower", "match", "none"}
        Which way is better, `"match"` nearest to the yardstick.
    embedder : str
        Name and, behind #, the start of the SHA-256 of what it computes; empty where none was used.
    matched : Estimate or None
        Value at the size of the yardstick, which is what stands beside it, or of a baseline without one; else None.
    metric_version : int
        Of the metric's definition: numbers of two versions do not compare.
    """

    metric: str
    where: Mapping[str, str]
    estimate: Estimate | None
    references: Mapping[Reference, Estimate]
    excess: Estimate | None
    direction: Direction
    target: float | None
    bounds: tuple[float | None, float | None]
    unit: str
    status: Status
    reason: str
    embedder: str
    parameters: Mapping[str, Any]
    n_dropped: int
    seed: int
    details: Mapping[str, Any] = field(default_factory=dict)
    matched: Estimate | None = None
    metric_version: int = 1
    _scores: Scores | None = field(default=None, repr=False, compare=False)

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Metric and part: unique within one audit."""
        return self.metric, tuple(sorted(self.where.items()))

    @property
    def value(self) -> float | None:
        """Value at full size, None where undefined."""
        return None if self.estimate is None else self.estimate.value

    @property
    def low(self) -> float | None:
        """Lower 95 % limit of the value."""
        return None if self.estimate is None else self.estimate.low

    @property
    def high(self) -> float | None:
        """Upper 95 % limit of the value."""
        return None if self.estimate is None else self.estimate.high

    @property
    def compared(self) -> Estimate | None:
        """Value at the size at which audits compare: that of the yardstick or of a baseline, else full size."""
        return self.estimate if self.matched is None else self.matched

    @property
    def yardstick(self) -> float | None:
        """The same metric for the holdout against the same train rows, at equal size."""
        reference = self.references.get("yardstick")
        return None if reference is None else reference.value

    def at(self, **where: object) -> Score:
        """Score of the same metric on a part, as `.at(sex="Female")`.

        Parameters
        ----------
        **where : str
            What tells the part apart. Two columns may stand in either order, as `.at(pair="age, job")` or
            `.at(pair=("job", "age"))`.

        Raises
        ------
        UnknownNameError
            If the audit holds no such part.
        """
        asked = {
            name: ", ".join(value) if isinstance(value, tuple | list) else str(value) for name, value in where.items()
        }
        if self._scores is None:
            raise UnknownNameError.of("part", part_name(asked), [])
        return self._scores.get(self.metric, {**self.where, **asked})

    def __str__(self) -> str:
        name = with_part(self.metric, self.where)
        if self.estimate is None:
            return f"{name}: {self.status}, {self.reason}"
        said = f"{name} {self.estimate}"
        if self.yardstick is not None:
            equal = self.details.get("at_equal_size")
            said += f"; {'' if equal is None else f'at equal size {equal:.4f}, '}yardstick {self.yardstick:.4f}"
        chance = self.references.get("chance")
        if chance is not None and chance.value:
            said += f"; by chance {chance.value:.4f}"
        return said if self.excess is None else f"{said}; worse by {self.excess}"

    def _repr_html_(self) -> str:
        from auditkit.reports.notebook import score_html  # noqa: PLC0415 - results may look forward in methods

        return score_html(self)

    def plot(self, ax: Axes | None = None, *, parts: bool = False) -> Axes:
        """Draw it beside its yardstick on matplotlib axes, those given or new ones; with `parts` those of parts too."""
        from auditkit.reports.plots import plot_score  # noqa: PLC0415 - as above

        return plot_score(self, ax, parts=self._scores.parts(self.metric) if parts and self._scores is not None else ())

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        data = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "_scores"}
        return data | {
            "where": dict(self.where),
            "estimate": None if self.estimate is None else self.estimate.to_json(),
            "references": {name: item.to_json() for name, item in self.references.items()},
            "excess": None if self.excess is None else self.excess.to_json(),
            "matched": None if self.matched is None else self.matched.to_json(),
            "bounds": list(self.bounds),
            "parameters": dict(self.parameters),
            "details": dict(self.details),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Score:
        """Score from what `to_json` wrote."""

        def estimate(item: Mapping[str, Any] | None) -> Estimate | None:
            return None if item is None else Estimate.from_json(item)

        return cls(
            **{
                **data,
                "estimate": estimate(data["estimate"]),
                "references": {name: Estimate.from_json(item) for name, item in data["references"].items()},
                "excess": estimate(data["excess"]),
                "matched": estimate(data.get("matched")),
                "bounds": (data["bounds"][0], data["bounds"][1]),
            }
        )


@dataclass(frozen=True)
class Scores:
    """All scores of an audit, in order. `scores["coverage"]` is the whole set's, `.at(...)` of it a part's.

    Iterating gives every score, those of parts too; `keys()`, `values()` and `items()`, and so `dict(scores)`, are of
    the whole set's, by metric.
    """

    _all: tuple[Score, ...]

    @classmethod
    def of(cls, items: Iterable[Score]) -> Scores:
        """Collection whose members can find each other."""
        scores = cls(tuple(items))
        linked = tuple(replace(item, _scores=scores) for item in scores._all)
        object.__setattr__(scores, "_all", linked)
        return scores

    def __iter__(self) -> Iterator[Score]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, metric: object) -> bool:
        return any(item.metric == metric for item in self._all)

    def __getitem__(self, metric: str) -> Score:
        """Score of the whole set.

        Raises
        ------
        UnknownNameError
            If the audit did not measure that metric.
        """
        return self.get(metric, {})

    def keys(self) -> list[str]:
        """Metrics that have a score of the whole set, in order."""
        return [item.metric for item in self._all if not item.where]

    def values(self) -> list[Score]:
        """Scores of the whole set, in order."""
        return [item for item in self._all if not item.where]

    def items(self) -> list[tuple[str, Score]]:
        """Metric and score of the whole set, in order."""
        return [(item.metric, item) for item in self.values()]

    def get(self, metric: str, where: Mapping[str, str]) -> Score:
        """Score of one metric on one part.

        Raises
        ------
        UnknownNameError
            If the audit did not measure that metric, or not on that part.
        """
        found = [item for item in self._all if item.metric == metric]
        if not found:
            raise UnknownNameError.of("metric", metric, self.metrics, "among this audit's scores")
        parts = {tuple(sorted(item.where.items())): item for item in found}
        for each in either_order(where):
            if tuple(sorted(each.items())) in parts:
                return parts[tuple(sorted(each.items()))]
        has_parts = any(item.where for item in self._all)
        raise unknown_part(metric, where, [item.where for item in found if item.where], has_parts=has_parts)

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, each once, in order."""
        return list(dict.fromkeys(item.metric for item in self._all))

    def parts(self, metric: str) -> list[Score]:
        """Scores of one metric on its parts, without the whole set's."""
        return [item for item in self._all if item.metric == metric and item.where]

    def _repr_html_(self) -> str:
        from auditkit.reports.notebook import scores_html  # noqa: PLC0415 - results may look forward in methods

        return scores_html(self)

    def frame(self) -> pd.DataFrame:
        """Table with a row per score: metric, where, value, low, high, yardstick, excess, direction, status, reason."""
        import pandas as pd  # noqa: PLC0415 - heavy, and only needed here

        columns = ["metric", "where", "value", "low", "high", "yardstick", "excess", "direction", "status", "reason"]
        rows = [
            {name: getattr(item, name) for name in columns}
            | {"where": part_name(item.where), "excess": None if item.excess is None else item.excess.value}
            for item in self
        ]
        return pd.DataFrame(rows, columns=columns)


def finite(value: float | None) -> float | None:
    """The number, or None in the place of NaN and infinities."""
    return None if value is None or not math.isfinite(value) else float(value)


def base_name(metric: str) -> str:
    """Metric name without parameters and embedder.

    Examples
    --------
    >>> base_name("vendi_score[q=2]@dinov2")
    'vendi_score'
    """
    return metric.split("@", 1)[0].split("[", 1)[0]
