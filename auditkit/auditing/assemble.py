"""From readings to scores: the value at full size, and the excess over the yardstick at equal sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from auditkit.auditing.measure import Failure, Readings
from auditkit.auditing.plan import Plan, Purpose, judged_by_yardstick
from auditkit.auditing.rare_levels import without_few
from auditkit.auditing.views import BLOCKS, MIN_SUPPORT, Blocks, PartViews
from auditkit.intervals import NORMAL_95, jackknife_interval, standard_error, wilson, within
from auditkit.metrics import registry
from auditkit.metrics.registry import Metric, Reading
from auditkit.metrics.tables.between import normalised
from auditkit.metrics.tables.scored import RATES, STRENGTHS
from auditkit.results import Direction, Estimate, Reference, Score, Scores
from auditkit.spreads import limits

__all__ = ["assemble"]

# Two sets of eight readings each.
DEGREES_OF_FREEDOM = 2 * (BLOCKS - 1)
# Half-widths of 95 % intervals over standard errors.
QUANTILES = {"delete-block jackknife": 2.3646242515927849}
# Sets too small to leave blocks out: neighbours depend on each other, so only a part of the units is independent.
INDEPENDENT = 1 / 3
NO_BLOCKS = Blocks()
_COMPARED: tuple[Purpose, ...] = ("matched", "yardstick")
_TOO_FEW = "there are too few real units to set some aside."


def assemble(plan: Plan, parts: Sequence[PartViews], readings: Readings, *, embedder: str, seed: int) -> Scores:
    """Scores of an audit, metric by metric, the whole set before its parts.

    Parameters
    ----------
    plan : Plan
    parts : sequence of PartViews
        Those that the plan was made for.
    readings : Readings
        What `measure` read.
    embedder : str
        Name of the embedder, kept in every score.
    seed : int

    Returns
    -------
    Scores
    """
    maker = _Maker(plan, parts, readings, embedder, seed)
    return Scores.of(score for name in plan.metrics for score in maker.scores(name))


@dataclass(frozen=True)
class _Source:
    """Readings of one metric: of the views of a part of the data, or of what each such reading tells apart itself."""

    readings: Readings
    number: int
    metric: str
    where: Mapping[str, str] | None = None

    def one(self, purpose: Purpose) -> Reading | Failure | None:
        """The first."""
        found = self.readings.all(self.number, purpose, self.metric)
        return self._part(found[0]) if found else None

    def values(self, purpose: Purpose) -> list[float | None]:
        """Values over the views, None where undefined."""
        found = (self._part(item) for item in self.readings.all(self.number, purpose, self.metric))
        return [item.value if isinstance(item, Reading) else None for item in found]

    def _part(self, item: Reading | Failure) -> Reading | Failure:
        if self.where is None or isinstance(item, Failure):
            return item
        return item.of_part(self.where) or Failure("undefined", "it is absent or too small there.")


class _Maker:
    """Makes the scores of one metric after the other from the same readings."""

    def __init__(self, plan: Plan, parts: Sequence[PartViews], readings: Readings, embedder: str, seed: int) -> None:
        self._plan, self._parts, self._readings = plan, parts, readings
        self._embedder, self._seed = embedder, seed

    def scores(self, name: str) -> list[Score]:
        metric = registry.get(name)
        if name in self._plan.lacking:
            return [self._failed(metric, {}, Failure("insufficient", self._plan.lacking[name]))]
        scores = []
        for number, part in enumerate(self._parts):
            if part.where and not metric.by_group:
                continue
            scores += self._of_part(metric, number, part)
        return scores

    def _of_part(self, metric: Metric, number: int, part: PartViews) -> list[Score]:
        if part.full is None:
            # Which sets are short, not by how much: a cell of three real records is nobody's business.
            few = ", ".join(role for role, n in part.support.items() if n < MIN_SUPPORT)
            reason = f"fewer than {MIN_SUPPORT} units of this part in: {few}"
            return [self._failed(metric, part.where, Failure("insufficient", reason))]
        reading = self._readings.one(number, "full", metric.name)
        if not isinstance(reading, Reading):
            return [self._failed(metric, part.where, reading or Failure("error", "was not read"))]
        if judged_by_yardstick(metric.name):
            scores = [self._compared(metric, part, reading, _Source(self._readings, number, metric.name))]
            return scores if part.where else [*scores, *self._of_columns(metric, number, part, reading)]
        reading = without_few(reading)
        if reading.value is None:
            return [self._failed(metric, part.where, Failure("insufficient", reading.reason))]
        scores = [self._against_null(metric, part.where, reading)]
        scores += [self._of_reading(metric, item.where, item.reading) for item in reading.parts]
        return [self._brought(score, metric, number, part) for score in scores] if part.at_baseline else scores

    def _brought(self, score: Score, metric: Metric, number: int, part: PartViews) -> Score:
        """Score with its value at the baseline's size, where that is smaller."""
        where = None if score.where == part.where else score.where
        source = _Source(self._readings, number, metric.name, where)
        first = source.one("at baseline")
        values = [value for value in source.values("at baseline") if value is not None]
        if score.estimate is None or not values or not isinstance(first, Reading) or first.value is None:
            return score
        drawn = self._against_null(metric, score.where, first)
        if drawn.estimate is None:
            return score
        return replace(score, matched=_within(_moved(drawn.estimate, float(np.mean(values))), metric.bounds))

    def _of_reading(self, metric: Metric, where: Mapping[str, str], reading: Reading) -> Score:
        if reading.value is None:
            return self._failed(metric, where, Failure("insufficient", reading.reason))
        return self._against_null(metric, where, reading)

    def _of_columns(self, metric: Metric, number: int, part: PartViews, reading: Reading) -> list[Score]:
        """Scores of what a reading tells apart itself, as columns of a table, each beside its own yardstick."""
        scores = []
        for item in reading.parts:
            if item.reading.value is None:
                status: Literal["error", "undefined"] = "error" if item.reading.failed else "undefined"
                scores.append(self._failed(metric, item.where, Failure(status, item.reading.reason)))
            else:
                source = _Source(self._readings, number, metric.name, item.where)
                scores.append(self._compared(metric, replace(part, where=item.where), item.reading, source))
        return scores

    def _compared(self, metric: Metric, part: PartViews, reading: Reading, source: _Source) -> Score:
        """Score with its yardstick at equal sizes."""
        same = part.matched_blocks is part.blocks
        of_ours = source.values("block" if same else "matched block")
        ours = self._at_equal_size(metric, source, "matched", part.matched_blocks, of_ours)
        of_theirs = source.values("yardstick block")
        theirs = self._at_equal_size(metric, source, "yardstick", part.yardstick_blocks, of_theirs)
        estimate = self._estimate(metric, reading, part.blocks, source.values("block"))
        references: dict[Reference, Estimate] = {}
        if reading.null is not None:
            references["chance"] = _known(reading.null, reading.n)
        details = dict(reading.details)
        excess = None
        if ours is not None and theirs is not None:
            references["yardstick"] = _within(theirs, metric.bounds)
            details["at_equal_size"] = ours.value
            excess, spread = _excess(metric.direction, ours, theirs)
            if spread is not None:
                details["spread"] = spread
            lowest = source.one("floor")
            if isinstance(lowest, Reading) and lowest.value is not None:
                references["floor"] = Estimate(lowest.value, None, None, "", lowest.n)
                details |= _between(metric.direction, ours.value, theirs, lowest.value)
            elif lowest is not None:
                details["floor_reason"] = lowest.reason
        failure = _uncompared(source) if excess is None and metric.direction != "none" else None
        score = self._score(metric, part.where, estimate, references, excess, details, failure)
        return score if ours is None or theirs is None else replace(score, matched=_within(ours, metric.bounds))

    def _at_equal_size(
        self, metric: Metric, source: _Source, purpose: Purpose, blocks: Blocks, left: Sequence[float | None]
    ) -> Estimate | None:
        values = [value for value in source.values(purpose) if value is not None]
        first = source.one(purpose)
        if not values or not isinstance(first, Reading):
            return None
        return _moved(self._estimate(metric, first, blocks, left), float(np.mean(values)))

    def _estimate(
        self, metric: Metric, reading: Reading, blocks: Blocks = NO_BLOCKS, left: Sequence[float | None] = ()
    ) -> Estimate:
        value = reading.value or 0.0
        if metric.interval != "blocks":
            low, high = reading.interval or (None, None)
            return Estimate(value, low, high, reading.method if reading.interval else "", reading.n)
        estimate = jackknife_interval(
            value, left, scale=blocks.scale, bounds=metric.bounds, share=_is_share(metric), n=reading.n
        )
        return estimate if estimate.method else _cautious(metric, value, reading.n)

    def _against_null(self, metric: Metric, where: Mapping[str, str], reading: Reading) -> Score:
        """Score of a reading that knows what a set without defect scores."""
        null = metric.target if metric.target is not None else reading.null
        references: dict[Reference, Estimate] = {} if null is None else {"chance": _known(null, reading.n)}
        details = dict(reading.details)
        excess = None
        if null is not None and reading.spread is not None and reading.value is not None:
            step = reading.scale * (reading.value - null)
            value = abs(step) if metric.direction == "match" else step if metric.direction == "lower" else -step
            low, high = limits(value, reading.spread, alpha=0.025)
            excess = Estimate(value, _unsigned(low, metric.direction), high, str(reading.spread["kind"]), reading.n)
            details["spread"] = dict(reading.spread)
        estimate = _around_null(self._estimate(metric, reading), excess, metric, null)
        return self._score(metric, where, estimate, references, excess, details)

    def _score(
        self,
        metric: Metric,
        where: Mapping[str, str],
        estimate: Estimate | None,
        references: Mapping[Reference, Estimate],
        excess: Estimate | None,
        details: Mapping[str, Any],
        failure: Failure | None = None,
    ) -> Score:
        return Score(
            metric=metric.name,
            where=dict(sorted(where.items())),  # as on disk, so that a part is named alike there
            estimate=estimate,
            references=references,
            excess=excess,
            direction=metric.direction,
            target=metric.target,
            bounds=metric.bounds,
            unit=metric.unit,
            status="ok" if failure is None else failure.status,
            reason="" if failure is None else failure.reason,
            embedder=self._embedder,
            parameters=dict(self._plan.parameters.get(metric.name, {})),
            n_dropped=0,
            seed=self._seed,
            details=details,
            metric_version=metric.version,
        )

    def _failed(self, metric: Metric, where: Mapping[str, str], failure: Failure) -> Score:
        return self._score(metric, where, None, {}, None, {}, failure)


