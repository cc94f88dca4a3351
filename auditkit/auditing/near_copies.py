"""Which synthetic texts, images and rows are a training one but for a little, and more so than chance has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.auditing.near_rows import TOLERANCES, near_rows, nearest
from auditkit.auditing.views import yardstick_of
from auditkit.errors import UndefinedError
from auditkit.metrics.images.hashes import hashes, near_hits
from auditkit.metrics.images.sides import images_of
from auditkit.metrics.products import Rows
from auditkit.metrics.records import records_of
from auditkit.metrics.texts.min_hash import highest_similarities
from auditkit.metrics.texts.wording import Shingles

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.metrics.products import Products, Role, View

__all__ = ["near_copies", "why_unknown"]

_SIMILARITIES = (0.6, 0.75, 0.9)
_BITS = (8, 5, 2, -1)
_CHANCE = 0.05
_NATURAL = 0.005
"""Share of fresh real units near a training one up to which that is no sign of kinship but rare enough."""
_NUMBERS = frozenset({"numeric", "integer", "datetime"})
_MANY = {"image": "images", "tabular": "rows"}

Mask = NDArray[np.bool_]
Hits = Callable[["Products", "View", "Role", float], tuple[Mask, Mask]]


def why_unknown(sets: Mapping[Role, Dataset]) -> str:
    """Why the column `near_copy` may be empty."""
    modality = sets["real"].modality
    if modality not in _HITS:
        return "near copies are told of texts, images and rows of tables only"
    if modality == "tabular" and (sets["real"].key is not None or not _has_numbers(sets["real"])):
        return "near copies of rows are told in tables with numbers, of one row per unit"
    if modality != "text" and "holdout" not in sets:
        return f"no holdout was given, and without it nobody knows how alike fresh real {_MANY[modality]} are"
    return "the sample is like a training one, and real samples are as often so alike"


def _has_numbers(dataset: Dataset) -> bool:
    return any(column.kind in _NUMBERS for column in dataset.schema.columns)


def near_copies(products: Products, view: View, sets: Mapping[Role, Dataset]) -> dict[str, Any]:
    """Column `near_copy` of the samples.

    A text is near a training text at a Jaccard similarity of their shingles of 0.6, an image near a training image
    where their perceptual hashes differ in at most 8 bits, mirrored and cropped too, a row near its nearest training
    row where all categories agree and every number is off by a twentieth of a standard deviation at most. Where more
    than one in 200 holdout units is so near a training unit, it takes more: 0.75 and 0.9, 5 and 2 bits, a fiftieth and
    a hundredth of a standard deviation; and images whose hashes tell nothing must be closer to a training image, in
    features, than all but one in 200 holdout images. A unit that equals a training or holdout unit is none.
    What is near is a near copy unless the sample is near a holdout unit as well, provided that synthetic samples meet
    more training than holdout units (a one-sided binomial test on the distinct real units that are met, at 5 %): else
    it is missing, for real samples are as alike. Without a holdout texts near a training text are near copies where
    they are more, by the same test, than training texts near another one; images and rows cannot be judged.

    Parameters
    ----------
    products : Products
    view : View
        The whole set.
    sets : mapping of role to Dataset

    Returns
    -------
    dict of str to BooleanArray

    Raises
    ------
    UndefinedError
        For recordings, series and tables of categories alone or of several rows per unit.
    """
    modality = sets["real"].modality
    if modality not in _HITS:
        raise UndefinedError(why_unknown(sets))
    hits, levels = _HITS[modality]
    novel = _novel(products, view)
    view = _of(view, novel)
    strictness = _strictness(products, view, modality) if "holdout" in sets else levels[0]
    near, met = hits(products, view, "real", strictness)
    column = pd.array(near, dtype="boolean")
    if "holdout" not in sets:
        if modality != "text" or not _more_than_usual(near, _repeated(products, view)):
            column[near] = pd.NA
        return {"near_copy": _spread(column, novel)}
    fresh, met_fresh = hits(products, view, "holdout", strictness)
    column[near & fresh] = False
    if not _more_than_chance(met, met_fresh):
        column[near & ~fresh] = pd.NA
    return {"near_copy": _spread(column, novel)}


def _novel(products: Products, view: View) -> Mask:
    """Which samples equal no real unit."""
    made, *others = records_of(*(products.side(view.rows[role]) for role in ("synthetic", *_real_roles(view))))
    return ~np.isin(made, np.concatenate(others))


def _real_roles(view: View) -> list[Role]:
    return [role for role in view.rows if role != "synthetic"]


def _of(view: View, novel: Mask) -> View:
    """The view of some of its samples; itself for all of them, so that what is built already serves."""
    if novel.all():
        return view
    return replace(view, rows={**view.rows, "synthetic": Rows("synthetic", np.flatnonzero(novel))})


def _spread(column: pd.arrays.BooleanArray, novel: Mask) -> pd.arrays.BooleanArray:
    whole = pd.array(np.zeros(len(novel), dtype=bool), dtype="boolean")
    whole[novel] = column
    return whole


def _strictness(products: Products, view: View, modality: str) -> float:
    """The laxest level at which holdout units are rarely near a training one; the strictest where none is."""
    hits, levels = _HITS[modality]
    yardstick = yardstick_of(view)
    novel = _novel(products, yardstick)
    for level in levels[:-1]:
        near, _ = hits(products, yardstick, "real", level)
        if (near & novel).sum() <= _NATURAL * len(near):
            return level
    return levels[-1]


def _more_than_chance(train: Mask, holdout: Mask) -> bool:
    """Whether more training units are met than their part of all real units would have it."""
    mine, total = int(train.sum()), int(train.sum() + holdout.sum())
    return _unlikely(mine, total, len(train) / (len(train) + len(holdout)))


def _more_than_usual(near: Mask, repeated: Mask) -> bool:
    """Whether more synthetic texts are near a training text than their part in the training texts themselves."""
    return _unlikely(int(near.sum()), len(near), float((repeated.sum() + 1) / (len(repeated) + 2)))


def _unlikely(found: int, total: int, share: float) -> bool:
    from scipy.stats import binom  # noqa: PLC0415 - heavy

    return bool(found) and float(binom.sf(found - 1, total, share)) < _CHANCE


def _repeated(products: Products, view: View) -> Mask:
    """Which training texts are near another one."""
    real = products.get(Shingles, view, "real")
    return highest_similarities(real, real, within=True) >= _SIMILARITIES[0]


def _texts(products: Products, view: View, role: Role, similarity: float) -> tuple[Mask, Mask]:
    """Which synthetic texts are near one of the real texts, and which distinct real ones are met."""
    real, made = (products.get(Shingles, view, name) for name in (role, "synthetic"))
    near = highest_similarities(real, made) >= similarity
    _, first = np.unique([item.tobytes() for item in real.sets], return_index=True)
    different = Shingles(real.sets[np.sort(first)])
    return near, highest_similarities(made, different) >= similarity


def _images(products: Products, view: View, role: Role, bits: float) -> tuple[Mask, Mask]:
    if bits < 0:
        return _closest(products, view, role)
    real, made = (images_of(products.side(view.rows[name])).numbers(hashes) for name in (role, "synthetic"))
    distinct, inverse = np.unique(made[:, 0], return_inverse=True)
    near, met = near_hits(distinct, real, bits=int(bits))
    _, first = np.unique(real[:, 0], return_index=True)
    return near[inverse], met[first]


def _closest(products: Products, view: View, role: Role) -> tuple[Mask, Mask]:
    """Which samples are closer to a real unit than holdout units are to training ones, and which units are met."""
    yardstick = yardstick_of(view)
    own, _ = nearest(products, yardstick, "real")
    limit = np.quantile(own[_novel(products, yardstick)], _NATURAL, method="lower")
    distance, place = nearest(products, view, role)
    near = distance < limit
    records = products.side(view.rows[role]).records
    _, number = np.unique(np.arange(int(place.max()) + 1) if records is None else records, return_inverse=True)
    met = np.zeros(int(number.max()) + 1, np.bool_)
    met[number[place[near]]] = True
    return near, met


_HITS: Mapping[str, tuple[Hits, tuple[float, ...]]] = {
    "text": (_texts, _SIMILARITIES),
    "image": (_images, _BITS),
    "tabular": (near_rows, TOLERANCES),
}
