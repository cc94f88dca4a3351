"""Kinds of limits, and gates that cannot be: inverted, without a limit, or with one that no data could reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from auditkit.config import GateRule, relative_share
from auditkit.errors import ConfigError, did_you_mean
from auditkit.gates.outcome import LimitKind
from auditkit.metrics.known import known_metric
from auditkit.results import Direction, Scores, base_name

__all__ = ["ABLATION", "BETWEEN_PARTS", "LIMIT_KINDS", "ON_BASELINE", "check_limits", "config_error"]

LIMIT_KINDS: tuple[LimitKind, ...] = ("max", "min", "max_excess", "max_increase", "max_drop")
ON_BASELINE: frozenset[LimitKind] = frozenset({"max_increase", "max_drop"})
BETWEEN_PARTS: Mapping[str, tuple[LimitKind, LimitKind]] = MappingProxyType(
    {"max_gap": ("max", "max_increase"), "min_ratio": ("min", "max_drop")}
)
"""Ways to reduce parts to what lies between two of them, and the limits that this has."""
ABLATION = frozenset(
    {
        "ablation_curve",
        "ablation_difference",
        "ablation_drop",
        "ablation_score",
        "ablation_train_gap",
        "ablation_transfer",
    }
)
"""Scores of an ablation, which no audit reads."""
_LOSSES = frozenset({"ablation_difference", "ablation_drop", "ablation_train_gap"})
_WRONG_WAY: Mapping[Direction, Mapping[LimitKind, str]] = MappingProxyType(
    {
        "higher": {"max": "min or max_excess", "max_increase": "max_drop"},
        "lower": {"min": "max or max_excess", "max_drop": "max_increase"},
        "none": {"max_excess": "max or min"},
        "match": {},
    }
)


@dataclass(frozen=True)
class _Scale:
    """Which way a metric is better, what it can be, and its unit."""

    direction: Direction | None = None
    bounds: tuple[float | None, float | None] = (None, None)
    unit: str = ""


def config_error(rule: GateRule, sentence: str, *, key: str = "") -> ConfigError:
    """Error about one gate, with the place where it, or a key of it, is written."""
    return ConfigError(f"{rule.place(key)}gate {rule.id!r} {sentence}")


def check_limits(rule: GateRule, scores: Scores | None, skipped: Mapping[str, str]) -> None:
    """Refuse a gate whose limit points the wrong way, is missing, or can never be reached or never be kept.

    Parameters
    ----------
    rule : GateRule
    scores : Scores or None
        Where directions are looked up first; the registry knows the others.
    skipped : mapping of str to str
        Metrics known not to apply here.

    Raises
    ------
    ConfigError
        Names the key's place in the file.
    """
    scale = _scale_of(rule, scores, skipped)
    given = [kind for kind in LIMIT_KINDS if getattr(rule, kind) is not None]
    if not given:
        raise config_error(rule, "has no limit: give max, min, max_excess, max_increase or max_drop.")
    if rule.reduce != "each" and not rule.by:
        raise config_error(rule, f'reduces to {rule.reduce} without `by`: name groups, as by = ["sex"].', key="reduce")
    if rule.reduce in BETWEEN_PARTS:
        scale = _between(rule, scale, given)
    else:
        _check_direction(rule, scale.direction, given)
    for kind in given:
        _check_reach(rule, kind, scale)
    if rule.min is not None and rule.max is not None and rule.min > rule.max:
        raise config_error(rule, f"sets min = {rule.min:g} above max = {rule.max:g}: nothing can pass.", key="min")


def _check_direction(rule: GateRule, direction: Direction | None, given: list[LimitKind]) -> None:
    if direction is None:
        return
    better = "which has no better side" if direction == "none" else f"where {direction} is better"
    for kind in given:
        instead = _WRONG_WAY[direction].get(kind)
        if instead is not None:
            raise config_error(rule, f"sets {kind} on {rule.metric}, {better}: use {instead}.", key=kind)


def _between(rule: GateRule, scale: _Scale, given: list[LimitKind]) -> _Scale:
    """Scale of what lies between two parts; refuses limits that it has not."""
    fitting = BETWEEN_PARTS[rule.reduce]
    word = "gap" if rule.reduce == "max_gap" else "ratio"
    for kind in given:
        if kind not in fitting:
            raise config_error(
                rule, f"sets {kind} on a {word} between parts: use {fitting[0]} or {fitting[1]}.", key=kind
            )
    low, high = scale.bounds
    if rule.reduce == "max_gap":
        return _Scale("lower", (0.0, None if low is None or high is None else high - low), scale.unit)
    if scale.direction is not None and (low is None or low < 0):
        raise config_error(
            rule, f"takes ratios of {rule.metric}, which can be below 0: use reduce = 'max_gap'.", key="reduce"
        )
    return _Scale("higher", (0.0, 1.0))


def _check_reach(rule: GateRule, kind: LimitKind, scale: _Scale) -> None:
    """Refuse a limit that no value can keep, or that none can break."""
    change = getattr(rule, kind)
    if relative_share(change) is not None:
        return
    (low, high), limit = scale.bounds, float(change)
    if kind not in ("max", "min"):
        reach = None if low is None or high is None else high - low
        if reach is not None and limit > reach:
            raise _unreachable(rule, kind, f"cannot change by more than {reach:g}, so no data could fail", scale)
        return
    ends = ("pass", "fail") if kind == "max" else ("fail", "pass")
    if low is not None and limit < low:
        raise _unreachable(rule, kind, f"is never below {low:g}, so no data could {ends[0]}", scale)
    if high is not None and limit > high:
        raise _unreachable(rule, kind, f"is never above {high:g}, so no data could {ends[1]}", scale)


def _unreachable(rule: GateRule, kind: LimitKind, because: str, scale: _Scale) -> ConfigError:
    limit = float(getattr(rule, kind))
    of = {"max_gap": "the gap of ", "min_ratio": "the ratio of "}.get(rule.reduce, "")
    percent = f": {limit:g} % is {limit / 100:g}" if scale.unit == "share" and limit > 1 else ""
    sentence = f"sets {kind} = {limit:g}, but {of}{rule.metric} {because}{percent}."
    return config_error(rule, sentence, key=kind)


def _scale_of(rule: GateRule, scores: Scores | None, skipped: Mapping[str, str]) -> _Scale:
    name = base_name(rule.metric)
    held = [item for item in scores or () if item.metric == rule.metric or base_name(item.metric) == name]
    if held:
        # The measures of an ablation point different ways: the part that the rule names goes before the others.
        asked = rule.where.items()
        found = next((item for item in held if asked <= item.where.items()), held[0])
        return _Scale(found.direction, (None, None) if name in ABLATION else found.bounds, found.unit)
    if name in ABLATION:
        return _Scale("lower" if name in _LOSSES else None)
    known = known_metric(name)
    if known is not None:
        return _Scale(known.direction, known.bounds, known.unit)
    if name in skipped:
        return _Scale()
    from auditkit.metrics import registry  # noqa: PLC0415 - imports every metric, needed only for unknown ones

    near = did_you_mean(name, [*registry.names(), *sorted(ABLATION)])
    end = "" if near.endswith("?") else "."
    raise config_error(rule, f"names an unknown metric {rule.metric!r}{near}{end}", key="metric")
