"""Whether the holdout holds records that the generator was trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from auditkit.intervals import wilson
from auditkit.metrics.products import Role, Side

__all__ = ["contamination_of"]

_ALPHA = 1e-4
_LEAST_SHARE = 0.01


def contamination_of(sides: Mapping[Role, Side]) -> str | None:
    """Sentence if the holdout holds far more training records than train's own duplicates explain."""
    if "holdout" not in sides:
        return None
    train, fresh = sides["real"].records, sides["holdout"].records
    if train is None or fresh is None:
        return None
    _, inverse, counts = np.unique(train, return_inverse=True, return_counts=True)
    own = int((counts[inverse] > 1).sum())
    found = int(np.isin(fresh, train).sum())
    excess = found / len(fresh) - wilson(own, len(train), level=1 - _ALPHA)[1]
    if excess <= _LEAST_SHARE:
        return None
    return (
        f"{found} of {len(fresh)} holdout units are found in the real set, where repeats within the real set explain "
        f"{own / len(train):.1%}: the holdout is contaminated, so it is no evidence about copying. Split again."
    )
