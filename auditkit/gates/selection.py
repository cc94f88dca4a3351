"""Which scores a rule judges: the whole set, a named part, or every part by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from auditkit.config import GateRule
from auditkit.errors import did_you_mean
from auditkit.gates.applies import apart
from auditkit.gates.limits import ABLATION, config_error
from auditkit.metrics.known import known_metric
from auditkit.parts import part_name
from auditkit.results import Score, Scores, base_name

__all__ = ["Chosen", "choose", "family_of", "rests_on_holdout", "told_beside", "unit_of"]

# Reads no holdout itself, but is larger for copies.
_ALSO_ON_COPYING = frozenset({"memorization_informed_frechet_distance"})
# Undefined only where a table holds nothing that they are about: one column, or columns that do not hang together.
_OF_SOME_TABLES = frozenset({"association_retention", "partial_copy_excess"})
# What metrics of tables tell apart themselves, if there is any.
_TOLD_APART = frozenset({"column", "pair", "without"})
# Keys of a part that say what was measured in it, not whose rows it holds.
_NOT_GROUPS = frozenset(
    {
        "against",
        "amount",
        "arm",
        "attribute",
        "class",
        "column",
        "group",
        "label",
        "measure",
        "model",
        "pair",
        "test",
        "way",
        "without",
    }
)
_UNITS = frozenset({"mae", "rmse"})


@dataclass(frozen=True)
class Chosen:
    """A score to judge, or the reason why there is none.

    Attributes
    ----------
    where : mapping of str to str
    score : Score or None
    settled : {"", "error", "not_applicable", "undecided", "fail", "no_baseline"}
        What it comes to without judging.
    reason : str
    small : bool
        Whether that is because the part has too few rows.
    kinds : tuple of str
        Kinds of data that the gate is for, where those at hand are of another kind.
    """

    where: Mapping[str, str]
    score: Score | None = None
    settled: str = ""
    reason: str = ""
    small: bool = False
    kinds: tuple[str, ...] = ()


def told_beside(name: str) -> bool:
    """Whether a key of a part says what was measured in it, not whose rows it holds."""
    return name in _NOT_GROUPS


def family_of(metric: str) -> str:
    """Family of a registered metric, empty for those of ablations and unknown ones."""
    found = known_metric(metric)
    return "" if found is None else found.family


def unit_of(metric: str) -> str:
    """Unit of a registered metric, empty for the others."""
    found = known_metric(metric)
    return "" if found is None else found.unit


def rests_on_holdout(metric: str) -> bool:
    """Whether a holdout that repeats training records takes the evidence from a metric."""
    found = known_metric(metric)
    return found is not None and (
        found.family == "copying" or "holdout" in found.roles or base_name(metric) in _ALSO_ON_COPYING
    )


def choose(
    rule: GateRule,
    scores: Scores,
    *,
    skipped: Mapping[str, str],
    contaminated: str = "",
    audited: Mapping[str, Any] = MappingProxyType({}),
) -> list[Chosen]:
    """Scores that a rule judges, one entry per part.

    Without `by`, the score whose part is `where`, or else the least specific ones that contain it. With `by`, every
    part of those groups within `where`; `"*"` means of all groups.

    Parameters
    ----------
    rule : GateRule
    scores : Scores
    skipped : mapping of str to str
        Metrics that do not apply here, and why.
    contaminated : str
        Why a holdout cannot serve as evidence on copying; empty when it can.
    audited : mapping
        What is known of the data: `"modality"`, `"generators"`, `"path"`, `"name"`.

    Raises
    ------
    ConfigError
        If `by` names a group that no part of the audit has.
    """
    aside = apart(rule, audited)
    if aside is not None:
        return [Chosen(rule.where, settled=aside.settled, reason=aside.reason, kinds=aside.kinds)]
    held = [score for score in scores if score.metric == rule.metric]
    if not held:
        return [_absent(rule, scores, skipped, str(audited.get("modality") or ""))]
    parts = _by_group(rule, held, scores) if rule.by else _by_where(rule, held)
    if not parts:
        return [_no_part(rule, held, scores, skipped)]
    absent = _absent_groups(scores)
    entries = [_entry(rule, score, contaminated, absent) for score in parts]
    if rule.on_small != "skip" or (rule.by and all(entry.small for entry in entries)):
        return entries
    return [replace(entry, settled="not_applicable") if entry.small else entry for entry in entries]


def _support(score: Score) -> int | None:
    """Rows that a part's score rests on: what the metric says, else the smaller of both sides; None if unknown."""
    stated = score.details.get("support")
    if stated is not None:
        return int(stated)
    if score.estimate is None or score.estimate.n == (0, 0):
        return None
    return min(score.estimate.n)


def _by_where(rule: GateRule, held: list[Score]) -> list[Score]:
    inside = [score for score in held if _contains(score.where, rule.where) and not _in_units(rule, score)]
    fewest = min((len(score.where) for score in inside), default=0)
    return [score for score in inside if len(score.where) == fewest and _asked_enough(rule, score)]


def _in_units(rule: GateRule, score: Score) -> bool:
    """Whether it is in units of the label, which only a rule that names the measure has a limit for."""
    return base_name(rule.metric) in ABLATION and "measure" not in rule.where and score.where.get("measure") in _UNITS


