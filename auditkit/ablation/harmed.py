"""Where each arm makes a model worse than real data alone, in words and numbers that may be saved.

Errors of single test units never leave memory. What is kept of a slice is its conditions, how many test units it holds,
never fewer than 30, and how much worse the model is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditkit.metrics.slices.conditions import slice_words

if TYPE_CHECKING:
    from auditkit.ablation.error_slices import UnitErrors
    from auditkit.metrics.slices.finding import BlindSpots

__all__ = ["FEWEST_UNITS", "ArmSlices", "WorstSlice", "worst_slices"]

FEWEST_UNITS = 200
"""Test units below which no slice is found in one half and confirmed in the other."""
_MOST = 5


@dataclass(frozen=True)
class WorstSlice:
    """A slice of the test units on which an arm makes a model worse.

    Attributes
    ----------
    conditions : tuple of str
        As `("work is field", "age 40 to 52")`; all of them hold.
    n : int
        Test units of the slice.
    share : float
        Of all test units.
    value : float
        How much larger the mean error is than that of the model trained on the real set alone: the share of wrong
        classes, or the absolute error in the label's unit.
    elsewhere : float
        The same of the other test units.
    low, high : float
        95 % interval of value less elsewhere.
    p_adjusted : float
        After Holm's correction for all slices of the arm and model that were tested.
    """

    conditions: tuple[str, ...]
    n: int
    share: float
    value: float
    elsewhere: float
    low: float
    high: float
    p_adjusted: float

    @property
    def name(self) -> str:
        """The slice in words."""
        return slice_words(self.conditions)


@dataclass(frozen=True)
class ArmSlices:
    """The worst slices of an arm and model, the strongest first; none where nothing was confirmed.

    Attributes
    ----------
    arm, model : str
    n_looked_at : int
        Slices with units enough.
    least : int
        Test units of a slice, at least.
    slices : tuple of WorstSlice
        Five at most.
    """

    arm: str
    model: str
    n_looked_at: int
    least: int
    slices: tuple[WorstSlice, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        found = [{**vars(item), "conditions": list(item.conditions)} for item in self.slices]
        return {**vars(self), "slices": found}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ArmSlices:
        """Slices from what `to_json` wrote."""
        found = tuple(WorstSlice(**{**item, "conditions": tuple(item["conditions"])}) for item in data["slices"])
        return cls(**{**data, "slices": found})


def worst_slices(errors: UnitErrors, *, arms: Iterable[str], models: Sequence[str]) -> tuple[ArmSlices, ...]:
    """The worst slices of every arm with a result, against the real set alone; none of fewer than 200 test units.

    Parameters
    ----------
    errors : UnitErrors
    arms : iterable of str
        The arm `"real"` is left out.
    models : sequence of str

    Returns
    -------
    tuple of ArmSlices
        By model and arm.
    """
    if len(errors.records) < FEWEST_UNITS:
        return ()
    asked = [(arm, model) for model in models for arm in arms if arm != "real" and (arm, model) in errors.errors]
    return tuple(
        _kept(arm, model, errors.slices(arm=arm, against="real", model=model, options={}, named=True))
        for arm, model in asked
        if ("real", model) in errors.errors
    )


def _kept(arm: str, model: str, found: BlindSpots) -> ArmSlices:
    # What is only better elsewhere is no harm.
    harmed = [item for item in found.slices if item.expected + item.low > 0]
    slices = tuple(
        WorstSlice(
            conditions=item.conditions,
            n=item.n_real,
            share=_rounded(item.real_share or 0.0),
            value=_rounded(item.value),
            elsewhere=_rounded(item.expected),
            low=_rounded(item.low),
            high=_rounded(item.high),
            p_adjusted=_rounded(item.p_adjusted),
        )
        for item in harmed[:_MOST]
    )
    return ArmSlices(arm, model, found.n_looked_at, found.least, slices)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
