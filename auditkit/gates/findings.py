"""What failures mean and what to do next: gate results in, findings out.

One finding per kind and severity, so that nine failing groups are one problem with nine numbers. Limits are not
repeated here: a finding exists because a gate said so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from auditkit.gates.advice import ADVICE, advice_for_arm
from auditkit.gates.collapsed import is_collapsed, own_relations, spoken
from auditkit.gates.digits import PLAIN
from auditkit.gates.group_words import class_of, gap_stories, in_order, told_part
from auditkit.gates.limit_words import CHANGES
from auditkit.gates.outcome import Finding, GateResult
from auditkit.gates.selection import family_of, rests_on_holdout
from auditkit.gates.table_words import lost_pairs
from auditkit.metrics.known import known_metric
from auditkit.parts import part_name
from auditkit.results import Scores, base_name

if TYPE_CHECKING:
    from auditkit.metrics.registry import Metric

__all__ = ["ADVICE", "KINDS", "kind_of", "make_findings"]

_KIND_OF_FAMILY: Mapping[str, str] = MappingProxyType(
    {
        "realism": "realism",
        "variety": "variety",
        "copying": "copying",
        "detection": "detectable",
        "fairness": "group_quality",
    }
)
# Metrics whose failure means something else than that of their family, and those that are not registered.
_KIND_OF_METRIC: Mapping[str, str] = MappingProxyType(
    {
        "memorization_informed_frechet_distance": "copying",
        "verbatim_leak_share": "leaked_cells",
        **dict.fromkeys(("duplicate_share", "near_duplicate_share", "support_estimate"), "collapse"),
        **dict.fromkeys(("distinct_n", "self_repetition", "near_repeat_share"), "collapse"),
        "missing_groups": "missing_group",
        "representation_gap": "group_share",
        "label_rate_gap": "label_rate",
        **dict.fromkeys(
            ("bias_amplification", "differential_fairness_amplification", "joint_drift", "leakage"), "amplification"
        ),
        **dict.fromkeys(("ks_complement", "tv_complement", "wasserstein_complement", "statistic_similarity"), "shape"),
        **dict.fromkeys(("correlation_similarity", "contingency_similarity"), "relation"),
        **dict.fromkeys(("association_similarity", "association_retention"), "relation"),
        "missing_value_similarity": "missing_cells",
        **dict.fromkeys(("volatility_ratio", "roughness_ratio", "spectrum_similarity"), "volatility"),
        **dict.fromkeys(
            ("coherence", "transition_similarity", "step_similarity", "sequence_length_similarity"), "sequence"
        ),
        **dict.fromkeys(("ablation_difference", "ablation_drop", "ablation_train_gap", "ablation_transfer"), "utility"),
    }
)

KINDS = tuple(ADVICE)
_NAMED_PARTS = 5
# Sentences that audits make, by the name of the fact, and the kind of finding that they are.
_TOLD: Mapping[str, str] = MappingProxyType(
    {
        "worst_groups": "group_quality",
        "blind_spots": "blind_spot",
        "orders": "broken_order",
        "segments": "interpolation",
        "format": "format",
    }
)
# Metrics that count records equal to training records; the others only see how near they lie.
_EQUAL_RECORDS = frozenset({"copy_excess", "identical_match_share", "new_row_synthesis", "partial_copy_excess"})


def kind_of(metric: str) -> str:
    """Kind of finding that a failing metric stands for.

    Parameters
    ----------
    metric : str
        With or without parameters and embedder.

    Returns
    -------
    str
        Its own kind, else that of its family; `"other"` where unknown. A metric that does not come along with auditkit
        is a kind by itself, called as it is: only its own words say what its failure means.
    """
    if _of_ones_own(metric) is not None:
        return base_name(metric)
    return _KIND_OF_METRIC.get(base_name(metric)) or _KIND_OF_FAMILY.get(family_of(metric), "other")


def _of_ones_own(metric: str) -> Metric | None:
    """The metric, where another package than this one registered it."""
    found = known_metric(metric)
    return None if found is None or found.function.__module__.partition(".")[0] == "auditkit" else found


def _advice(kind: str, worst: GateResult) -> tuple[str, ...]:
    """What to do next: what a metric of one's own says comes first, and arms have what they are made of."""
    own = _of_ones_own(worst.metric) if kind == base_name(worst.metric) else None
    if own is not None:
        return (own.advice, *ADVICE["other"])
    return advice_for_arm(worst.where["arm"]) if kind == "utility" and "arm" in worst.where else ADVICE[kind]


def _kind(item: GateResult) -> str:
    """Kind of a result: models may learn as much and still be less even between groups."""
    if "too small to judge" in item.sentence:
        return "too_small"
    if item.limit_kind in CHANGES:
        return "regression"
    kind = kind_of(item.metric)
    if kind not in ADVICE:
        return kind
    if item.between:
        return "model_gap" if kind == "utility" else "group_quality"
    return "model_gap" if kind == "utility" and "group" in item.where else kind


