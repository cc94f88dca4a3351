"""Fairness of predictions as one result: rates, gaps, what chance alone would give, and why something has no value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.metrics.fairness.calibration_result import GroupCalibration

__all__ = ["FairnessReport", "Gap", "GroupRate"]

_COLUMNS = (
    "kind", "name", "group", "class", "value", "low", "high", "percentile_low", "percentile_high", "chance", "p",
    "p_adjusted", "n", "reason",
)  # fmt: skip
_TEXTS = ("kind", "name", "group", "class", "reason")
_SHOWN = 12


@dataclass(frozen=True)
class GroupRate:
    """A rate of one group.

    Attributes
    ----------
    name : str
    group : str
        In words.
    label : str
        The class that it is about; empty where there is none.
    value, low, high : float or None
        95 % limits.
    method : str
        How the interval was made.
    percentile : tuple of (float, float) or None
        95 % percentile limits over resamples of the rows, as fairlearn's `by_group_ci`.
    n : int
        Units that it is taken over.
    reason : str
        Why there is no value.
    """

    name: str
    group: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    method: str
    percentile: tuple[float, float] | None
    n: int
    reason: str


@dataclass(frozen=True)
class Gap:
    """A gap between groups.

    Attributes
    ----------
    name : str
        As `"equalized_odds_difference"`.
    value, low, high : float or None
        Limits that are made to hold the true gap 95 times of 100, at least.
    percentile : tuple of (float, float) or None
        95 % percentile limits over resamples of the rows, as fairlearn's `difference_ci`: they need not hold the gap.
    chance : float or None
        Mean of the gap when groups are dealt out by chance.
    p : float or None
        That all groups are alike: share of such deals in which the largest difference between groups, in its standard
        errors, is as large, of all deals and the data themselves. Small groups do not decide it, however far apart.
    p_adjusted : float or None
        With Holm's correction over the differences of the report, or over its ratios, which ask the same of the same
        groups; gaps of the user's own metrics have no p and count for nothing.
    rate : str
        The rate that decides it, as `"tpr"`; with `agg="mean"`, `"mean of tpr and fpr"`.
    label : str
        The class that decides it.
    groups : tuple of str
        The group with the highest and the one with the lowest rate; to all units together, the one farthest from them.
        None where a mean joins several rates.
    n : tuple of int
        Units behind these rates.
    reason : str
        Why there is no value, or no p.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    percentile: tuple[float, float] | None
    chance: float | None
    p: float | None
    p_adjusted: float | None
    rate: str
    label: str
    groups: tuple[str, ...]
    n: tuple[int, ...]
    reason: str

    def __str__(self) -> str:
        """One line."""
        if self.value is None:
            return f"{self.name}: undefined ({self.reason})"
        limits = "" if self.low is None or self.high is None else f" [{self.low:.3f}, {self.high:.3f}]"
        chance = "" if self.chance is None else f", by chance {self.chance:.3f}"
        p = "" if self.p_adjusted is None else f", p {_shown_p(self.p_adjusted)}"
        behind = " against ".join(f"{name} (n={n})" for name, n in zip(self.groups, self.n, strict=True))
        rate = self.rate + (f" of {self.label}" if self.label else "")
        about = f"; {rate}{f': {behind}' if behind else ''}" if rate else ""
        return f"{self.name}: {self.value:.3f}{limits}{chance}{p}{about}"


@dataclass(frozen=True, eq=False)
class FairnessReport:
    """How predictions treat groups.

    Attributes
    ----------
    rates : pandas.DataFrame
        As `group_rates` gives it; for amounts n, mean_prediction, mae, r2. The user's own metrics are further columns.
    group_rates : tuple of GroupRate
        The same numbers with their intervals and supports.
    gaps : mapping of str to Gap
    calibration : GroupCalibration or None
        Where probabilities were given.
    about : mapping
        task, n, groups, classes, positive, n_missing_groups, method, agg, min_support, n_resamples, seed.
    notes : tuple of str
        What a reader should know, a sentence each.
    """

    rates: pd.DataFrame
    group_rates: tuple[GroupRate, ...]
    gaps: Mapping[str, Gap]
    calibration: GroupCalibration | None
    about: Mapping[str, Any]
    notes: tuple[str, ...] = field(default=())

    def frame(self) -> pd.DataFrame:
        """A row per rate of each group and per gap.

        Returns
        -------
        pandas.DataFrame
            `kind` ("rate" or "gap"), `name`, `group`, `class`, `value`, `low`, `high`, `percentile_low`,
            `percentile_high`, `chance`, `p`, `p_adjusted`, `n`, `reason`; missing where there is no number.
        """
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame needs it

        numbers = [name for name in _COLUMNS if name not in _TEXTS]
        types = dict.fromkeys(_TEXTS, "str") | dict.fromkeys(numbers, "float64") | {"n": "int64"}
        return pd.DataFrame(list(self._rows()), columns=list(_COLUMNS)).astype(types)

    def _rows(self) -> Iterator[dict[str, Any]]:
        for rate in self.group_rates:
            yield {
                "kind": "rate", "name": rate.name, "group": rate.group, "class": rate.label,
                "value": rate.value, "low": rate.low, "high": rate.high, **_percentiles(rate.percentile),
                "chance": None, "p": None, "p_adjusted": None, "n": rate.n, "reason": rate.reason,
            }  # fmt: skip
        for gap in self.gaps.values():
            yield {
                "kind": "gap", "name": gap.name, "group": " - ".join(gap.groups), "class": gap.label,
                "value": gap.value, "low": gap.low, "high": gap.high, **_percentiles(gap.percentile),
                "chance": gap.chance, "p": gap.p, "p_adjusted": gap.p_adjusted, "n": sum(gap.n), "reason": gap.reason,
            }  # fmt: skip

    def __str__(self) -> str:
        """Rates of the groups, gaps, notes."""
        about = self.about
        of = f", positive = {about['positive']}" if about["positive"] else ""
        lines = [f"Predictions of {about['n']} units in {about['groups']} group{'s' * (about['groups'] != 1)}{of}"]
        shown = self.rates.head(_SHOWN).to_string(float_format=lambda number: f"{number:.3f}", na_rep="-")
        lines += [f"  {line}" for line in shown.splitlines()]
        if len(self.rates) > _SHOWN:
            lines.append(f"  ... and {len(self.rates) - _SHOWN} more rows in .rates")
        lines += ["Gaps [95 % interval], what chance alone makes, p adjusted over the differences and over the ratios"]
        lines += [f"  {gap}" for gap in self.gaps.values()]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def __repr__(self) -> str:
        """The same as the printed text."""
        return str(self)


def _percentiles(limits: tuple[float, float] | None) -> dict[str, float | None]:
    low, high = limits or (None, None)
    return {"percentile_low": low, "percentile_high": high}


def _shown_p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"  # noqa: PLR2004 - three digits
