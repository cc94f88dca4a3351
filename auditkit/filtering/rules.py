"""Named rules, and how what a user wrote becomes rules. The keys are those of `[[filter]]` in the config."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from auditkit.config.filter_rules import RULE_KEYS, FilterRule, rule_mistake
from auditkit.errors import DataError, UnknownNameError
from auditkit.filtering.best import Best
from auditkit.filtering.conditions import Condition, Rule
from auditkit.filtering.rejection_sampling import RejectionSampling

__all__ = [
    "DEFAULT_RULES",
    "NAMED_RULES",
    "AnyRule",
    "Condition",
    "Rule",
    "RuleLike",
    "built_in_rules",
    "read_rules",
    "worded",
]

_KEYS = tuple(FilterRule.model_fields)
_ODD = "odd beside real samples"
_ODD_IN: Mapping[str, str] = {
    "tabular": "values, decimals or pairs of cells that real rows hardly have",
    "image": "blurred, noisy or odd in its format",
    "audio": "muffled, noisy or odd in its sound",
    "series": "smoothed, noisy or odd in its movement",
}

AnyRule: TypeAlias = Rule | RejectionSampling | Best
RuleLike: TypeAlias = str | AnyRule | Mapping[str, Any] | Any
"""A rule's name, a rule, a mapping, or an object with the keys of `[[filter]]`."""

DEFAULT_RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("copies", "copy of a training record", (Condition("copy", equals=False),)),
        Rule("near-copies", "a training sample but for a little", (Condition("near_copy", equals=False),)),
        Rule("violations", "breaks the schema", (Condition("violations", equals=""),)),
        Rule("duplicates", "repeats another synthetic sample", (Condition("duplicate", equals=False),)),
        # One sign alone rejects good samples: a tenth of fresh real rows has density 0, and a strong discriminator
        # knows most samples of an honest generator. Fresh real rows that show both at once are rare.
        Rule(
            "outside",
            "far from all real data and recognised as synthetic",
            (Condition("density", above=0.0), Condition("discriminator", max=0.9)),
        ),
        # Where a calibrated classifier gives a label less than 5 %, fewer than 5 % of real labels are so: over all
        # real rows that is about one in a hundred. One that learnt from few rows is too sure of itself, so what it says
        # of real samples goes before, where the audit knows it.
        Rule(
            "label",
            "its label does not fit its features",
            (Condition("label_agreement", min="real:0.01", otherwise=0.05),),
        ),
        Rule("human", "a person rejected it", (Condition("human", differs="reject"),)),
    )
}
"""The rules of `filter(..., rules=None)`, by name."""

NAMED_RULES: Mapping[str, AnyRule] = {
    **DEFAULT_RULES,
    **{
        rule.name: rule
        for rule in (
            Rule("confidence", "no label fits its features", (Condition("confidence", min="real:0.01"),)),
            Rule("discriminator", "recognised as synthetic", (Condition("discriminator", max="real:0.01"),)),
            Rule("own-discriminator", "made, says its generator", (Condition("own_score", min="synthetic:0.1"),)),
            Rule("realism", "less realistic than real samples", (Condition("realism", min="real:0.01"),)),
            Rule("density", "where real samples are rare", (Condition("density", min="real:0.01"),)),
            Rule("oddness", _ODD, (Condition("oddness", max="real:0.005"),)),
            Rule("copied-bits", "repeats most of a training record", (Condition("copied_bits", max="real:0.01"),)),
            RejectionSampling(),
        )
    },
}
"""All rules that have a name and need no more, the default ones first."""

_ONLY_OF: Mapping[str, frozenset[str]] = {"near-copies": frozenset({"text", "image"})}
"""Modalities whose samples always have the evidence of a default rule; others may have none."""

_ALIASES = {"exact-copies": "copies"}