def make_findings(
    results: Sequence[GateResult], *, scores: Scores | None = None, facts: Mapping[str, Any] | None = None
) -> tuple[Finding, ...]:
    """Findings behind the results of a check, errors before warnings.

    Parameters
    ----------
    results : sequence of GateResult
    scores : Scores, optional
        Where the names of missing groups are read.
    facts : mapping, optional
        May hold `"contaminated_holdout"`, `"worst_groups"`, `"blind_spots"`, `"orders"`, `"segments"` and
        `"format"`: sentences.

    Returns
    -------
    tuple of Finding
    """
    contaminated = str((facts or {}).get("contaminated_holdout") or "")
    findings = [_contaminated(contaminated)] if contaminated else []
    errors = [item for item in results if item.level == "error" and item.verdict == "fail"]
    absent = _absent(errors, scores)
    reported = {(_kind(item), tuple(sorted(item.where.items()))) for item in errors}
    warnings = [
        item
        for item in results
        if item.level == "warn"
        and item.verdict == "fail"
        and (_kind(item), tuple(sorted(item.where.items()))) not in reported
    ]
    findings += _of_failures([item for item in errors if not _of_absent(item, absent)], "error", scores)
    lost = [item for item in results if item.verdict == "error" and item.level == "error"]
    if contaminated:
        lost = [item for item in lost if not rests_on_holdout(item.metric)]
    if lost:
        findings.append(_not_measured(lost))
    findings += _of_failures([item for item in warnings if not _of_absent(item, absent)], "warn", scores)
    findings += [_told(kind, str((facts or {})[name])) for name, kind in _TOLD.items() if (facts or {}).get(name)]
    return tuple(findings)


def _absent(errors: Sequence[GateResult], scores: Scores | None) -> frozenset[str]:
    """Groups that a finding tells of as missing."""
    if scores is None:
        return frozenset()
    return frozenset(name for item in errors if item.metric == "missing_groups" for name in _missing(item, scores))


def _of_absent(item: GateResult, absent: frozenset[str]) -> bool:
    """Whether a wrong share is that of a missing group or of a part of it, which is told already."""
    if base_name(item.metric) != "representation_gap" or not item.where:
        return False
    return any(part_name({name: level}) in absent for name, level in item.where.items()) or item.part in absent


def _of_failures(
    failures: Sequence[GateResult], severity: Literal["error", "warn"], scores: Scores | None
) -> list[Finding]:
    by_kind: dict[str, list[GateResult]] = {}
    for item in failures:
        by_kind.setdefault(_kind(item), []).append(item)
    if is_collapsed(by_kind):
        by_kind["collapse"] = [*by_kind.get("collapse", []), *by_kind.pop("variety")]
    own, said = own_relations(by_kind.pop("relation", []), by_kind.get("shape", []), scores)
    by_kind |= {"relation": own} if own else {}
    collapsed = "collapse" in by_kind
    return [
        Finding(
            kind=kind,
            sentence=_sentence(kind, in_order(items, scores), scores, collapsed=collapsed)
            + (f" {said}" if said and kind == "shape" else ""),
            evidence=_evidence(in_order(items, scores), scores),
            advice=_advice(kind, in_order(items, scores)[0]),
            severity=severity,
        )
        for kind, items in sorted(
            by_kind.items(), key=lambda pair: KINDS.index(pair[0] if pair[0] in KINDS else "other")
        )
    ]


def _sentence(kind: str, items: Sequence[GateResult], scores: Scores | None, *, collapsed: bool) -> str:
    worst, *others = items
    text = f"{_opening(kind, items)}: {worst.sentence}"
    if all(item.where for item in items):
        parts = [
            *worst.also,
            *(part for item in others for part in (told_part(item, scores, level=class_of(worst.where)), *item.also)),
        ]
        if parts:
            parts = [spoken(part, scores) for part in parts]
            apart = "; " if any(", " in part for part in parts) else ", "
            named = apart.join(parts[:_NAMED_PARTS])
            more = f" and {len(parts) - _NAMED_PARTS} more" if len(parts) > _NAMED_PARTS else ""
            text += f" The same holds for {named}{more}."
    elif others:
        text += " " + " ".join(item.sentence for item in others[:_NAMED_PARTS])
    text += "".join(f" {story.sentence}" for story in gap_stories(items, scores))
    text += _lost(items, scores)
    if kind == "collapse" and _repeats(items):
        text += " This is repetition of itself, which says nothing about copying of training records."
    if kind == "copying" and collapsed:
        text += " The set also repeats itself, which is a second and separate problem."
    return text


