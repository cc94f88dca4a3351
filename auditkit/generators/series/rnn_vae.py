"""A recurrent variational autoencoder: beautiful shapes that hardly move. Kept to be told by an audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import ShapeError
from auditkit.generators.conditioned import Learnt, State, Task
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.latent_samples import LatentSamples
from auditkit.generators.noise import normal_noise, whole_chunks
from auditkit.generators.series.recurrent import CodeNetwork
from auditkit.generators.series.rows import SeriesRows, pad_series, series_of
from auditkit.generators.torch_models import restore_weights, weight_arrays
from auditkit.training import Trainer, build_module, find_device, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset, SeriesSamples
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["SeriesRnnVae"]

_WARNING = "samples are the decoder's means: they move less from step to step than real series (dead volatility)."


@dataclass(frozen=True, eq=False)
class _Model:
    """A trained network and what is kept beside it."""

    network: CodeNetwork
    kept: SeriesRows

    def write(self, codes: NDArray[np.floating[Any]], donors: NDArray[np.int64]) -> SeriesSamples:
        """Series at codes."""
        # As long as the longest series, so that no series depends on the others that were asked for.
        steps, series = np.arange(self.kept.lengths.max()), []
        with one_thread(), torch.no_grad():
            for (_, n, wanted), (_, _, places) in zip(whole_chunks(donors), whole_chunks(codes), strict=True):
                lengths = self.kept.lengths[wanted]
                there = torch.from_numpy((steps < lengths[:, None]).astype(np.float32))
                told = self.kept.told(wanted)
                means = self.network.decode(torch.from_numpy(places).float(), told, there).double().numpy()
                series += [means[place, :length] for place, length in enumerate(lengths[:n])]
        return self.kept.form.samples(series)


class SeriesRnnVae(LatentSamples[_Model]):
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
    donors_stage: ClassVar[str] = "series donors"

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
        super().__init__()
        self.steps = steps
        self.latent = latent
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate
        self.device = device

    def _learn(self, task: Task) -> Learnt[_Model]:
        series, kept = series_of(task)
        device = find_device(self.device)
        values, there = (item.to(device) for item in pad_series(series))
        told = kept.told(np.arange(len(series))).to(device)
        network = self._network(len(kept.form.names), kept.n_told, seed=task.seed)

        def loss(model: CodeNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            return model.loss(values[rows], told[rows], there[rows], rng)

        trainer = Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, device=self.device)
        return Learnt(_Model(network, kept), task.train(trainer, network, loss), notes=(_WARNING,))

    def _network(self, channels: int, n_told: int, *, seed: int) -> CodeNetwork:
        return build_module(lambda: CodeNetwork(channels, n_told, hidden=self.hidden, latent=self.latent), seed=seed)

    def _draw(self, model: _Model, donors: NDArray[np.int64], *, seed: int) -> SeriesSamples:
        return model.write(normal_noise(len(donors), model.network.latent, seed=seed), donors)

    def _places(self, model: _Model, dataset: Dataset, members: NDArray[np.int64], *, seed: int) -> NDArray[np.float32]:
        del seed
        form, found = model.kept.form, dataset.arrays()
        if dataset.schema.channels != form.names:
            raise ShapeError(
                f"generator 'rnn_vae' was fitted on the channels {', '.join(form.names)}, {dataset.source!r} has "
                f"{', '.join(dataset.schema.channels)}: give the same channels in one order."
            )
        told = model.kept.told_of(members, [len(item) for item in found])
        values, there = pad_series([form.standardised(item) for item in found])
        with one_thread(), torch.no_grad():
            return model.network.encode(values, told, there)[0].numpy()

    def _draw_at(
        self, model: _Model, places: NDArray[np.float32], donors: NDArray[np.int64], *, seed: int
    ) -> SeriesSamples:
        del seed
        return model.write(places, donors)

    def _state(self, model: _Model) -> State:
        extra, arrays = model.kept.state()
        return extra, weight_arrays(model.network) | arrays

    def _restore(self, saved: Saved, roles: Roles) -> _Model:
        kept = SeriesRows.restored(saved, roles)
        network = self._network(len(kept.form.names), kept.n_told, seed=0)
        return _Model(restore_weights(network, saved.arrays), kept)
