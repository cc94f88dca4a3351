"""Evidence for the filter beside what the audit found: what people decided, what the generator itself says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.errors import AuditkitError
from auditkit.generators.interface import Scored
from auditkit.layout import DECISIONS

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.config import FilterRule, QuotaRule
    from auditkit.data import Dataset
    from auditkit.filtering.decisions import Decisions

__all__ = ["OWN_SCORE", "asks_own_score", "decided", "own_scores", "saved_decisions"]

OWN_SCORE = "own_score"
_OWN_RULE = "own-discriminator"


def saved_decisions(folder: Path, audit: Audit) -> Decisions | None:
    """What people decided about the audit's samples, as it lies beside the audit; None without decisions.

    Raises
    ------
    DataError
        If the decisions are about other data.
    """
    place = folder / DECISIONS
    if not place.is_file():
        return None
    from auditkit.filtering.decisions import read_decisions  # noqa: PLC0415 - only where there are some

    found = read_decisions(place)
    found.check(audit)
    return found


def decided(folder: Path, audit: Audit) -> pd.DataFrame | None:
    """What people decided, as evidence: columns id and human; None without decisions.

    Raises
    ------
    DataError
        If the decisions are about other data.
    """
    found = saved_decisions(folder, audit)
    return None if found is None else found.evidence()


def own_scores(generator: object, synthetic: Dataset) -> pd.DataFrame:
    """How real each sample looks to its own generator: columns id and own_score.

    Raises
    ------
    AuditkitError
        If the generator does not say.
    """
    if not isinstance(generator, Scored):
        raise AuditkitError(
            "this generator does not say how real a sample looks to it: leave it out; `auditkit list generators` tells "
            "which ones do."
        )
    return pd.DataFrame({"id": synthetic.ids.astype(str), OWN_SCORE: generator.score(synthetic)})


def asks_own_score(rules: Iterable[FilterRule], quotas: Iterable[QuotaRule]) -> bool:
    """Whether a rule or quota of a config reads the generator's own score."""
    named: list[Any] = [value for rule in rules for value in (rule.column, (rule.prefer or "").removeprefix("-"))]
    named += [(quota.prefer or "").removeprefix("-") for quota in quotas]
    return OWN_SCORE in named or any(rule.rule == _OWN_RULE for rule in rules)
