"""Which synthetic texts, images and rows are a training one but for a little, and more so than chance has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.auditing.near_rows import near_rows
from auditkit.errors import UndefinedError
from auditkit.metrics.images.hashes import hashes, near_hits
from auditkit.metrics.images.sides import images_of
from auditkit.metrics.texts.min_hash import highest_similarities
from auditkit.metrics.texts.wording import Shingles

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.metrics.products import Products, Role, View

__all__ = ["near_copies", "why_unknown"]

_SIMILARITY = 0.6
_BITS = 8
_CHANCE = 0.05
_NUMBERS = frozenset({"numeric", "integer", "datetime"})
_MANY = {"image": "images", "tabular": "rows"}

Mask = NDArray[np.bool_]
Hits = Callable[["Products", "View", "Role"], tuple[Mask, Mask]]


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
    row where all categories agree and every number is off by a twentieth of a standard deviation at most (and one is).
    That is a near copy unless the sample is near a holdout unit as well, provided that synthetic samples meet more
    training than holdout units (a one-sided binomial test on the distinct real units that are met, at 5 %): else it is
    missing, for real samples are as alike. Without a holdout texts near a training text are near copies where they are
    more, by the same test, than training texts near another one; images and rows cannot be judged.

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
    near, met = _HITS[modality](products, view, "real")
    column = pd.array(near, dtype="boolean")
    if "holdout" not in sets:
        if modality != "text" or not _more_than_usual(near, _repeated(products, view)):
            column[near] = pd.NA
        return {"near_copy": column}
    fresh, met_fresh = _HITS[modality](products, view, "holdout")
    column[near & fresh] = False
    if not _more_than_chance(met, met_fresh):
        column[near & ~fresh] = pd.NA
    return {"near_copy": column}


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
    return highest_similarities(real, real, within=True) >= _SIMILARITY


def _texts(products: Products, view: View, role: Role) -> tuple[Mask, Mask]:
    """Which synthetic texts are near one of the real texts, and which distinct real ones are met."""
    real, made = (products.get(Shingles, view, name) for name in (role, "synthetic"))
    near = highest_similarities(real, made) >= _SIMILARITY
    _, first = np.unique([item.tobytes() for item in real.sets], return_index=True)
    different = Shingles(real.sets[np.sort(first)])
    return near, highest_similarities(made, different) >= _SIMILARITY


def _images(products: Products, view: View, role: Role) -> tuple[Mask, Mask]:
    real, made = (images_of(products.side(view.rows[name])).numbers(hashes) for name in (role, "synthetic"))
    distinct, inverse = np.unique(made[:, 0], return_inverse=True)
    near, met = near_hits(distinct, real, bits=_BITS)
    _, first = np.unique(real[:, 0], return_index=True)
    return near[inverse], met[first]


_HITS: Mapping[str, Hits] = {"text": _texts, "image": _images, "tabular": near_rows}
