"""What all streaming metrics share: whose rows a batch holds, what a reset keeps, how casts and collections do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, cast

import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities.exceptions import TorchMetricsUserError

from auditkit.errors import AuditkitError, ShapeError, UndefinedError
from auditkit.metrics.products import Role
from auditkit.metrics.streaming.embedding import Feature, checked_feature, embedded
from auditkit.metrics.streaming.packing import nothing

__all__ = ["Shell"]


class Shell(Metric):
    """A metric of `auditkit.metrics` that takes its data batch by batch, as torchmetrics has it.

    Parameters
    ----------
    feature : nn.Module or callable, optional
        Embeds each batch; without it the batch holds features already. A module becomes a submodule (so `.to` moves
        it too), runs without gradients in evaluation mode, and keeps its training flags. A network that is being
        trained is better wrapped in a plain function, which stays out of the module's parameters.
    reset_real : bool, default True
        Whether `reset` forgets the real side (and the holdout) too.
    **kwargs
        Those of `torchmetrics.Metric`.

    Attributes
    ----------
    roles : tuple of str
        Sets that it reads; rows of others are left out.
    keeps_rows : bool
        Whether its states are the rows themselves, which metrics of one collection may share.
    """

    is_differentiable = False
    full_state_update = False
    # The name under which `torchmetrics.wrappers.FeatureShare` finds the embedder.
    feature_network = "feature"
    roles: ClassVar[tuple[Role, ...]] = ("real", "synthetic")
    keeps_rows: ClassVar[bool] = False

    def __init__(self, *, feature: Feature | None = None, reset_real: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.feature = checked_feature(feature)
        self.reset_real = reset_real
        self.string_states: tuple[str, ...] = ()
        # A collection joins metrics whose states look alike after the first batch, but two embedders, or lists of
        # levels, may agree on one batch and part later. NaN equals nothing, so a metric with its own is never joined.
        kin = float(reset_real) if self.keeps_rows and feature is None else math.nan
        self.add_state("kin", torch.tensor(kin), dist_reduce_fx="max")

    def forward(self, *args: Any, **kwargs: Any) -> None:
        """Take one batch, as `update` does. One batch is one side of a comparison, so it has no value of its own."""
        self.update(*args, **kwargs)

    def set_dtype(self, dst_type: str | torch.dtype) -> Shell:  # noqa: ARG002 - the signature is torchmetrics'
        """Nothing: sums stay float64 and rows as precise as they came, for the value depends on it."""
        return self

    def reset(self, *, reset_real: bool | None = None) -> None:
        """Forget what was taken.

        Parameters
        ----------
        reset_real : bool, optional
            Whether to forget the real side (and the holdout) too; as given at construction, unless said here.
        """
        forget = self.reset_real if reset_real is None else reset_real
        kept = {} if forget else {n: held for n, held in self.metric_state.items() if n.startswith(("real", "holdout"))}
        for name in self.string_states:
            setattr(self, name, [])  # metrics of a collection may share a list, so it is left behind, never emptied
        super().reset()
        for name in self.string_states:
            setattr(self, name, [nothing(self.device)])
        for name, held in kept.items():
            setattr(self, name, held)

    def add_strings(self, suffix: str, reductions: Mapping[Role, Any]) -> None:
        """Add one state of bytes per role, which starts as one empty string.

        A process with no data still takes part in the gathering: its list is never empty.
        """
        self.string_states = tuple(f"{role}_{suffix}" for role in reductions)
        for name, reduction in zip(self.string_states, reductions.values(), strict=True):
            self.add_state(name, [], dist_reduce_fx=reduction)
            setattr(self, name, [nothing(self.device)])

    def strings(self, name: str) -> list[Tensor]:
        """What a state of bytes holds; after a synchronisation that is one tensor."""
        held = getattr(self, name)
        return [held] if isinstance(held, Tensor) else cast("list[Tensor]", held)

    def role(self, real: object, holdout: object) -> Role | None:
        """Whose rows a batch holds; None for a role that this metric does not read.

        Raises
        ------
        AuditkitError
            If that is not said by True or False.
        """
        for name, flag in {"real": real, "holdout": holdout}.items():
            if not isinstance(flag, bool):
                message = f"`{name}` must be True or False, got {type(flag).__name__}: give one batch per update."
                raise AuditkitError(message)
        if holdout and not real:
            raise AuditkitError("a holdout holds real samples: give real=True with holdout=True.")
        role: Role = "holdout" if holdout else "real" if real else "synthetic"
        return role if role in self.roles else None

    def embed(self, samples: Any, role: Role) -> NDArray[Any]:
        """What the embedder makes of a batch."""
        return embedded(self.feature, samples, role)

    def check_width(self, rows: Tensor, role: Role, widths: Mapping[Role, int]) -> None:
        """Refuse rows that are wider or narrower than those taken before, of this or another set.

        Raises
        ------
        ShapeError
        """
        for other, width in widths.items():
            if width != rows.shape[1]:
                whose = "its earlier batches have" if other == role else f"`{other}` has"
                message = f"`{role}` has {rows.shape[1]} features, {whose} {width}: use one extractor for all."
                raise ShapeError(message)

    @contextmanager
    def local_after_error(self) -> Iterator[None]:
        """Give a process its own part back where `compute` fails on what all processes have."""
        try:
            yield
        except AuditkitError:
            with suppress(TorchMetricsUserError):  # there is nothing to give back without a synchronisation
                self.unsync()
            raise

    def number(self, value: float | None, reason: str = "") -> Tensor:
        """Value as a float64 scalar on the metric's device.

        Raises
        ------
        UndefinedError
            With the reason, if there is no value.
        """
        if value is None:
            raise UndefinedError(reason)
        return torch.tensor(value, dtype=torch.float64, device=self.device)
