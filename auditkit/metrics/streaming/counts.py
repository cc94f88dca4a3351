"""Classes reached and shares of groups, batch by batch: states are counts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.metrics import registry
from auditkit.metrics.occupancy import Occupancy
from auditkit.metrics.products import Role
from auditkit.metrics.streaming.embedding import Feature, as_codes
from auditkit.metrics.streaming.shell import Shell

__all__ = ["ModeCoverage", "SubgroupShares"]


class CountsShell(Shell):
    """A streaming metric whose states are counts per level, one whole number each."""

    kind = "level"

    def __init__(
        self, levels: int | Sequence[str], *, feature: Feature | None, reset_real: bool, **kwargs: Any
    ) -> None:
        super().__init__(feature=feature, reset_real=reset_real, **kwargs)
        self.levels = tuple(map(str, range(levels) if isinstance(levels, int) else levels))
        if not self.levels or len(set(self.levels)) < len(self.levels) or isinstance(levels, str):
            message = f"{type(self).__name__} needs one distinct name per {self.kind}, got {levels!r}."
            raise AuditkitError(message)
        for role in self.roles:
            counts = torch.zeros(len(self.levels), dtype=torch.int64)
            self.add_state(f"{role}_{self.kind}_counts", counts, dist_reduce_fx="sum")

    def count(self, samples: Any, role: Role) -> None:
        """Add a batch of one set."""
        codes = as_codes(self.embed(samples, role), self.levels, role, kind=self.kind)
        name = f"{role}_{self.kind}_counts"
        added = torch.from_numpy(np.bincount(codes, minlength=len(self.levels)))
        setattr(self, name, getattr(self, name) + added.to(self.device))

    def counts(self) -> dict[Role, NDArray[np.int64]]:
        """Counts of each set.

        Raises
        ------
        SampleSizeError
            If a set has no samples.
        """
        counts = {role: getattr(self, f"{role}_{self.kind}_counts").cpu().numpy() for role in self.roles}
        for role, found in counts.items():
            if not found.sum():
                flag = role == "real"
                raise SampleSizeError(f"`{role}` is empty: call update(..., real={flag}) before compute().")
        return counts

    @abstractmethod
    def occupancy(self, counts: NDArray[np.int64]) -> Occupancy:
        """Counts of one set, as readings know them."""

    def readings(self, *names: str) -> dict[str, registry.Reading]:
        """Readings of metrics of `auditkit.metrics` on the counts of both sets."""
        real, synthetic = (self.occupancy(counts) for counts in self.counts().values())
        return {name: registry.get(name).reads(real, synthetic) for name in names}


class ModeCoverage(CountsShell):
    """Share of the real classes that synthetic samples reach: `mode_coverage`, batch by batch.

    Parameters
    ----------
    classes : int or sequence of str
        How many classes there are, or their names.
    feature : nn.Module or callable, optional
        A classifier: samples to scores of shape (n, n_classes) or to classes of shape (n,). Without it `update` takes
        scores or classes.
    reset_real : bool, default True
        Whether `reset` forgets the real side too.
    **kwargs
        Those of `torchmetrics.Metric`.

    Raises
    ------
    AuditkitError
        If there are no classes or a name occurs twice.

    Notes
    -----
    States are 8 bytes per class and set, summed over processes.

    Examples
    --------
    >>> import torch
    >>> metric = ModeCoverage(classes=4)
    >>> metric.update(torch.tensor([0, 1, 2, 3]), real=True)
    >>> metric.update(torch.tensor([0, 1, 1, 2]), real=False)
    >>> metric.compute().item()
    0.75
    """

    higher_is_better = True
    plot_lower_bound = 0.0
    plot_upper_bound = 1.0
    kind = "class"

    def __init__(
        self, *, classes: int | Sequence[str], feature: Feature | None = None, reset_real: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(classes, feature=feature, reset_real=reset_real, **kwargs)

    def update(self, samples: Any, real: bool, *, holdout: bool = False) -> None:  # noqa: FBT001 - as torchmetrics has it
        """Take a batch of one set.

        Parameters
        ----------
        samples : Tensor or array_like
            What `feature` classifies, scores of shape (n, n_classes), positions of classes of shape (n,), or names.
        real : bool
            Whether the samples are real.
        holdout : bool, default False
            Whether they are of a holdout, which this metric leaves out.

        Raises
        ------
        ShapeError, UnknownNameError
            If it is none of these, or a class does not exist.
        """
        role = self.role(real, holdout)
        if role is not None:
            self.count(samples, role)

    def compute(self) -> Tensor:
        """Share of the real classes reached, a float64 scalar in [0, 1]."""
        with self.local_after_error():
            reading = self.readings("mode_coverage")["mode_coverage"]
            return self.number(reading.value, reading.reason)

    def occupancy(self, counts: NDArray[np.int64]) -> Occupancy:
        """Counts of the classes of one set."""
        return Occupancy(int(counts.sum()), self.levels, counts, {}, {}, {})


class SubgroupShares(CountsShell):
    """Shares of groups, synthetic against real: `representation_gap` and `missing_groups`, batch by batch.

    Parameters
    ----------
    groups : int or sequence of str
        How many groups an attribute has, or their names; take one metric per attribute.
    feature : nn.Module or callable, optional
        Gives the group of each sample; without it `update` takes groups.
    reset_real : bool, default True
        Whether `reset` forgets the real side too.
    **kwargs
        Those of `torchmetrics.Metric`.

    Raises
    ------
    AuditkitError
        If there are no groups or a name occurs twice.

    Notes
    -----
    `compute` returns a dict of float64 scalars: `representation_gap`, `missing_groups`, and for each group
    `gap/<group>`, its synthetic minus its real share. States are 8 bytes per group and set, summed over processes.

    Examples
    --------
    >>> metric = SubgroupShares(groups=["Female", "Male"])
    >>> metric.update(["Female", "Male"] * 2, real=True)
    >>> metric.update(["Female", "Male", "Male", "Male"], real=False)
    >>> {name: value.item() for name, value in metric.compute().items()}
    {'representation_gap': 0.25, 'missing_groups': 0.0, 'gap/Female': -0.25, 'gap/Male': 0.25}
    """

    kind = "group"

    def __init__(
        self, *, groups: int | Sequence[str], feature: Feature | None = None, reset_real: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(groups, feature=feature, reset_real=reset_real, **kwargs)

    def update(self, groups: Any, real: bool, *, holdout: bool = False) -> None:  # noqa: FBT001 - as torchmetrics has it
        """Take the groups of a batch of one set.

        Parameters
        ----------
        groups : Tensor or array_like
            Names of groups, positions among them, or what `feature` tells the group of.
        real : bool
            Whether the samples are real.
        holdout : bool, default False
            Whether they are of a holdout, which this metric leaves out.

        Raises
        ------
        ShapeError, UnknownNameError
            If a group does not exist.
        """
        role = self.role(real, holdout)
        if role is not None:
            self.count(groups, role)

    def compute(self) -> dict[str, Tensor]:
        """Largest gap, number of missing groups, and the gap of each group."""
        with self.local_after_error():
            found = self.readings("representation_gap", "missing_groups")
            gaps = {f"gap/{part.where['group']}": part.reading for part in found["representation_gap"].parts}
            return {name: self.number(reading.value, reading.reason) for name, reading in (found | gaps).items()}

    def occupancy(self, counts: NDArray[np.int64]) -> Occupancy:
        """Counts of the groups of one set."""
        return Occupancy(int(counts.sum()), (), None, {"group": self.levels}, {"group": counts}, {})
