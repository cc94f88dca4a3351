"""Synthetic samples nearest to a training record, and in what they differ."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.auditing.galleries import picture
from auditkit.auditing.pictures import line_picture, png
from auditkit.results import Exhibit

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data import Dataset
    from auditkit.metrics.products import Role

__all__ = ["near_pairs"]

PAIRS = 12
_WORDS = 60


def near_pairs(sets: Mapping[Role, Dataset], samples: pd.DataFrame, *, show_real: bool) -> Exhibit:
    """The twelve nearest pairs: names and distances, and both sides where real records may be shown.

    Parameters
    ----------
    sets : mapping of role to Dataset
    samples : pandas.DataFrame
        From `sample_table`.
    show_real : bool

    Returns
    -------
    Exhibit
        Of kind `"pairs"`; with `show_real` each item has the `cells` that differ, the `texts` in parts with the words
        that differ marked, or pictures of both (`png_synthetic`, `png_real`; of series one, `png_both`).
    """
    order = samples["distance_real"].to_numpy().argsort(kind="stable")[:PAIRS]
    items = []
    for row in order:
        item: dict[str, Any] = {
            "synthetic": str(samples["id"].iloc[row]),
            "real": str(samples["nearest_real"].iloc[row]),
            "distance": round(float(samples["distance_real"].iloc[row]), 6),
            "copy": bool(samples["copy"].iloc[row]),
        }
        if show_real and sets["real"].key is None:
            item |= _sides(sets, int(row), str(samples["nearest_real"].iloc[row]))
        items.append(item)
    return Exhibit("pairs", "pairs", "Synthetic samples nearest to a training record", {"items": items})


def _sides(sets: Mapping[Role, Dataset], row: int, real_id: str) -> dict[str, Any]:
    place = np.flatnonzero(sets["real"].ids == real_id)[:1]
    modality = sets["real"].modality
    ours, theirs = sets["synthetic"].samples, sets["real"].samples
    if not len(place) or not len(sets["real"].table if theirs is None else theirs):
        return {}  # a reference holds no records
    if ours is None or theirs is None:
        return {"cells": _cells(sets, row, int(place[0]))}
    made, real = ours.take([row])[0], theirs.take(place)[0]
    if modality == "text":
        return {"texts": _marked(made.split(), real.split())}
    if modality == "series":
        return {"png_both": png(line_picture([made, real]))}
    return {"png_synthetic": png(picture(made, modality)), "png_real": png(picture(real, modality, real=True))}


def _cells(sets: Mapping[Role, Dataset], row: int, position: int) -> list[dict[str, str]]:
    ours, theirs = sets["synthetic"].table.iloc[row], sets["real"].table.iloc[position]
    return [
        {"column": str(name), "synthetic": str(ours[name]), "real": str(theirs[name])}
        for name in sets["real"].table.columns
        if name in ours and str(ours[name]) != str(theirs[name])
    ]


def _marked(made: list[str], real: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Both texts in parts, each with whether the other text lacks it there."""
    made, real = made[:_WORDS], real[:_WORDS]
    found: dict[str, list[dict[str, Any]]] = {"synthetic": [], "real": []}
    for kind, a, b, c, d in SequenceMatcher(None, made, real, autojunk=False).get_opcodes():
        for side, part in (("synthetic", made[a:b]), ("real", real[c:d])):
            if part:
                found[side].append({"words": " ".join(part), "differs": kind != "equal"})
    return found
