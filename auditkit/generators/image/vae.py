"""A variational autoencoder for small images, told the label and groups of each image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.data.samples import ArraySamples
from auditkit.errors import DataError
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.image.network import ImageNetwork, ImageRows
from auditkit.generators.image.pixel_levels import observed_levels, snap
from auditkit.generators.image.roles import Roles, check_images
from auditkit.generators.interface import (
    Budget,
    Conditions,
    FitReport,
    GeneratorInfo,
    Progress,
    Shortfall,
)
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.torch_models import report_training, restore_weights, train_within, weight_arrays
from auditkit.training import Trainer, build_module, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["ImageVae"]

_MAX_SIDE = 64


class ImageVae:
    """Variational autoencoder of images up to 64 pixels a side.

    Label and groups are inputs of both halves, and codes are drawn from a normal distribution fitted to the codes of
    the training images with the same label and groups. Samples are the decoder's means, put on the pixel levels that
    the training images use.

    Parameters
    ----------
    steps : int, default 2500
        Optimiser steps, unless the budget of `fit` says otherwise.
    latent : int, default 16
        Width of the code.
    hidden : int, default 256
        Width of the hidden layers.
    batch : int, default 128
    learning_rate : float, default 1e-3
        Peak of the one-cycle schedule.
    noise : bool, default False
        Add the learnt pixel noise to the means. It makes samples as rough as the model believes the images are,
        which is seldom better.

    Examples
    --------
    >>> from auditkit.data import load
    >>> images = np.random.default_rng(0).integers(0, 256, size=(24, 8, 8, 1), dtype=np.uint8)
    >>> vae = ImageVae(steps=5).fit(load(images, modality="image"))
    >>> vae.sample(3, seed=1).arrays().shape
    (3, 8, 8, 1)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="vae",
        modality="image",
        family="vae",
        summary="Variational autoencoder for images up to 64 pixels a side, conditional on label and groups.",
        params={
            "steps": "optimiser steps (2500)",
            "latent": "width of the code (16)",
            "hidden": "width of the hidden layers (256)",
            "batch": "images per step (128)",
            "learning_rate": "peak learning rate (1e-3)",
            "noise": "add the learnt pixel noise to the decoded means (false)",
        },
        conditional="exact",
        stores_real_values=True,
        citation=(
            "Kingma and Welling 2014, Auto-Encoding Variational Bayes; Sohn et al. 2015 for the conditions; Ghosh et "
            "al. 2020 for fitting the codes afterwards"
        ),
    )

    def __init__(
        self,
        *,
        steps: int = 2500,
        latent: int = 16,
        hidden: int = 256,
        batch: int = 128,
        learning_rate: float = 1e-3,
        noise: bool = False,
    ) -> None:
        self.steps = steps
        self.latent = latent
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate
        self.noise = noise
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._model: _Model | None = None

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn the images of each label and group.

        Parameters
        ----------
        dataset : Dataset
            Images of one shape, 64 pixels a side at most. Columns that are neither label nor group are not learnt:
            samples take them from training rows of the same label and groups.
        seed : int, default 0
        budget : Budget, optional
        progress : callable, optional

        Returns
        -------
        ImageVae

        Raises
        ------
        DataError
            For other data, and for larger images.
        TrainingError
            When the loss does not stay finite.
        """
        shape = check_images(dataset, self.info.name)
        if max(shape[:2]) > _MAX_SIDE:
            raise DataError(
                f"the image generator 'vae' works up to {_MAX_SIDE} pixels a side, got {shape[0]} x {shape[1]}: make "
                "the images smaller, or use 'augment'."
            )
        images = dataset.arrays()
        roles, levels = Roles.of(dataset), observed_levels(ArraySamples(images))
        network = self._network(shape, roles, seed=seed)
        rows = ImageRows(
            pixels=torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))),
            conditions=torch.from_numpy(roles.one_hot()),
            members=torch.from_numpy(roles.members),
            low=int(levels[0]),
            high=int(levels[-1]),
        )
        trainer = Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate)
        training = train_within(budget, trainer, network, rows.loss, n=len(dataset), seed=seed, progress=progress)
        with one_thread():
            rows.settle(network)
        self._outline = Outline.of(dataset)
        self._model = _Model(network, roles, levels, noise=self.noise)
        self.fit_report = report_training(training, dataset)
        return self

    def _network(self, shape: tuple[int, int, int], roles: Roles, *, seed: int) -> ImageNetwork:
        return build_module(
            lambda: ImageNetwork(
                shape, len(roles.combinations), sum(roles.widths), latent=self.latent, hidden=self.hidden
            ),
            seed=seed,
        )

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n images; conditions on label and groups are met exactly.

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
            For a combination of levels that no training image has.
        """
        check_size(n)
        outline, model = need_fitted(self._outline, self.info), need_fitted(self._model, self.info)
        roles = model.roles
        requests = plan_conditions(n, conditions, outline=outline, levels=roles.levels)
        donors = roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="image donors")[:, 0])
        self.shortfall = None
        pixels = model.draw(roles.members[donors], seed=seed)
        return outline.dataset(roles.table(donors), name=self.info.name, samples=ArraySamples(pixels))

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the rows beside the images.

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
            extra={"roles": model.roles.to_json(), "shape": list(model.network.shape)} if model else {},
            arrays=weight_arrays(model.network) | model.roles.arrays() | {"levels": model.levels} if model else {},
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
        height, width, channels = saved.extra["shape"]
        network = restore_weights(generator._network((height, width, channels), roles, seed=0), saved.arrays)
        generator._model = _Model(network, roles, saved.arrays["levels"], noise=generator.noise)
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


@dataclass(frozen=True)
class _Model:
    """A trained network with the rows and pixel levels of its training images."""

    network: ImageNetwork
    roles: Roles
    levels: NDArray[np.uint8]
    noise: bool

    def draw(self, combinations: NDArray[np.int64], *, seed: int) -> NDArray[np.uint8]:
        """An image of each combination, uint8 of shape (n, height, width, channels)."""
        n, conditions = len(combinations), torch.from_numpy(self.roles.one_hot())
        drawn = [np.zeros((0, *self.network.shape), dtype=np.uint8)]
        with one_thread(), torch.no_grad():
            for start in range(0, n, CHUNK):
                # Whole chunks, so that an image's pixels never depend on how many images were asked for.
                wanted = np.zeros(CHUNK, dtype=np.int64)
                part = combinations[start : start + CHUNK]
                wanted[: len(part)] = part
                images = self._chunk(torch.from_numpy(wanted), conditions, start, seed=seed)
                drawn.append(images[: len(part)])
        return np.concatenate(drawn)

    def _chunk(self, members: torch.Tensor, conditions: torch.Tensor, start: int, *, seed: int) -> NDArray[np.uint8]:
        network = self.network
        noise = normal_noise(CHUNK, network.latent, seed=seed, stage="image codes", start=start)
        codes = network.place(torch.from_numpy(noise), members)
        means = network.decode(codes, conditions[members]).double().permute(0, 2, 3, 1).numpy()
        if self.noise:
            width = int(np.prod(network.shape))
            rough = normal_noise(CHUNK, width, seed=seed, stage="image pixels", start=start)
            means = means + float(network.scale) * rough.reshape(means.shape)
        low, high = float(self.levels[0]), float(self.levels[-1])
        return snap(low + means * (high - low), self.levels)
