"""Flow matching on the principal components of time series: the default generator of series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import AuditkitError
from auditkit.generators.denoiser import integrate
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import CHUNK, normal_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.series.coordinates import Coordinates
from auditkit.generators.series.rows import SeriesRows, training_series
from auditkit.generators.series.velocities import MeanVelocity, deal_series
from auditkit.generators.torch_models import report_training, restore_weights, train_within, weight_arrays
from auditkit.training import Trainer, build_module, find_device, one_thread, torch_rng

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["SeriesFlow"]

_DEAL = 100
_WAY = 20
_STEPS_PER_SERIES = 3
_LEAST_STEPS, _MOST_STEPS = 1500, 4000


class SeriesFlow:
    """Flow matching on principal components of series, told label, groups and length.

    A series becomes the coefficients of its cosines, which works for any length, these their (at most 64) principal
    components, and what is left over one size per channel. Small networks learn the velocities that carry normal noise
    to these numbers. So that no series is learnt by heart, each learns from a part of the series, and jittered numbers;
    the noise that samples start from is a little narrower, which takes the added width back. Label, groups and
    length come from a training row drawn at random. What all training series have in common (mean 0 and deviation 1,
    limits where values heap, decimals) is put on the samples.

    Parameters
    ----------
    steps : int, optional
        Optimiser steps, unless the budget of `fit` says otherwise; three per series, 1,500 to 4,000, by default.
    hidden : int, default 96
        Width of the layers.
    layers : int, default 2
    members : int, default 4
        Networks, each learnt from half of the series; samples follow the mean of their velocities.
    batch : int, default 128
    learning_rate : float, default 2e-3
        Peak of the one-cycle schedule.
    jitter : float, default 0.08
        Noise added to each number while learning, in its deviations.
    temperature : float, default 0.94
        Width of the noise that samples start from: below 1 nearer to typical series.
    guidance : float, default 1.0
        More than 1 exaggerates what tells labels and groups apart, at the price of variety.
    device : str, default "cpu"
        Where to train; samples are always drawn on the CPU.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset, SeriesSamples
    >>> waves = [np.sin(np.arange(12 + i % 3) / 2 + i) for i in range(30)]
    >>> data = Dataset.of_table(pd.DataFrame({"kind": ["a", "b"] * 15}), label="kind", samples=SeriesSamples.of(waves))
    >>> flow = SeriesFlow(steps=20).fit(data)
    >>> [len(item) for item in flow.sample(3, seed=1).arrays()]
    [14, 12, 14]
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="flow",
        modality="series",
        family="flow",
        summary="Flow matching on principal components of series of any length, conditional on label and groups.",
        params={
            "steps": "optimiser steps (3 per series, 1500 to 4000)",
            "hidden": "width of the layers (96)",
            "layers": "number of layers (2)",
            "members": "networks whose mean is followed (4)",
            "batch": "series per step (128)",
            "learning_rate": "peak learning rate (2e-3)",
            "jitter": "noise added while learning, in deviations (0.08)",
            "temperature": "width of the noise that samples start from (0.94)",
            "guidance": "above 1 exaggerates labels and groups (1.0)",
            "device": "where to train: cpu, cuda or auto (cpu)",
        },
        conditional="exact",
        stores_real_values=True,
        device=True,
        tries={"jitter": (0.04, 0.15), "temperature": (0.9, 1.0), "hidden": (64,)},
        citation="Lipman et al. 2023, Flow Matching for Generative Modeling; Ho and Salimans 2022 for guidance",
    )

    def __init__(
        self,
        *,
        steps: int | None = None,
        hidden: int = 96,
        layers: int = 2,
        members: int = 4,
        batch: int = 128,
        learning_rate: float = 2e-3,
        jitter: float = 0.08,
        temperature: float = 0.94,
        guidance: float = 1.0,
        device: str = "cpu",
    ) -> None:
        if jitter < 0 or temperature < 0:
            raise AuditkitError(
                f"generator 'flow' needs jitter and temperature of at least 0, got jitter={jitter} and "
                f"temperature={temperature}: keep the defaults, 0.08 and 0.94."
            )
        self.steps = steps
        self.hidden = hidden
        self.layers = layers
        self.members = members
        self.batch = batch
        self.learning_rate = learning_rate
        self.jitter = jitter
        self.temperature = temperature
        self.guidance = guidance
        self.device = device
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._model: _Model | None = None

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn the series of each label and group.

        Parameters
        ----------
        dataset : Dataset
            Series; lengths may differ. Columns that are neither label nor group are not learnt: samples take them from
            training rows of the same label and groups.
        seed : int, default 0
        budget : Budget, optional
        progress : callable, optional

        Returns
        -------
        SeriesFlow

        Raises
        ------
        DataError
            For other data.
        SampleSizeError
            For an empty set.
        TrainingError
            When the loss does not stay finite.
        """
        series, kept = training_series(dataset, self.info)
        with one_thread():
            coordinates, places = Coordinates.of(series)
        device = find_device(self.device)
        data = torch.from_numpy(places).float().to(device)
        told = kept.told(np.arange(len(series))).to(device)
        dealt = deal_series(len(series), self.members, torch_rng(seed, _DEAL)).to(device)
        jitter = self.jitter * data.std(dim=0, correction=0)
        network = self._network(coordinates.width, kept.n_told, seed=seed)

        def loss(model: MeanVelocity, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            chosen = data[rows]
            rough = torch.randn(chosen.shape, generator=rng, device=rng.device)
            return model.loss(chosen + jitter * rough, told[rows], dealt[:, rows], rng)

        steps = int(np.clip(_STEPS_PER_SERIES * len(series), _LEAST_STEPS, _MOST_STEPS))
        trainer = Trainer(
            steps=self.steps or steps, batch=self.batch, learning_rate=self.learning_rate, device=self.device
        )
        training = train_within(budget, trainer, network, loss, n=len(series), seed=seed, progress=progress)
        self._outline = Outline.of(dataset)
        self._model = _Model(network, coordinates, kept)
        self.fit_report = report_training(training, dataset)
        return self

    def _network(self, n_features: int, n_conditions: int, *, seed: int) -> MeanVelocity:
        return build_module(
            lambda: MeanVelocity(
                n_features, n_conditions, hidden=self.hidden, layers=self.layers, members=self.members
            ),
            seed=seed,
        )

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n series; conditions on label and groups are met exactly.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            `{"label": "3"}`, or counts that add up to n: `{"label": {"3": 10, "8": 5}}`. Without conditions labels
            come as often as in training.
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
            For a condition on a level that was not in the training data.
        DataError
            For a combination of levels that no training series has.
        """
        outline, model = need_fitted(self._outline, self.info), need_fitted(self._model, self.info)
        donors = model.kept.donors(n, conditions, outline=outline, seed=seed)
        self.shortfall = None
        series: list[NDArray[np.float64]] = []
        with one_thread():
            for start in range(0, n, CHUNK):
                series += self._chunk(model, donors[start : start + CHUNK], start, seed=seed)
        return model.kept.dataset(series, donors, outline=outline, name=self.info.name)

    def _chunk(self, model: _Model, donors: NDArray[np.int64], start: int, *, seed: int) -> list[NDArray[np.float64]]:
        # Whole chunks, so that a series never depends on how many were asked for.
        wanted = np.zeros(CHUNK, dtype=np.int64)
        wanted[: len(donors)] = donors
        noise = normal_noise(CHUNK, model.coordinates.width, seed=seed, stage="series flow", start=start)
        places = integrate(
            model.network,
            torch.from_numpy(self.temperature * noise).float(),
            model.kept.told(wanted),
            steps=_WAY,
            guidance=self.guidance,
        )
        rough = normal_noise(CHUNK, model.coordinates.rest.size, seed=seed, stage="series rest", start=start)
        lengths = model.kept.lengths[wanted]
        return model.coordinates.series(places.double().numpy(), lengths, rough)[: len(donors)]

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the rows beside the series.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        model = self._model
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=self._outline,
            report=self.fit_report,
            extra=model.kept.to_json() if model else {},
            arrays=model.arrays() if model else {},
        )

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved = read_generator(folder, info=cls.info)
        generator = cls(**saved.params)
        kept = SeriesRows.from_saved(saved.extra, saved.arrays)
        coordinates = Coordinates.from_saved(saved.arrays)
        network = restore_weights(generator._network(coordinates.width, kept.n_told, seed=0), saved.arrays)
        generator._model = _Model(network, coordinates, kept)
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


@dataclass(frozen=True, eq=False)
class _Model:
    """Trained networks, what their numbers mean, and what is kept beside them."""

    network: MeanVelocity
    coordinates: Coordinates
    kept: SeriesRows

    def arrays(self) -> dict[str, NDArray[Any]]:
        return weight_arrays(self.network) | self.coordinates.arrays() | self.kept.arrays()