def read_rules(rules: Iterable[RuleLike] | RuleLike, *, known: Sequence[str]) -> list[AnyRule]:
    """Rules from what the user gave, checked against the columns there are.

    Parameters
    ----------
    rules : iterable of rule-likes, or one rule-like
    known : sequence of str
        Columns of the evidence.

    Returns
    -------
    list of Rule, RejectionSampling and Best

    Raises
    ------
    UnknownNameError
        If a column, a key or a named rule does not exist.
    DataError
        If a rule demands nothing, or cannot be read.
    """
    # Settings objects iterate over their fields: one that has a column is one rule.
    alone = isinstance(rules, (str, Mapping)) or hasattr(rules, "column")
    found = [_read(item) for item in (rules if isinstance(rules, Iterable) and not alone else [rules])]
    for rule in found:
        for column in rule.columns:
            if column not in known:
                raise _no_column(rule.name, column, known)
    return found


def built_in_rules(modality: str | None) -> list[Rule]:
    """The default rules for samples of this modality; all of them for None."""
    return [
        rule
        for rule in DEFAULT_RULES.values()
        if modality is None or rule.name not in _ONLY_OF or modality in _ONLY_OF[rule.name]
    ]


def worded(rule: AnyRule, modality: str) -> AnyRule:
    """The rule, with what oddness sees in samples of a modality as its reason, unless it was given one."""
    if not isinstance(rule, Rule) or rule.reason != _ODD:
        return rule
    return replace(rule, reason=_ODD_IN.get(modality, _ODD))


def _no_column(rule: str, column: str, known: Sequence[str]) -> Exception:
    given = {
        "human": 'pass evidence={"human": ...}, or put decisions.json into the audit\'s folder',
        "own_score": 'pass evidence={"own_score": generator.score(synthetic)}, or name the generator',
        "confidence": "audit again, with a label",
    }
    if column in given:
        return DataError(f"the filter rule {rule!r} reads the column {column!r}, which is not there: {given[column]}.")
    return UnknownNameError.of("column", column, known, "in a filter rule")


def _read(item: RuleLike) -> AnyRule:
    if isinstance(item, (Rule, RejectionSampling, Best)):
        return item
    if isinstance(item, str):
        item = {"rule": item}
    if isinstance(item, Mapping):
        for key in item:
            if key not in _KEYS:
                raise UnknownNameError.of("key of a filter rule", str(key), _KEYS)
        fields = {key: item.get(key) for key in _KEYS}
    else:
        fields = {key: getattr(item, key, None) for key in _KEYS}
    given = {key: value for key, value in fields.items() if value is not None and (key, value) != ("reason", "")}
    if "rule" in given and given["rule"] not in RULE_KEYS:
        raise UnknownNameError.of("filter rule", str(given["rule"]), RULE_KEYS)
    mistake = rule_mistake(given)
    if mistake is not None:
        raise DataError(f"a filter rule {mistake}, got {item!r}.")
    given |= {side: _limit(given[side], given, side) for side in ("min", "max") if side in given}
    return _named(given) if "rule" in given else _of_column(given)


def _named(given: Mapping[str, Any]) -> AnyRule:
    name = _ALIASES.get(given["rule"], given["rule"])
    options = {key: value for key, value in given.items() if key not in ("rule", "min", "max")}
    if name == "best":
        return Best(**options)
    found = NAMED_RULES[name]
    limits = {side: given[side] for side in ("min", "max") if side in given}
    if isinstance(found, Rule) and limits:
        options["conditions"] = (replace(found.conditions[0], **limits),)
    return replace(found, **options) if options else found


def _of_column(given: Mapping[str, Any]) -> Rule:
    column = given["column"]
    if not isinstance(column, str) or not column:
        raise DataError(f"a filter rule needs the name of a column, got {column!r}.")
    condition = Condition(column, given.get("min"), given.get("max"), given.get("equals"))
    return Rule(column, given.get("reason") or f"{column} is not {condition.limit()}", (condition,))


def _limit(value: Any, given: Mapping[str, Any], side: str) -> float | str:
    if isinstance(value, str):
        try:
            return str(FilterRule(column="any", min=value).min)
        except ValueError:  # of pydantic, whose sentence is about the config
            pass
    elif not isinstance(value, bool) and isinstance(value, (int, float, np.number)) and math.isfinite(value):
        return float(value)
    of = given.get("rule") or given.get("column")
    raise DataError(
        f'{side} of the filter rule on {of!r} must be a finite number, or a tail as "real:0.01" or '
        f'"synthetic:0.1", got {value!r}.'
    )