def _lost(items: Sequence[GateResult], scores: Scores | None) -> str:
    """The strongest relations that are lost, where all of them are judged together."""
    if scores is None or not any(item.metric == "association_retention" for item in items):
        return ""
    named = "; ".join(f"{pair} ({PLAIN.show(excess)})" for pair, excess in lost_pairs(scores))
    return f" The strongest lost, and by how much of 1, are {named}." if named else ""


def _opening(kind: str, items: Sequence[GateResult]) -> str:
    """First words; near training records is not yet equal to them."""
    own = None if kind in _OPENINGS else _of_ones_own(items[0].metric)
    if own is not None:
        return own.meaning.removesuffix(".")
    if kind == "copying" and not any(base_name(item.metric) in _EQUAL_RECORDS for item in items):
        return "The synthetic data lie too near to training records"
    if kind == "collapse" and any(kind_of(item.metric) == "variety" for item in items):
        does = "repeat themselves" if _repeats(items) else "show little variety"
        return f"The synthetic data are collapsed and {does}"
    return _OPENINGS[kind]


def _repeats(items: Sequence[GateResult]) -> bool:
    return any(kind_of(item.metric) == "collapse" for item in items)


_OPENINGS: Mapping[str, str] = MappingProxyType(
    {
        "volatility": "The synthetic series do not move as real ones do",
        "copying": "The synthetic data repeat training records",
        "collapse": "The synthetic data repeat themselves",
        "leaked_cells": "Synthetic records hold words of training records",
        "relation": "Columns do not hang together as in the real data",
        "sequence": "Rows do not make up units as in the real data",
        "shape": "Columns are not distributed as in the real data",
        "missing_cells": "Cells are missing more or less often than in the real data",
        "missing_group": "Groups are missing",
        "group_share": "Groups have the wrong share",
        "label_rate": "Label rates are wrong",
        "amplification": "Groups and label do not go together as in the real data",
        "realism": "Some synthetic records are unlike any real record",
        "variety": "Some kinds of real records have no synthetic counterpart",
        "detectable": "Synthetic and real records can be told apart",
        "utility": "A model learns less from the synthetic data",
        "model_gap": "A model treats groups less evenly",
        "group_quality": "Some groups are worse off beyond chance",
        "regression": "Scores have moved away from the baseline",
        "too_small": "Parts are too small to judge",
        "blind_spot": "Groups that nobody declared are worst off",
        "broken_order": "Synthetic rows break orders that real ones follow",
        "interpolation": "Synthetic records lie on lines between training records",
        "format": "Formatting gives the synthetic records away",
        "other": "A limit is broken",
    }
)


def _evidence(items: Sequence[GateResult], scores: Scores | None) -> dict[str, Any]:
    evidence = _numbers(items[0]) | {"results": [_numbers(item) for item in items]}
    stories = gap_stories(items, scores)
    if stories:
        evidence["gaps"] = [story.to_json() for story in stories]
    if scores is not None:
        named = [name for item in items if item.metric == "missing_groups" for name in _missing(item, scores)]
        if named:
            evidence["missing"] = named
    return evidence


def _numbers(item: GateResult) -> dict[str, Any]:
    return {
        "gate": item.gate,
        "metric": item.metric,
        "where": dict(item.where),
        "value": item.value,
        "compared": item.compared,
        "yardstick": item.yardstick,
        "excess": item.excess,
        "limit": item.limit,
    }


def _missing(item: GateResult, scores: Scores) -> list[str]:
    named = scores.get(item.metric, item.where).details.get("missing", ())
    return [str(name) for name in named]


def _contaminated(sentence: str) -> Finding:
    return Finding(
        kind="contaminated_holdout",
        sentence=f"Copying cannot be judged: {sentence}",
        evidence={},
        advice=ADVICE["contaminated_holdout"],
        severity="error",
    )


def _told(kind: str, sentence: str) -> Finding:
    opening = _OPENINGS[kind]
    return Finding(kind, f"{opening}: {sentence}", evidence={}, advice=ADVICE[kind], severity="warn")


def _not_measured(lost: Sequence[GateResult]) -> Finding:
    gates = list(dict.fromkeys(item.gate for item in lost))
    named = ", ".join(gates[:_NAMED_PARTS]) + (
        f" and {len(gates) - _NAMED_PARTS} more" if len(gates) > _NAMED_PARTS else ""
    )
    word = "gate has" if len(gates) == 1 else "gates have"
    return Finding(
        kind="not_measured",
        sentence=f"{len(gates)} {word} no evidence ({named}), which is not a pass. {lost[0].sentence}",
        evidence={"gates": gates, "reasons": {item.name: item.sentence for item in lost}},
        advice=ADVICE["not_measured"],
        severity="error",
    )