def _uncompared(source: _Source) -> Failure:
    """Why a value has nothing to be compared with."""
    failures = [item.reason for item in map(source.one, _COMPARED) if isinstance(item, Failure)]
    return Failure("degraded", f"no comparison with fresh real data: {failures[0] if failures else _TOO_FEW}")


def _between(direction: Direction, ours: float, ceiling: Estimate, floor: float) -> dict[str, Any]:
    """Place between the floor, 0, and fresh real data, 1; None with a reason where chance puts these so far apart."""
    error, sign = _error(ceiling), -1.0 if direction == "lower" else 1.0
    if error is None:
        return {"normalised": None, "normalised_reason": "the ceiling has no interval"}
    value, reason = normalised(sign * ours, sign * ceiling.value, sign * floor, math.sqrt(2.0) * error)
    return {"normalised": None, "normalised_reason": str(reason)} if np.isnan(value) else {"normalised": float(value)}


def _known(value: float, n: tuple[int, int]) -> Estimate:
    return Estimate(float(value), None, None, "known", n)


def _cautious(metric: Metric, value: float, n: tuple[int, int]) -> Estimate:
    """Share of sets too small for blocks, with Wilson's limits for a third of the units; others get no limits."""
    size = INDEPENDENT * min(n)
    if not _is_share(metric) or size <= 0 or not 0 <= value <= 1:
        return Estimate(value, None, None, "", n)
    low, high = wilson(value * size, size)
    return Estimate(value, min(low, value), max(high, value), "wilson on a third", n)


