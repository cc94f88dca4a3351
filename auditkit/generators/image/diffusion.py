"""Diffusion of images by flow matching, told the label and groups of each image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from numpy.typing import NDArray

from auditkit.generators.conditioned import Learnt, Task
from auditkit.generators.denoiser import VelocityNetwork, flow_loss, integrate
from auditkit.generators.image.grids import FLAT_SIDE
from auditkit.generators.image.learnt import LearntImages
from auditkit.generators.image.rows import Canvas, ImageRows
from auditkit.generators.image.velocities import ImageVelocities
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise
from auditkit.generators.torch_models import restore_weights, weight_arrays
from auditkit.training import Trainer, build_module, find_device, move_tensors

if TYPE_CHECKING:
    from auditkit.generators.roles import Roles

__all__ = ["ImageDiffusion"]

Network = VelocityNetwork | ImageVelocities
_STEPS = {True: 4000, False: 1500}
_BATCH = {True: 128, False: 48}
_WIDTH = {True: 384, False: 32}


class ImageDiffusion(LearntImages["_Model"]):
    """Flow matching of images up to 64 pixels a side: layers on flat pixels up to 16, convolutions above.

    A network learns the velocities that carry noise to images along straight lines; following them from new noise
    draws new images. It never collapses, and costs more time than `gan`, above all to sample.

    Parameters
    ----------
    steps : int, optional
        Optimiser steps, unless the budget of `fit` says otherwise: 4,000, or 1,500 above 16 pixels.
    batch : int, optional
        Images per step: 128, or 48 above 16 pixels.
    width : int, optional
        Width of the layers, 384, or channels of the convolutions on the finest grid, 32 (a multiple of 8).
    learning_rate : float, default 2e-3
        Peak of the one-cycle schedule.
    sampling_steps : int, default 20
        Steps from noise to an image.
    guidance : float, default 1.0
        More than 1 exaggerates label and groups at the price of variety; other values than 1 double the time.
    device : str, default "cpu"
        Where it trains: "cpu", "cuda" or "auto".

    References
    ----------
    Lipman et al. 2023, "Flow Matching for Generative Modeling".
    Ho and Salimans 2022, "Classifier-Free Diffusion Guidance".

    Examples
    --------
    >>> import numpy as np
    >>> from auditkit.data import load
    >>> images = np.random.default_rng(0).integers(0, 256, size=(24, 8, 8, 1), dtype=np.uint8)
    >>> diffusion = ImageDiffusion(steps=5, sampling_steps=2).fit(load(images, modality="image"))
    >>> diffusion.sample(3, seed=1).arrays().shape
    (3, 8, 8, 1)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="diffusion",
        modality="image",
        family="diffusion",
        summary="Flow matching for images up to 64 pixels a side, conditional on label and groups.",
        params={
            "steps": "optimiser steps (4000, 1500 above 16 pixels)",
            "batch": "images per step (128, 48 above 16 pixels)",
            "width": "width of the layers (384), or channels of the convolutions (32)",
            "learning_rate": "peak learning rate (2e-3)",
            "sampling_steps": "steps from noise to an image (20)",
            "guidance": "exaggeration of label and groups, 1 for none (1.0)",
            "device": 'where it trains: "cpu", "cuda" or "auto" ("cpu")',
        },
        conditional="exact",
        stores_real_values=True,
        device=True,
        tries={"sampling_steps": (40,), "guidance": (1.5,)},
        citation="Lipman et al. 2023, Flow Matching for Generative Modeling; Ho and Salimans 2022 for guidance",
    )

    def __init__(
        self,
        *,
        steps: int | None = None,
        batch: int | None = None,
        width: int | None = None,
        learning_rate: float = 2e-3,
        sampling_steps: int = 20,
        guidance: float = 1.0,
        device: str = "cpu",
    ) -> None:
        super().__init__()
        self.steps = steps
        self.batch = batch
        self.width = width
        self.learning_rate = learning_rate
        self.sampling_steps = sampling_steps
        self.guidance = guidance
        self.device = device

    def _learn_images(self, task: Task, rows: ImageRows, canvas: Canvas) -> Learnt[_Model]:
        network = self._network(canvas.shape, rows.conditions, seed=task.seed)
        flat = isinstance(network, VelocityNetwork)
        trainer = Trainer(
            steps=self.steps or _STEPS[flat],
            batch=self.batch or _BATCH[flat],
            learning_rate=self.learning_rate,
            device=self.device,
        )
        held = move_tensors(rows, find_device(self.device))
        training = task.train(trainer, network, partial(_loss, held))
        return Learnt(self._ready(network, rows.conditions, canvas), training)

    def _network(self, shape: tuple[int, int, int], conditions: torch.Tensor, *, seed: int) -> Network:
        height, breadth, channels = shape
        flat = max(height, breadth) <= FLAT_SIDE
        width, n_conditions = self.width or _WIDTH[flat], conditions.shape[1]

        def build() -> Network:
            if flat:
                return VelocityNetwork(height * breadth * channels, n_conditions, hidden=width)
            return ImageVelocities(shape, n_conditions, width=width)

        return build_module(build, seed=seed)

    def _ready(self, network: Network, conditions: torch.Tensor, canvas: Canvas) -> _Model:
        return _Model(network, conditions, canvas, self.sampling_steps, self.guidance)

    def _restore_images(self, arrays: dict[str, NDArray[Any]], roles: Roles, canvas: Canvas) -> _Model:
        conditions = torch.from_numpy(roles.one_hot())
        network = restore_weights(self._network(canvas.shape, conditions, seed=0), arrays)
        return self._ready(network, conditions, canvas)


def _loss(data: ImageRows, network: Network, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    return flow_loss(network, (2 * data.images(rows) - 1).flatten(1), data.told(rows), rng)


@dataclass(frozen=True)
class _Model:
    """A trained network with the conditions of each combination."""

    network: Network
    conditions: torch.Tensor
    canvas: Canvas
    sampling_steps: int
    guidance: float

    def draw(self, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """One chunk of images; see `ImageModel`."""
        height, breadth, channels = self.canvas.shape
        noise = normal_noise(CHUNK, height * breadth * channels, seed=seed, stage="image flow", start=start)
        told = self.conditions[members] if self.conditions.shape[1] else None
        drawn = integrate(
            self.network, torch.from_numpy(noise).float(), told, steps=self.sampling_steps, guidance=self.guidance
        )
        return (drawn.reshape(-1, channels, height, breadth).double() + 1) / 2

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is saved."""
        return weight_arrays(self.network)
