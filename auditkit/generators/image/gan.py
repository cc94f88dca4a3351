"""A generative adversarial network for small images, told the label and groups of each image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.generators.conditioned import Learnt, Task
from auditkit.generators.image.adversaries import Adversaries
from auditkit.generators.image.places import LatentImages
from auditkit.generators.image.rows import Canvas, ImageRows
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise
from auditkit.generators.outline import need_fitted
from auditkit.generators.torch_models import restore_weights, weight_arrays
from auditkit.training import Player, Trainer, build_module, find_device, move_tensors, one_thread, torch_rng

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.generators.roles import Roles

__all__ = ["ImageGan"]

_STEPS = {True: 4000, False: 2200}
_BATCH = {True: 128, False: 64}
_RATE = {True: 3e-4, False: 5e-4}
_SEARCH_STEPS, _SEARCH_STARTS, _SEARCH_RATE = 150, 16, 0.05
_SETTLE_BATCHES = 20


class ImageGan(LatentImages["_Model"]):
    """Adversarial network of images up to 64 pixels a side: layers on flat pixels up to 16, convolutions above.

    A generator draws images from noise, label and groups; a discriminator tells them from real ones of the same label
    and groups. Hinge loss, spectral norms in the discriminator, projection of the conditions, the discriminator
    learning twice as fast, a little noise on all images that it sees, and the moving average of the generator are
    what keeps the two in balance.

    Parameters
    ----------
    steps : int, optional
        Steps of both networks, unless the budget of `fit` says otherwise: 4,000, or 2,200 above 16 pixels.
    batch : int, optional
        Images per step: 128, or 64 above 16 pixels.
    latent : int, default 32
        Width of the noise.
    hidden : int, default 256
        Width of the layers; of convolutions it is four times the widest.
    learning_rate : float, optional
        Of the generator: 3e-4, or 5e-4 above 16 pixels; the discriminator's is twice as large. Neither changes over
        the run.
    ema : float, default 0.998
        Decay of the moving average of the weights.
    noise : float, default 0.02
        Spread of the noise on the images that the discriminator sees, as a share of the pixel range.
    device : str, default "cpu"
        Where it trains: "cpu", "cuda" or "auto".

    References
    ----------
    Goodfellow et al. 2014, "Generative Adversarial Nets".
    Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks"; Miyato and Koyama 2018, "cGANs
    with Projection Discriminator"; Heusel et al. 2017 for two rates; Yazici et al. 2019 for the average.

    Examples
    --------
    >>> import numpy as np
    >>> from auditkit.data import load
    >>> images = np.random.default_rng(0).integers(0, 256, size=(24, 8, 8, 1), dtype=np.uint8)
    >>> gan = ImageGan(steps=5).fit(load(images, modality="image"))
    >>> gan.sample(3, seed=1).arrays().shape
    (3, 8, 8, 1)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="gan",
        modality="image",
        family="gan",
        summary="Adversarial network for images up to 64 pixels a side, conditional on label and groups.",
        params={
            "steps": "steps of both networks (4000, 2200 above 16 pixels)",
            "batch": "images per step (128, 64 above 16 pixels)",
            "latent": "width of the noise (32)",
            "hidden": "width of the hidden layers (256)",
            "learning_rate": "rate of the generator, half the discriminator's (3e-4, 5e-4 above 16 pixels)",
            "ema": "decay of the moving average of the weights (0.998)",
            "noise": "noise on what the discriminator sees, share of the pixel range (0.02)",
            "device": 'where it trains: "cpu", "cuda" or "auto" ("cpu")',
        },
        conditional="exact",
        stores_real_values=True,
        latent=True,
        scores=True,
        device=True,
        tries={"latent": (16, 64), "hidden": (128,), "ema": (0.99,)},
        citation="Goodfellow et al. 2014; Miyato et al. 2018, Spectral Normalization; Miyato and Koyama 2018",
    )

    def __init__(
        self,
        *,
        steps: int | None = None,
        batch: int | None = None,
        latent: int = 32,
        hidden: int = 256,
        learning_rate: float | None = None,
        ema: float = 0.998,
        noise: float = 0.02,
        device: str = "cpu",
    ) -> None:
        super().__init__()
        self.steps = steps
        self.batch = batch
        self.latent = latent
        self.hidden = hidden
        self.learning_rate = learning_rate
        self.ema = ema
        self.noise = noise
        self.device = device

    def _learn_images(self, task: Task, rows: ImageRows, canvas: Canvas) -> Learnt[_Model]:
        model = self._network(canvas.shape, rows.conditions, seed=task.seed)
        flat = model.flat
        rate = self.learning_rate or _RATE[flat]
        trainer = Trainer(
            steps=self.steps or _STEPS[flat],
            batch=self.batch or _BATCH[flat],
            learning_rate=rate,
            schedule="constant",
            ema=self.ema,
            clip=math.inf,
            device=self.device,
        )
        game = _Game(move_tensors(rows, find_device(self.device)), rough=self.noise)
        training = task.train(trainer, model, game.players(rate))
        with one_thread():
            _settle_norms(model, rows, seed=task.seed)
        return Learnt(_Model(model, rows.conditions), training)

    def _network(self, shape: tuple[int, int, int], conditions: torch.Tensor, *, seed: int) -> Adversaries:
        width = conditions.shape[1]

        def build() -> Adversaries:
            networks = Adversaries(shape, width, latent=self.latent, hidden=self.hidden)
            # Convolutions on the CPU are a quarter quicker with the channels side by side.
            if not networks.flat:
                networks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            return networks

        return build_module(build, seed=seed)

    def _restore_images(self, arrays: dict[str, NDArray[Any]], roles: Roles, canvas: Canvas) -> _Model:
        conditions = torch.from_numpy(roles.one_hot())
        return _Model(restore_weights(self._network(canvas.shape, conditions, seed=0), arrays), conditions)

    def _place(self, images: torch.Tensor, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        model = need_fitted(self._model, self.info)
        starts = normal_noise(CHUNK, _SEARCH_STARTS * self.latent, seed=seed, stage="image search", start=start)
        return model.search(2 * images - 1, members, torch.from_numpy(starts[: len(images)]).float())

    def _images_at(self, places: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
        return need_fitted(self._model, self.info).at(places, members)

    def score(self, dataset: Dataset) -> NDArray[np.float64]:
        """Discriminator's logit of each image under its label and groups, shape (n,); higher is more real.

        Parameters
        ----------
        dataset : Dataset
            Images of the shape of the training images, real or synthetic, with the same label and groups.

        Returns
        -------
        ndarray of shape (n,), float64

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        DataError
            For other images, and for label and groups that no training image has.
        """
        model, roles = need_fitted(self._model, self.info), need_fitted(self._roles, self.info)
        if not len(dataset):
            return np.zeros(0)
        found = []
        with one_thread(), torch.no_grad():
            for _, images, members in self._chunks(dataset, roles.members_of(dataset)):
                logits = model.networks.discriminator(2 * images - 1, model.conditions[members])
                found.append(logits.double().numpy())
        return np.concatenate(found)


@dataclass(frozen=True)
class _Game:
    """What the two players want."""

    data: ImageRows
    rough: float

    def players(self, rate: float) -> tuple[Player[Adversaries], ...]:
        betas = (0.0, 0.99)
        return (
            Player("discriminator", self.discriminate, learning_rate=2 * rate, betas=betas),
            Player("generator", self.generate, learning_rate=rate, betas=betas),
        )

    def discriminate(self, networks: Adversaries, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        told = self.data.told(rows)
        with torch.no_grad():
            made = networks.generator(_noise(networks, len(rows), rng), told)
        images = self._roughened(torch.cat([2 * self.data.images(rows) - 1, made]), rng)
        # Both halves in one pass: the spectral norms then advance once a step.
        real, synthetic = networks.discriminator(images, torch.cat([told, told])).chunk(2)
        loss: torch.Tensor = torch.relu(1 - real).mean() + torch.relu(1 + synthetic).mean()
        return loss

    def generate(self, networks: Adversaries, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        told = self.data.told(rows)
        made = networks.generator(_noise(networks, len(rows), rng), told)
        loss: torch.Tensor = -networks.discriminator(self._roughened(made, rng), told).mean()
        return loss

    def _roughened(self, images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        return images + 2 * self.rough * torch.randn(images.shape, generator=rng, device=rng.device)


def _noise(networks: Adversaries, n: int, rng: torch.Generator) -> torch.Tensor:
    return torch.randn((n, networks.generator.latent), generator=rng, device=rng.device)


@torch.no_grad()
def _settle_norms(networks: Adversaries, rows: ImageRows, *, seed: int) -> None:
    """Give batch norms the statistics of the averaged weights; those of the last steps belong to other weights."""
    norms = [layer for layer in networks.generator.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    rng = torch_rng(seed, len(rows))
    networks.generator.train()
    for _ in range(_SETTLE_BATCHES):
        picked = torch.randint(len(rows), (CHUNK,), generator=rng)
        networks.generator(_noise(networks, CHUNK, rng), rows.told(picked))
    networks.eval()


@dataclass(frozen=True)
class _Model:
    """Trained networks with the conditions of each combination."""

    networks: Adversaries
    conditions: torch.Tensor

    def at(self, places: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
        """Images at places, as shares of the pixel range."""
        drawn: torch.Tensor = self.networks.generator(places, self.conditions[members])
        return (drawn.double() + 1) / 2

    def draw(self, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """One chunk of images; see `ImageModel`."""
        latent = self.networks.generator.latent
        noise = normal_noise(CHUNK, latent, seed=seed, stage="image codes", start=start)
        return self.at(torch.from_numpy(noise).float(), members)

    def search(self, images: torch.Tensor, members: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        """Places whose images are nearest to some images: the best of a few starts, then steps downhill."""
        generator, told = self.networks.generator, self.conditions[members]
        places = starts.reshape(len(images), _SEARCH_STARTS, -1)
        with torch.no_grad():
            errors = [(generator(places[:, at], told) - images).square().sum((1, 2, 3)) for at in range(_SEARCH_STARTS)]
            best = torch.stack(errors).argmin(dim=0)
        found = places[torch.arange(len(images)), best].clone().requires_grad_()
        optimizer = torch.optim.Adam([found], lr=_SEARCH_RATE, foreach=False)
        for _ in range(_SEARCH_STEPS):
            optimizer.zero_grad(set_to_none=True)
            error = (generator(found, told) - images).square().sum()
            # Far from all noise seen in training images are no longer drawn, only curves fitted.
            (error + 0.01 * found.square().sum()).backward(inputs=[found])
            optimizer.step()
        return found.detach()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is saved."""
        return weight_arrays(self.networks)
