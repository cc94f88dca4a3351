"""A variational autoencoder for tables: any mix of numbers, categories, moments and gaps, told label and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise
from auditkit.generators.outline import need_fitted
from auditkit.generators.tabular.columns import Columns
from auditkit.generators.tabular.latent import LatentTable
from auditkit.generators.tabular.mixed_coding import Layout, Rows, pick_places
from auditkit.generators.tabular.neural import Plan
from auditkit.generators.tabular.vae_network import VaeNetwork, bounds
from auditkit.training import Trainer, Training, build_module, find_device, move_tensors, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["TabularVae"]


class TabularVae(LatentTable[VaeNetwork]):
    """Variational autoencoder whose numbers pass through their own distribution.

    A number becomes its share of the observed distribution, spread evenly over the share of its value, and then a
    normal deviate; the way back lands on observed values, so atoms, integer grids and decimals survive. Categories,
    gaps and booleans are softmax heads, and so are numbers with up to 100 distinct values. Label and groups are told
    to both halves. The weights that are kept are a moving average.

    Parameters
    ----------
    steps : int, default 2500
        Optimiser steps, unless the budget of `fit` says otherwise.
    latent : int, default 32
        Width of the code.
    hidden : int, default 256
        Width of the two hidden layers on each side.
    batch : int, default 256
    learning_rate : float, default 2e-3
        Peak of the one-cycle schedule.
    smoothing : bool, default True
        Move numbers of one or two training rows between their neighbours, so that none is drawn as it stands.
    device : str, default "cpu"
        Where it is trained: "cpu", "cuda" or "auto".
    dp : mapping, optional
        `{"epsilon": 3, "delta": 1e-5, "max_grad_norm": 1}`: differentially private training, which needs opacus. The
        last two may be left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> vae = TabularVae(steps=20).fit(data)
    >>> len(vae.sample(3, seed=1))
    3
    >>> vae.encode(data).shape
    (4, 32)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="vae",
        modality="tabular",
        family="vae",
        summary="Variational autoencoder for mixed columns; numbers go through their observed distribution.",
        params={
            "steps": "optimiser steps (2500)",
            "latent": "width of the code (32)",
            "hidden": "width of the hidden layers (256)",
            "batch": "rows per step (256)",
            "learning_rate": "peak learning rate (2e-3)",
            "smoothing": "move numbers of one or two records between their neighbours (true)",
            "device": 'where it is trained: "cpu", "cuda" or "auto" ("cpu")',
            "dp": "epsilon, delta and max_grad_norm of differentially private training (none)",
        },
        conditional="exact",
        stores_real_values=True,
        latent=True,
        device=True,
        private=True,
        tries={"latent": (16, 64), "hidden": (128,)},
        citation="Kingma and Welling 2014, Auto-Encoding Variational Bayes; Xu et al. 2019 for the use on tables",
    )

    def __init__(
        self,
        *,
        steps: int = 2500,
        latent: int = 32,
        hidden: int = 256,
        batch: int = 256,
        learning_rate: float = 2e-3,
        smoothing: bool = True,
        device: str = "cpu",
        dp: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(
            smoothing=smoothing,
            device=device,
            dp=dp,
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

    def encode(self, dataset: Dataset, *, seed: int = 0) -> NDArray[np.float32]:  # noqa: ARG002 - of `Latent`
        """Most likely code of each row.

        Parameters
        ----------
        dataset : Dataset
            With the columns of the training data; numbers are read as the nearest observed ones.
        seed : int, default 0
            Not used: codes are means.

        Returns
        -------
        ndarray of shape (n, latent), float32
            Told label and groups apart: rows that differ in them alone may have the same code.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        DataError
            For a column that is missing, and for levels or gaps that the training data do not have.
        """
        columns, network = need_fitted(self._columns, self.info), need_fitted(self._network, self.info)
        rows = Rows.of(Layout.of(columns), columns.known_codes_of(dataset, name=self.info.name))
        found = np.zeros((len(dataset), network.latent), dtype=np.float32)
        with one_thread(), torch.no_grad():
            for block in split_blocks(len(dataset), CHUNK):
                batch = rows.take(torch.arange(block.start, block.stop), None)
                found[block] = network.encode(batch.coded, batch.conditions)[0].numpy()
        return found

    def _build(self, columns: Columns, *, seed: int) -> VaeNetwork:
        layout = Layout.of(columns)
        return build_module(
            lambda: VaeNetwork(
                layout.n_numbers, layout.widths, columns.n_conditions, hidden=self.hidden, latent=self.latent
            ),
            seed=seed,
        )

    def _layout(self, columns: Columns) -> Layout:
        return Layout.of(columns)

    def _expected(
        self, network: VaeNetwork, places: torch.Tensor, conditions: torch.Tensor
    ) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
        decoded = network.decode(places, conditions)
        return decoded.means, decoded.logits

    def _trainer(self) -> Trainer:
        return Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate)

    def _train(
        self, network: VaeNetwork, columns: Columns, codes: NDArray[np.int64], plan: Plan
    ) -> tuple[Training, float | None]:
        rows = move_tensors(Rows.of(self._layout(columns), codes), find_device(self.device))

        def losses(network: VaeNetwork, chosen: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            return bounds(network, rows.take(chosen, rng), rng)

        return plan.train(network, losses, n=len(codes))

    def _fill(
        self, network: VaeNetwork, columns: Columns, codes: NDArray[np.int64], *, seed: int, stage: str, start: int
    ) -> None:
        layout, latent = Layout.of(columns), network.latent
        normal = normal_noise(CHUNK, latent + layout.n_numbers, seed=seed, stage=stage, start=start)
        uniform = uniform_noise(CHUNK, 2 * len(layout.widths), seed=seed, stage=f"{stage} places", start=start)
        decoded = network.decode(
            torch.from_numpy(normal[:, :latent]).float(), torch.from_numpy(columns.conditions(codes))
        )
        spread = decoded.log_scales.double().exp() * torch.from_numpy(normal[:, latent:])
        drawn = [pick_places(logits.softmax(dim=1), uniform[:, at]) for at, logits in enumerate(decoded.logits)]
        layout.fill(codes, (decoded.means.double() + spread).numpy(), drawn, uniform[:, len(layout.widths) :])