def _is_share(metric: Metric) -> bool:
    """Whether a metric counts units, so that Wilson's limits mean something."""
    return metric.bounds == (0.0, 1.0) and metric.unit == "share"


def _around_null(estimate: Estimate, excess: Estimate | None, metric: Metric, null: float | None) -> Estimate:
    """The limits of the excess, laid around the null, for a value whose reading has none of its own."""
    if estimate.low is not None or excess is None or excess.low is None or excess.high is None or null is None:
        return estimate
    if metric.direction not in {"lower", "higher"}:
        return estimate
    ends = (excess.low, excess.high) if metric.direction == "lower" else (-excess.high, -excess.low)
    low, high = within(null + ends[0], null + ends[1], metric.bounds)
    return replace(estimate, low=min(low, estimate.value), high=max(high, estimate.value), method=excess.method)


def _moved(estimate: Estimate, value: float) -> Estimate:
    """The same interval around another value: a mean over subsamples varies less than one of them."""
    if estimate.low is None or estimate.high is None:
        return Estimate(value, None, None, "", estimate.n)
    step = value - estimate.value
    return Estimate(value, estimate.low + step, estimate.high + step, estimate.method, estimate.n)


def _within(estimate: Estimate, bounds: tuple[float | None, float | None]) -> Estimate:
    """The same estimate, its limits where the metric can lie."""
    if estimate.low is None or estimate.high is None:
        return estimate
    low, high = within(estimate.low, estimate.high, bounds)
    return replace(estimate, low=low, high=high)


def _excess(direction: Direction, ours: Estimate, theirs: Estimate) -> tuple[Estimate | None, dict[str, Any] | None]:
    """How much worse than the yardstick, positive is worse, and how that is distributed."""
    if direction == "none":
        return None, None
    step = ours.value - theirs.value
    value = {"lower": step, "higher": 0.0 - step, "match": abs(step)}[direction]
    first, second = _error(ours), _error(theirs)
    if first is None or second is None:
        return Estimate(value, None, None, "", ours.n), None
    spread: dict[str, Any] = {"kind": "t", "se": math.hypot(first, second), "df": DEGREES_OF_FREEDOM}
    if ours.method == theirs.method and ours.method in (RATES, STRENGTHS):
        spread = {"kind": "normal", "se": spread["se"]}  # from counts, not from eight readings
    low, high = limits(value, spread, alpha=0.025)
    return Estimate(value, _unsigned(low, direction), high, str(spread["kind"]), ours.n), spread


def _unsigned(low: float, direction: Direction) -> float:
    """Lower limit of an excess; a distance from what is right is never below 0."""
    return max(low, 0.0) if direction == "match" else low


def _error(estimate: Estimate) -> float | None:
    if estimate.low is None or estimate.high is None:
        return None
    quantile = QUANTILES.get(estimate.method, NORMAL_95)
    return standard_error(estimate.value, estimate.low, estimate.high, quantile=quantile)
