"""Generators by name. Listing them imports none of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from auditkit.errors import UnknownNameError
from auditkit.generators.interface import Generator, GeneratorInfo
from auditkit.plugins import Entry, Table, construct

__all__ = ["create", "default", "describe", "entries", "load", "names"]

_DEFAULTS = {"tabular": "cart", "image": "gan", "text": "ngram", "audio": "augment", "series": "flow"}

_TABLE = Table(
    kind="generator",
    group="auditkit.generators",
    builtin=(
        Entry(
            "cart",
            "tabular",
            "auditkit.generators.tabular.cart:CartGenerator",
            about="sequential trees, a column from those before it",
        ),
        Entry(
            "copula",
            "tabular",
            "auditkit.generators.tabular.copula:CopulaGenerator",
            about="own distributions, one correlation matrix",
        ),
        Entry(
            "bayes_net",
            "tabular",
            "auditkit.generators.tabular.bayes_net:BayesNetGenerator",
            about="Bayesian network of columns",
        ),
        Entry(
            "smote",
            "tabular",
            "auditkit.generators.tabular.smote:SmoteGenerator",
            about="between a unit and one of its neighbours",
        ),
        Entry(
            "marginals",
            "tabular",
            "auditkit.generators.tabular.marginals:MarginalsGenerator",
            about="columns drawn apart, bad on purpose",
        ),
        Entry(
            "ar",
            "tabular",
            "auditkit.generators.tabular.ar:ArGenerator",
            about="autoregressive network, column after column",
        ),
        Entry("flow", "tabular", "auditkit.generators.tabular.flow:TabularFlow", about="flow matching"),
        Entry("gan", "tabular", "auditkit.generators.tabular.gan:TabularGan", about="adversarial network"),
        Entry("vae", "tabular", "auditkit.generators.tabular.vae:TabularVae", about="variational autoencoder"),
        Entry("gan", "image", "auditkit.generators.image.gan:ImageGan", about="adversarial network"),
        Entry("vae", "image", "auditkit.generators.image.vae:ImageVae", about="variational autoencoder"),
        Entry(
            "diffusion",
            "image",
            "auditkit.generators.image.diffusion:ImageDiffusion",
            about="flow matching with a convolutional network",
        ),
        Entry(
            "gaussian",
            "image",
            "auditkit.generators.image.gaussian:ImageGaussian",
            about="normal distributions of principal components",
        ),
        Entry(
            "smote",
            "image",
            "auditkit.generators.image.smote:ImageSmote",
            about="between a unit and one of its neighbours",
        ),
        Entry(
            "adversarial",
            "image",
            "auditkit.generators.image.adversarial:ImageAdversarial",
            about="training images changed to mislead a model",
        ),
        Entry(
            "augment",
            "image",
            "auditkit.generators.image.augment:ImageAugment",
            about="training units changed at random, labels kept",
        ),
        Entry(
            "pipeline",
            "image",
            "auditkit.generators.image.pipeline:ImagePipeline",
            about="pretrained diffusion pipeline from a folder",
        ),
        Entry(
            "ngram",
            "text",
            "auditkit.generators.text.ngram:NgramGenerator",
            about="Kneser-Ney models of short runs of words",
        ),
        Entry("lm", "text", "auditkit.generators.text.lm:LanguageModel", about="recurrent language model from scratch"),
        Entry(
            "eda", "text", "auditkit.generators.text.eda:EdaGenerator", about="training texts with some words changed"
        ),
        Entry(
            "back_translation",
            "text",
            "auditkit.generators.text.back_translation:BackTranslation",
            about="training texts translated there and back",
        ),
        Entry(
            "llm",
            "text",
            "auditkit.generators.text.llm:LargeLanguageModel",
            about="pretrained language model from a folder",
        ),
        Entry("flow", "series", "auditkit.generators.series.flow:SeriesFlow", about="flow matching"),
        Entry("rnn", "series", "auditkit.generators.series.rnn:SeriesRnn", about="recurrent network, step after step"),
        Entry(
            "rnn_vae",
            "series",
            "auditkit.generators.series.rnn_vae:SeriesRnnVae",
            about="recurrent variational autoencoder",
        ),
        Entry(
            "augment",
            "series",
            "auditkit.generators.series.augment:SeriesAugment",
            about="training units changed at random, labels kept",
        ),
        Entry(
            "block_bootstrap",
            "series",
            "auditkit.generators.series.block_bootstrap:BlockBootstrap",
            about="blocks of training series, joined",
        ),
        Entry(
            "augment",
            "audio",
            "auditkit.generators.audio.augment:AudioAugment",
            about="training units changed at random, labels kept",
        ),
        Entry("vae", "audio", "auditkit.generators.audio.vae:AudioVae", about="variational autoencoder"),
        Entry(
            "bootstrap",
            "any",
            "auditkit.generators.bootstrap:BootstrapGenerator",
            about="training units drawn again, bad on purpose",
        ),
        Entry(
            "external",
            "any",
            "auditkit.generators.external:ExternalGenerator",
            about="a file, folder, function, object or command",
        ),
    ),
)


def names(modality: str | None = None) -> list[str]:
    """Names of the generators of a modality, or of all; imports none of them.

    Parameters
    ----------
    modality : str, optional

    Returns
    -------
    list of str

    Examples
    --------
    >>> "cart" in names("tabular")
    True
    """
    return _TABLE.names(modality)


def entries(modality: str | None = None) -> tuple[Entry, ...]:
    """Name, modality, target and origin of the generators of a modality, or of all.

    Parameters
    ----------
    modality : str, optional

    Returns
    -------
    tuple of Entry
    """
    return _TABLE.entries(modality)


def default(modality: str) -> str:
    """Name of the generator that is used where none is asked for.

    Parameters
    ----------
    modality : str

    Returns
    -------
    str

    Raises
    ------
    UnknownNameError
        When the modality has no default generator.
    """
    if modality not in _DEFAULTS:
        raise UnknownNameError.of("modality with a default generator", modality, _DEFAULTS)
    return _DEFAULTS[modality]


def describe(name: str, *, modality: str | None = None) -> GeneratorInfo:
    """What a generator says of itself; imports it.

    Parameters
    ----------
    name : str
        One of `names(modality)`, or `modality/name`.
    modality : str, optional
        Needed where the name exists for more than one modality.

    Returns
    -------
    GeneratorInfo
    """
    return cast("GeneratorInfo", _TABLE.find(name, modality).load().info)


def create(name: str, *, modality: str | None = None, **params: Any) -> Generator:
    """Make a generator that is ready to be fitted.

    Parameters
    ----------
    name : str
        One of `names(modality)`, or `modality/name`.
    modality : str, optional
        Needed where the name exists for more than one modality.
    **params
        Parameters of the generator, see `describe(name).params`.

    Returns
    -------
    Generator

    Raises
    ------
    UnknownNameError
        For a name that is not known, with the nearest one.
    AuditkitError
        For a parameter that is not known, or a name that several modalities share.

    Examples
    --------
    >>> create("cart", modality="tabular").info.name
    'cart'
    """
    made: Callable[..., Generator] = _TABLE.find(name, modality).load()
    return cast("Generator", construct("generator", name, made, params))


def load(folder: str | Path) -> Generator:
    """Generator from a folder that its `save` wrote.

    Parameters
    ----------
    folder : str or path

    Returns
    -------
    Generator

    Raises
    ------
    DataError
        When the folder holds no generator, one of another format version, or one that is damaged.
    """
    # It needs pandas, which listing must not import.
    from auditkit.generators.persistence import read_head, refuse_damage  # noqa: PLC0415

    def read(table: Table, place: str | Path) -> Generator:
        head = read_head(place)
        return cast("Generator", table.find(head["name"], head["modality"]).load().load(place))

    return refuse_damage(read)(_TABLE, folder)
