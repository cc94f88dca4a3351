"""Calibration per group as a result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GroupCalibration"]


@dataclass(frozen=True, eq=False)
class GroupCalibration:
    """How far probabilities are from observed shares.

    Attributes
    ----------
    groups : pandas.DataFrame
        A row per group: n, mean_probability, positive_rate, calibration_error (mean_probability - positive_rate, in
        [-1, 1], above 0 = promises too much), expected_calibration_error (in [0, 1], lower is better).
    bins : pandas.DataFrame
        A row per group and bin that holds units: lower, upper (of the bin), n, mean_probability, positive_rate, low,
        high (Wilson's 95 % limits of the positive rate).
    """

    groups: pd.DataFrame
    bins: pd.DataFrame

    def __str__(self) -> str:
        """The groups."""
        return str(self.groups.to_string(float_format=lambda number: f"{number:.3f}", na_rep="-"))
