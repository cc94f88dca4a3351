"""Some rejected samples of each reason, and kept ones that came nearest to it, to be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.auditing.forms import shown_samples
from auditkit.auditing.guarding import Guard
from auditkit.exhibits import Exhibit
from auditkit.filtering.conditions import Condition, Rule
from auditkit.filtering.rejected import numbers_of

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset
    from auditkit.filtering.rules import AnyRule

__all__ = ["rejected_samples"]

MOST_REASONS = 8
OF_REJECTED, OF_KEPT = 4, 3
_LONGEST = 120

Mask = NDArray[np.bool_]


def rejected_samples(
    synthetic: Dataset,
    evidence: pd.DataFrame,
    reasons: pd.DataFrame,
    rejected: Mask,
    rules: Sequence[AnyRule],
    audit: Audit,
    *,
    real: Dataset | None,
    seed: int,
) -> Exhibit | None:
    """Gallery of a filter: of each reason four rejected samples, and three kept that nearly met it.

    Where real records are hidden, copies are hidden like them, and so are cells that few real records hold; texts and
    rows are not shown where no real ones are at hand to hold them against.

    Parameters
    ----------
    synthetic : Dataset
    evidence : pandas.DataFrame
        A row per sample.
    reasons : pandas.DataFrame
        A row per rejected sample and reason.
    rejected : ndarray of bool, shape (n,)
    rules : sequence of rules
    audit : Audit
    real : Dataset, optional
        The real set, by default the audit's own.
    seed : int

    Returns
    -------
    Exhibit or None
        Of kind `"rejected"`; None where nothing was rejected, or the audit gathered nothing to show.
    """
    known = [item for item in audit.exhibits if item.kind == "pairs"]
    if not len(reasons) or not audit.exhibits:
        return None
    guard = Guard(
        _real_sets(audit, real),
        synthetic,
        evidence,
        show_real=bool(audit.about.get("show_real", False)),
        closer_than=known[0].data.get("closer_than") if known else None,
    )
    by_name = {rule.name: rule for rule in rules if isinstance(rule, Rule)}
    places = {name: place for place, name in enumerate(evidence["id"].astype("str"))}
    counts = reasons["reason"].value_counts()
    order = sorted(counts.index, key=lambda reason: (-counts[reason], reason))
    chosen: list[tuple[str, pd.DataFrame, list[int], list[int]]] = []
    for number, reason in enumerate(order[:MOST_REASONS]):
        rows = reasons[reasons["reason"] == reason]
        found = np.array([places[name] for name in rows["id"]], dtype=np.intp)
        free = found if guard.show_real else found[guard.flags[found] == ""]
        rng = np.random.default_rng(np.random.SeedSequence([seed, 1 << 17, number]))
        drawn = np.sort(rng.permutation(free)[:OF_REJECTED]).tolist()
        near = _nearest_kept(by_name.get(str(rows["rule"].iloc[0])), evidence, rejected, guard)
        chosen.append((str(reason), rows, drawn, near))
    if not guard.show_real:
        guard.learn([row for _, _, drawn, near in chosen for row in (*drawn, *near)])
    items = [
        _told(reason, rows, drawn, near, guard=guard, evidence=evidence, rule=by_name.get(str(rows["rule"].iloc[0])))
        for reason, rows, drawn, near in chosen
    ]
    data = {"reasons": items, "n_reasons": len(order), "modality": synthetic.modality}
    return Exhibit("rejected", "rejected", "Rejected samples, by reason", data)


def _real_sets(audit: Audit, real: Dataset | None) -> list[Dataset]:
    given: Mapping[Any, Dataset] = audit.inputs
    sets = {str(role): item for role, item in given.items() if role != "synthetic"}
    if "real" not in sets and real is not None:
        sets["real"] = real
    return list(sets.values())


def _told(
    reason: str,
    rows: pd.DataFrame,
    drawn: Sequence[int],
    near: Sequence[int],
    *,
    guard: Guard,
    evidence: pd.DataFrame,
    rule: Rule | None,
) -> dict[str, Any]:
    values = dict(zip(rows["id"], rows["value"], strict=True))
    ids = evidence["id"].astype("str")
    shown = shown_samples(guard, list(drawn))
    for item, place in zip(shown, drawn, strict=True):
        item["value"] = _value(rule, str(values[ids.iloc[place]]))
    kept = shown_samples(guard, list(near))
    if rule is not None and near:
        for item, value in zip(kept, rule.values(evidence.iloc[list(near)]), strict=True):
            item["value"] = _value(rule, value)
    n = int(rows["id"].nunique())
    flagged = [bool(guard.flags[place]) for place in np.flatnonzero(ids.isin(rows["id"]).to_numpy())]
    return {
        "reason": reason,
        "limit": str(rows["limit"].iloc[0]),
        "n": n,
        "n_hidden": 0 if guard.show_real else sum(flagged),
        "rejected": shown,
        "kept": kept,
    }


def _value(rule: Rule | None, value: str) -> str:
    """What the rule read, with the column's name where there is one alone; words of breaches stay with the table."""
    if not value or rule is None or rule.columns == ("violations",):
        return "" if rule is not None and rule.columns == ("violations",) else value[:_LONGEST]
    return (value if len(rule.columns) > 1 else f"{rule.columns[0]} {value}")[:_LONGEST]


def _nearest_kept(rule: Rule | None, evidence: pd.DataFrame, rejected: Mask, guard: Guard) -> list[int]:
    """Kept samples that would be the next ones to break a rule; none for rules without a number."""
    if rule is None:
        return []
    margins = [_margin(condition, evidence) for condition in rule.conditions]
    known = [_ranked(margin) for margin in margins if margin is not None]
    if not known:
        return []
    furthest = np.max(known, axis=0)
    may = ~rejected & np.isfinite(furthest)
    if not guard.show_real:
        may &= guard.flags == ""
    for condition, margin in zip(rule.conditions, margins, strict=True):
        if margin is None:
            may &= condition.broken(evidence)[0]
    places = np.flatnonzero(may)
    found: list[int] = places[np.argsort(furthest[places], kind="stable")[:OF_KEPT]].tolist()
    return found


def _margin(condition: Condition, evidence: pd.DataFrame) -> NDArray[np.float64] | None:
    """How far each sample is from breaking a demand, 0 or less where it does; infinite where its value is missing."""
    numbers = [(condition.min, 1.0), (condition.above, 1.0), (condition.max, -1.0)]
    limits = [(float(limit), sign) for limit, sign in numbers if limit is not None and not isinstance(limit, str)]
    if not limits:
        return None
    values = numbers_of(evidence[condition.column])
    margin = np.min([sign * (values - limit) for limit, sign in limits], axis=0)
    return np.where(np.isnan(margin), np.inf, margin)


def _ranked(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the samples that are nearer to the limit, so that margins of several columns can be compared."""
    ordered = np.sort(margin[np.isfinite(margin)])
    ranks = np.searchsorted(ordered, margin, side="left") / max(len(ordered), 1)
    return np.where(np.isfinite(margin), np.where(margin <= 0, 0.0, ranks), np.inf)
