"""One sentence per result, for a reader who has never seen the metric: what was found, and what the gate makes of it.

A sentence has two halves. The first says what was measured, beside the same for real records that the generator never
saw. The second gives the number that decided, the limit, and for undecided results what would decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from auditkit.gates.digits import COUNT, PERCENT, PLAIN, POINTS, at_equal_sizes, count, percent
from auditkit.gates.group_words import GROUP_LEADS, GROUP_SHARES, both_shares, class_key, group_of, part_left
from auditkit.gates.image_words import IMAGE_LEADS
from auditkit.gates.limit_words import (
    CHANGES,
    allowed,
    beside_baseline,
    between,
    by_chance,
    judged_scale,
    no_change,
    own_number,
    scale_of,
)
from auditkit.gates.outcome import GateResult
from auditkit.gates.record_words import RECORD_LEADS
from auditkit.gates.series_words import SERIES_LEADS, SERIES_SHORTFALLS
from auditkit.gates.table_words import TABLE_LEADS
from auditkit.gates.text_words import TEXT_LEADS, TEXT_SHORTFALLS
from auditkit.gates.utility_words import UTILITY_LEADS
from auditkit.parts import part_name
from auditkit.results import Score, base_name

__all__ = ["Wording", "lead", "sentence"]


_NAMED = 5
_SOME_ROWS = "(some rows)"  # of units, as `partial_copy_excess` calls that part


@dataclass(frozen=True)
class Wording:
    """What a sentence needs beside the result.

    Attributes
    ----------
    reason : str
        Why there is no judgement; empty where there is one.
    confidence : float
        Of the whole family of gates.
    n_tests : int
        Comparisons judged together.
    """

    reason: str = ""
    confidence: float = 0.99
    n_tests: int = 1


def sentence(result: GateResult, *, score: Score | None, wording: Wording) -> str:
    """Sentence of one result.

    Parameters
    ----------
    result : GateResult
        Complete but for its sentence.
    score : Score or None
        What was judged.
    wording : Wording

    Returns
    -------
    str
        Ends with a full stop.
    """
    if wording.reason:
        return _capital(_without_judgement(result, wording.reason))
    first = lead(result, score) + beside_baseline(result) + by_chance(result)
    second = _CLAUSES[result.verdict](result, score, wording)
    return _capital(f"{first}; {second}{_caveat(score)}.")


def _caveat(score: Score | None) -> str:
    if score is None or score.status != "degraded" or not score.reason:
        return ""
    return f" ({score.reason.rstrip('.')})"


def lead(result: GateResult, score: Score | None) -> str:
    """First half: what was measured, beside fresh real records; no full stop."""
    if result.value is None:
        return f"{result.metric} has no value{_of_part(result)}"
    if result.between:
        return between(result, score)
    name = base_name(result.metric)
    plain = next(
        (words[name] for words in (TABLE_LEADS, UTILITY_LEADS, TEXT_LEADS, SERIES_LEADS) if name in words), None
    )
    if plain is not None:
        return plain(result)
    special = _LEADS.get(name)
    return special(result, _facts(score)) if special else _generic(result)


def _facts(score: Score | None) -> Mapping[str, object]:
    """What a metric says of itself, with what a set without defect would score."""
    if score is None:
        return {}
    chance = score.references.get("chance")
    return dict(score.details) | ({} if chance is None else {"chance": chance.value})


def _without_judgement(result: GateResult, reason: str) -> str:
    reason = reason.strip()
    if reason.endswith("?"):
        return _without_judgement(result, reason[:-1]).removesuffix(".") + "?"
    reason = reason.rstrip(".")
    about = f"{result.metric}{_of_part(result)}"
    if result.verdict == "pass":
        return f"{about} {reason}."
    if result.verdict == "error":
        return f"{about} could not be judged: {reason}."
    if result.verdict == "not_applicable":
        return f"{about} does not apply: {reason}." if "too small" not in reason else f"{about} is {reason}."
    return f"{about} is {reason}." if reason.startswith("too small") else f"{about} is undecided: {reason}."


def _generic(result: GateResult) -> str:
    scale = scale_of(result.unit)
    text = f"{result.metric}{_of_part(result)} is {own_number(result, scale)}{scale.suffix}"
    if result.yardstick is not None:
        equal = at_equal_sizes(result.value, result.compared, scale)
        text += f", {equal}" if equal else ""
        text += f", for fresh real records {scale.show(result.yardstick)}{scale.suffix}"
    return text


def _fresh(result: GateResult, words: str = "fresh real records: ") -> str:
    if result.yardstick is None:
        return ""
    equal = at_equal_sizes(result.value, result.compared, PERCENT)
    return f" ({equal}{', ' if equal else ''}{words}{percent(result.yardstick)})"


def _of_part(result: GateResult) -> str:
    return f" of {result.part}" if result.where else ""


def _in_part(result: GateResult) -> str:
    return f" in {result.part}" if result.where else ""


def _copies(result: GateResult, details: Mapping[str, object]) -> str:
    raw, beyond = details.get("identical_match_share"), _points(result)
    if isinstance(raw, int | float):
        step = result.value or 0.0
        apart = f"{POINTS.show(abs(step))}{POINTS.suffix} {'fewer' if step < 0 else 'more'}"
        return (
            f"{percent(float(raw))} of the synthetic records{_in_part(result)} equal a training record"
            f"{_but_for(details)}, {apart} "
            "than real records that the generator never saw would explain"
        )
    return (
        f"the share of synthetic records{_in_part(result)} that equal a training record exceeds the share that equal "
        f"a real record that the generator never saw by {beyond}"
    )


def _but_for(details: Mapping[str, object]) -> str:
    """The column, or columns, that were left out of the comparison, or that only some rows were compared."""
    without = details.get("without")
    if without == _SOME_ROWS:
        return " in a long run of its rows"
    return f" but for {without}" if isinstance(without, str) else ""


def _closer(result: GateResult, details: Mapping[str, object]) -> str:
    chance = details.get("chance", result.yardstick)
    expected = ""
    if isinstance(chance, int | float):
        expected = f" (expected without copying: {percent(chance)}){_of_equal_sets(details)}"
    return (
        f"for {percent(result.value or 0.0)} of the synthetic records{_in_part(result)} the nearest real record is a "
        f"training record{expected}"
    )


def _of_equal_sets(details: Mapping[str, object]) -> str:
    """The share that would stand beside one half, where train and holdout are of different sizes."""
    share, chance = details.get("share_of_equal_sets"), details.get("chance")
    if not isinstance(share, float) or not isinstance(chance, float) or PERCENT.show(chance) == PERCENT.show(0.5):
        return ""
    return f", which makes {percent(share)} where training set and holdout are equally large (expected: 50 %)"


def _duplicates(result: GateResult, _details: Mapping[str, object]) -> str:
    return (
        f"{percent(result.value or 0.0)} of the synthetic records{_in_part(result)} repeat another one{_fresh(result)}"
    )


def _precision(result: GateResult, _details: Mapping[str, object]) -> str:
    share = percent(result.value or 0.0)
    return f"{share} of the synthetic records{_in_part(result)} lie where real records lie{_fresh(result)}"


def _coverage(result: GateResult, _details: Mapping[str, object]) -> str:
    return (
        f"{percent(result.value or 0.0)} of the real records{_in_part(result)} have a synthetic counterpart"
        f"{_fresh(result, 'with fresh real records: ')}"
    )


def _missing(result: GateResult, details: Mapping[str, object]) -> str:
    named = details.get("missing")
    names = f" ({_some(named)})" if isinstance(named, list | tuple) and named else ""
    n_missing = round(result.value or 0.0)
    one, many = ("class", "classes") if base_name(result.metric) == "missing_classes" else ("group", "groups")
    if n_missing == 0:
        return f"no {one} of the real data is missing"
    verb = f"{many} of the real data are" if n_missing > 1 else f"{one} of the real data is"
    return f"{n_missing} {verb} missing from the synthetic data{names}"


def _some(names: Sequence[object]) -> str:
    """First names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(str, names[:_NAMED])) + more


