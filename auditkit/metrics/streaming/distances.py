"""Distances between the clouds of real and synthetic features, batch by batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from auditkit.metrics import registry
from auditkit.metrics.frechet import distance_of_moments
from auditkit.metrics.sample_sizes import require_samples
from auditkit.metrics.streaming.embedding import Feature, as_rows
from auditkit.metrics.streaming.packing import Shifted, add_rows, merge_gathered, merge_packed, moments_width
from auditkit.metrics.streaming.rows import RowsShell
from auditkit.metrics.streaming.shell import Shell

__all__ = ["FrechetDistance", "KernelDistance"]


class FrechetDistance(Shell):
    """Squared Fréchet distance between the Gaussians of two feature clouds: `frechet_distance`, batch by batch.

    Call it FID only on the pool3 features of Inception-v3.

    Parameters
    ----------
    feature : nn.Module or callable, optional
        Embeds each batch; without it `update` takes features of shape (n, d).
    reset_real : bool, default True
        Whether `reset` forgets the real side too.
    **kwargs
        Those of `torchmetrics.Metric`.

    Notes
    -----
    A state holds number, a first row, mean and scatter about it of one set in float64, 8 (1 + d)^2 bytes packed into
    one string, which no cast touches; processes are merged in the order of ranks (Chan, Golub and LeVeque 1983).
    torchmetrics' own sums squares around 0 and loses all digits where the mean is large: at an offset of 1e7 it is
    143 % off. Needs a device with float64.

    Examples
    --------
    >>> import torch
    >>> metric = FrechetDistance()
    >>> x = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> metric.update(x, real=True)
    >>> for batch in (x + torch.tensor([3.0, 4.0])).split(2):
    ...     metric.update(batch, real=False)
    >>> round(metric.compute().item(), 6)
    25.0
    """

    higher_is_better = False
    plot_lower_bound = 0.0

    def __init__(self, *, feature: Feature | None = None, reset_real: bool = True, **kwargs: Any) -> None:
        super().__init__(feature=feature, reset_real=reset_real, **kwargs)
        self.add_strings("moments", dict.fromkeys(self.roles, merge_gathered))

    def update(self, samples: Any, real: bool, *, holdout: bool = False) -> None:  # noqa: FBT001 - as torchmetrics has it
        """Take a batch of one set.

        Parameters
        ----------
        samples : Tensor or array_like
            What `feature` embeds, or features of shape (n, d); n may be 0.
        real : bool
            Whether the samples are real.
        holdout : bool, default False
            Whether they are of a holdout, which this metric leaves out.

        Raises
        ------
        ShapeError
            If the features are no table of finite numbers, or wider or narrower than those before.
        """
        role = self.role(real, holdout)
        if role is None:
            return
        rows = as_rows(self.embed(samples, role), role)
        held = {name: merge_packed(self.strings(f"{name}_moments"), name) for name in self.roles}
        widths = {name: moments_width(packed) for name, packed in held.items()}
        self.check_width(rows, role, {name: width for name, width in widths.items() if width is not None})
        if len(rows):
            packed = held[role]
            setattr(self, f"{role}_moments", [add_rows(packed, rows.to(packed.device, torch.float64))])

    def merge_state(self, incoming_state: dict[str, Any] | Metric) -> None:
        """Add what another metric of this class took.

        Parameters
        ----------
        incoming_state : FrechetDistance or its `metric_state`
        """
        incoming = incoming_state.metric_state if isinstance(incoming_state, Metric) else incoming_state
        for role in self.roles:
            name = f"{role}_moments"
            setattr(self, name, [merge_packed([*self.strings(name), *incoming[name]], role)])

    def compute(self) -> Tensor:
        """Distance, a float64 scalar in [0, inf).

        Raises
        ------
        SampleSizeError
            If a set has fewer than 2 samples.
        """
        with self.local_after_error():
            sets = {role: Shifted.unpack(merge_packed(self.strings(f"{role}_moments"), role)) for role in self.roles}
            sizes = {role: 0 if held is None else held.moments.n for role, held in sets.items()}
            require_samples("FrechetDistance", 2, **sizes)
            real, synthetic = (held for held in sets.values() if held is not None)
            # Only the difference of the means counts, so they are taken about a row of the real set.
            return self.number(distance_of_moments(real.about(real.shift), synthetic.about(real.shift)))


class KernelDistance(RowsShell):
    """Unbiased squared distance of kernel means: `kernel_distance`, batch by batch.

    Call it KID only on the pool3 features of Inception-v3.

    Parameters
    ----------
    degree, gamma, coef0, subsets, subset_size, seed
        As for `kernel_distance`.
    feature : nn.Module or callable, optional
        Embeds each batch; without it `update` takes features of shape (n, d).
    reset_real : bool, default True
        Whether `reset` forgets the real side too.
    **kwargs
        Those of `torchmetrics.Metric`.

    Notes
    -----
    By default over all pairs: nothing is drawn, so batches may come in any order. With `subsets=` rows are drawn from
    those taken, in the order in which they were taken. States hold all rows: 4 d bytes per row of float32 (or less
    precise) features, 8 d of float64; `compute` takes as much again for the joined rows.

    Examples
    --------
    >>> import torch
    >>> metric = KernelDistance()
    >>> x = torch.eye(4)
    >>> metric.update(x, real=True)
    >>> metric.update(x + 3.0, real=False)
    >>> bool(metric.compute() > 0)
    True
    """

    higher_is_better = False

    def __init__(
        self,
        *,
        degree: int = 3,
        gamma: float | None = None,
        coef0: float = 1.0,
        subsets: int | None = None,
        subset_size: int = 1000,
        seed: int = 0,
        feature: Feature | None = None,
        reset_real: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature=feature, reset_real=reset_real, **kwargs)
        self.parameters_given = {
            "degree": degree,
            "gamma": gamma,
            "coef0": coef0,
            "subsets": subsets,
            "subset_size": subset_size,
            "seed": seed,
        }

    def compute(self) -> Tensor:
        """Distance, a float64 scalar; around 0 (also below) where the sets come from one distribution."""
        metric = replace(registry.get("kernel_distance"), parameters=self.parameters_given)
        with self.local_after_error():
            return self.values({"value": metric}, self.sides())["value"]
