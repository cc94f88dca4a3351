"""What a generator is: the protocol, its description, its budget and its reports."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, TypeAlias, runtime_checkable

from auditkit.blocks import Progress
from auditkit.errors import AuditkitError
from auditkit.whole_numbers import check_whole

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from auditkit.data import Dataset

__all__ = [
    "Budget",
    "Conditional",
    "Conditions",
    "FitReport",
    "Generator",
    "GeneratorInfo",
    "Latent",
    "NotFittedError",
    "Progress",
    "Scored",
    "Shortfall",
    "ShortfallWarning",
]

Conditional = Literal["exact", "rejection", "none"]
Conditions: TypeAlias = "Mapping[str, str | Mapping[str, int]] | pd.DataFrame"
"""A level per column, or counts per level of one column; or a frame: a row of fixed levels per unit asked for."""


class NotFittedError(AuditkitError):
    """A generator was asked for samples before it was fitted or loaded."""


class ShortfallWarning(UserWarning):
    """A generator gave fewer samples than were asked for; `generator.shortfall` holds the numbers."""


@dataclass(frozen=True)
class GeneratorInfo:
    """What a generator is and can do, said without fitting it.

    Attributes
    ----------
    name, modality : str
        The name is unique inside a modality.
    family : str
        Kind of model, as `"tree"`, `"vae"`, `"augmentation"`, `"external"`.
    summary : str
        One sentence.
    params : mapping of str to str
        Meaning of each parameter of `create`.
    conditional : {"exact", "rejection", "none"}
        How `sample(conditions=...)` is met.
    stores_real_values : bool
        True when a saved generator holds values of real records.
    deterministic : bool
        True when the same seeds give the same bytes.
    requires : tuple of str
        Optional packages that it needs.
    needs_label : bool
        True when it can be fitted only on data with a label.
    latent : bool
        True when it is a `Latent`: units have places in a space that can be walked through.
    scores : bool
        True when it is a `Scored`: it says how real units look to it.
    device : bool
        True when it takes `device=`.
    private : bool
        True when it takes `dp=`, differentially private training.
    reference : bool
        True for a generator that is bad on purpose, to show that an audit tells it.
    tries : mapping of str to tuple
        Other values of parameters that a search tries, one at a time.
    citation : str
        Where the method comes from.
    """

    name: str
    modality: str
    family: str
    summary: str
    params: Mapping[str, str] = field(default_factory=dict)
    conditional: Conditional = "none"
    stores_real_values: bool = False
    deterministic: bool = True
    requires: tuple[str, ...] = ()
    needs_label: bool = False
    latent: bool = False
    scores: bool = False
    device: bool = False
    private: bool = False
    reference: bool = False
    tries: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    citation: str = ""


@dataclass(frozen=True)
class Budget:
    """When fitting must stop. Without either limit a generator uses its own default.

    Attributes
    ----------
    steps : int, optional
        Optimiser steps. Reproducible.
    seconds : float, optional
        Wall-clock seconds. Not reproducible across machines: repeat a run with the `steps` of its `fit_report`.
    """

    steps: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse steps that are no whole number above 0, and seconds that are no finite number above 0."""
        if self.steps is not None:
            check_whole("steps", self.steps, least=1)
        seconds: Any = self.seconds
        if seconds is not None and (
            isinstance(seconds, bool) or not isinstance(seconds, Real) or not 0 < float(seconds) < math.inf
        ):
            message = f"`seconds` of a budget must be a finite number above 0, got {seconds!r}."
            raise AuditkitError(message)


