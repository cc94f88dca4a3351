"""How full the clusters of all sets' features are in each set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.auditing.told_levels import hidden_cells
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
    hidden = np.any([hidden_cells(item) for role, item in counts.items() if role != "synthetic"], axis=0)
    shown = np.flatnonzero(~hidden).tolist()
    title = "Clusters of the features"
    data: dict[str, Any] = {"title": title, "what": "cluster", "levels": [axis.words[place] for place in shown]}
    data |= {
        role: [round(float(item[place]) / max(len(codes[role]), 1), 6) for place in shown]
        for role, item in counts.items()
    }
    return Exhibit("occupancy-clusters", "occupancy", title, data) if shown else None
