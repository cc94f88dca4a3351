"""Time series into responses to random convolutions: needs no download and no training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, single_threaded, split_blocks
from auditkit.features.components import (
    MAX_COMPONENTS,
    carried_components,
    principal_components,
    project,
    steady_components,
)
from auditkit.features.fitted import CarriedEmbedder, need_fit, some_rows
from auditkit.features.panel import ChannelScale, check_series, equal_lengths
from auditkit.features.registry import EmbedderState, check_version

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["ConvolutionEmbedder"]

N_KERNELS = 256

TAPS = 9

MAX_FITTED = 5_000
"""Series that the scales and components are learnt from at most, chosen by the seed."""

VERSION = 2
"""Raised whenever the same data get other features."""

_BLOCK_VALUES = 20_000
_PROJECTED = 1024
_LARGEST = 1e6
_RESPONSES = 4


@dataclass(frozen=True, eq=False)
class Kernels:
    """Random convolutions of one seed.

    Attributes
    ----------
    weights : ndarray of shape (n_kernels, taps * channels)
        Of unit length; of every second kernel each channel's weights sum to 0, so that it answers to changes only.
    dilations : ndarray of int64, shape (n_kernels,)
        Steps between neighbouring taps.
    """

    weights: NDArray[np.float64]
    dilations: NDArray[np.int64]

    @classmethod
    def draw(cls, *, channels: int, length: int, rng: np.random.Generator) -> Kernels:
        """Kernels for series of about this length; a kernel reads one channel, several, or all of them."""
        steps = 2 ** np.arange(1 + int(np.log2(max(1.0, (length - 1) / (TAPS - 1)))))
        dilations = steps[np.arange(N_KERNELS) % len(steps)]
        weights = rng.standard_normal((N_KERNELS, TAPS, channels))
        changes = rng.permutation(N_KERNELS) < N_KERNELS // 2
        weights[changes] -= weights[changes].mean(axis=1, keepdims=True)
        read = np.floor(2 ** rng.uniform(0, np.log2(channels + 1), N_KERNELS)).astype(np.int64)
        order = rng.random((N_KERNELS, channels)).argsort(axis=1).argsort(axis=1)
        weights *= (order < read[:, None])[:, None, :]
        flat = weights.reshape(N_KERNELS, -1)
        return cls(flat / np.linalg.norm(flat, axis=1, keepdims=True), dilations.astype(np.int64))

    def responses(self, series: NDArray[np.float64]) -> NDArray[np.float64]:
        """Responses at each step, shape (n, t, n_kernels), of series of shape (n, t, channels).

        The ends are held: before its first step a series has its first value, after its last step its last one.
        """
        n, t, channels = series.shape
        out = np.empty((n, t, len(self.weights)))
        for dilation in np.unique(self.dilations):
            kernels = self.dilations == dilation
            at = np.arange(t)[:, None] + dilation * (np.arange(TAPS) - TAPS // 2)
            windows = series[:, np.clip(at, 0, t - 1)].reshape(n, t, TAPS * channels)
            # A product per series: its digits never depend on the series beside it.
            out[:, :, kernels] = windows @ self.weights[kernels].T
        return out


class ConvolutionEmbedder(CarriedEmbedder):
    """Principal components of responses to random convolutions: the default embedder of time series.

    Channels are put on the scale of the training channels. 256 random kernels of nine taps, with gaps of 1, 2, 4, ...
    steps, slide over a series, half of them blind to its level; each says four things: the share of steps above a
    threshold, where in the series those steps lie, the largest response and the mean one. With the length these are
    standardised and projected on the principal components of the training series (one for ten series, 8 to 64); one
    more feature is the distance from the space of the first of them. Series may differ in length; one step is enough.

    Parameters
    ----------
    carriers : int, optional
        Leave out components of whose variance a single training series makes up more than 1 / carriers: such a
        component is that series.

    Notes
    -----
    ROCKET (Dempster et al. 2020) keeps share and maximum of 10,000 kernels of several lengths for a linear classifier;
    distances between so many features would mostly be noise, so here are fewer kernels, the place and the mean as
    well (as in MultiRocket, Tan et al. 2022), and components. Thresholds come from mean and spread of the responses,
    not from single series.

    References
    ----------
    Dempster, Petitjean and Webb 2020, "ROCKET: Exceptionally fast and accurate time series classification using random
    convolutional kernels", Data Mining and Knowledge Discovery 34; Tan, Dempster, Bergmeir and Webb 2022,
    "MultiRocket", the same journal 36.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset, SeriesSamples
    >>> waves = [np.sin(np.arange(20 + i % 3) / (1 + i % 5)) for i in range(12)]
    >>> data = Dataset.of_table(pd.DataFrame({"y": ["a"] * 12}), samples=SeriesSamples.of(waves))
    >>> ConvolutionEmbedder().fit(data, seed=0).transform(data).shape
    (12, 9)
    """

    name = "convolutions"

    def __init__(self, *, carriers: int | None = None) -> None:
        super().__init__(carriers=carriers)
        self._model: _Model | None = None

    def fit(self, train: Dataset, *, seed: int) -> Self:
        """Draw the kernels and learn scales, thresholds and components from at most 5,000 training series.

        Parameters
        ----------
        train : Dataset
            Series; their lengths may differ.
        seed : int
            Draws the kernels, and chooses the series where there are more.

        Raises
        ------
        DataError
            When the data are no series.
        SampleSizeError
            When there is none.
        """
        check_series(train, "convolutions")
        self.notes = ["Features are responses to random convolutions: shapes, levels and pace, not meaning."]
        rng = np.random.default_rng(seed)
        chosen = some_rows(len(train), MAX_FITTED, rng=rng)
        if len(chosen) < len(train):
            self.notes.append(f"The components were learnt from {MAX_FITTED:,} of {len(train):,} training series.")
        series = list(train.take(chosen).arrays())
        with single_threaded():
            self._model = _Model.fit(series, train.schema.channels, carriers=self._carriers, rng=rng)
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of series with the same channels.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n_units, d), float32
            The components, then the distance from the space of the first of them.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        ShapeError
            When the series have other channels than those of the training data.
        """
        model = need_fit(self._model, "convolutions")
        if not len(dataset):
            return np.empty((0, model.width), dtype=np.float32)
        check_series(dataset, "convolutions")
        model.scale.check_channels(dataset, "convolutions")
        with single_threaded():
            return model.features(list(dataset.arrays()))

    def state(self) -> EmbedderState:
        """Kernels, scales and components of the fitted embedder.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        """
        model = need_fit(self._model, "convolutions", what="keeps its state")
        about = {"version": VERSION, "notes": list(self.notes), "channels": list(model.scale.names)}
        about |= {"steady": model.steady}
        return EmbedderState(about, model.arrays())

    def restore(self, state: EmbedderState) -> Self:
        """Become the fitted embedder that gave this state.

        Raises
        ------
        AuditkitError
            If the state is of another version.
        """
        check_version(self.name, state, VERSION)
        self.notes = list(state.about["notes"])
        self._model = _Model.restored(state)
        return self


