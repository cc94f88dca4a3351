"""Neighbour metrics and copying, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from torch import Tensor

from auditkit.errors import AuditkitError
from auditkit.metrics import registry
from auditkit.metrics.manifold import Ties
from auditkit.metrics.naming import parameters_in
from auditkit.metrics.products import Role, Side
from auditkit.metrics.streaming.embedding import Feature
from auditkit.metrics.streaming.rows import RowsShell
from auditkit.results import base_name

__all__ = ["Memorization", "Neighbourhood"]

NEIGHBOURHOOD = (
    "precision",
    "recall",
    "density",
    "coverage",
    "improved_precision",
    "improved_recall",
    "authenticity",
)
MEMORIZATION = ("distance_to_closest_record", "nearest_neighbour_distance_ratio", "identical_match_share")
WITH_HOLDOUT = ("holdout_share", "copy_excess")


class Neighbourhood(RowsShell):
    """Precision, recall, density, coverage and their kin, from one pass over the pairs.

    Parameters
    ----------
    metrics : sequence of str, optional
        Names of metrics of `auditkit.metrics` that read neighbours of the real and the synthetic set; a name may set
        parameters, as `"coverage[k=3]"` or `"precision[k=3,ties=half]"`. By default `precision`, `recall`,
        `density`, `coverage`, `improved_precision`, `improved_recall` and `authenticity`.
    k : int, optional
        Neighbours that set a ball's radius, for names that do not set it; by default each metric's own (5, or 3 for the
        improved ones).
    ties : {"strict", "inclusive", "half"}, optional
        What a sample on the rim of a ball counts for, for names that do not set it; by default each metric's own.
    feature : nn.Module or callable, optional
        Embeds each batch; without it `update` takes features of shape (n, d).
    reset_real : bool, default True
        Whether `reset` forgets the real side too.
    **kwargs
        Those of `torchmetrics.Metric`.

    Raises
    ------
    AuditkitError
        If a name is not known, or its metric reads something else than neighbours.

    Notes
    -----
    `compute` returns a dict of float64 scalars by name, each equal to the function of that name on all rows.
    States hold all rows: 4 d bytes per row of float32 (or less precise) features, 8 d of float64; `compute` takes
    as much again for the joined rows. Under DDP every process gathers all rows, in the order of ranks.

    Examples
    --------
    >>> import torch
    >>> metric = Neighbourhood(metrics=("coverage", "precision"), k=2)
    >>> x = torch.arange(10.0).reshape(-1, 1)
    >>> metric.update(x, real=True)
    >>> metric.update(x[:5] + 0.25, real=False)
    >>> {name: round(value.item(), 2) for name, value in metric.compute().items()}
    {'coverage': 0.6, 'precision': 1.0}
    """

    def __init__(
        self,
        *,
        metrics: Sequence[str] = NEIGHBOURHOOD,
        k: int | None = None,
        ties: Ties | None = None,
        feature: Feature | None = None,
        reset_real: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature=feature, reset_real=reset_real, **kwargs)
        self.metrics = tuple(metrics)
        self.parameters_given = {name: value for name, value in {"k": k, "ties": ties}.items() if value is not None}
        for name, metric in self.wanted().items():
            if metric.asks or not metric.roles <= {*self.roles} or any(need.wants is Side for need in metric.needs):
                message = f"Neighbourhood cannot give {name!r}, which reads more than neighbours: leave it out."
                raise AuditkitError(message)

    def wanted(self) -> dict[str, registry.Metric]:
        """Metrics by name, with the parameters given."""
        found = {name: registry.get(name) for name in self.metrics}
        for name, metric in found.items():
            ours = {key: value for key, value in self.parameters_given.items() if key in metric.parameters}
            named = {} if base_name(name) == name else parameters_in(name, metric.parameters)
            found[name] = replace(metric, parameters={**metric.parameters, **ours, **named})
        return found

    def compute(self) -> dict[str, Tensor]:
        """Value of each metric on all rows, as a float64 scalar by name."""
        with self.local_after_error():
            return self.values(self.wanted(), self.sides())


class Memorization(RowsShell):
    """How near the synthetic rows lie to the training rows, and whether nearer than to rows never seen.

    Parameters
    ----------
    feature : nn.Module or callable, optional
        Embeds each batch; without it `update` takes features of shape (n, d).
    reset_real : bool, default True
        Whether `reset` forgets the real side and the holdout too.
    **kwargs
        Those of `torchmetrics.Metric`.

    Notes
    -----
    `update(samples, real=True)` takes the training rows, `update(samples, real=True, holdout=True)` real rows that the
    generator never saw, `update(samples, real=False)` synthetic ones. `compute` returns a dict of float64 scalars:
    `distance_to_closest_record`, `nearest_neighbour_distance_ratio` and `identical_match_share`, and with a holdout
    `holdout_share` and `copy_excess`.
    Without a holdout no number here is evidence of copying. States and costs are those of `Neighbourhood`.

    Examples
    --------
    >>> import torch
    >>> metric = Memorization()
    >>> x = torch.arange(8.0).reshape(-1, 1)
    >>> metric.update(x[::2], real=True)
    >>> metric.update(x[1::2], real=True, holdout=True)
    >>> metric.update(x[::2], real=False)
    >>> metric.compute()["holdout_share"].item()
    1.0
    """

    roles: ClassVar[tuple[Role, ...]] = ("real", "synthetic", "holdout")

    def compute(self) -> dict[str, Tensor]:
        """Value of each metric on all rows, as a float64 scalar by name."""
        with self.local_after_error():
            sides = self.sides()
            wanted = MEMORIZATION + (WITH_HOLDOUT if "holdout" in sides else ())
            return self.values({name: registry.get(name) for name in wanted}, sides)
