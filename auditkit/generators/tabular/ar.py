"""Autoregressive network for tables: each column drawn given all before it, label and groups first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.errors import AuditkitError
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, uniform_noise
from auditkit.generators.outline import need_fitted
from auditkit.generators.tabular.ar_network import ArNetwork, Coding
from auditkit.generators.tabular.columns import Columns
from auditkit.generators.tabular.mixed_coding import pick_places
from auditkit.generators.tabular.neural import NeuralTable, Plan
from auditkit.generators.tabular.pools import UNSEEN
from auditkit.training import Trainer, Training, build_module, find_device, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["ArGenerator"]

_SCORED_AT_ONCE = 1024


class ArGenerator(NeuralTable[ArNetwork]):
    """Autoregressive network over columns cut into places.

    Label and groups lead, drawn together as often as in the training data; then come the other columns, those with
    the fewest places first, each drawn from odds that a small network works out from all columns before it. Numbers
    with up to 200 distinct values have a place for each, others one for each hundredth of their distribution, within
    which values are drawn as often as they were observed. One pass trains all columns, validation rows end it after a
    few rounds over the data, before rows are learnt by heart.

    Parameters
    ----------
    steps : int, default 600
        Optimiser steps at most, unless the budget of `fit` says otherwise.
    hidden : int, default 128
        Width of the layers.
    batch : int, default 256
    learning_rate : float, default 2e-3
        Peak of the one-cycle schedule.
    dropout : float, default 0.3
        Share of the hidden units left out in training, in [0, 1).
    smoothing : bool, default True
        Move numbers of one or two training rows between their neighbours, so that none is drawn as it stands.
    device : str, default "cpu"
        Where it is trained: "cpu", "cuda" or "auto".
    dp : mapping, optional
        `{"epsilon": 3, "delta": 1e-5, "max_grad_norm": 1}`: differentially private training, which needs opacus. The
        last two may be left out.

    References
    ----------
    Larochelle and Murray 2011, "The Neural Autoregressive Distribution Estimator", AISTATS.
    Tiwald et al. 2025, "TabularARGN: A Flexible and Efficient Auto-Regressive Framework", for the use on tables.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> ar = ArGenerator(steps=20).fit(data)
    >>> set(ar.sample(5, conditions={"y": "b"}, seed=1).table["y"])
    {'b'}
    >>> bool((ar.score(data) < 0).all())
    True
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="ar",
        modality="tabular",
        family="autoregressive",
        summary="Network that draws one column after another, each given all before it, and says how likely rows are.",
        params={
            "steps": "optimiser steps at most (600)",
            "hidden": "width of the layers (128)",
            "batch": "rows per step (256)",
            "learning_rate": "peak learning rate (2e-3)",
            "dropout": "share of the hidden units left out in training (0.3)",
            "smoothing": "move numbers of one or two records between their neighbours (true)",
            "device": 'where it is trained: "cpu", "cuda" or "auto" ("cpu")',
            "dp": "epsilon, delta and max_grad_norm of differentially private training (none)",
        },
        conditional="exact",
        stores_real_values=True,
        scores=True,
        device=True,
        private=True,
        tries={"hidden": (64, 256), "dropout": (0.1, 0.5)},
        citation="Larochelle and Murray 2011, AISTATS; Tiwald et al. 2025, TabularARGN",
    )

    def __init__(
        self,
        *,
        steps: int = 600,
        hidden: int = 128,
        batch: int = 256,
        learning_rate: float = 2e-3,
        dropout: float = 0.3,
        smoothing: bool = True,
        device: str = "cpu",
        dp: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(
            smoothing=smoothing,
            device=device,
            dp=dp,
            steps=steps,
            hidden=hidden,
            batch=batch,
            learning_rate=learning_rate,
        )
        if not 0 <= dropout < 1:
            raise AuditkitError(f"generator 'ar' needs dropout of at least 0 and below 1, got {dropout!r}.")
        self.steps = steps
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate
        self.dropout = dropout

    def log_prob(self, dataset: Dataset) -> NDArray[np.float64]:
        """Natural log of the probability that the model draws each row, ids and texts left out.

        Parameters
        ----------
        dataset : Dataset
            With the columns of the training data. Numbers that were not observed are read as the nearest one that was.

        Returns
        -------
        ndarray of shape (n,), at most 0; minus infinity for rows that the model cannot draw: with a level, a gap, or
        a combination of label and groups that the training data do not have.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        DataError
            When a column is missing.
        """
        columns, network = need_fitted(self._columns, self.info), need_fitted(self._network, self.info)
        coding, codes = Coding.of(columns), columns.codes_of(dataset, name=self.info.name)
        pools = columns.pools
        possible = np.ones(len(codes), dtype=np.bool_)
        for at in coding.order:
            possible &= (codes[:, at] != UNSEEN) & ((codes[:, at] >= 0) | (pools[at].n_missing > 0))
        found = np.where(possible, columns.log_shares(codes), -np.inf)
        kept = np.flatnonzero(np.isfinite(found))
        for place, at in enumerate(coding.order[coding.n_leading :], start=coding.n_leading):
            found[kept] += coding.steps[place].log_shares(codes[kept, at])
        places = torch.from_numpy(coding.places(codes[kept]))
        with one_thread(), torch.no_grad():
            for block in split_blocks(len(kept), _SCORED_AT_ONCE):
                found[kept[block]] -= network.losses(places[block]).double().sum(dim=1).numpy()
        return found

    def score(self, dataset: Dataset) -> NDArray[np.float64]:
        """The same as `log_prob`: higher is more real."""
        return self.log_prob(dataset)

    def _build(self, columns: Columns, *, seed: int) -> ArNetwork:
        coding = Coding.of(columns)
        return build_module(
            lambda: ArNetwork(coding.widths, coding.n_leading, hidden=self.hidden, dropout=self.dropout), seed=seed
        )

    def _trainer(self) -> Trainer:
        return Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate, check_every=25, patience=8)

    def _train(
        self, network: ArNetwork, columns: Columns, codes: NDArray[np.int64], plan: Plan
    ) -> tuple[Training, float | None]:
        places = torch.from_numpy(Coding.of(columns).places(codes)).to(find_device(self.device))

        def losses(network: ArNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            return network.losses(places[rows], rng).sum(dim=1)

        return plan.train(network, losses, n=len(codes))

    def _fill(
        self, network: ArNetwork, columns: Columns, codes: NDArray[np.int64], *, seed: int, stage: str, start: int
    ) -> None:
        coding = Coding.of(columns)
        uniform = uniform_noise(CHUNK, 2 * len(network.heads), seed=seed, stage=stage, start=start)
        known = network.embed(torch.from_numpy(coding.places(codes)[:, : coding.n_leading])).sum(dim=1)
        for column in range(len(network.heads)):
            at = coding.n_leading + column
            drawn = pick_places(torch.softmax(network.odds(column, known).double(), dim=1), uniform[:, 2 * column])
            known = known + network.embed(torch.from_numpy(drawn)[:, None], at)[:, 0]
            codes[:, coding.order[at]] = coding.steps[at].codes(drawn, uniform[:, 2 * column + 1])
