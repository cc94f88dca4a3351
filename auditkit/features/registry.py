"""Embedders by name. Listing them imports none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UnknownNameError
from auditkit.plugins import Entry, Table, construct

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["Embedder", "create_embedder", "default_embedder", "embedder_entries", "embedder_names"]

_DEFAULTS = {"tabular": "mixed", "image": "pixels"}

_TABLE = Table(
    kind="embedder",
    group="auditkit.embedders",
    builtin=(
        Entry("mixed", "tabular", "auditkit.features.tabular:MixedEmbedder"),
        Entry("pixels", "image", "auditkit.features.images:PixelEmbedder"),
    ),
)


@runtime_checkable
class Embedder(Protocol):
    """Turns the units of a dataset into feature vectors.

    The same seed gives the same bytes on any number of threads; datasets are never changed.

    Attributes
    ----------
    name : str
    notes : list of str
        Sentences about what the features leave out; filled by `fit`.
    """

    name: str
    notes: list[str]

    def fit(self, train: Dataset, *, seed: int) -> Self:
        """Learn from the training data and return self."""
        ...

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of shape (n_units, d), finite."""
        ...


def embedder_names(modality: str | None = None) -> list[str]:
    """Names of the embedders of a modality, or of all; imports none of them.

    Examples
    --------
    >>> "mixed" in embedder_names("tabular")
    True
    """
    return _TABLE.names(modality)


def embedder_entries(modality: str | None = None) -> tuple[Entry, ...]:
    """Name, modality, target and origin of the embedders of a modality, or of all."""
    return _TABLE.entries(modality)


def default_embedder(modality: str) -> str:
    """Name of the embedder that is used where none is asked for.

    Raises
    ------
    UnknownNameError
        When the modality has no default embedder.
    """
    if modality not in _DEFAULTS:
        raise UnknownNameError.of("modality with a default embedder", modality, _DEFAULTS)
    return _DEFAULTS[modality]


def create_embedder(name: str | None = None, *, modality: str) -> Embedder:
    """Make an embedder that is ready to be fitted.

    Parameters
    ----------
    name : str, optional
        One of `embedder_names(modality)`; the modality's default when left out.
    modality : str

    Returns
    -------
    Embedder

    Raises
    ------
    UnknownNameError
        For a name that the modality does not know, with the nearest one.

    Examples
    --------
    >>> create_embedder(modality="tabular").name
    'mixed'
    """
    chosen = default_embedder(modality) if name is None else name
    return cast("Embedder", construct("embedder", chosen, _TABLE.find(chosen, modality).load(), {}))
