"""Streaming metrics that keep all rows: neighbours, kernels and records need every one of them. O(n d) states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from auditkit.errors import SampleSizeError
from auditkit.metrics import registry
from auditkit.metrics.arrays import feature_side
from auditkit.metrics.products import Role, Side
from auditkit.metrics.streaming.embedding import Feature, as_rows
from auditkit.metrics.streaming.packing import joined_rows, pack_rows, row_width
from auditkit.metrics.streaming.shell import Shell

__all__ = ["RowsShell"]


class RowsShell(Shell):
    """A streaming metric whose states are the rows of each set, as bytes, in the order of arrival and of processes."""

    keeps_rows = True

    def __init__(self, *, feature: Feature | None = None, reset_real: bool = True, **kwargs: Any) -> None:
        super().__init__(feature=feature, reset_real=reset_real, **kwargs)
        self.add_strings("rows", dict.fromkeys(self.roles, "cat"))

    def update(self, samples: Any, real: bool, *, holdout: bool = False) -> None:  # noqa: FBT001 - as torchmetrics has it
        """Take a batch of one set.

        Parameters
        ----------
        samples : Tensor or array_like
            What `feature` embeds, or features of shape (n, d); n may be 0.
        real : bool
            Whether the samples are real.
        holdout : bool, default False
            Whether they are real samples that the generator never saw; left out where no holdout is read.

        Raises
        ------
        ShapeError
            If the features are no table of finite numbers, or wider or narrower than those before.
        """
        role = self.role(real, holdout)
        if role is None:
            return
        rows = as_rows(self.embed(samples, role), role)
        widths = {name: row_width(self.strings(f"{name}_rows")) for name in self.roles}
        self.check_width(rows, role, {name: width for name, width in widths.items() if width is not None})
        if len(rows):
            # A new list: collections and copies may hold the old one.
            held = [*self.strings(f"{role}_rows"), pack_rows(rows).to(self.device)]
            setattr(self, f"{role}_rows", held)

    def sides(self) -> dict[Role, Side]:
        """Sides of all rows; a holdout that was never given is left out.

        Raises
        ------
        SampleSizeError
            If a set has no rows.
        """
        sides: dict[Role, Side] = {}
        for role in self.roles:
            rows = joined_rows(self.strings(f"{role}_rows"), role)
            if rows is not None:
                sides[role] = feature_side(rows, role, like=next(iter(sides.values()), None))
            elif role != "holdout":
                flag = role == "real"
                raise SampleSizeError(f"`{role}` is empty: call update(samples, real={flag}) before compute().")
        return sides

    def values(self, wanted: Mapping[str, registry.Metric], sides: Mapping[Role, Side]) -> dict[str, Tensor]:
        """Values of metrics, by name, from products that are built once for all of them.

        Raises
        ------
        UndefinedError
            If one has no value on these rows.
        """
        readings = registry.read_all(sides, wanted)
        return {name: self.number(reading.value, reading.reason) for name, reading in readings.items()}