def _share_of_group(result: GateResult, details: Mapping[str, object]) -> str:
    both = both_shares(details)
    if not result.where:
        return f"the largest gap between a group's synthetic and real share is {percent(result.value or 0.0)}"
    if both:
        shares = f"{percent(both[0])} of the synthetic and {percent(both[1])} of the real records"
        return f"{result.part} makes up {shares}{part_left(*both)}"
    return f"the share of {result.part} differs from the real one by {_points(result)}"


def _label_rate(result: GateResult, details: Mapping[str, object]) -> str:
    if not result.where:
        return f"the largest gap between a synthetic and a real label rate is {percent(result.value or 0.0)}"
    groups = part_name(group_of(result.where))
    inside = f" of {groups}" if groups else ""
    named = result.where.get(class_key(result.where), "the label")
    both = both_shares(details)
    if both:
        shares = f"{percent(both[0])} of the synthetic and {percent(both[1])} of the real records"
        return f"{shares}{inside} are {named!r}"
    return f"the rate of {named!r}{inside} differs from the real one by {_points(result)}"


def _points(result: GateResult) -> str:
    return POINTS.show(result.value or 0.0) + POINTS.suffix


def _detection(result: GateResult, _details: Mapping[str, object]) -> str:
    return (
        f"a classifier tells synthetic from real records{_in_part(result)} with an AUC of {own_number(result, PLAIN)} "
        "(0.5 is guessing, 1 is always right)"
    )


def _fail(result: GateResult, _score: Score | None, wording: Wording) -> str:
    if result.judged is None or result.judged[0] == result.judged[1]:
        return _settled(result)
    low, high = result.judged
    bound, word = (high, "at most") if result.limit_kind == "min" else (low, "at least")
    return f"{_subject(result)} {word} {_judged_number(result, bound)} ({_sure(wording)}), {allowed(result)}"


