"""A variational autoencoder of recordings: pictures of their sound are learnt, and phases found for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data import RecordingSamples
from auditkit.errors import AuditkitError, DataError
from auditkit.generators.audio.network import AudioNetwork, AudioRows
from auditkit.generators.audio.pictures import Coordinates, Form, find_coordinates, wave_of
from auditkit.generators.audio.waves import Levels
from auditkit.generators.codes import code_rows
from auditkit.generators.conditioned import Learnt, State, Task, need_samples
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.latent_samples import LatentSamples
from auditkit.generators.noise import CHUNK, normal_noise, stage_rng, whole_chunks
from auditkit.generators.roles import Roles
from auditkit.generators.torch_models import restore_weights, weight_arrays
from auditkit.training import Trainer, build_module, find_device, move_tensors, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.generators.persistence import Saved

__all__ = ["AudioVae"]

_BLOCK = 8
_WARNING = (
    "experimental: recordings are made from log-mel pictures of equal size, their phases are found and not learnt; "
    "long recordings lose detail, and voices sound hollow."
)


@dataclass(frozen=True, eq=False)
class _Model:
    """A trained network, what its numbers mean, and the rows and levels of the training recordings."""

    network: AudioNetwork
    coordinates: Coordinates
    roles: Roles
    levels: Levels

    def told(self, members: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(self.roles.one_hot()[members])


class AudioVae(LatentSamples[_Model]):
    """Variational autoencoder of recordings' log-mel pictures; experimental.

    A recording becomes a picture of `frames` by `n_mels` points, its loudness and its length; the (at most
    `components`) principal components of the pictures are what the model learns, with label and groups as inputs of
    both halves. Codes are drawn from a normal distribution fitted to the codes of the training recordings with the
    same label and groups, and Griffin and Lim's search finds phases for the decoded pictures. Good for short sounds
    (words, calls, knocks): a long recording has no more frames than a short one.

    Parameters
    ----------
    steps : int, default 3000
        Optimiser steps, unless the budget of `fit` says otherwise.
    latent : int, default 32
        Width of the code.
    hidden : int, default 256
        Width of the hidden layers.
    batch : int, default 128
    learning_rate : float, default 2e-3
        Peak of the one-cycle schedule.
    frames, n_mels : int, default 48 and 64
        Size of the pictures.
    components : int, default 128
    rounds : int, default 32
        Rounds of the search for phases.
    noise : bool, default False
        Add the learnt noise of each component to the decoder's means, which are smoother than recordings. It gives
        more variety and fewer clear sounds.
    device : str, default "cpu"
        Where it is trained: "cpu", "cuda" or "auto".

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset
    >>> waves = RecordingSamples.of([np.sin(np.arange(800.0) / step) for step in range(3, 9)], rate=8000)
    >>> data = Dataset.of_table(pd.DataFrame({"word": ["a", "b"] * 3}), label="word", samples=waves)
    >>> vae = AudioVae(steps=5, rounds=2).fit(data)
    >>> [wave.shape for wave in vae.sample(2, seed=1).arrays()]
    [(800, 1), (800, 1)]
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="vae",
        modality="audio",
        family="vae",
        summary="Variational autoencoder of log-mel pictures of short recordings, their phases found; experimental.",
        params={
            "steps": "optimiser steps (3000)",
            "latent": "width of the code (32)",
            "hidden": "width of the hidden layers (256)",
            "batch": "recordings per step (128)",
            "learning_rate": "peak learning rate (2e-3)",
            "frames": "points of a picture in time (48)",
            "n_mels": "points of a picture in frequency (64)",
            "components": "principal components of the pictures (128)",
            "rounds": "rounds of the search for phases (32)",
            "noise": "add the learnt noise of each component (false)",
            "device": 'where it is trained: "cpu", "cuda" or "auto" ("cpu")',
        },
        conditional="exact",
        stores_real_values=True,
        latent=True,
        device=True,
        tries={"latent": (16, 64), "noise": (True,)},
        citation=(
            "Kingma and Welling 2014, Auto-Encoding Variational Bayes; Perraudin, Balazs and Sondergaard 2013 for the "
            "phases"
        ),
    )
    donors_stage: ClassVar[str] = "audio donors"

    def __init__(  # noqa: PLR0913 - one for each thing that a user decides
        self,
        *,
        steps: int = 3000,
        latent: int = 32,
        hidden: int = 256,
        batch: int = 128,
        learning_rate: float = 2e-3,
        frames: int = 48,
        n_mels: int = 64,
        components: int = 128,
        rounds: int = 32,
        noise: bool = False,
        device: str = "cpu",
    ) -> None:
        for name, value in (("frames", frames), ("n_mels", n_mels), ("components", components)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise AuditkitError(
                    f"`{name}` of the audio generator 'vae' must be a whole number from 1, got {value!r}."
                )
        super().__init__()
        self.steps = steps
        self.latent = latent
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate
        self.frames = frames
        self.n_mels = n_mels
        self.components = components
        self.rounds = rounds
        self.noise = noise
        self.device = device

    def _learn(self, task: Task) -> Learnt[_Model]:
        samples, roles = task.samples, task.roles
        form = Form(int(samples.rate or 1), int(samples.shape[0]), self.frames, self.n_mels)
        coordinates = find_coordinates(samples, form, k=self.components, rng=stage_rng(task.seed, "pictures"))
        rows = AudioRows(
            coordinates=torch.from_numpy(coordinates.of(samples)),
            conditions=torch.from_numpy(roles.one_hot()),
            members=torch.from_numpy(roles.members),
        )
        network = self._build(coordinates.k, roles, seed=task.seed)
        held = move_tensors(rows, find_device(self.device))
        trainer = Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, device=self.device)
        training = task.train(trainer, network, held.loss)
        with one_thread(), torch.no_grad():
            codes = [network.encode(rows.coordinates[at], rows.told(at)) for at in code_rows(len(rows.members))]
            network.settle(codes, rows.members)
        return Learnt(_Model(network, coordinates, roles, Levels.of(samples)), training, notes=(_WARNING,))

    def _draw(self, model: _Model, donors: NDArray[np.int64], *, seed: int) -> RecordingSamples:
        network, drawn = model.network, []
        with one_thread(), torch.no_grad():
            for start, n, members in whole_chunks(model.roles.members[donors]):
                codes = normal_noise(CHUNK, network.latent, seed=seed, stage="audio codes", start=start)
                places = network.place(torch.from_numpy(codes), torch.from_numpy(members))
                means = network.decode(places, model.told(members)).double().numpy()
                if self.noise:
                    rough = normal_noise(CHUNK, network.k, seed=seed, stage="audio noise", start=start)
                    means = means + network.scales.double().numpy() * rough
                drawn.append(means[:n])
        return self._recordings(model, np.concatenate(drawn), seed=seed)

    def _places(self, model: _Model, dataset: Dataset, members: NDArray[np.int64], *, seed: int) -> NDArray[np.float32]:
        del seed
        samples, form = need_samples(dataset, self.info), model.coordinates.form
        if (samples.rate, samples.shape[0]) != (form.rate, form.channels):
            raise DataError(
                f"expected recordings of {form.rate} Hz and {form.channels} channels as in training, got "
                f"{samples.rate} Hz and {samples.shape[0]}: resample or mix them."
            )
        told, found = model.told(members), torch.from_numpy(model.coordinates.of(samples))
        with one_thread(), torch.no_grad():
            parts = [model.network.encode(found[at], told[at])[0] for at in split_blocks(len(found), CHUNK)]
        return torch.cat(parts).numpy()

    def _draw_at(
        self, model: _Model, places: NDArray[np.float32], donors: NDArray[np.int64], *, seed: int
    ) -> RecordingSamples:
        at, told = torch.from_numpy(places), model.told(model.roles.members[donors])
        with one_thread(), torch.no_grad():
            parts = [model.network.decode(at[block], told[block]) for block in split_blocks(len(at), CHUNK)]
        return self._recordings(model, torch.cat(parts).double().numpy(), seed=seed)

    def _build(self, k: int, roles: Roles, *, seed: int) -> AudioNetwork:
        told = roles.one_hot().shape
        return build_module(lambda: AudioNetwork(k, *told, latent=self.latent, hidden=self.hidden), seed=seed)

    def _recordings(self, model: _Model, drawn: NDArray[np.float64], *, seed: int) -> RecordingSamples:
        form = model.coordinates.form

        def wave(at: int) -> NDArray[np.float32]:
            # One at a time: products of several rows may round otherwise than those of one.
            numbers, rng = model.coordinates.numbers(drawn[at : at + 1])[0], stage_rng(seed, "audio phases", at)
            return model.levels.snap(wave_of(numbers, form, rng=rng, rounds=self.rounds))

        def made(block: slice) -> list[NDArray[np.float32]]:
            return [wave(at) for at in range(block.start, block.stop)]

        waves = np.empty(len(drawn), dtype=object)
        waves[:] = [each for part in run_blocks(made, split_blocks(len(drawn), _BLOCK)) for each in part]
        return RecordingSamples(waves, form.rate, form.channels)

    def _state(self, model: _Model) -> State:
        extra = {"form": model.coordinates.to_json(), "grid": model.levels.grid, "peak": model.levels.peak}
        return extra, model.coordinates.arrays() | weight_arrays(model.network)

    def _restore(self, saved: Saved, roles: Roles) -> _Model:
        coordinates = Coordinates.from_saved(saved.extra["form"], saved.arrays)
        network = restore_weights(self._build(coordinates.k, roles, seed=0), saved.arrays)
        return _Model(network, coordinates, roles, Levels(int(saved.extra["grid"]), float(saved.extra["peak"])))