def _asked_enough(rule: GateRule, score: Score) -> bool:
    """A rule without `by` must not fall through to the parts of a group."""
    return not (set(score.where) - set(rule.where) - _NOT_GROUPS)


def _by_group(rule: GateRule, held: list[Score], scores: Scores) -> list[Score]:
    inside = [score for score in held if _contains(score.where, rule.where) and len(score.where) > len(rule.where)]
    if "*" in rule.by:
        return inside
    known = sorted({key for score in scores for key in score.where} - {"arm", "measure", "model"})
    for name in rule.by:
        if known and name not in known and name not in _TOLD_APART:
            near = did_you_mean(name, [item for item in known if item == "class" or item not in _NOT_GROUPS])
            end = "" if near.endswith("?") else "."
            raise config_error(rule, f"judges by {name!r}, which is no group of this audit{near}{end}")
    asked = set(rule.by) | set(rule.where)
    return [score for score in inside if asked <= set(score.where) and set(score.where) - asked <= _NOT_GROUPS]


def _contains(where: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    return all(where.get(name) == level for name, level in asked.items())


def _absent(rule: GateRule, scores: Scores, skipped: Mapping[str, str], modality: str) -> Chosen:
    name = base_name(rule.metric)
    reason = skipped.get(rule.metric, skipped.get(name, ""))
    if not reason and name in ABLATION and not ABLATION & set(scores.metrics):
        reason = "no ablation was run"
    if reason:
        metric = known_metric(rule.metric)
        elsewhere = metric is not None and modality and modality not in metric.modalities
        kinds = metric.modalities if metric is not None and elsewhere else ()
        return Chosen(rule.where, settled="not_applicable", reason=reason, kinds=kinds)
    return Chosen(rule.where, settled="error", reason=_unmeasured(rule.metric))


def _unmeasured(metric: str) -> str:
    found = known_metric(metric)
    how = "" if found is None or found.default else f": audit again with --metric default --metric {metric}"
    return f"it was not measured in this audit{how}"


def _no_part(rule: GateRule, held: list[Score], scores: Scores, skipped: Mapping[str, str]) -> Chosen:
    if rule.by and not rule.where:
        of_groups = not set(rule.by) <= _TOLD_APART
        reason = skipped.get(rule.metric, "") or (skipped.get("representation_gap", "") if of_groups else "")
        if reason:
            return Chosen(rule.where, settled="not_applicable", reason=reason)
        if not of_groups and all(score.status == "undefined" for score in held):
            return Chosen(rule.where, settled="not_applicable", reason=held[0].reason)
        broken = [score.reason for score in held if score.status not in ("ok", "degraded") and score.reason]
        if broken:
            return Chosen(rule.where, settled="error", reason=broken[0])
        return Chosen(rule.where, settled="error", reason=f"no part by {', '.join(rule.by)} was measured")
    if any(_in_units(rule, score) and _contains(score.where, rule.where) for score in held):
        reason = "errors in units of the label need a limit of their own: name one, as where = { measure = 'mae' }"
        return Chosen(rule.where, settled="not_applicable", reason=reason)
    levels = {f"{name}={level}" for score in [*held, *scores] for name, level in score.where.items()}
    asked = part_name(rule.where)
    near = did_you_mean(asked, sorted(levels)) if levels else ""
    return Chosen(rule.where, settled="error", reason=f"no score was measured for {asked or 'the whole set'}{near}")


def _absent_groups(scores: Scores) -> frozenset[str]:
    """Groups without a synthetic row, as `"sex=Female"`: there is nothing in them to rate."""
    details = [score.details for score in scores if score.metric == "missing_groups"]
    return frozenset(
        str(name) for item in details for key in ("missing", "too_small_to_judge") for name in item.get(key, ())
    )


def _entry(rule: GateRule, score: Score, contaminated: str, absent: frozenset[str]) -> Chosen:
    if contaminated and rests_on_holdout(rule.metric):
        return Chosen(score.where, score, "error", contaminated)
    rows = _support(score)
    if rule.by and rows is not None and rows < rule.min_support:
        return _small(rule, score, f"it rests on {rows} rows, {rule.min_support} are needed")
    gone = [f"{name}={level}" for name, level in score.where.items() if f"{name}={level}" in absent]
    if rule.by and gone and score.estimate is None:
        return Chosen(score.where, score, "not_applicable", f"{gone[0]} has no synthetic rows, see missing_groups")
    if rule.by and score.status == "insufficient":
        return _small(rule, score, score.reason or "it has too few rows")
    if score.status in ("undefined", "insufficient", "error"):
        nothing = score.status == "undefined" and base_name(rule.metric) in _OF_SOME_TABLES
        settled = "not_applicable" if nothing else "error"
        return Chosen(score.where, score, settled, score.reason or f"its score is {score.status}")
    return Chosen(score.where, score)


def _small(rule: GateRule, score: Score, reason: str) -> Chosen:
    settled = "fail" if rule.on_small == "fail" else "undecided"
    said = f"too small to judge: {reason.rstrip('.')}" + (", and on_small = 'fail'" if settled == "fail" else "")
    return Chosen(score.where, score, settled, said, small=True)
