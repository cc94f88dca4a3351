"""A variational autoencoder for small images, told the label and groups of each image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from numpy.typing import NDArray

from auditkit.generators.codes import code_rows
from auditkit.generators.conditioned import Learnt, Task
from auditkit.generators.image.grids import FLAT_SIDE
from auditkit.generators.image.network import ImageNetwork, evidence_bound
from auditkit.generators.image.places import LatentImages
from auditkit.generators.image.rows import Canvas, ImageRows
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise
from auditkit.generators.outline import need_fitted
from auditkit.generators.roles import Roles
from auditkit.generators.torch_models import restore_weights, weight_arrays
from auditkit.training import Trainer, build_module, find_device, move_tensors, one_thread

if TYPE_CHECKING:
    pass

__all__ = ["ImageVae"]


class ImageVae(LatentImages["_Model"]):
    """Variational autoencoder of images up to 64 pixels a side.

    Label and groups are inputs of both halves, and codes are drawn from a normal distribution fitted to the codes of
    the training images with the same label and groups. Samples are the decoder's means, those of small images with the
    learnt roughness, put on the pixel levels that the training images use.

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
    noise : bool, optional
        Add the learnt pixel noise to the decoded means, where they are neither dark nor bright: up to 16 pixels by
        default. Means alone are smoother than real images, too much alike, and nearer to training images than fresh
        ones are; the noise of larger images is seen as grain.
    device : str, default "cpu"
        Where it trains: "cpu", "cuda" or "auto".

    Examples
    --------
    >>> import numpy as np
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
            "noise": "add the learnt pixel noise to the decoded means (true up to 16 pixels)",
            "device": 'where it trains: "cpu", "cuda" or "auto" ("cpu")',
        },
        conditional="exact",
        stores_real_values=True,
        latent=True,
        device=True,
        tries={"latent": (8, 32), "hidden": (128, 512)},
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
        noise: bool | None = None,
        device: str = "cpu",
    ) -> None:
        super().__init__()
        self.steps = steps
        self.latent = latent
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate
        self.noise = noise
        self.device = device

    def _learn_images(self, task: Task, rows: ImageRows, canvas: Canvas) -> Learnt[_Model]:
        network = self._network(canvas.shape, rows.conditions, seed=task.seed)
        held = move_tensors(rows, find_device(self.device))
        trainer = Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, device=self.device)
        training = task.train(trainer, network, partial(_loss, held))
        with one_thread(), torch.no_grad():
            codes = [network.encode(rows.images(at), rows.told(at)) for at in code_rows(len(rows))]
            network.settle(codes, rows.members)
        return Learnt(_Model(network, rows.conditions, noise=self._rough(canvas)), training)

    def _rough(self, canvas: Canvas) -> bool:
        return max(canvas.shape[:2]) <= FLAT_SIDE if self.noise is None else self.noise

    def _network(self, shape: tuple[int, int, int], conditions: torch.Tensor, *, seed: int) -> ImageNetwork:
        return build_module(
            lambda: ImageNetwork(shape, *conditions.shape, latent=self.latent, hidden=self.hidden), seed=seed
        )

    def _restore_images(self, arrays: dict[str, NDArray[Any]], roles: Roles, canvas: Canvas) -> _Model:
        conditions = torch.from_numpy(roles.one_hot())
        network = restore_weights(self._network(canvas.shape, conditions, seed=0), arrays)
        return _Model(network, conditions, noise=self._rough(canvas))

    def _place(self, images: torch.Tensor, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        del start, seed
        model = need_fitted(self._model, self.info)
        with torch.no_grad():
            return model.network.encode(images, model.conditions[members])[0]

    def _images_at(self, places: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
        model = need_fitted(self._model, self.info)
        return model.network.decode(places, model.conditions[members])


def _loss(data: ImageRows, network: ImageNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    return evidence_bound(network, data, rows, rng)


@dataclass(frozen=True)
class _Model:
    """A trained network with the conditions of each combination."""

    network: ImageNetwork
    conditions: torch.Tensor
    noise: bool

    def draw(self, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """One chunk of images; see `ImageModel`."""
        network = self.network
        noise = normal_noise(CHUNK, network.latent, seed=seed, stage="image codes", start=start)
        codes = network.place(torch.from_numpy(noise), members)
        means = network.decode(codes, self.conditions[members]).double()
        if self.noise:
            rough = normal_noise(CHUNK, means[0].numel(), seed=seed, stage="image pixels", start=start)
            # Pixels that are surely dark or bright stay so: roughness belongs to edges, not to backgrounds.
            undecided = 2 * (means * (1 - means)).sqrt()
            means = means + network.scale.double() * undecided * torch.from_numpy(rough).reshape(means.shape)
        return means

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is saved."""
        return weight_arrays(self.network)
