"""A recurrent variational autoencoder: beautiful shapes that hardly move. Kept to be told by an audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import DataError, ShapeError
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import CHUNK, normal_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.series.recurrent import CodeNetwork
from auditkit.generators.series.rows import SeriesRows, pad_series, training_series
from auditkit.generators.torch_models import report_training, restore_weights, train_within, weight_arrays
from auditkit.training import Trainer, build_module, find_device, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["SeriesRnnVae"]

_WARNING = "samples are the decoder's means: they move less from step to step than real series (dead volatility)."


class SeriesRnnVae:
    """Recurrent variational autoencoder, told label, groups and length.

    Samples are the decoder's means, which lack whatever the code does not say: expect a `volatility_ratio` far below 1.
    For its latent space; for series to train on take `flow` or `rnn`.

    Parameters
    ----------
    steps : int, default 1000
        Optimiser steps, unless the budget of `fit` says otherwise.
    latent : int, default 12
        Width of the code.
    hidden : int, default 64
        Width of the states.
    batch : int, default 64
    learning_rate : float, default 5e-3
        Peak of the one-cycle schedule.
    device : str, default "cpu"
        Where to train; samples are always drawn on the CPU.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset, SeriesSamples
    >>> waves = [np.sin(np.arange(9) / 2 + i) for i in range(20)]
    >>> data = Dataset.of_table(pd.DataFrame({"kind": ["a", "b"] * 10}), label="kind", samples=SeriesSamples.of(waves))
    >>> vae = SeriesRnnVae(steps=5).fit(data)
    >>> vae.decode(vae.encode(data)[:2], conditions={"kind": "a"}).arrays()[0].shape
    (9, 1)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="rnn_vae",
        modality="series",
        family="vae",
        summary="Recurrent variational autoencoder with a latent space; over-smoothed: expect dead volatility.",
        params={
            "steps": "optimiser steps (1000)",
            "latent": "width of the code (12)",
            "hidden": "width of the states (64)",
            "batch": "series per step (64)",
            "learning_rate": "peak learning rate (5e-3)",
            "device": "where to train: cpu, cuda or auto (cpu)",
        },
        conditional="exact",
        stores_real_values=True,
        latent=True,
        device=True,
        tries={"latent": (6, 24), "hidden": (128,)},
        citation="Fabius and van Amersfoort 2015, Variational Recurrent Auto-Encoders; Kingma and Welling 2014",
    )

    def __init__(
        self,
        *,
        steps: int = 1000,
        latent: int = 12,
        hidden: int = 64,
        batch: int = 64,
        learning_rate: float = 5e-3,
        device: str = "cpu",
    ) -> None:
        self.steps = steps
        self.latent = latent
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate
        self.device = device
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._model: _Model | None = None

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn codes of the series of each label and group.

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
        SeriesRnnVae
            Its `fit_report` warns of dead volatility.

        Raises
        ------
        DataError, SampleSizeError
            For other data, and for an empty set.
        TrainingError
            When the loss does not stay finite.
        """
        series, kept = training_series(dataset, self.info)
        device = find_device(self.device)
        values, there = (item.to(device) for item in pad_series(series))
        told = kept.told(np.arange(len(series))).to(device)
        network = self._network(len(kept.form.names), kept.n_told, seed=seed)

        def loss(model: CodeNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            return model.loss(values[rows], told[rows], there[rows], rng)

        trainer = Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, device=self.device)
        training = train_within(budget, trainer, network, loss, n=len(series), seed=seed, progress=progress)
        self._outline = Outline.of(dataset)
        self._model = _Model(network, kept)
        self.fit_report = report_training(training, dataset, notes=(_WARNING,))
        return self

    def _network(self, channels: int, n_told: int, *, seed: int) -> CodeNetwork:
        return build_module(lambda: CodeNetwork(channels, n_told, hidden=self.hidden, latent=self.latent), seed=seed)

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
        model = need_fitted(self._model, self.info)
        return self._written(normal_noise(max(n, 0), model.network.latent, seed=seed), n, conditions, seed=seed)

    def encode(self, dataset: Dataset, *, seed: int = 0) -> NDArray[np.float32]:
        """Most likely codes of series.

        Parameters
        ----------
        dataset : Dataset
            Series with the channels, label and groups of the training data, whose levels were seen there.
        seed : int
            Not used: the code is the mean that the encoder gives.

        Returns
        -------
        ndarray of shape (n, latent)

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        ShapeError
            For other channels.
        DataError
            For data that are no series, or a combination of levels that no training series has.
        """
        del seed
        model = need_fitted(self._model, self.info)
        form = model.kept.form
        if dataset.modality != "series":
            raise DataError(f"generator 'rnn_vae' needs series data, got {dataset.modality} in {dataset.source!r}.")
        if dataset.schema.channels != form.names:
            raise ShapeError(
                f"generator 'rnn_vae' was fitted on the channels {', '.join(form.names)}, {dataset.source!r} has "
                f"{', '.join(dataset.schema.channels)}: give the same channels in one order."
            )
        if not len(dataset):
            return np.zeros((0, model.network.latent), dtype=np.float32)
        values, there = pad_series([form.standardised(item) for item in dataset.arrays()])
        with one_thread(), torch.no_grad():
            return model.network.encode(values, model.told(dataset), there)[0].numpy()

    def decode(
        self, places: NDArray[np.floating[Any]], *, conditions: Mapping[str, str] | None = None, seed: int = 0
    ) -> Dataset:
        """Series at codes, all with the levels that the conditions fix.

        Parameters
        ----------
        places : ndarray of shape (n, latent)
        conditions : mapping, optional
        seed : int, default 0
            Draws the levels that are left open, and the lengths.

        Returns
        -------
        Dataset

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        ShapeError
            For codes of another width.
        """
        model = need_fitted(self._model, self.info)
        codes = np.asarray(places, dtype=np.float64)
        if codes.ndim != 2 or codes.shape[1] != model.network.latent:  # noqa: PLR2004 - rows and columns
            raise ShapeError(f"codes have shape {codes.shape}, expected (n, {model.network.latent}): take encode's.")
        return self._written(codes, len(codes), dict(conditions or {}), seed=seed)

    def _written(self, codes: NDArray[np.float64], n: int, conditions: Conditions | None, *, seed: int) -> Dataset:
        outline, model = need_fitted(self._outline, self.info), need_fitted(self._model, self.info)
        donors = model.kept.donors(n, conditions, outline=outline, seed=seed)
        self.shortfall = None
        series: list[NDArray[np.float64]] = []
        with one_thread(), torch.no_grad():
            for start in range(0, n, CHUNK):
                series += model.write(codes[start : start + CHUNK], donors[start : start + CHUNK])
        return model.kept.dataset(series, donors, outline=outline, name=self.info.name)

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
            arrays=weight_arrays(model.network) | model.kept.arrays() if model else {},
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
        network = generator._network(len(kept.form.names), kept.n_told, seed=0)
        generator._model = _Model(restore_weights(network, saved.arrays), kept)
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


@dataclass(frozen=True, eq=False)
class _Model:
    """A trained network and what is kept beside it."""

    network: CodeNetwork
    kept: SeriesRows

    def write(self, codes: NDArray[np.float64], donors: NDArray[np.int64]) -> list[NDArray[np.float64]]:
        """Standardised series at codes, at most a chunk of them."""
        # Whole chunks as long as the longest series, so that no series depends on the others that were asked for.
        wanted, filled = np.zeros(CHUNK, dtype=np.int64), np.zeros((CHUNK, codes.shape[1]))
        wanted[: len(donors)], filled[: len(codes)] = donors, codes
        lengths = self.kept.lengths[wanted]
        there = (np.arange(self.kept.lengths.max()) < lengths[:, None]).astype(np.float32)
        means = self.network.decode(
            torch.from_numpy(filled).float(), self.kept.told(wanted), torch.from_numpy(there)
        ).double()
        return [means[place, :length].numpy() for place, length in enumerate(lengths[: len(donors)])]

    def told(self, dataset: Dataset) -> torch.Tensor:
        """What the network is told of other series: a training row of the same levels, and the length."""
        roles = self.kept.roles
        levels = list(roles.levels)
        known = {
            tuple(
                roles.pools[at].levels[code] if code >= 0 else None for at, code in zip(roles.roles, row, strict=True)
            ): place
            for place, row in enumerate(roles.combinations)
        }
        texts = [[str(value) for value in dataset.group_values(name)] for name in levels]
        combinations = [tuple(row) for row in zip(*texts, strict=True)] if levels else [()] * len(dataset)
        unknown = next((row for row in combinations if row not in known), None)
        if unknown is not None:
            raise DataError(f"no training series has {dict(zip(levels, unknown, strict=True))!r}: take these out.")
        one_hot = roles.one_hot()[[known[row] for row in combinations]]
        logs = np.log(self.kept.lengths)
        deviation = float(logs.std())
        own = np.log([len(item) for item in dataset.arrays()])
        scaled = (own - logs.mean()) / (deviation if deviation > 0 else 1.0)
        return torch.from_numpy(np.column_stack([one_hot, scaled]).astype(np.float32))