@dataclass(frozen=True)
class FitReport:
    """How a fit went.

    Attributes
    ----------
    steps : int
        Steps done: optimiser steps, or columns for sequential trees.
    seconds : float
        Wall-clock seconds; left out of saved generators, so that the same seed gives the same bytes.
    stopped_by : str
        `"done"`, `"steps"`, `"seconds"` or `"early stopping"`.
    curve : tuple of (int, float)
        Step and loss (validation loss where there is one).
    n_train : int
        Units it was fitted on.
    data_hash : str
        SHA-256 of the training data, `dataset.hash`.
    notes : tuple of str
        Sentences a reader should know.
    epsilon : float, optional
        Differential privacy spent on the weights, of generators trained with `dp=`; see the notes for what it covers.
    """

    steps: int
    seconds: float
    stopped_by: str
    n_train: int
    data_hash: str
    curve: tuple[tuple[int, float], ...] = ()
    notes: tuple[str, ...] = ()
    epsilon: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types without the seconds, the inverse of `from_json`."""
        private = {} if self.epsilon is None else {"epsilon": self.epsilon}
        return {
            "steps": self.steps,
            "stopped_by": self.stopped_by,
            "n_train": self.n_train,
            "data_hash": self.data_hash,
            "curve": [[step, loss] for step, loss in self.curve],
            "notes": list(self.notes),
            **private,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FitReport:
        """Report from what `to_json` wrote; seconds are 0, for they are not saved."""
        return cls(
            steps=int(data["steps"]),
            seconds=0.0,
            stopped_by=str(data["stopped_by"]),
            n_train=int(data["n_train"]),
            data_hash=str(data["data_hash"]),
            curve=tuple((int(step), float(loss)) for step, loss in data["curve"]),
            notes=tuple(str(note) for note in data["notes"]),
            epsilon=None if data.get("epsilon") is None else float(data["epsilon"]),
        )


@dataclass(frozen=True)
class Shortfall:
    """How far a conditioned sample stayed below what was asked.

    Attributes
    ----------
    requested, got : int
        Units asked for and units given.
    accept_rate : float
        Share of the drawn units that met the conditions.
    conditions : mapping
        The conditions as they were given.
    """

    requested: int
    got: int
    accept_rate: float
    conditions: Mapping[str, Any]

    def sentence(self) -> str:
        """The shortfall as one sentence."""
        return (
            f"asked for {self.requested} samples with {dict(self.conditions)!r}, got {self.got}: "
            f"{self.accept_rate:.3%} of the drawn samples met the conditions."
        )


@runtime_checkable
class Generator(Protocol):
    """A model that is fitted on a dataset and gives new units with the same schema.

    Rules that `auditkit.testing.check_generator` checks: the same seed gives the same bytes; `sample(n)` begins with
    the units of `sample(m)` for m < n; no global random state is read or changed; nothing is written outside the
    folder given to `save`; `n=0` works; a condition on a value never seen is an error; duplicates are never dropped.
    """

    info: ClassVar[GeneratorInfo]
    fit_report: FitReport | None
    shortfall: Shortfall | None

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn from a dataset and return self; `fit_report` then says how it went.

        Parameters
        ----------
        dataset : Dataset
            Training data; never changed.
        seed : int, default 0
        budget : Budget, optional
            When to stop; a generator that needs none says so in a note.
        progress : callable, optional
            Called with steps done, steps in all, and what is being done.
        """
        ...

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n units; fewer only with a `ShortfallWarning`, explained in `shortfall`.

        Parameters
        ----------
        n : int
            Units, 0 or more.
        conditions : mapping or DataFrame, optional
            `{"sex": "Female"}`, or counts that add up to n: `{"income": {">50K": 10, "<=50K": 5}}`; or a frame of n
            rows, whose columns are fixed in as many units (`auditkit.generators.balance` makes one): they come
            combination by combination, in the order in which the frame first has them.
        seed : int, default 0

        Returns
        -------
        Dataset
            With the schema of the training data.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        UnknownNameError
            For a condition on a column or level that was not in the training data.
        """
        ...

    def save(self, folder: str | Path) -> None:
        """Write json and safetensors files into a folder."""
        ...

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote; samples are then the same for the same seeds."""
        ...


@runtime_checkable
class Latent(Protocol):
    """A generator whose units have places in a space: variational autoencoders, adversarial networks."""

    def encode(self, dataset: Dataset, *, seed: int = 0) -> NDArray[np.float32]:
        """Places of units, shape (n, d): the most likely ones of an autoencoder, found by search elsewhere."""
        ...

    def decode(
        self, places: NDArray[np.floating[Any]], *, conditions: Mapping[str, str] | None = None, seed: int = 0
    ) -> Dataset:
        """Units at places of shape (n, d), all with the levels that the conditions fix."""
        ...


@runtime_checkable
class Scored(Protocol):
    """A generator that says how real units look to it: a discriminator, a likelihood."""

    def score(self, dataset: Dataset) -> NDArray[np.float64]:
        """One number per unit, shape (n,), on the scale of a logit or of a log-likelihood; higher is more real."""
        ...