@dataclass(frozen=True, eq=False)
class _Model:
    """Everything that was drawn and learnt."""

    scale: ChannelScale
    kernels: Kernels
    thresholds: NDArray[np.float64]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    components: NDArray[np.float64]
    steady: int
    """Leading components from whose space the distance is taken."""

    @classmethod
    def fit(
        cls,
        series: Sequence[NDArray[np.float64]],
        names: tuple[str, ...],
        *,
        carriers: int | None,
        rng: np.random.Generator,
    ) -> _Model:
        scale = ChannelScale.of(series, names)
        length = round(float(np.mean([len(item) for item in series])))
        kernels = Kernels.draw(channels=len(names), length=length, rng=rng)
        thresholds = _thresholds(series, scale, kernels, rng)
        said = _answers(series, scale, kernels, thresholds)
        centre, spread = said.mean(axis=0), said.std(axis=0)
        spread[spread <= 1e-9 * np.maximum(1.0, np.abs(centre))] = 1.0
        rows = (said - centre) / spread
        # With a component for every few series the training series would lie nearer to the components than others do.
        components = principal_components(rows, rng=rng, at_most=int(np.clip(len(rows) // 10, 8, MAX_COMPONENTS)))
        if carriers is not None:
            components = carried_components(rows, components, carriers=carriers)
        steady = steady_components(len(rows), components.shape[1])
        return cls(scale, kernels, thresholds, centre, spread, components, steady)

    @property
    def width(self) -> int:
        return int(self.components.shape[1]) + 1

    def features(self, series: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
        said = _answers(series, self.scale, self.kernels, self.thresholds)
        out = np.empty((len(said), self.width), dtype=np.float32)
        for block in split_blocks(len(said), _PROJECTED):
            rows = np.clip((said[block] - self.centre) / self.spread, -_LARGEST, _LARGEST)
            project(rows, self.components, steady=self.steady, out=out[block])
        return out

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "mean": self.scale.mean,
            "deviation": self.scale.deviation,
            "weights": self.kernels.weights,
            "dilations": self.kernels.dilations,
            "thresholds": self.thresholds,
            "centre": self.centre,
            "spread": self.spread,
            "components": self.components,
        }

    @classmethod
    def restored(cls, state: EmbedderState) -> _Model:
        held = state.arrays
        return cls(
            ChannelScale(held["mean"], held["deviation"], tuple(state.about["channels"])),
            Kernels(held["weights"], held["dilations"]),
            held["thresholds"],
            held["centre"],
            held["spread"],
            held["components"],
            int(state.about["steady"]),
        )


def _thresholds(
    series: Sequence[NDArray[np.float64]], scale: ChannelScale, kernels: Kernels, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A threshold per kernel, normal about the mean response with the responses' spread."""
    n, total, squares = 0, np.zeros(N_KERNELS), np.zeros(N_KERNELS)
    for _, block in _blocks(series):
        responses = kernels.responses(scale.standardised(block)).reshape(-1, N_KERNELS)
        n += len(responses)
        total += responses.sum(axis=0)
        squares += np.square(responses).sum(axis=0)
    mean = total / n
    deviation = np.sqrt(np.maximum(squares / n - mean**2, 0.0))
    # A constant response never lies above its threshold, whatever its last digit.
    deviation = np.maximum(deviation, 1e-6)
    return np.asarray(mean + deviation * rng.uniform(0.1, 1.5, N_KERNELS) * rng.choice([-1.0, 1.0], N_KERNELS))


def _answers(
    series: Sequence[NDArray[np.float64]], scale: ChannelScale, kernels: Kernels, thresholds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What the kernels say of each series, and its length: shape (n, 4 * n_kernels + 1)."""
    out = np.empty((len(series), _RESPONSES * N_KERNELS + 1))

    def answer(block: tuple[NDArray[np.intp], NDArray[Any]]) -> None:
        places, values = block
        responses = kernels.responses(scale.standardised(values))
        out[places] = np.concatenate([*_pooled(responses, thresholds)], axis=1)

    run_blocks(answer, _blocks(series))
    return out


def _pooled(responses: NDArray[np.float64], thresholds: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    n, t, _ = responses.shape
    above = responses > thresholds
    share = above.mean(axis=1)
    place = np.linspace(-1.0, 1.0, t) if t > 1 else np.zeros(1)
    where = (above * place[:, None]).mean(axis=1)
    length = np.full((n, 1), np.log(t))
    return [share, where, responses.max(axis=1), responses.mean(axis=1), length]


def _blocks(series: Sequence[NDArray[np.float64]]) -> list[tuple[NDArray[np.intp], NDArray[Any]]]:
    return list(equal_lengths(series, values=_BLOCK_VALUES))
