"""An adversarial network for tables: hinge loss, bounded slopes, packs of rows, averaged weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise
from auditkit.generators.outline import need_fitted
from auditkit.generators.tabular.columns import Columns
from auditkit.generators.tabular.gan_network import GanNetwork, discriminator_loss, maker_loss
from auditkit.generators.tabular.latent import LatentTable
from auditkit.generators.tabular.mixed_coding import Batch, Layout, Rows, pick_places
from auditkit.generators.tabular.neural import Plan
from auditkit.generators.torch_models import train_within
from auditkit.training import Player, Trainer, Training, build_module, find_device, move_tensors, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["TabularGan"]

_GRID = 20
_BETAS = (0.0, 0.99)
_SEARCH_STEPS = 200
_SEARCH_RATE = 0.1


class TabularGan(LatentTable[GanNetwork]):
    """Generative adversarial network over normal deviates and one-hot levels, told label and groups.

    One network makes rows from noise, the other tells them from real ones, row by row (with a projection of label and
    groups) and by means and spreads of packs of eight, which show a lack of variety. Hinge loss, spectral norms, a
    discriminator that learns twice as fast, levels drawn with the gradient of soft ones, and a moving average of the
    weights keep it steady. Its losses say nothing about quality: audit what it draws.

    Parameters
    ----------
    steps : int, default 2000
        Steps of both players, unless the budget of `fit` says otherwise.
    latent : int, default 64
        Width of the noise.
    hidden : int, default 256
        Width of the layers.
    batch : int, default 256
    learning_rate : float, default 2e-4
        Of the network that makes rows; the discriminator's is twice that.
    smoothing : bool, default True
        Move numbers of one or two training rows between their neighbours, so that none is drawn as it stands.
    device : str, default "cpu"
        Where it is trained: "cpu", "cuda" or "auto".

    References
    ----------
    Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", ICLR.
    Miyato and Koyama 2018, "cGANs with Projection Discriminator", ICLR.
    Lin et al. 2018, "PacGAN: The Power of Two Samples in Generative Adversarial Networks", NeurIPS.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> gan = TabularGan(steps=20).fit(data)
    >>> len(gan.sample(3, seed=1))
    3
    >>> gan.score(data).shape
    (4,)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="gan",
        modality="tabular",
        family="gan",
        summary="Adversarial network for mixed columns: hinge loss, spectral norms, packs of rows, averaged weights.",
        params={
            "steps": "steps of both players (2000)",
            "latent": "width of the noise (64)",
            "hidden": "width of the layers (256)",
            "batch": "rows per step (256)",
            "learning_rate": "learning rate, twice that for the discriminator (2e-4)",
            "smoothing": "move numbers of one or two records between their neighbours (true)",
            "device": 'where it is trained: "cpu", "cuda" or "auto" ("cpu")',
        },
        conditional="exact",
        stores_real_values=True,
        latent=True,
        scores=True,
        device=True,
        tries={"latent": (32, 128), "learning_rate": (1e-4, 4e-4)},
        citation="Miyato et al. 2018, ICLR; Miyato and Koyama 2018, ICLR; Lin et al. 2018, NeurIPS",
    )

    def __init__(
        self,
        *,
        steps: int = 2000,
        latent: int = 64,
        hidden: int = 256,
        batch: int = 256,
        learning_rate: float = 2e-4,
        smoothing: bool = True,
        device: str = "cpu",
    ) -> None:
        super().__init__(
            smoothing=smoothing,
            device=device,
            steps=steps,
            latent=latent,
            hidden=hidden,
            batch=batch,
            learning_rate=learning_rate,
        )
        self.steps = steps
        self.latent = latent
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate

    def score(self, dataset: Dataset) -> NDArray[np.float64]:
        """How real each row looks to the discriminator, on its own.

        Parameters
        ----------
        dataset : Dataset
            With the columns of the training data; numbers are read as the nearest observed ones.

        Returns
        -------
        ndarray of shape (n,), float64, on the scale of a hinge loss (about -1 for made rows, 1 for real ones); higher
        is more real. Only the order of scores means something.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        DataError
            For a column that is missing, and for levels or gaps that the training data do not have.
        """
        network, found = need_fitted(self._network, self.info), np.zeros(len(dataset))
        with one_thread(), torch.no_grad():
            for block, batch in self._batches(dataset):
                found[block] = network.discriminator.rows(batch.coded, batch.conditions).double().numpy()
        return found

    def encode(self, dataset: Dataset, *, seed: int = 0) -> NDArray[np.float32]:
        """Noise that rows are made from, nearly: found by 200 steps down the distance to each row.

        Parameters
        ----------
        dataset : Dataset
            With the columns of the training data; numbers are read as the nearest observed ones.
        seed : int, default 0
            Of the places where the search begins.

        Returns
        -------
        ndarray of shape (n, latent), float32

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        DataError
            For a column that is missing, and for levels or gaps that the training data do not have.
        """
        network = need_fitted(self._network, self.info)
        begin = normal_noise(len(dataset), self.latent, seed=seed, stage="encode").astype(np.float32)
        found = np.zeros_like(begin)
        with one_thread():
            for block, batch in self._batches(dataset):
                found[block] = _search(network, batch, torch.from_numpy(begin[block]))
        return found

    def _batches(self, dataset: Dataset) -> list[tuple[slice, Batch]]:
        columns = need_fitted(self._columns, self.info)
        rows = Rows.of(self._layout(columns), columns.known_codes_of(dataset, name=self.info.name))
        blocks = split_blocks(len(dataset), CHUNK)
        return [(block, rows.take(torch.arange(block.start, block.stop), None)) for block in blocks]

    def _layout(self, columns: Columns) -> Layout:
        return Layout.of(columns, grid=_GRID)

    def _build(self, columns: Columns, *, seed: int) -> GanNetwork:
        layout = self._layout(columns)
        return build_module(lambda: GanNetwork(layout, hidden=self.hidden, latent=self.latent), seed=seed)

    def _trainer(self) -> Trainer:
        return Trainer(
            steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, schedule="constant", ema=0.998
        )

    def _train(
        self, network: GanNetwork, columns: Columns, codes: NDArray[np.int64], plan: Plan
    ) -> tuple[Training, float | None]:
        rows = move_tensors(Rows.of(self._layout(columns), codes), find_device(self.device))

        def tell(model: GanNetwork, chosen: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            return discriminator_loss(model, rows, chosen, rng)

        def make(model: GanNetwork, chosen: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            return maker_loss(model, rows, chosen, rng)

        players = (
            Player("discriminator", tell, learning_rate=2 * self.learning_rate, betas=_BETAS),
            Player("maker", make, betas=_BETAS),
        )
        return train_within(
            plan.budget, plan.trainer, network, players, n=len(codes), seed=plan.seed, progress=plan.progress
        ), None

    def _expected(
        self, network: GanNetwork, places: torch.Tensor, conditions: torch.Tensor
    ) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
        numbers, heads = network.maker(places, conditions)
        return numbers, heads

    def _fill(
        self, network: GanNetwork, columns: Columns, codes: NDArray[np.int64], *, seed: int, stage: str, start: int
    ) -> None:
        layout = self._layout(columns)
        noise = torch.from_numpy(normal_noise(CHUNK, self.latent, seed=seed, stage=stage, start=start)).float()
        uniform = uniform_noise(CHUNK, 2 * len(layout.widths), seed=seed, stage=f"{stage} places", start=start)
        numbers, heads = network.maker(noise, torch.from_numpy(columns.conditions(codes)))
        drawn = [pick_places(logits.softmax(dim=1), uniform[:, at]) for at, logits in enumerate(heads)]
        layout.fill(codes, numbers.double().numpy(), drawn, uniform[:, len(layout.widths) :])


def _search(network: GanNetwork, batch: Batch, begin: torch.Tensor) -> NDArray[np.float32]:
    """Noise whose rows lie near a batch's, with the weight of the noise's own distribution."""
    places = begin.clone().requires_grad_()
    optimizer = torch.optim.Adam([places], lr=_SEARCH_RATE, foreach=False)
    for _ in range(_SEARCH_STEPS):
        numbers, heads = network.maker(places, batch.conditions)
        away = (((numbers - batch.numbers) ** 2 * batch.present).sum() + (places**2).sum() / 10) / 2
        for at, logits in enumerate(heads):
            away = away + torch.nn.functional.cross_entropy(logits, batch.places[:, at], reduction="sum")
        (places.grad,) = torch.autograd.grad(away, [places])
        optimizer.step()
    found: NDArray[np.float32] = places.detach().numpy()
    return found
