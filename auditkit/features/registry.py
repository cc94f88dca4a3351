"""Embedders by name. Listing them imports none of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.plugins import Entry, Table, construct

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = [
    "AnyEmbedder",
    "Embedder",
    "EmbedderState",
    "StorableEmbedder",
    "bare_name",
    "check_version",
    "create_embedder",
    "default_embedder",
    "embedder_entries",
    "embedder_names",
    "restore_embedder",
]

_DEFAULTS = {"tabular": "mixed", "image": "pixels", "text": "ngrams", "audio": "logmel", "series": "convolutions"}

_COMMAS = re.compile(r",(?![^\[]*\])")
"""Commas that stand in no list."""

_MODELS, _FILES = "auditkit.features.transformers_models", "auditkit.features.model_files"
_TABLE = Table(
    kind="embedder",
    group="auditkit.embedders",
    builtin=(
        Entry(
            "mixed",
            "tabular",
            "auditkit.features.tabular:MixedEmbedder",
            about="quantile-normal numbers, one-hot categories",
        ),
        Entry(
            "features", "tabular", "auditkit.features.identity:FeatureEmbedder", about="columns of numbers as they are"
        ),
        Entry("pixels", "image", "auditkit.features.images:PixelEmbedder", about="principal components of pixels"),
        Entry(
            "random_conv",
            "image",
            "auditkit.features.random_conv:RandomConvEmbedder",
            about="convolutional network with random weights",
        ),
        Entry(
            "trained",
            "image",
            "auditkit.features.trained:TrainedEmbedder",
            about="small network that learns the real labels",
        ),
        Entry(
            "inception",
            "image",
            "auditkit.features.inception:InceptionEmbedder",
            about="Inception-v3 pool3, for true FID",
        ),
        Entry("ngrams", "text", "auditkit.features.text:NgramEmbedder", about="word and character n-grams, reduced"),
        Entry("logmel", "audio", "auditkit.features.audio:LogMelEmbedder", about="statistics of log-mel spectrograms"),
        Entry(
            "convolutions",
            "series",
            "auditkit.features.series:ConvolutionEmbedder",
            about="responses to random convolutions",
        ),
        Entry(
            "statistics",
            "series",
            "auditkit.features.series_statistics:StatisticsEmbedder",
            about="summary statistics with names",
        ),
        *(
            Entry("hf", item, f"{_MODELS}:TransformersEmbedder", about="pretrained transformers model")
            for item in ("image", "text", "audio")
        ),
        *(
            Entry("onnx", item, f"{_FILES}:OnnxEmbedder", about="network from an ONNX file")
            for item in ("image", "audio", "series")
        ),
        *(
            Entry("torchscript", item, f"{_FILES}:TorchScriptEmbedder", about="network from a TorchScript file")
            for item in ("image", "audio", "series")
        ),
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

    def transform(self, dataset: Dataset) -> NDArray[np.floating[Any]]:
        """Features of shape (n_units, d), finite."""
        ...


AnyEmbedder: TypeAlias = str | Embedder | Callable[..., Any]
"""A name, an embedder, or a function or torch module of a user's own."""


@dataclass(frozen=True, eq=False)
class EmbedderState:
    """What a fitted embedder needs to transform: plain JSON types and arrays, no code.

    Attributes
    ----------
    about : mapping
        Plain JSON types; `"version"` is the embedder's own number, raised whenever the same data get other features.
    arrays : mapping of str to ndarray
    """

    about: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


@runtime_checkable
class StorableEmbedder(Embedder, Protocol):
    """An embedder that can be kept in a reference and made again from it."""

    def coarse(self) -> Self | None:
        """The embedder whose fitted state tells of no single record, not fitted; None where there is none."""
        ...

    def state(self) -> EmbedderState:
        """What `restore` makes the fitted embedder from."""
        ...

    def restore(self, state: EmbedderState) -> Self:
        """Become the embedder that gave this state, and return self."""
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


def create_embedder(name: AnyEmbedder | None = None, *, modality: str) -> Embedder:
    """Make an embedder that is ready to be fitted.

    Parameters
    ----------
    name : str or object, optional
        One of `embedder_names(modality)`, with parameters where it takes some, as `"mixed[grid=100]"`, and the file
        or folder of a model where it reads one, as `"torchscript:model.pt[side=64]"`; the modality's default when left
        out. Or an embedder of your own: an object with fit and transform, a function of a batch, a torch module.
    modality : str

    Returns
    -------
    Embedder

    Raises
    ------
    UnknownNameError
        For a name that the modality does not know, with the nearest one.
    AuditkitError
        For a parameter that the embedder does not know.

    Examples
    --------
    >>> create_embedder(modality="tabular").name
    'mixed'
    """
    if name is not None and not isinstance(name, str):
        from auditkit.features.given import embedder_of  # noqa: PLC0415 - only for embedders of users' own

        return embedder_of(name)
    chosen, parameters = _name_and_parameters(default_embedder(modality) if name is None else name)
    return cast("Embedder", construct("embedder", chosen, _TABLE.find(chosen, modality).load(), parameters))


def restore_embedder(name: str, state: EmbedderState, *, modality: str) -> StorableEmbedder:
    """Fitted embedder from its name and what its `state` gave.

    Raises
    ------
    UnknownNameError
        For a name that the modality does not know.
    AuditkitError
        If the embedder cannot be made again, or the state is of another version of it.
    """
    made = create_embedder(name, modality=modality)
    if not isinstance(made, StorableEmbedder):
        message = f"embedder {name!r} cannot be made again from what is stored: it has no state() and restore()."
        raise AuditkitError(message)
    return made.restore(state)


def check_version(name: str, state: EmbedderState, version: int) -> None:
    """Refuse the state of another version of an embedder.

    Raises
    ------
    AuditkitError
        With both versions.
    """
    if state.about.get("version") != version:
        message = (
            f"the stored embedder {name!r} is version {state.about.get('version')!r} and this auditkit has version "
            f"{version}, whose features differ: build it again from the real data."
        )
        raise AuditkitError(message)


def bare_name(name: str) -> str:
    """Name without parameters, file and folder: `"onnx"` of `"onnx:model.onnx[side=64]"`."""
    return _name_and_parameters(name)[0]


def _name_and_parameters(name: str) -> tuple[str, dict[str, Any]]:
    """Bare name and parameters of a name as `"onnx:file[side=64]"`; values are JSON, other words are text."""
    bare, bracket, inside = name.partition("[")
    bare, colon, path = bare.partition(":")
    parameters: dict[str, Any] = {"path": path} if colon else {}
    if not bracket:
        return bare, parameters
    for item in _COMMAS.split(inside.removesuffix("]")):
        parameter, equals, value = (part.strip() for part in item.partition("="))
        if not (inside.endswith("]") and equals and value):
            message = f"cannot read the embedder {name!r}: write its parameters as {bare}[name=value]."
            raise AuditkitError(message)
        try:
            parameters[parameter] = json.loads(value)
        except ValueError:
            parameters[parameter] = value
    return bare, parameters
