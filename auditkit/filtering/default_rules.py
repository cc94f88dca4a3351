"""Which rules a filter follows that was given none, and what is said about those left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from auditkit.auditing.sample_limits import FRESH_BREACHES
from auditkit.filtering.conditions import Condition, Rule
from auditkit.filtering.gathering import HUMAN
from auditkit.filtering.limits import real_limits
from auditkit.filtering.rules import DEFAULT_RULES, NAMED_RULES, built_in_rules

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit

__all__ = ["default_rules"]

_BREACHES = 0.005
_REPEATS = 0.01
_REPEATS_EXCESS = 0.05
_ODDNESS = "oddness"
_BULK = "0.1"
_TAIL = 0.005


def default_rules(evidence: pd.DataFrame, audit: Audit, modality: str) -> tuple[list[Rule], list[str]]:
    """The default rules that there is evidence for, and notes on those that were left out.

    Parameters
    ----------
    evidence : pandas.DataFrame
    audit : Audit
    modality : str

    Returns
    -------
    rules : list of Rule
    notes : list of str
    """
    near = "near_copy" in evidence.columns and bool(evidence["near_copy"].notna().any())
    wanted = built_in_rules(None if near else modality)
    chosen = [rule for rule in wanted if set(rule.columns) <= set(evidence.columns)]
    left_out = [rule for rule in wanted if rule not in chosen and rule.columns != (HUMAN,)]
    notes = [
        f"the rule {rule.name!r} was left out, because the audit's samples have no column "
        f"{' or '.join(repr(name) for name in rule.columns)}."
        for rule in left_out
    ]
    chosen, beyond = _without_natural_breaches(chosen, evidence, audit)
    chosen, repeats = _without_natural_repeats(chosen, audit)
    odd, more = _oddness(evidence, audit)
    return [*chosen, *odd], [*notes, *beyond, *repeats, *more, *_natural_copies(evidence, audit)]


def _oddness(evidence: pd.DataFrame, audit: Audit) -> tuple[list[Rule], list[str]]:
    """The rule on odd samples, where a few are odd and not the set as a whole."""
    limits, rule = real_limits(audit, _ODDNESS), NAMED_RULES[_ODDNESS]
    if _ODDNESS not in evidence.columns or evidence[_ODDNESS].isna().all() or not isinstance(rule, Rule):
        return [], []
    left_out = f"the rule {_ODDNESS!r} was left out: "
    if not limits:
        return [], [f"{left_out}the audit does not know how odd fresh real samples are; audit again with a holdout."]
    if _BULK not in limits or min(map(float, limits)) > _TAIL:
        return [], [f"{left_out}there are too few real samples to say which ones are rare among them."]
    if float(np.nanmedian(evidence[_ODDNESS].to_numpy(dtype=np.float64))) > limits[_BULK]:
        said = "a discriminator recognises most samples, which tells of the generator and not of single samples."
        return [], [left_out + said]
    return [rule], []


def _without_natural_breaches(chosen: list[Rule], evidence: pd.DataFrame, audit: Audit) -> tuple[list[Rule], list[str]]:
    """Values that the training table lacks break nothing where fresh real rows have such too."""
    natural = audit.about.get(FRESH_BREACHES, {})
    if not natural or natural["violations"] - natural["impossible"] <= _BREACHES:
        return chosen, []
    spared = int(((evidence["violations"] != "") & (evidence["impossible"] == "")).sum())
    note = (
        f"{spared:,} samples with values beyond the training data's ranges or levels were kept for that: "
        f"{natural['violations']:.1%} of the real holdout break the schema too."
    )
    possible = replace(DEFAULT_RULES["violations"], conditions=(Condition("impossible", equals=""),))
    return [possible if rule.name == "violations" else rule for rule in chosen], [note] if spared else []


def _without_natural_repeats(chosen: list[Rule], audit: Audit) -> tuple[list[Rule], list[str]]:
    if "duplicate_share" not in audit.scores:
        return chosen, []
    score = audit.scores["duplicate_share"]
    if score.yardstick is None or score.excess is None:
        return chosen, []
    # Twice as many rows repeat each other about twice as often.
    n = audit.about.get("n", {})
    larger = max(n.get("synthetic", 1) / n["holdout"], 1.0) if n.get("holdout") else 1.0
    if score.yardstick * larger <= _REPEATS or score.excess.value > _REPEATS_EXCESS:
        return chosen, []
    scaled = f", so that {larger:.3g} times as many would repeat each other more often" if larger > 1 else ""
    note = (
        f"repeated samples were kept: {score.yardstick:.1%} of the real holdout repeat each other too{scaled}, and the "
        f"synthetic set does not repeat itself much more."
    )
    return [rule for rule in chosen if rule.name != "duplicates"], [note]


def _natural_copies(evidence: pd.DataFrame, audit: Audit) -> list[str]:
    """A warning where fresh real rows equal training records too, so that copies are no sign of memory."""
    if "copy" not in evidence.columns or not evidence["copy"].fillna(value=False).any():
        return []
    if "identical_match_share" not in audit.scores:
        return []
    natural = audit.scores["identical_match_share"].yardstick
    if natural is None or natural <= _REPEATS:
        return []
    note = (
        f"{natural:.1%} of the real holdout equal a training record by chance; rejecting such samples thins out what "
        f"is common, so give rules= without 'copies' where privacy does not ask for it."
    )
    return [note]
