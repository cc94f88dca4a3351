"""Flow matching on the principal components of time series: the default generator of series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import AuditkitError
from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.denoiser import integrate
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise, whole_chunks
from auditkit.generators.series.coordinates import Coordinates
from auditkit.generators.series.rows import SeriesRows, series_of
from auditkit.generators.series.velocities import MeanVelocity, deal_series
from auditkit.generators.torch_models import restore_weights, weight_arrays
from auditkit.training import Trainer, build_module, find_device, one_thread, torch_rng

if TYPE_CHECKING:
    from auditkit.data import SeriesSamples
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["SeriesFlow"]

_DEAL = 100
_WAY = 20
_STEPS_PER_SERIES = 3
_LEAST_STEPS, _MOST_STEPS = 1500, 4000


@dataclass(frozen=True, eq=False)
class _Model:
    """Trained networks, what their numbers mean, and what is kept beside them."""

    network: MeanVelocity
    coordinates: Coordinates
    kept: SeriesRows


class SeriesFlow(ConditionedGenerator[_Model]):
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
    [12, 12, 13]
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
    donors_stage: ClassVar[str] = "series donors"

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
        super().__init__()
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

    def _learn(self, task: Task) -> Learnt[_Model]:
        series, kept = series_of(task)
        with one_thread():
            coordinates, places = Coordinates.of(series)
        device = find_device(self.device)
        data = torch.from_numpy(places).float().to(device)
        told = kept.told(np.arange(len(series))).to(device)
        dealt = deal_series(len(series), self.members, torch_rng(task.seed, _DEAL)).to(device)
        jitter = self.jitter * data.std(dim=0, correction=0)
        network = self._network(coordinates.width, kept.n_told, seed=task.seed)

        def loss(model: MeanVelocity, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            chosen = data[rows]
            rough = torch.randn(chosen.shape, generator=rng, device=rng.device)
            return model.loss(chosen + jitter * rough, told[rows], dealt[:, rows], rng)

        steps = int(np.clip(_STEPS_PER_SERIES * len(series), _LEAST_STEPS, _MOST_STEPS))
        trainer = Trainer(
            steps=self.steps or steps, batch=self.batch, learning_rate=self.learning_rate, device=self.device
        )
        return Learnt(_Model(network, coordinates, kept), task.train(trainer, network, loss))

    def _network(self, n_features: int, n_conditions: int, *, seed: int) -> MeanVelocity:
        return build_module(
            lambda: MeanVelocity(
                n_features, n_conditions, hidden=self.hidden, layers=self.layers, members=self.members
            ),
            seed=seed,
        )

    def _draw(self, model: _Model, donors: NDArray[np.int64], *, seed: int) -> SeriesSamples:
        series: list[NDArray[np.float64]] = []
        with one_thread():
            for start, n, wanted in whole_chunks(donors):
                series += self._chunk(model, wanted, start, seed=seed)[:n]
        return model.kept.form.samples(series)

    def _chunk(self, model: _Model, wanted: NDArray[np.int64], start: int, *, seed: int) -> list[NDArray[np.float64]]:
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
        return model.coordinates.series(places.double().numpy(), lengths, rough)

    def _state(self, model: _Model) -> State:
        extra, arrays = model.kept.state()
        return extra, weight_arrays(model.network) | model.coordinates.arrays() | arrays

    def _restore(self, saved: Saved, roles: Roles) -> _Model:
        kept = SeriesRows.restored(saved, roles)
        coordinates = Coordinates.from_saved(saved.arrays)
        network = restore_weights(self._network(coordinates.width, kept.n_told, seed=0), saved.arrays)
        return _Model(network, coordinates, kept)
