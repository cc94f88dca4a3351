"""A variational autoencoder for tables: any mix of numbers, categories, moments and gaps, label and groups included."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from auditkit.errors import DataError
from auditkit.generators.conditions import check_size, plan_conditions, say_shortfall
from auditkit.generators.interface import (
    Budget,
    Conditions,
    FitReport,
    GeneratorInfo,
    Progress,
    Shortfall,
)
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.tabular.network import LEARNT, Layout, Model, Network, Rows
from auditkit.generators.tabular.pools import Pool, pool_columns
from auditkit.generators.torch_models import report_training, restore_weights, train_within, weight_arrays
from auditkit.training import Trainer, build_module

if TYPE_CHECKING:
    from auditkit.data import Dataset, Schema

__all__ = ["TabularVae"]


class TabularVae:
    """Variational autoencoder whose numbers pass through their own distribution.

    A number becomes its share of the observed distribution, spread evenly over the share of its value, and then a
    normal deviate; the way back lands on observed values, so atoms, integer grids and decimals survive. Categories,
    gaps and booleans are softmax heads. The weights that are kept are a moving average.

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

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> vae = TabularVae(steps=20).fit(data)
    >>> len(vae.sample(3, seed=1))
    3
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
        },
        conditional="rejection",
        stores_real_values=True,
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
    ) -> None:
        self.steps = steps
        self.latent = latent
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._model: Model | None = None

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn the joint distribution of the columns.

        Parameters
        ----------
        dataset : Dataset
            A table with one row per unit. Ids are not learnt (samples get new ones); free texts are drawn from the
            observed ones, independently of the other columns.
        seed : int, default 0
        budget : Budget, optional
        progress : callable, optional

        Returns
        -------
        TabularVae

        Raises
        ------
        DataError
            For images, for several rows per unit, and for tables with nothing but ids and texts.
        TrainingError
            When the loss does not stay finite.
        """
        _check_table(dataset)
        pools, codes = pool_columns(dataset.table, dataset.schema.columns)
        layout = Layout.of(pools)
        network = self._network(layout, seed=seed)
        rows = Rows.of(layout, codes)
        trainer = Trainer(steps=self.steps, batch=self.batch, learning_rate=self.learning_rate)
        training = train_within(budget, trainer, network, rows.loss, n=len(dataset), seed=seed, progress=progress)
        self._outline = Outline.of(dataset)
        self._model = Model(layout, network)
        self.fit_report = report_training(training, dataset, notes=_notes(dataset.schema))
        return self

    def _network(self, layout: Layout, *, seed: int) -> Network:
        return build_module(
            lambda: Network(layout.n_numbers, layout.widths, hidden=self.hidden, latent=self.latent), seed=seed
        )

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n rows; conditions are met by bounded rejection.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            `{"sex": "Female"}`, or counts that add up to n: `{"income": {">50K": 10, "<=50K": 5}}`.
        seed : int, default 0

        Returns
        -------
        Dataset
            With the schema of the training data. Fewer than n rows only with a ShortfallWarning; `shortfall` then
            holds the numbers.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        UnknownNameError
            For a condition on a column or level that was not in the training data.
        """
        check_size(n)
        outline, model = need_fitted(self._outline, self.info), need_fitted(self._model, self.info)
        levels = {pool.column.name: pool.levels for pool in model.layout.pools if not pool.ordered}
        requests = plan_conditions(n, conditions, outline=outline, levels=levels)
        drawn = [model.meet(request, seed=seed) for request in requests]
        codes = np.concatenate([rows for rows, _ in drawn]) if drawn else model.draw(0, 0, seed=seed)
        tried = sum(count for _, count in drawn)
        self.shortfall = say_shortfall(
            requested=n, got=len(codes), accept_rate=len(codes) / max(tried, 1), conditions=conditions
        )
        return outline.dataset(model.table(codes), name=self.info.name)

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold observed values, but no records.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        pools = self._model.layout.pools if self._model else ()
        arrays = weight_arrays(self._model.network) if self._model else {}
        for place, pool in enumerate(pools):
            arrays |= pool.arrays(f"pool.{place}")
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=self._outline,
            report=self.fit_report,
            extra={"pools": [pool.to_json() for pool in pools]},
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
        pools = saved.extra["pools"]
        layout = Layout.of(
            tuple(Pool.from_saved(data, f"pool.{place}", saved.arrays) for place, data in enumerate(pools))
        )
        generator._model = Model(layout, restore_weights(generator._network(layout, seed=0), saved.arrays))
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


def _check_table(dataset: Dataset) -> None:
    if dataset.modality != "tabular":
        raise DataError(f"the tabular vae needs a table, got {dataset.modality} data: use that modality's generator.")
    if dataset.key is not None:
        raise DataError(
            f"the tabular vae draws independent rows, but key={dataset.key!r} joins rows to units: load the data "
            "without key or with one row per unit."
        )
    if not dataset.schema.of_kind(*LEARNT):
        raise DataError("the tabular vae needs a column of numbers or categories, got only ids and texts: add one.")


def _notes(schema: Schema) -> tuple[str, ...]:
    notes = []
    if schema.of_kind("text"):
        notes.append(f"texts are drawn from the training rows: {', '.join(schema.of_kind('text'))}.")
    if schema.of_kind("id"):
        notes.append(f"ids are new and not learnt: {', '.join(schema.of_kind('id'))}.")
    return tuple(notes)