def _pass(result: GateResult, _score: Score | None, _wording: Wording) -> str:
    if no_change(result):
        return no_change(result)
    if result.judged is None or result.judged[0] == result.judged[1]:
        return _settled(result)
    low, high = result.judged
    bound, word = (low, "at least") if result.limit_kind == "min" else (high, "at most")
    return f"{_subject(result)} {word} {_judged_number(result, bound)} (95 % sure), {allowed(result)}"


def _undecided(result: GateResult, score: Score | None, wording: Wording) -> str:
    low, high = result.judged or (0.0, 0.0)
    start = f"from {_judged_number(result, low, unit=False)} to"
    if low <= 0 and result.between and result.limit_kind == "max":
        start = "from 0 to"
    if low <= 0 and result.limit_kind == "max_excess" and score is not None and score.direction == "match":
        start = "from 0 to"  # a distance from the yardstick is never below 0
    text = (
        f"{_subject(result)} somewhere {start} {_judged_number(result, high)} and {allowed(result)}, "
        "so these data cannot decide"
    )
    return text + _alone(result, wording) + _power_clause(result)


def _alone(result: GateResult, wording: Wording) -> str:
    """What it would have been without the correction for many, where that decides."""
    alpha = 1.0 - wording.confidence
    if result.p_alone is None or result.p_value is None or not result.p_alone <= alpha < result.p_value:
        return ""
    return f" (alone it would fail, p = {result.p_alone:.2g}, but not as one of so many comparisons)"


def _power_clause(result: GateResult) -> str:
    """What these sizes can show and what would decide, as the end of a sentence."""
    text = ""
    detectable, needed, size = (result.power.get(name) for name in ("smallest_shown", "size_needed", "size_now"))
    if detectable is not None:
        scale = judged_scale(result)
        noun = CHANGES.get(result.limit_kind) or _NOUNS.get((bool(result.between), result.limit_kind)) or _noun(result)
        shown = abs(detectable) if result.limit_kind == "min" else detectable
        text += f": these sizes can show {_article(noun)} {noun} of {scale.show(shown)}{scale.suffix} with 80 % power"
    elif size is not None:
        text += ": these sizes cannot show any failure with 80 % power"
    if needed is not None:
        text += f"; about {count(needed)} records on each side (now {count(size or 0)}) would decide"
    elif size is not None:
        text += "; it lies so near the limit that more records are unlikely to decide"
    return text


def _settled(result: GateResult) -> str:
    """Clause for a number that was compared as it is."""
    if scale_of(result.unit) is COUNT and result.limit_kind == "max":
        return f"at most {COUNT.exact(result.limit or 0.0)} may be"
    return f"{_subject(result)} {_judged_number(result, result.judged_value or 0.0)}, {allowed(result)}"


def _subject(result: GateResult) -> str:
    if result.limit_kind in CHANGES:
        return f"the {CHANGES[result.limit_kind]} is"
    if result.between:
        return "that is" if result.limit_kind == "min" else "the gap is"
    return f"the {_noun(result)} is" if result.limit_kind == "max_excess" else "that is"


def _noun(result: GateResult) -> str:
    name = base_name(result.metric)
    if name in _SHORTFALLS or name in TABLE_LEADS or name in TEXT_SHORTFALLS | SERIES_SHORTFALLS:
        return "shortfall"
    return "gap" if name in GROUP_SHARES else "excess"


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _judged_number(result: GateResult, value: float, *, unit: bool = True) -> str:
    scale = judged_scale(result)
    others = () if result.limit is None else (result.limit,)
    return scale.show(value, *others) + (scale.suffix if unit else "")


def _sure(wording: Wording) -> str:
    level = f"{100 * wording.confidence:.4g} % sure"
    return level if wording.n_tests <= 1 else f"{level}, corrected for {wording.n_tests} comparisons"


def _capital(text: str) -> str:
    """First letter large, but names of metrics and groups stay as they are."""
    first = text.split(" ", 1)[0]
    return text if "_" in first or "=" in first or not first else text[0].upper() + text[1:]


_NOUNS = MappingProxyType(
    {(True, "max"): "gap", (True, "min"): "ratio", (False, "max"): "value", (False, "min"): "value"}
)
_SHORTFALLS = frozenset(
    {"precision", "coverage", "recall", "ablation_difference", "ablation_transfer", "mode_coverage", "validity"}
)
_LEADS: Mapping[str, Callable[[GateResult, Mapping[str, object]], str]] = MappingProxyType(
    {
        "copy_excess": _copies,
        "partial_copy_excess": _copies,
        **RECORD_LEADS,
        **GROUP_LEADS,
        **IMAGE_LEADS,
        "holdout_share": _closer,
        "duplicate_share": _duplicates,
        "precision": _precision,
        "coverage": _coverage,
        "missing_groups": _missing,
        "missing_classes": _missing,
        "representation_gap": _share_of_group,
        "label_rate_gap": _label_rate,
        "classifier_two_sample": _detection,
    }
)
_CLAUSES: Mapping[str, Callable[[GateResult, Score | None, Wording], str]] = MappingProxyType(
    {"fail": _fail, "pass": _pass, "undecided": _undecided}
)
