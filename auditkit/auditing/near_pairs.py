"""Synthetic samples beside their nearest training record: copies, near copies and the closest others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.forms import MOST_COLUMNS, picture, shown_samples, thumbnail
from auditkit.auditing.guarding import CLOSE, COPY, NEAR_COPY, cell_text
from auditkit.auditing.pictures import line_picture
from auditkit.exhibits import Exhibit
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.auditing.guarding import Guard
    from auditkit.data import Dataset
    from auditkit.metrics.products import Role

__all__ = ["Fresh", "among_themselves", "closest_limit", "near_pairs", "pair_rows"]

PAIRS = 12
OF_A_KIND = 4
SHARE = 0.01
PROBES = 200
OTHERS = 20_000
_WORDS = 60
_BLOCK = 1 << 16

Fresh = NDArray[np.float64]
"""Distance of each holdout unit from its nearest training record, or of some training ones from another one."""


def pair_rows(samples: pd.DataFrame, guard: Guard) -> list[int]:
    """Places of the samples that are shown: copies, near copies, and the closest others, the nearest first.

    At most four are copies, four near copies and four hidden for being as near, where there are others.
    """
    distances = samples["distance_real"].to_numpy(np.float64, na_value=np.nan)
    near = [int(row) for row in np.argsort(distances, kind="stable") if not np.isnan(distances[row])]
    kinds = _kinds(samples)
    hidden = np.where((kinds == "") & (guard.flags != "") & (not guard.show_real), CLOSE, kinds)
    first = [
        row for kind in (COPY, NEAR_COPY, CLOSE) for row in [row for row in near if hidden[row] == kind][:OF_A_KIND]
    ]
    others = [row for row in near if not hidden[row]]
    chosen = [*first, *others[: PAIRS - len(first)]]
    more = set(near) - set(chosen)
    chosen += [row for row in near if row in more][: PAIRS - len(chosen)]
    return sorted(chosen, key=lambda row: ((COPY, NEAR_COPY, "").index(kinds[row]), distances[row], row))


def _kinds(samples: pd.DataFrame) -> NDArray[np.object_]:
    kinds = np.full(len(samples), "", dtype=object)
    if "near_copy" in samples:
        kinds[samples["near_copy"].fillna(value=False).to_numpy(bool)] = NEAR_COPY
    kinds[samples["copy"].fillna(value=False).to_numpy(bool)] = COPY
    return kinds


def closest_limit(fresh: Fresh | None) -> float | None:
    """Distance from the training data below which one in a hundred fresh real units lies; None where nobody knows."""
    if fresh is None or not len(fresh):
        return None
    return round(float(np.quantile(fresh, SHARE, method="lower")), 6)


def among_themselves(features: NDArray[np.floating[Any]], rng: np.random.Generator) -> Fresh | None:
    """Distance of some real units from the nearest other one, which stands in for a holdout."""
    if len(features) < 2:  # noqa: PLR2004 - one has no other
        return None
    some = features[np.sort(rng.permutation(len(features))[:OTHERS])]
    return np.sqrt([_two(some, some[row], row)[0] for row in rng.permutation(len(some))[:PROBES].tolist()])


def near_pairs(
    sets: Mapping[Role, Dataset],
    samples: pd.DataFrame,
    guard: Guard,
    *,
    features: Mapping[Role, NDArray[np.floating[Any]]] | None,
    fresh: Fresh | None,
    closer_than: float | None,
) -> Exhibit:
    """Twelve pairs at most: names, distances and why they are shown, and what may be shown of both sides.

    Parameters
    ----------
    sets : mapping of role to Dataset
    samples : pandas.DataFrame
        From `sample_table`.
    guard : Guard
    features : mapping of role to ndarray, optional
        Of units; None where real ones have none.
    fresh : ndarray, optional
        Distances of holdout units from the training data.
    closer_than : float, optional
        What the guard hides by, told for those who show samples later.

    Returns
    -------
    Exhibit
        Of kind `"pairs"`; each item has `synthetic`, `real`, `distance`, `ratio` (distance over that of the second
        nearest other record), `nearer` (share of holdout units at least that near; `fewer` where these are fewer than
        five, and it is that of five), `why` (copy, near copy, closest), and of the samples `hidden`, or pictures, texts
        in parts or cells; of real ones only where they are shown.
    """
    rows = pair_rows(samples, guard)
    kinds = _kinds(samples)
    items: list[dict[str, Any]] = []
    for row, shown in zip(rows, shown_samples(guard, rows), strict=True):
        real_id, distance = str(samples["nearest_real"].iloc[row]), float(samples["distance_real"].iloc[row])
        item: dict[str, Any] = {
            "synthetic": shown.pop("id"),
            "real": real_id,
            "distance": round(distance, 6),
            "ratio": None if features is None else _ratio(features, row),
            "why": {COPY: "copy", NEAR_COPY: "near copy"}.get(str(kinds[row]), "closest"),
            "copy": bool(samples["copy"].iloc[row]),
        }
        if fresh is not None and "holdout" in sets:
            item |= _nearer(distance, fresh)
        item |= (_both(sets, row, real_id) if guard.show_real else {}) or _alone(shown)
        items.append(item)
    data: dict[str, Any] = {"items": items, "modality": sets["real"].modality}
    data |= {
        "n_copies": int((kinds == COPY).sum()),
        "n_near_copies": int((kinds == NEAR_COPY).sum()),
        "n_hidden": int((guard.flags != "").sum()) if not guard.show_real else 0,
        "n": len(samples),
        "closer_than": closer_than,
    }
    return Exhibit("pairs", "pairs", "Synthetic samples beside the nearest training record", data)


def _nearer(distance: float, fresh: Fresh) -> dict[str, Any]:
    found = int((fresh <= distance).sum())
    return {"nearer": round(min(1.0, max(found, MIN_CELL) / len(fresh)), 4), "fewer": found < MIN_CELL}


def _ratio(features: Mapping[Role, NDArray[np.floating[Any]]], row: int) -> float | None:
    first, second = _two(features["real"], features["synthetic"][row])
    return round(float(np.sqrt(first / second)), 4) if 0 < second < np.inf else None


def _two(real: NDArray[np.floating[Any]], point: NDArray[np.floating[Any]], but: int = -1) -> tuple[float, float]:
    """Squared distances of a point from its nearest real one, and from the nearest that does not equal that one."""
    squared = np.concatenate([*_squared(real, np.asarray(point, np.float64))])
    if but >= 0:
        squared[but] = np.inf
    place = int(squared.argmin())
    candidates = np.argsort(squared, kind="stable")[: 1 << 10]
    others = (row for row in candidates if row not in (place, but) and not np.array_equal(real[row], real[place]))
    return float(squared[place]), float(next((squared[row] for row in others), np.inf))


def _squared(real: NDArray[np.floating[Any]], point: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(real), _BLOCK):
        difference = np.asarray(real[start : start + _BLOCK], np.float64) - point
        yield np.einsum("ij,ij->i", difference, difference)


def _alone(shown: Mapping[str, Any]) -> dict[str, Any]:
    """The synthetic side."""
    if "png_base64" in shown:
        return {"png_synthetic": shown["png_base64"]}
    if "text" in shown:
        return {"texts": {"synthetic": [{"words": shown["text"], "differs": False}]}}
    if "cells" in shown:
        cells = [{"column": cell["column"], "synthetic": cell["value"]} for cell in shown["cells"]]
        return {"cells": cells, "n_columns": shown["n_columns"]}
    return {"hidden": shown.get("hidden", "")}


def _both(sets: Mapping[Role, Dataset], row: int, real_id: str) -> dict[str, Any]:
    """Both sides; nothing where the real one is not at hand, or a unit has several rows."""
    place = np.flatnonzero(sets["real"].ids == real_id)[:1]
    modality = sets["real"].modality
    ours, theirs = sets["synthetic"].samples, sets["real"].samples
    if sets["real"].key is not None or not len(place) or not len(sets["real"].table if theirs is None else theirs):
        return {}
    if ours is None or theirs is None:
        return _cells(sets, row, int(place[0]))
    made, real = ours.take([row])[0], theirs.take(place)[0]
    if modality == "text":
        return {"texts": _marked(made.split(), real.split())}
    if modality == "series":
        return {"png_both": thumbnail(line_picture([made, real]))}
    sides = {"png_synthetic": picture(made, modality), "png_real": picture(real, modality, real=True)}
    return {name: thumbnail(pixels) for name, pixels in sides.items()}


def _cells(sets: Mapping[Role, Dataset], row: int, position: int) -> dict[str, Any]:
    """Cells of both, those that differ first."""
    ours, theirs = sets["synthetic"].table.iloc[row], sets["real"].table.iloc[position]
    cells = []
    for name in (name for name in sets["real"].table.columns if name in ours):
        both = (ours[name], theirs[name])
        words, differs = [cell_text(value) for value in both], str(both[0]) != str(both[1])
        if differs and words[0] == words[1]:
            words = [str(value) for value in both]
        cells.append({"column": str(name), "synthetic": words[0], "real": words[1], "differs": differs})
    return {"cells": sorted(cells, key=lambda cell: not cell["differs"])[:MOST_COLUMNS], "n_columns": len(cells)}


def _marked(made: Sequence[str], real: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Both texts in parts, each with whether the other text lacks it there."""
    made, real = made[:_WORDS], real[:_WORDS]
    found: dict[str, list[dict[str, Any]]] = {"synthetic": [], "real": []}
    for kind, a, b, c, d in SequenceMatcher(None, made, real, autojunk=False).get_opcodes():
        for side, part in (("synthetic", made[a:b]), ("real", real[c:d])):
            if part:
                found[side].append({"words": " ".join(part), "differs": kind != "equal"})
    return found
