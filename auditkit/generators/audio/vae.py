"""A variational autoencoder of recordings: pictures of their sound are learnt, and phases found for them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data import RecordingSamples
from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.generators.audio.network import AudioNetwork, AudioRows, settle_codes
from auditkit.generators.audio.pictures import Coordinates, Form, find_coordinates, wave_of
from auditkit.generators.audio.waves import Levels, check_recordings
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.interface import (
    Budget,
    Conditions,
    FitReport,
    GeneratorInfo,
    Progress,
    Shortfall,
)
from auditkit.generators.noise import CHUNK, normal_noise, stage_rng, uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.roles import Roles
from auditkit.generators.torch_models import report_training, restore_weights, train_within, weight_arrays
from auditkit.training import Trainer, build_module, find_device, move_tensors, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["AudioVae"]

_BLOCK = 8
_WARNING = (
    "experimental: recordings are made from log-mel pictures of equal size, their phases are found and not learnt; "
    "long recordings lose detail, and voices sound hollow."
)


class AudioVae:
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
        citation=(
            "Kingma and Welling 2014, Auto-Encoding Variational Bayes; Perraudin, Balazs and Sondergaard 2013 for the "
            "phases"
        ),
    )

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
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._roles: Roles | None = None
        self._coordinates: Coordinates | None = None
        self._network: AudioNetwork | None = None
        self._levels = Levels()

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn the recordings of each label and group.

        Parameters
        ----------
        dataset : Dataset
            Recordings. Columns that are neither label nor group are not learnt: samples take them from training rows
            of the same label and groups.
        seed : int, default 0
        budget : Budget, optional
        progress : callable, optional

        Returns
        -------
        AudioVae

        Raises
        ------
        DataError
            For data that are not recordings, or none.
        TrainingError
            When the loss does not stay finite.
        """
        samples = check_recordings(dataset, self.info.name)
        form = Form(int(samples.rate or 1), int(samples.shape[0]), self.frames, self.n_mels)
        roles = Roles.of(dataset)
        coordinates = find_coordinates(samples, form, k=self.components, rng=stage_rng(seed, "pictures"))
        rows = AudioRows(
            coordinates=torch.from_numpy(coordinates.of(samples)),
            conditions=torch.from_numpy(roles.one_hot()),
            members=torch.from_numpy(roles.members),
        )
        network = self._build(coordinates.k, rows.conditions, seed=seed)
        held = move_tensors(rows, find_device(self.device))
        trainer = Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, device=self.device)
        training = train_within(budget, trainer, network, held.loss, n=len(dataset), seed=seed, progress=progress)
        with one_thread():
            settle_codes(network, rows)
        self._outline, self._roles, self._coordinates, self._network = Outline.of(dataset), roles, coordinates, network
        self._levels = Levels.of(samples)
        self.fit_report = report_training(training, dataset, notes=(_WARNING,))
        return self

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n recordings; conditions on label and groups are met exactly.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            `{"label": "yes"}`, or counts that add up to n: `{"label": {"yes": 10, "no": 5}}`. Without conditions labels
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
            For a combination of levels that no training recording has.
        """
        check_size(n)
        donors = self._donors(n, conditions, seed=seed)
        self.shortfall = None
        network, roles = need_fitted(self._network, self.info), need_fitted(self._roles, self.info)
        told = torch.from_numpy(roles.one_hot())
        drawn = [np.zeros((0, network.k))]
        with one_thread(), torch.no_grad():
            for start in range(0, n, CHUNK):
                # Whole chunks, so that a recording never depends on how many were asked for.
                members = np.zeros(CHUNK, dtype=np.int64)
                part = roles.members[donors[start : start + CHUNK]]
                members[: len(part)] = part
                at = torch.from_numpy(members)
                codes = normal_noise(CHUNK, network.latent, seed=seed, stage="audio codes", start=start)
                means = network.decode(network.place(torch.from_numpy(codes), at), told[at]).double().numpy()
                if self.noise:
                    rough = normal_noise(CHUNK, network.k, seed=seed, stage="audio noise", start=start)
                    means = means + network.scales.double().numpy() * rough
                drawn.append(means[: len(part)])
        return self._dataset(np.concatenate(drawn), donors, seed=seed)

    def encode(self, dataset: Dataset, *, seed: int = 0) -> NDArray[np.float32]:  # noqa: ARG002 - of `Latent`
        """Most likely code of each recording.

        Parameters
        ----------
        dataset : Dataset
            Recordings of the rate and channels of the training recordings, with the same label and groups.
        seed : int, default 0
            Not used: codes are means.

        Returns
        -------
        ndarray of shape (n, latent), float32

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        DataError
            For other recordings, and for label and groups that no training recording has.
        """
        network, roles = need_fitted(self._network, self.info), need_fitted(self._roles, self.info)
        coordinates = need_fitted(self._coordinates, self.info)
        if not len(dataset):
            return np.zeros((0, self.latent), np.float32)
        samples, form = check_recordings(dataset, self.info.name), coordinates.form
        if (samples.rate, samples.shape[0]) != (form.rate, form.channels):
            raise DataError(
                f"expected recordings of {form.rate} Hz and {form.channels} channels as in training, got "
                f"{samples.rate} Hz and {samples.shape[0]}: resample or mix them."
            )
        conditions = torch.from_numpy(roles.one_hot()[roles.members_of(dataset)])
        found = torch.from_numpy(coordinates.of(samples))
        with one_thread(), torch.no_grad():
            parts = [network.encode(found[at], conditions[at])[0] for at in split_blocks(len(found), CHUNK)]
        return torch.cat(parts).numpy()

    def decode(
        self, places: NDArray[np.floating[Any]], *, conditions: Mapping[str, str] | None = None, seed: int = 0
    ) -> Dataset:
        """Recordings at codes, without noise, all with the levels that the conditions fix.

        Parameters
        ----------
        places : ndarray of shape (n, latent)
        conditions : mapping of str to str, optional
            Label and groups of all; the others are drawn as often as in training.
        seed : int, default 0
            Of what the conditions leave open, and of the phases.

        Returns
        -------
        Dataset

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        ShapeError
            For places of another width, or that are not finite.
        UnknownNameError, DataError
            As `sample`.
        """
        network, roles = need_fitted(self._network, self.info), need_fitted(self._roles, self.info)
        at = np.asarray(places, dtype=np.float32)
        if at.ndim != 2 or at.shape[1] != self.latent or not np.isfinite(at).all():  # noqa: PLR2004 - rows and columns
            raise ShapeError(f"`places` must be finite numbers of shape (n, {self.latent}), got {at.shape}.")
        donors = self._donors(len(at), conditions, seed=seed)
        told = torch.from_numpy(roles.one_hot()[roles.members[donors]])
        with one_thread(), torch.no_grad():
            parts = [network.decode(torch.from_numpy(at[b]), told[b]) for b in split_blocks(len(at), CHUNK)]
        decoded = torch.cat([torch.zeros((0, network.k)), *parts]).double().numpy()
        return self._dataset(decoded, donors, seed=seed)

    def _build(self, k: int, conditions: torch.Tensor, *, seed: int) -> AudioNetwork:
        return build_module(
            lambda: AudioNetwork(k, *conditions.shape, latent=self.latent, hidden=self.hidden), seed=seed
        )

    def _donors(self, n: int, conditions: Conditions | None, *, seed: int) -> NDArray[np.int64]:
        outline, roles = need_fitted(self._outline, self.info), need_fitted(self._roles, self.info)
        requests = plan_conditions(n, conditions, outline=outline, levels=roles.levels)
        return roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="audio donors")[:, 0])

    def _dataset(self, drawn: NDArray[np.float64], donors: NDArray[np.int64], *, seed: int) -> Dataset:
        outline, roles = need_fitted(self._outline, self.info), need_fitted(self._roles, self.info)
        coordinates = need_fitted(self._coordinates, self.info)

        def made(block: slice) -> list[NDArray[np.float32]]:
            # One at a time: products of several rows may round otherwise than those of one.
            return [self._wave(coordinates.numbers(drawn[at : at + 1])[0], at, seed=seed) for at in _range(block)]

        waves = np.empty(len(drawn), dtype=object)
        waves[:] = [wave for part in run_blocks(made, split_blocks(len(drawn), _BLOCK)) for wave in part]
        samples = RecordingSamples(waves, coordinates.form.rate, coordinates.form.channels)
        return outline.dataset(roles.table(donors), name=self.info.name, samples=samples)

    def _wave(self, numbers: NDArray[np.float64], at: int, *, seed: int) -> NDArray[np.float32]:
        form, rng = need_fitted(self._coordinates, self.info).form, stage_rng(seed, "audio phases", at)
        return self._levels.snap(wave_of(numbers, form, rng=rng, rounds=self.rounds))

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the rows beside the recordings.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        extra: dict[str, Any] = {}
        arrays: dict[str, NDArray[Any]] = {}
        if self._network is not None and self._roles is not None and self._coordinates is not None:
            extra = {
                "roles": self._roles.to_json(),
                "form": self._coordinates.to_json(),
                "grid": self._levels.grid,
                "peak": self._levels.peak,
            }
            arrays = self._roles.arrays() | self._coordinates.arrays() | weight_arrays(self._network)
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=self._outline,
            report=self.fit_report,
            extra=extra,
            arrays=arrays,
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
        coordinates = Coordinates.from_saved(saved.extra["form"], saved.arrays)
        network = generator._build(coordinates.k, torch.from_numpy(roles.one_hot()), seed=0)
        generator._network = restore_weights(network, saved.arrays)
        generator._roles, generator._coordinates = roles, coordinates
        generator._levels = Levels(int(saved.extra["grid"]), float(saved.extra["peak"]))
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


def _range(block: slice) -> range:
    return range(block.start, block.stop)
