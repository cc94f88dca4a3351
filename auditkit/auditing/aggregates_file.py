"""Aggregates as plain JSON types and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.aggregates import Aggregates, Yardstick
from auditkit.metrics.moments import Moments
from auditkit.metrics.occupancy import Occupancy

__all__ = ["aggregate_parts", "restored_aggregates"]

Arrays = dict[str, NDArray[Any]]


def aggregate_parts(held: Aggregates) -> tuple[dict[str, Any], Arrays]:
    """Plain types and arrays of aggregates."""
    counts = held.occupancy
    arrays: Arrays = {
        "mean": held.moments.mean.astype(np.float32),
        "scatter": held.moments.scatter.astype(np.float32),
    }
    if counts.labels is not None:
        arrays["labels"] = counts.labels
    for place, name in enumerate(counts.group_levels):
        arrays[f"group.{place}"] = counts.groups[name]
        if name in counts.cells:
            arrays[f"cells.{place}"] = counts.cells[name]
    plain = {
        "classes": list(counts.label_levels),
        "groups": [[name, list(levels)] for name, levels in counts.group_levels.items()],
        "pooled": list(held.pooled),
        "edges": list(held.edges),
        "withheld": {name: list(levels) for name, levels in held.withheld.items()},
        "yardsticks": [
            {
                "metric": item.metric,
                "size": item.size,
                "values": list(item.values),
                "interval": None if item.interval is None else list(item.interval),
                "method": item.method,
                "n": list(item.n),
            }
            for item in held.yardsticks
        ],
    }
    return plain, arrays


def restored_aggregates(plain: Mapping[str, Any], arrays: Arrays, *, n: int) -> Aggregates:
    """Aggregates from what `aggregate_parts` gave."""
    levels = {name: tuple(names) for name, names in plain["groups"]}
    cells = {name: arrays[f"cells.{place}"] for place, name in enumerate(levels) if f"cells.{place}" in arrays}
    counts = Occupancy(
        n=n,
        label_levels=tuple(plain["classes"]),
        labels=arrays.get("labels"),
        group_levels=levels,
        groups={name: arrays[f"group.{place}"] for place, name in enumerate(levels)},
        cells=cells,
    )
    mean, scatter = (arrays[name].astype(np.float64) for name in ("mean", "scatter"))
    return Aggregates(
        moments=Moments(n, mean, scatter),
        occupancy=counts,
        pooled=tuple(plain["pooled"]),
        withheld={name: tuple(names) for name, names in plain["withheld"].items()},
        yardsticks=tuple(_yardstick(item) for item in plain["yardsticks"]),
        edges=tuple(float(edge) for edge in plain.get("edges", ())),
    )


def _yardstick(item: Mapping[str, Any]) -> Yardstick:
    interval = item["interval"]
    return Yardstick(
        metric=item["metric"],
        size=int(item["size"]),
        values=tuple(item["values"]),
        interval=None if interval is None else (float(interval[0]), float(interval[1])),
        method=item["method"],
        n=(int(item["n"][0]), int(item["n"][1])),
    )
