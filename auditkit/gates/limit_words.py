"""What is held to a limit, in words: an excess, a gap between two parts, a change since the baseline, a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from auditkit.gates.digits import COUNT, PERCENT, PLAIN, POINTS, Scale
from auditkit.gates.outcome import GateResult
from auditkit.parts import part_name
from auditkit.results import Score

__all__ = [
    "CHANGES",
    "allowed",
    "beside_baseline",
    "between",
    "by_chance",
    "judged_scale",
    "no_change",
    "own_number",
    "scale_of",
]

CHANGES: Mapping[str, str] = MappingProxyType({"max_increase": "rise", "max_drop": "drop"})
_ALIKE = 1e-3
_RISEN: Mapping[str, str] = MappingProxyType({"max_increase": "risen", "max_drop": "dropped"})


def scale_of(unit: str) -> Scale:
    """How numbers of a unit are printed: shares in percent, counts whole, others as they are."""
    return {"share": PERCENT, "count": COUNT}.get(unit, PLAIN)


def own_number(result: GateResult, scale: Scale) -> str:
    """The value, with the digits that tell it apart from a limit on the value."""
    others = () if result.limit is None or result.limit_kind == "max_excess" else (result.limit,)
    return scale.show(result.value or 0.0, *others)


def judged_scale(result: GateResult) -> Scale:
    """How the judged number is printed: a difference of shares in percentage points."""
    scale = scale_of(result.unit)
    differs = result.limit_kind not in ("max", "min") or (result.between and result.limit_kind == "max")
    return POINTS if scale is PERCENT and differs else scale


def allowed(result: GateResult) -> str:
    """The limit, as `"at most 10 percentage points are allowed"`, of a share of the baseline as it was written."""
    scale = judged_scale(result)
    if result.limit_share is not None:
        own = scale.exact(float(f"{result.limit or 0.0:.3g}")) + scale.suffix
        return f"at most {PERCENT.exact(result.limit_share)} % of the baseline, which is {own}, is allowed"
    number = scale.exact(result.limit or 0.0)
    word = "at least" if result.limit_kind == "min" else "at most"
    one = number == "1"
    suffix = scale.suffix.removesuffix("s") if one else scale.suffix
    verb = "are" if scale in (POINTS, COUNT) and not one else "is"
    return f"{word} {number}{suffix} {verb} allowed"


def no_change(result: GateResult) -> str:
    """Clause of a pass where even the upper limit says that nothing changed for the worse; empty elsewhere."""
    if result.limit_kind not in CHANGES or result.judged is None or result.judged[1] > 0:
        return ""
    return f"it has not {_RISEN[result.limit_kind]}, {allowed(result)}"


def beside_baseline(result: GateResult) -> str:
    """End of the first half, as `", in the baseline 97.0 %"`; empty where no change is judged."""
    if result.baseline is None or result.compared is None:
        return ""
    scale = PLAIN if result.between and result.direction == "higher" else scale_of(result.unit)
    # Where they agree to three digits, those that tell them apart are noise of computing.
    apart = not math.isclose(result.baseline, result.compared, rel_tol=_ALIKE)
    then = scale.show(result.baseline, *([result.compared] if apart else []))
    now = scale.show(result.compared, *([result.baseline] if apart else []))
    if result.value == result.compared:
        return f", in the baseline {then}{scale.suffix}"
    return f", compared at {now}{scale.suffix} now and {then}{scale.suffix} in the baseline"


def by_chance(result: GateResult) -> str:
    """What a model's gap between groups would be if groups did not matter; empty where that is not known."""
    if result.chance is None or result.between:
        return ""
    scale, word = scale_of(result.unit), "down to" if result.direction == "higher" else "up to"
    return f" (if groups did not matter, chance alone would give {word} {scale.show(result.chance)}{scale.suffix})"


def between(result: GateResult, score: Score | None) -> str:
    """First half of a sentence about what lies between two parts."""
    details: Mapping[str, object] = {} if score is None else score.details
    values, ratio = details.get("values"), result.direction == "higher"
    high, low = result.between
    scale = scale_of("share" if ratio and _is_share(details) else result.unit)
    inside = f" of {part_name(result.where)}" if result.where else ""
    word = "ratio" if ratio else "gap"
    number = _own(result, PLAIN if ratio else judged_scale(result))
    text = f"{result.metric}{inside} differs most clearly between {high} and {low}, a {word} of {number}"
    if isinstance(values, list) and len(values) == 2:  # noqa: PLR2004 - a pair
        both = [f"{scale.show(float(value))}{scale.suffix}" for value in values]
        text = f"{result.metric}{inside} is {both[0]} for {high} and {both[1]} for {low}, a {word} of {number}"
    return text + _widest(result, details) + _chance(result, details)


def _is_share(details: Mapping[str, object]) -> bool:
    return details.get("unit") == "share"


def _own(result: GateResult, scale: Scale) -> str:
    others = (result.limit,) if result.limit is not None and result.limit_kind in ("max", "min") else ()
    return f"{scale.show(result.value or 0.0, *others)}{scale.suffix}"


def _widest(result: GateResult, details: Mapping[str, object]) -> str:
    """The widest gap, where chance explains it better than the one that is told."""
    widest = details.get("widest")
    if not isinstance(widest, list) or tuple(widest) == result.between:
        return ""
    return f" ({widest[0]} and {widest[1]} lie further apart, which is less sure)"


def _chance(result: GateResult, details: Mapping[str, object]) -> str:
    if result.chance is None:
        return ""
    scale = judged_scale(result)
    return (
        f"; were all {details.get('n_parts')} parts alike, chance alone would make the widest gap up to "
        f"{scale.show(result.chance)}{scale.suffix}"
    )
