"""What models see of a set, and how columns become the numbers that a model is fitted on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from auditkit.lazy import unmoved_random

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "Array",
    "Design",
    "Encode",
    "Features",
    "as_components",
    "as_design",
    "as_pixels",
    "as_seen_levels",
    "as_words",
]

Array: TypeAlias = NDArray[np.float64]
# HistGradientBoosting bins a categorical column in at most 255 levels.
_LEVELS = 255
_COMPONENTS = 50


@dataclass(frozen=True, eq=False)
class Features:
    """What models see of one set, a row per unit; the columns mean the same in every set of an ablation.

    Attributes
    ----------
    values : ndarray of shape (n, d)
        Numbers and category codes, NaN = missing.
    categorical : ndarray of bool, shape (d,)
        Which columns hold codes.
    pixels : bool
        Whether the columns are pixels in [0, 1].
    shape : tuple of (int, int, int) or None
        Height, width and channels of the pixels.
    embedder : str
        Embedder that made the columns; empty where they are the data's own.
    words : csr_array of shape (n, p) or None
        Of texts: weights of all n-grams, in [0, 1]; `values` then holds those of the commonest words alone.
    """

    values: Array
    categorical: NDArray[np.bool_]
    pixels: bool = False
    shape: tuple[int, int, int] | None = None
    embedder: str = ""
    words: csr_array | None = None

    def take(self, index: NDArray[np.intp]) -> Features:
        """Features of the chosen units."""
        return replace(self, values=self.values[index], words=None if self.words is None else self.words[index])

    @classmethod
    def join(cls, parts: list[Features]) -> Features:
        """Units of several sets, one after the other."""
        joined = replace(parts[0], values=np.concatenate([part.values for part in parts]))
        words = [part.words for part in parts if part.words is not None]
        if not words:
            return joined
        from scipy.sparse import csr_array, vstack  # noqa: PLC0415

        return replace(joined, words=csr_array(vstack(words, format="csr")))


Encode: TypeAlias = Callable[[Features], Array]


@dataclass(frozen=True, eq=False)
class Design:
    """Training rows as a model reads them, and the way to bring other units into that form.

    Attributes
    ----------
    values : ndarray of shape (n_train, p)
    encode : callable
        Features to an array of shape (n, p).
    numbers : ndarray of bool, shape (p,)
        Which columns are numbers, that can be moved a little.
    bounds : tuple of (float or None, float or None)
        Where the numbers can lie.
    """

    values: Array
    encode: Encode
    numbers: NDArray[np.bool_]
    bounds: tuple[float | None, float | None] = (None, None)


def as_seen_levels(train: Features) -> Design:
    """Codes renumbered by the levels of the training rows; levels that these lack, or rare ones, are missing.

    A column without a cell in the training rows, which scikit-learn cannot bin, is constant there.
    """
    levels = {column: _commonest(train.values[:, column]) for column in np.flatnonzero(train.categorical)}

    def encode(features: Features) -> Array:
        values = features.values.copy()
        for column, known in levels.items():
            values[:, column] = _renumber(values[:, column], known)
        return values

    fitted = encode(train)
    fitted[:, np.isnan(fitted).all(axis=0)] = 0.0
    return Design(fitted, encode, ~train.categorical)


def as_design(train: Features) -> Design:
    """Standardised numbers with the median in the place of missing ones, and an indicator per category level."""
    encoders = [
        _indicators(train.values[:, column]) if is_code else _standard(train.values[:, column])
        for column, is_code in enumerate(train.categorical)
    ]

    def encode(features: Features) -> Array:
        columns = [encoder(features.values[:, place]) for place, encoder in enumerate(encoders)]
        return np.concatenate(columns, axis=1)

    fitted = [encoder(train.values[:, place]) for place, encoder in enumerate(encoders)]
    # Of a number's columns the first is the number, the second says where it was missing.
    numbers = [
        (np.arange(part.shape[1]) == 0) & (not code) for part, code in zip(fitted, train.categorical, strict=True)
    ]
    return Design(np.concatenate(fitted, axis=1), encode, np.concatenate(numbers))


def as_components(train: Features, seed: int) -> Design:
    """Principal components of pixels, at most 50."""
    with unmoved_random():
        from sklearn.decomposition import PCA  # noqa: PLC0415

    n, d = train.values.shape
    size = min(_COMPONENTS, n - 1, d)
    pca = PCA(size, svd_solver="covariance_eigh", random_state=seed).fit(train.values)
    # Scaled by the first component alone: whitening would blow up the noise of the last ones.
    scale = float(np.sqrt(pca.explained_variance_[0])) or 1.0

    def encode(features: Features) -> Array:
        return np.asarray(pca.transform(features.values) / scale)

    return Design(encode(train), encode, np.ones(size, dtype=bool))


def as_pixels(train: Features) -> Design:
    """Pixels, or weights of words, as they are."""

    def encode(features: Features) -> Array:
        return features.values

    return Design(train.values, encode, np.ones(train.values.shape[1], dtype=bool), (0.0, 1.0))


def as_words(train: Features) -> Design:
    """Weights of the n-grams of texts as they are, a sparse matrix."""

    def encode(features: Features) -> Array:
        return cast("Array", features.words)

    fitted = encode(train)
    return Design(fitted, encode, np.ones(fitted.shape[1], dtype=bool), (0.0, 1.0))


def _commonest(codes: Array) -> Array:
    levels, counts = np.unique(codes[~np.isnan(codes)], return_counts=True)
    return np.sort(levels[np.argsort(-counts, kind="stable")[:_LEVELS]])


def _renumber(codes: Array, levels: Array) -> Array:
    if not len(levels):
        return np.full(len(codes), np.nan)
    place = np.clip(np.searchsorted(levels, codes), 0, len(levels) - 1)
    return np.where(levels[place] == codes, place.astype(np.float64), np.nan)


def _indicators(train: Array) -> Callable[[Array], Array]:
    levels = _commonest(train)
    return lambda values: np.asarray(values[:, None] == levels, dtype=np.float64)


def _standard(train: Array) -> Callable[[Array], Array]:
    missing = np.isnan(train)
    centre = float(np.median(train[~missing])) if (~missing).any() else 0.0
    filled = np.where(missing, centre, train)
    mean, scale = filled.mean(), filled.std() or 1.0

    def encode(values: Array) -> Array:
        gaps = np.isnan(values)
        scaled = ((np.where(gaps, centre, values) - mean) / scale)[:, None]
        return np.concatenate([scaled, gaps[:, None]], axis=1) if missing.any() else scaled

    return encode
