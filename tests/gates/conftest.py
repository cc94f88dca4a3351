"""Scripted scores: numbers as an audit would hand them over, without an audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from auditkit.config import CheckConfig, GateRule
from auditkit.gates import Verdict, judge
from auditkit.gates.limits import LIMIT_KINDS
from auditkit.metrics import registry
from auditkit.results import Estimate, Score, Scores

DIRECTIONS = {
    "coverage": "higher",
    "precision": "higher",
    "density": "match",
    "duplicate_share": "match",
    "label_rate_gap": "match",
    "representation_gap": "match",
    "support": "none",
}


def make_score(
    metric: str = "coverage",
    *,
    where: dict[str, str] | None = None,
    value: float | None = 0.9,
    excess: float | None = 0.0,
    se: float | None = 0.01,
    n: tuple[int, int] = (2000, 2000),
    **changes: Any,
) -> Score:
    """Score with a normal spread; `se=None` is one without any interval, `se=0` one without uncertainty."""
    spread = {} if se is None else {"spread": {"kind": "normal", "se": se} if se else {"kind": "exact"}}

    def estimate(number: float | None) -> Estimate | None:
        if number is None:
            return None
        low, high = (None, None) if se is None else (number - 1.96 * se, number + 1.96 * se)
        return Estimate(number, low, high, "test", n)

    fields: dict[str, Any] = {
        "metric": metric,
        "where": where or {},
        "estimate": estimate(value),
        "references": {"yardstick": Estimate(0.95, n=n)},
        "excess": estimate(excess),
        "direction": DIRECTIONS.get(metric, "lower"),
        "target": None,
        "bounds": registry.get(metric).bounds if metric in registry.names() else (None, None),
        "unit": registry.get(metric).unit if metric in registry.names() else "",
        "status": "ok",
        "reason": "",
        "embedder": "",
        "parameters": {},
        "n_dropped": 0,
        "seed": 0,
    }
    details = spread | dict(changes.pop("details", {}))
    return Score(**(fields | changes), details=details)


def make_rule(metric: str = "coverage", **changes: Any) -> GateRule:
    limit = {} if set(LIMIT_KINDS) & set(changes) else {"max_excess": 0.1}
    return GateRule(**({"id": metric.replace("_", "-"), "metric": metric} | limit | changes))


@pytest.fixture
def score() -> Callable[..., Score]:
    return make_score


@pytest.fixture
def rule() -> Callable[..., GateRule]:
    return make_rule


@pytest.fixture
def check() -> Callable[..., Verdict]:
    """Judge scores by rules, with the check's defaults unless said."""

    def run(
        scores: list[Score], rules: list[GateRule], *, undecided: str = "warn", confidence: float = 0.99, **about: Any
    ) -> Verdict:
        config = CheckConfig(undecided=undecided, confidence=confidence)
        return judge(
            Scores.of(scores),
            rules,
            check=config,
            skipped=about.get("skipped", {}),
            facts=about.get("facts", {}),
            audited=about.get("audited", {}),
        )

    return run
