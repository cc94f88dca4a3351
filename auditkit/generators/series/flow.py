"""Flow matching on the principal components of time series: the default generator of series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import AuditkitError
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.denoiser import VelocityNetwork, flow_loss, integrate
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.roles import Roles
from auditkit.generators.series.coordinates import Coordinates
from auditkit.generators.series.form import SeriesForm, training_series
from auditkit.generators.torch_models import report_training, restore_weights, train_within, weight_arrays
from auditkit.training import Trainer, build_module, find_device, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["SeriesFlow"]

_STEPS_PER_SERIES = 3
_LEAST_STEPS, _MOST_STEPS = 1500, 4000


class SeriesFlow:
    """Flow matching on principal components of series, told label, groups and length.

    A series becomes the coefficients of its cosines, which works for any length, these their (at most 64) principal
    components, and what is left over one size per channel. A small network learns the velocities that carry normal
    noise to these numbers. While it learns, the numbers are jittered, so that single series are not learnt by heart,
    and the noise that samples start from is a little narrower, which takes the added width back. Label, groups and
    length come from a training row drawn at random. What all training series have in common (mean 0 and deviation 1,
    limits where values heap, decimals) is put on the samples.

    Parameters
    ----------
    steps : int, optional
        Optimiser steps, unless the budget of `fit` says otherwise; three per series, 1,500 to 4,000, by default.
    hidden : int, default 128
        Width of the layers.
    layers : int, default 2
    batch : int, default 128
    learning_rate : float, default 2e-3
        Peak of the one-cycle schedule.
    jitter : float, default 0.15
        Noise added to each number while learning, in its deviations.
    temperature : float, default 0.92
        Width of the noise that samples start from: below 1 nearer to typical series.
    guidance : float, default 1.0
        More than 1 exaggerates what tells labels and groups apart, at the price of variety.
    way : int, default 20
        Steps from noise to data when sampling.
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
            "hidden": "width of the layers (128)",
            "layers": "number of layers (2)",
            "batch": "series per step (128)",
            "learning_rate": "peak learning rate (2e-3)",
            "jitter": "noise added while learning, in deviations (0.15)",
            "temperature": "width of the noise that samples start from (0.92)",
            "guidance": "above 1 exaggerates labels and groups (1.0)",
            "way": "steps from noise to data (20)",
            "device": "where to train: cpu, cuda or auto (cpu)",
        },
        conditional="exact",
        stores_real_values=True,
        device=True,
        citation="Lipman et al. 2023, Flow Matching for Generative Modeling; Ho and Salimans 2022 for guidance",
    )

    def __init__(
        self,
        *,
        steps: int | None = None,
        hidden: int = 128,
        layers: int = 2,
        batch: int = 128,
        learning_rate: float = 2e-3,
        jitter: float = 0.15,
        temperature: float = 0.92,
        guidance: float = 1.0,
        way: int = 20,
        device: str = "cpu",
    ) -> None:
        if jitter < 0 or temperature < 0:
            raise AuditkitError(
                f"generator 'flow' needs jitter and temperature of at least 0, got jitter={jitter} and "
                f"temperature={temperature}: keep the defaults, 0.15 and 0.92."
            )
        self.steps = steps
        self.hidden = hidden
        self.layers = layers
        self.batch = batch
        self.learning_rate = learning_rate
        self.jitter = jitter
        self.temperature = temperature
        self.guidance = guidance
        self.way = way
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
        given = training_series(dataset, self.info)
        with one_thread():
            coordinates, places = Coordinates.of(given.series)
        place = find_device(self.device)
        data = torch.from_numpy(places).float().to(place)
        told = _told(given.roles, given.roles.members, given.lengths, given.lengths).to(place)
        jitter = self.jitter * data.std(dim=0, correction=0)
        network = self._network(coordinates.width, told.shape[1], seed=seed)

        def loss(model: VelocityNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            chosen = data[rows]
            rough = torch.randn(chosen.shape, generator=rng, device=rng.device)
            return flow_loss(model, chosen + jitter * rough, told[rows], rng)

        steps = int(np.clip(_STEPS_PER_SERIES * len(dataset), _LEAST_STEPS, _MOST_STEPS))
        trainer = Trainer(
            steps=self.steps or steps, batch=self.batch, learning_rate=self.learning_rate, device=self.device
        )
        training = train_within(budget, trainer, network, loss, n=len(dataset), seed=seed, progress=progress)
        self._outline = Outline.of(dataset)
        self._model = _Model(network, coordinates, given.form, given.roles, given.lengths)
        self.fit_report = report_training(training, dataset)
        return self

    def _network(self, n_features: int, n_conditions: int, *, seed: int) -> VelocityNetwork:
        return build_module(
            lambda: VelocityNetwork(n_features, n_conditions, hidden=self.hidden, layers=self.layers), seed=seed
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
        check_size(n)
        outline, model = need_fitted(self._outline, self.info), need_fitted(self._model, self.info)
        requests = plan_conditions(n, conditions, outline=outline, levels=model.roles.levels)
        donors = model.roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="series donors")[:, 0])
        self.shortfall = None
        if n == 0:
            return outline.empty(self.info.name)
        series: list[NDArray[np.float64]] = []
        with one_thread():
            for start in range(0, n, CHUNK):
                series += self._chunk(model, donors[start : start + CHUNK], start, seed=seed)
        return outline.dataset(model.roles.table(donors), name=self.info.name, samples=model.form.samples(series))

    def _chunk(self, model: _Model, donors: NDArray[np.int64], start: int, *, seed: int) -> list[NDArray[np.float64]]:
        # Whole chunks, so that a series never depends on how many were asked for.
        wanted = np.resize(donors, CHUNK)
        wanted[len(donors) :] = 0
        lengths = model.lengths[wanted]
        told = _told(model.roles, model.roles.members[wanted], lengths, model.lengths)
        noise = normal_noise(CHUNK, model.coordinates.width, seed=seed, stage="series flow", start=start)
        places = integrate(
            model.network,
            torch.from_numpy(self.temperature * noise).float(),
            told,
            steps=self.way,
            guidance=self.guidance,
        )
        rough = normal_noise(CHUNK, model.coordinates.rest.size, seed=seed, stage="series rest", start=start)
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
            extra=model.to_json() if model else {},
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
        roles = Roles.from_saved(saved.extra["roles"], saved.arrays)
        coordinates = Coordinates.from_saved(saved.arrays)
        form = SeriesForm.from_saved(saved.arrays, saved.extra["channels"])
        network = generator._network(coordinates.width, sum(roles.widths) + 1, seed=0)
        restored = restore_weights(network, saved.arrays)
        generator._model = _Model(restored, coordinates, form, roles, saved.arrays["lengths"])
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


@dataclass(frozen=True, eq=False)
class _Model:
    """A trained network, what its numbers mean, and the rows beside the training series."""

    network: VelocityNetwork
    coordinates: Coordinates
    form: SeriesForm
    roles: Roles
    lengths: NDArray[np.int64]

    def to_json(self) -> dict[str, Any]:
        return {"roles": self.roles.to_json(), "channels": list(self.form.names)}

    def arrays(self) -> dict[str, NDArray[Any]]:
        return (
            weight_arrays(self.network)
            | self.coordinates.arrays()
            | self.form.arrays()
            | self.roles.arrays()
            | {"lengths": self.lengths}
        )


def _told(
    roles: Roles, members: NDArray[np.int64], lengths: NDArray[np.int64], training: NDArray[np.int64]
) -> torch.Tensor:
    """Levels as one-hot, and the logarithm of the length on the scale of the training series; 0 if these are alike."""
    logs = np.log(training)
    deviation = float(logs.std())
    scaled = (np.log(lengths) - logs.mean()) / deviation if deviation > 0 else np.zeros(len(lengths))
    return torch.from_numpy(np.column_stack([roles.one_hot()[members], scaled]).astype(np.float32))
