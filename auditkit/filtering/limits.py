"""Limits relative to real samples, and what a rule would cost real samples: its false rejections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from auditkit.auditing.sample_limits import FRESH_BREACHES, SAMPLE_LIMITS, WORSE_ABOVE
from auditkit.errors import DataError
from auditkit.filtering.conditions import Condition, Rule
from auditkit.filtering.rejected import numbers_of

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit

__all__ = ["all_real_limits", "false_rejections", "fill_in", "real_limits"]

Limits: TypeAlias = Mapping[str, Mapping[str, float]]
"""Column to share to value."""

_SHARE_OF = {"copy": "identical_match_share"}


def all_real_limits(audit: Audit) -> Limits:
    """Values beyond which shares of fresh real samples lie, by column and share."""
    return {str(column): real_limits(audit, column) for column in audit.about.get(SAMPLE_LIMITS, {})}


def real_limits(audit: Audit, column: str) -> Mapping[str, float]:
    """Values of a column beyond which shares of fresh real samples lie, by share; empty where the audit has none."""
    found = audit.about.get(SAMPLE_LIMITS, {}).get(column, {})
    return {str(share): float(value) for share, value in found.items()}


def fill_in(rule: Rule, evidence: pd.DataFrame, limits: Limits) -> Rule:
    """The rule with numbers for limits that are shares of real or synthetic samples.

    Parameters
    ----------
    rule : Rule
    evidence : pandas.DataFrame
    limits : mapping of column to mapping of share to float
        What fresh real samples show, `all_real_limits`.

    Returns
    -------
    Rule

    Raises
    ------
    DataError
        If the audit does not know what real samples show, or the column holds no number.
    """

    def number(condition: Condition, given: str, side: str) -> float:
        of, _, share = given.partition(":")
        column = condition.column
        if of == "synthetic":
            return _own_limit(evidence, column, float(share), side)
        known = limits.get(column, {})
        if condition.otherwise is not None and not _fitting(known, float(share)):
            return condition.otherwise
        return _real_limit(known, rule, column, float(share), side)

    return rule.filled_in(number)


def _own_limit(evidence: pd.DataFrame, column: str, share: float, side: str) -> float:
    numbers = numbers_of(evidence[column])
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        raise DataError(f"a tail of {column!r} needs numbers, and it holds none: choose another column.")
    # What lies strictly beyond is never more than the share.
    towards = numbers if side == "min" else -numbers
    found = float(np.sort(towards)[min(int(share * len(numbers) + 1e-9), len(numbers) - 1)])
    return found if side == "min" else -found


def _real_limit(known: Mapping[str, float], rule: Rule, column: str, share: float, side: str) -> float:
    """The tabulated limit of the asked share, or of the next smaller one."""
    if not known:
        raise DataError(
            f"the filter rule {rule.name!r} limits {column!r} by what real samples show, which this audit does not "
            f"know: audit again with a holdout, or give a number for {side}."
        )
    if side != ("max" if column in WORSE_ABOVE else "min"):
        right = "max" if side == "min" else "min"
        raise DataError(f"the audit knows of {column!r} only the limit to the worse side: write {right}, not {side}.")
    fitting = _fitting(known, share)
    if not fitting:
        least = min(known, key=float)
        raise DataError(
            f"the audit has too few real samples for a limit of {column!r} that only {share:g} of them exceed: ask for "
            f"{least} or more."
        )
    return known[fitting[-1]]


def _fitting(known: Mapping[str, float], share: float) -> list[str]:
    """Tabulated shares up to the one asked for."""
    return [name for name in sorted(known, key=float) if float(name) <= share + 1e-9]


def false_rejections(rule: Rule, audit: Audit) -> float | None:
    """Share of fresh real samples that a rule would reject, at most; None where the audit cannot tell.

    Parameters
    ----------
    rule : Rule
        With numbers for limits.
    audit : Audit

    Returns
    -------
    float or None
        Of several conditions the least, for all must be broken. Read off the tabulated shares on the side that is too
        high.
    """
    shares = [share for share in (_rejected_real(item, audit) for item in rule.conditions) if share is not None]
    return min(shares) if shares else None


def _rejected_real(condition: Condition, audit: Audit) -> float | None:
    if condition.column in _SHARE_OF and condition.equals is False:
        name = _SHARE_OF[condition.column]
        return audit.scores[name].yardstick if name in audit.scores else None
    breaches: Mapping[str, float] = audit.about.get(FRESH_BREACHES, {})
    if condition.column in breaches and condition.equals == "":
        return breaches[condition.column]
    known = real_limits(audit, condition.column)
    above = condition.column in WORSE_ABOVE
    limit, other = (condition.max, condition.min) if above else (condition.min, condition.max)
    if not known or other is not None or not isinstance(limit, float):
        return None
    # A limit beyond the tabulated one rejects no more than what lies beyond that.
    beyond = [share for share, value in known.items() if (limit >= value if above else limit <= value)]
    return min(map(float, beyond), default=None)
