"""Rates of an attack on all records of a set, and the risk beside a control."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.tables.peers import Anonymeter
from auditkit.metrics.tables.risks import Rate, peer_risk, risk_of

__all__ = ["Hits", "Rows", "attack_rates", "rate_of"]

Hits = NDArray[np.bool_]
Rows = NDArray[np.int64]


def rate_of(hits: Hits) -> Rate:
    """Rate of independent attacks."""
    return Rate(float(hits.mean()), len(hits), len(hits))


def attack_rates(hits: Hits, control: Hits | None, compatible: Anonymeter | None) -> dict[str, Any]:
    """Risk, both rates, and why not."""
    attack, fresh = rate_of(hits), None if control is None else rate_of(control)
    risk = risk_of(attack, fresh)
    if compatible and (control is None or not control.all()):
        n_control = None if control is None else int(control.sum())
        n_fresh = None if control is None else len(control)
        risk = peer_risk(len(hits), int(hits.sum()), n_control, n_control_attacks=n_fresh)
    return {
        "risk": risk,
        "attack": attack.estimate(),
        "control": None if fresh is None else fresh.estimate(),
        "n_attacks": len(hits),
        "reason": "" if risk else "the attack succeeds on all fresh records, so there is nothing to be gained.",
    }
