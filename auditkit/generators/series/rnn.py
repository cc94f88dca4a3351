"""A recurrent network that draws each difference from a mixture: series of any length that move as real ones do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise, whole_chunks
from auditkit.generators.series.recurrent import StepNetwork
from auditkit.generators.series.rows import SeriesRows, pad_series, series_of
from auditkit.generators.torch_models import restore_weights, weight_arrays
from auditkit.training import Trainer, build_module, find_device, one_thread

if TYPE_CHECKING:
    from auditkit.data import SeriesSamples
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["SeriesRnn"]

_FARTHEST = 8.0
_PARTS = 5


@dataclass(frozen=True, eq=False)
class _Model:
    """A trained network, the scale of differences, how far series go, and what is kept beside them."""

    network: StepNetwork
    scale: NDArray[np.float64]
    farthest: NDArray[np.float64]
    kept: SeriesRows

    def state(self) -> State:
        """What is saved."""
        extra, arrays = self.kept.state()
        return extra, weight_arrays(self.network) | arrays | {"scale": self.scale, "farthest": self.farthest}

    def walk(
        self, told: torch.Tensor, lengths: NDArray[np.int64], picks: torch.Tensor, rough: torch.Tensor
    ) -> NDArray[np.float64]:
        """Standardised series (n, steps, channels), step by step."""
        n, steps, channels = rough.shape
        scale = torch.from_numpy(self.scale).float()
        farthest = torch.from_numpy(1.5 * self.farthest).float()
        length = torch.from_numpy(lengths).float()
        value, change = torch.zeros(n, channels), torch.zeros(n, channels)
        state: torch.Tensor | None = None
        out = torch.empty(n, steps, channels)
        for step in range(steps):
            done = (torch.full((n,), float(step)) / length).clamp(max=1.0)
            first = torch.full((n, 1), float(step == 0))
            inputs = torch.cat([value, change, told, done[:, None], first], dim=1)[:, None]
            weights, means, logs, state = self.network(inputs, state)
            ends = weights[:, 0].exp().cumsum(dim=1)
            part = (picks[:, step, None] > ends).sum(dim=1).clamp(max=ends.shape[1] - 1)
            rows = torch.arange(n)
            drawn = means[rows, 0, part] + logs[rows, 0, part].exp() * rough[:, step]
            moved = torch.minimum(torch.maximum(value + drawn * scale, -farthest), farthest)
            change = ((moved - value) / scale).clamp(-_FARTHEST, _FARTHEST)
            value = moved
            out[:, step] = value
        return out.double().numpy()


class SeriesRnn(ConditionedGenerator[_Model]):
    """Gated recurrent network with a mixture of normals for the next difference, told label, groups and length.

    Each step the network sees where the series stands, its last difference and how much is left to go, and a difference
    is drawn from the mixture that it gives. Works for any length, and keeps how series move from step to step; where
    they go in the long run it knows less well than `flow`.

    Parameters
    ----------
    steps : int, default 1000
        Optimiser steps, unless the budget of `fit` says otherwise.
    hidden : int, default 64
        Width of the state.
    batch : int, default 64
    learning_rate : float, default 5e-3
        Peak of the one-cycle schedule.
    temperature : float, default 1.0
        Width of the noise of each step: below 1 calmer series.
    device : str, default "cpu"
        Where to train; samples are always drawn on the CPU.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset, SeriesSamples
    >>> walks = [np.random.default_rng(i).standard_normal(9 + i % 2).cumsum() for i in range(20)]
    >>> data = Dataset.of_table(pd.DataFrame({"kind": ["a", "b"] * 10}), label="kind", samples=SeriesSamples.of(walks))
    >>> [len(item) for item in SeriesRnn(steps=5).fit(data).sample(2, conditions={"kind": "b"}, seed=1).arrays()]
    [10, 10]
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="rnn",
        modality="series",
        family="recurrent",
        summary="Recurrent network that draws each difference from a mixture; any length, labels and groups exact.",
        params={
            "steps": "optimiser steps (1000)",
            "hidden": "width of the state (64)",
            "batch": "series per step (64)",
            "learning_rate": "peak learning rate (5e-3)",
            "temperature": "width of the noise of each step (1.0)",
            "device": "where to train: cpu, cuda or auto (cpu)",
        },
        conditional="exact",
        stores_real_values=True,
        device=True,
        tries={"hidden": (32, 128), "temperature": (0.8,)},
        citation="Cho et al. 2014, gated recurrent units; Bishop 1994, Mixture Density Networks; Graves 2013",
    )
    donors_stage: ClassVar[str] = "series donors"

    def __init__(
        self,
        *,
        steps: int = 1000,
        hidden: int = 64,
        batch: int = 64,
        learning_rate: float = 5e-3,
        temperature: float = 1.0,
        device: str = "cpu",
    ) -> None:
        super().__init__()
        self.steps = steps
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate
        self.temperature = temperature
        self.device = device

    def _learn(self, task: Task) -> Learnt[_Model]:
        series, kept = series_of(task)
        values, there = pad_series(series)
        scale = _difference_scale(series)
        changes = torch.diff(values, dim=1, prepend=torch.zeros_like(values[:, :1]))
        targets = (changes / scale).float()
        inputs = _inputs(values, targets, kept.told(np.arange(len(series))), there)
        device = find_device(self.device)
        inputs, targets, there = (item.to(device) for item in (inputs, targets, there))
        network = self._network(values.shape[2], kept.n_told, seed=task.seed)

        def loss(model: StepNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            del rng
            return model.loss(inputs[rows], targets[rows], there[rows])

        trainer = Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, device=self.device)
        training = task.train(trainer, network, loss)
        far = values.abs().amax(dim=(0, 1)).double().numpy()
        return Learnt(_Model(network, scale.double().numpy(), np.maximum(far, 1.0), kept), training)

    def _network(self, channels: int, n_told: int, *, seed: int) -> StepNetwork:
        return build_module(lambda: StepNetwork(channels, n_told, hidden=self.hidden, parts=_PARTS), seed=seed)

    def _draw(self, model: _Model, donors: NDArray[np.int64], *, seed: int) -> SeriesSamples:
        series: list[NDArray[np.float64]] = []
        with one_thread(), torch.no_grad():
            for start, n, wanted in whole_chunks(donors):
                series += self._chunk(model, wanted, start, seed=seed)[:n]
        return model.kept.form.samples(series)

    def _chunk(self, model: _Model, wanted: NDArray[np.int64], start: int, *, seed: int) -> list[NDArray[np.float64]]:
        # As long as the longest series, so that no series depends on the others that were asked for.
        lengths = model.kept.lengths[wanted]
        steps, channels = int(model.kept.lengths.max()), len(model.scale)
        picks = uniform_noise(CHUNK, steps, seed=seed, stage="series parts", start=start)
        noise = normal_noise(CHUNK, steps * channels, seed=seed, stage="series steps", start=start)
        rough = torch.from_numpy(self.temperature * noise).float().reshape(CHUNK, steps, channels)
        values = model.walk(model.kept.told(wanted), lengths, torch.from_numpy(picks).float(), rough)
        return [values[place, :length] for place, length in enumerate(lengths)]

    def _state(self, model: _Model) -> State:
        return model.state()

    def _restore(self, saved: Saved, roles: Roles) -> _Model:
        kept = SeriesRows.restored(saved, roles)
        network = restore_weights(self._network(len(kept.form.names), kept.n_told, seed=0), saved.arrays)
        return _Model(network, saved.arrays["scale"], saved.arrays["farthest"], kept)


def _difference_scale(series: list[NDArray[np.float64]]) -> torch.Tensor:
    """Root mean square of the differences of each channel, 1 where nothing moves."""
    changes = np.concatenate([np.diff(item, axis=0) for item in series])
    found = np.sqrt(np.square(changes).mean(axis=0)) if len(changes) else np.zeros(series[0].shape[1])
    return torch.from_numpy(np.where(found > 0, found, 1.0)).float()


def _inputs(values: torch.Tensor, changes: torch.Tensor, told: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """What the network sees before each step: value and difference before it, labels, share that is over, first."""
    n, steps, _ = values.shape
    before = torch.cat([torch.zeros_like(values[:, :1]), values[:, :-1]], dim=1)
    moved = torch.cat([torch.zeros_like(values[:, :1]), changes[:, :-1].clamp(-_FARTHEST, _FARTHEST)], dim=1)
    done = (torch.arange(steps).float() / there.sum(dim=1, keepdim=True)).clamp(max=1.0)
    first = (torch.arange(steps) == 0).float().expand(n, -1)
    beside = told[:, None].expand(-1, steps, -1)
    return torch.cat([before, moved, beside, done[..., None], first[..., None]], dim=2)
