"""Rules and quotas held against what an audit will know of samples, before there are any."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from auditkit.auditing.evidence import blank_samples
from auditkit.auditing.sample_limits import OUT_OF_FOLD, shares_known
from auditkit.data.targets import strata_of, target_shares
from auditkit.filtering.best import Best
from auditkit.filtering.conditions import Rule
from auditkit.filtering.gathering import with_derived
from auditkit.filtering.limits import fill_in
from auditkit.filtering.quotas import Quota, QuotaLike, lift_quotas, read_quota
from auditkit.filtering.rejected import rank
from auditkit.filtering.rules import RuleLike, read_rules

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["check_beforehand"]


def check_beforehand(
    rules: Iterable[RuleLike | Quota] | RuleLike | Quota | None,
    quotas: Quota | Iterable[QuotaLike],
    *,
    real: Dataset,
) -> None:
    """Refuse, in the filter's own words, what no synthetic set could be filtered by beside these real units.

    There is no holdout and nothing beside the audit's own evidence.

    Parameters
    ----------
    rules, quotas
        As for `auditkit.filter`.
    real : Dataset

    Raises
    ------
    DataError, SampleSizeError, UnknownNameError
        As `auditkit.filter`.
    """
    evidence = with_derived(blank_samples(real.groups))
    told = {f"{share:g}": math.nan for share in shares_known(len(real))}
    known = {column: told for column in OUT_OF_FOLD}  # noqa: C420 - nobody writes into it
    rules, lifted = lift_quotas(rules)
    chosen = [] if rules is None else read_rules(rules, known=[name for name in evidence.columns if name != "id"])
    for rule in chosen:
        if isinstance(rule, Rule):
            fill_in(rule, evidence, known).judge(evidence)
        elif isinstance(rule, Best):
            _check_preferred(rule.prefer, evidence, what="the filter rule 'best'")
    for quota in (*lifted, *map(read_quota, [quotas] if isinstance(quotas, Quota) else quotas)):
        target_shares(quota.target, strata=strata_of(real, quota.columns), real=real)
        _check_preferred(quota.prefer, evidence, what="a quota")


def _check_preferred(prefer: str | None, evidence: pd.DataFrame, *, what: str) -> None:
    rank(prefer, evidence, np.random.default_rng(0), what=what)
