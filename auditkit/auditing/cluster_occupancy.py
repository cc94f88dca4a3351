"""How full the clusters of all sets' features are in each set."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from auditkit.auditing.told_levels import told_shares
from auditkit.exhibits import Exhibit
from auditkit.metrics.slices.conditions import Axis, Codes

__all__ = ["cluster_occupancy"]


def cluster_occupancy(axis: Axis, codes: Mapping[str, Codes]) -> Exhibit | None:
    """Exhibit of the shares of each set in the clusters; None where there is one alone.

    Clusters of one to four real or holdout units are left out, and a second one where there is a single one.

    Parameters
    ----------
    axis : Axis
        Clusters as conditions.
    codes : mapping of role to ndarray of int32
        Of the units of each set.
    """
    n = len(axis.words)
    if n < 2:  # noqa: PLR2004 - one alone holds all
        return None
    counts = {
        role: np.array([int(axis.holds(place, item).sum()) for place in range(n)]) for role, item in codes.items()
    }
    shown, shares = told_shares(counts)
    title = "Clusters of the features"
    data = {"title": title, "what": "cluster", "levels": [axis.words[place] for place in shown], **shares}
    return Exhibit("occupancy-clusters", "occupancy", title, data) if shown else None
