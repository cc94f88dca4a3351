"""Flow matching for tables: numbers follow learnt velocities, categories the odds of where they will arrive."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.generators.denoiser import VelocityNetwork, integrate, spread_times
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise
from auditkit.generators.tabular.columns import Columns
from auditkit.generators.tabular.mixed_coding import Batch, Layout, Rows, pick_places
from auditkit.generators.tabular.neural import NeuralTable, Plan
from auditkit.training import Trainer, Training, build_module, find_device, move_tensors

__all__ = ["TabularFlow"]

_GRID = 20
_HIDE = 0.1
_LEAST_TIME_LEFT = 1e-3


class TabularFlow(NeuralTable[VelocityNetwork]):
    """Flow matching, a form of diffusion, over numbers and one-hot categories.

    Straight lines join normal noise to rows. Of numbers (as normal deviates of their own distribution) the network
    learns the lines' mean velocity; of categories the odds of the level at the line's end, which give the velocity of
    the one-hot places and, at the end, the level that is drawn. Label and groups are told to the network, and hidden
    from it for a tenth of the rows, so that `guidance` can push rows towards them.

    Parameters
    ----------
    steps : int, default 2000
        Optimiser steps, unless the budget of `fit` says otherwise.
    hidden : int, default 256
        Width of the layers.
    layers : int, default 3
        Residual layers.
    batch : int, default 256
    learning_rate : float, default 2e-3
        Peak of the one-cycle schedule.
    path : int, default 25
        Steps of Heun's method from noise to a row.
    guidance : float, default 1.0
        How far label and groups are followed: 1 as learnt, more exaggerates them at the price of variety.
    smoothing : bool, default True
        Move numbers of one or two training rows between their neighbours, so that none is drawn as it stands.
    device : str, default "cpu"
        Where it is trained: "cpu", "cuda" or "auto".

    References
    ----------
    Lipman et al. 2023, "Flow Matching for Generative Modeling", ICLR.
    Eijkelboom et al. 2024, "Variational Flow Matching for Graph Generation", NeurIPS, for the categories.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> flow = TabularFlow(steps=20).fit(data)
    >>> len(flow.sample(3, seed=1))
    3
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="flow",
        modality="tabular",
        family="diffusion",
        summary="Flow matching for mixed columns: numbers follow velocities, categories the odds of their end.",
        params={
            "steps": "optimiser steps (2000)",
            "hidden": "width of the layers (256)",
            "layers": "residual layers (3)",
            "batch": "rows per step (256)",
            "learning_rate": "peak learning rate (2e-3)",
            "path": "steps from noise to a row (25)",
            "guidance": "how far label and groups are followed (1)",
            "smoothing": "move numbers of one or two records between their neighbours (true)",
            "device": 'where it is trained: "cpu", "cuda" or "auto" ("cpu")',
        },
        conditional="exact",
        stores_real_values=True,
        device=True,
        tries={"hidden": (128,), "layers": (2, 4), "path": (50,)},
        citation="Lipman et al. 2023, ICLR; Eijkelboom et al. 2024, NeurIPS",
    )

    def __init__(
        self,
        *,
        steps: int = 2000,
        hidden: int = 256,
        layers: int = 3,
        batch: int = 256,
        learning_rate: float = 2e-3,
        path: int = 25,
        guidance: float = 1.0,
        smoothing: bool = True,
        device: str = "cpu",
    ) -> None:
        super().__init__(
            smoothing=smoothing,
            device=device,
            steps=steps,
            hidden=hidden,
            layers=layers,
            batch=batch,
            learning_rate=learning_rate,
            path=path,
        )
        self.steps = steps
        self.hidden = hidden
        self.layers = layers
        self.batch = batch
        self.learning_rate = learning_rate
        self.path = path
        self.guidance = guidance

    def _build(self, columns: Columns, *, seed: int) -> VelocityNetwork:
        width = Layout.of(columns, grid=_GRID).width
        return build_module(lambda: VelocityNetwork(width, columns.n_conditions, self.hidden, self.layers), seed=seed)

    def _trainer(self) -> Trainer:
        return Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, patience=10)

    def _train(
        self, network: VelocityNetwork, columns: Columns, codes: NDArray[np.int64], plan: Plan
    ) -> tuple[Training, float | None]:
        rows = move_tensors(Rows.of(Layout.of(columns, grid=_GRID), codes), find_device(self.device))

        def losses(network: VelocityNetwork, chosen: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            return _row_losses(network, rows.take(chosen, rng), rng)

        return plan.train(network, losses, n=len(codes))

    def _fill(
        self, network: VelocityNetwork, columns: Columns, codes: NDArray[np.int64], *, seed: int, stage: str, start: int
    ) -> None:
        layout = Layout.of(columns, grid=_GRID)
        noise = torch.from_numpy(normal_noise(CHUNK, layout.width, seed=seed, stage=stage, start=start)).float()
        uniform = uniform_noise(CHUNK, 2 * len(layout.widths), seed=seed, stage=f"{stage} places", start=start)
        told = torch.from_numpy(columns.conditions(codes)) if columns.n_conditions else None
        n, widths = layout.n_numbers, layout.widths

        def velocity(places: torch.Tensor, times: torch.Tensor, conditions: torch.Tensor | None) -> torch.Tensor:
            numbers, *heads = torch.split(network(places, times, conditions), [n, *widths], dim=1)
            odds = torch.cat([places[:, :0], *(head.softmax(dim=1) for head in heads)], dim=1)
            left = (1 - times[:, None]).clamp_min(_LEAST_TIME_LEFT)
            return torch.cat([numbers, (odds - places[:, n:]) / left], dim=1)

        arrived = integrate(velocity, noise, told, self.path, self.guidance)
        numbers, *heads = torch.split(arrived, [n, *widths], dim=1)
        # The last step ends on the odds themselves; guidance may have pushed some of them below 0.
        odds = [head.clamp_min(0) / head.clamp_min(0).sum(dim=1, keepdim=True) for head in heads]
        drawn = [pick_places(part, uniform[:, at]) for at, part in enumerate(odds)]
        layout.fill(codes, numbers.double().numpy(), drawn, uniform[:, len(widths) :])


def _row_losses(network: VelocityNetwork, batch: Batch, rng: torch.Generator) -> torch.Tensor:
    """Squared errors of the numbers' velocities and cross-entropies of the categories' ends, summed per row."""
    data = batch.coded
    noise = torch.randn(data.shape, generator=rng, device=rng.device)
    times = spread_times(len(data), rng)
    kept = torch.rand(len(data), generator=rng, device=rng.device) >= _HIDE
    outputs = network(torch.lerp(noise, data, times[:, None]), times, batch.conditions, kept)
    n = batch.numbers.shape[1]
    numbers, *heads = torch.split(outputs, [n, *batch.widths], dim=1)
    loss: torch.Tensor = ((numbers - (data - noise)[:, :n]) ** 2 * batch.present).sum(dim=1)
    for at, logits in enumerate(heads):
        loss = loss + torch.nn.functional.cross_entropy(logits, batch.places[:, at], reduction="none")
    return loss
