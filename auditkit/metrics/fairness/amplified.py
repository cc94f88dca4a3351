"""What becomes of an association between an attribute and a label: every definition, with limits, on counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import NORMAL_95
from auditkit.metrics.fairness.association import Association
from auditkit.metrics.fairness.attributes import draws_for
from auditkit.metrics.fairness.directional import (
    attribute_to_label,
    label_to_attribute,
    rates_along,
    signs_of,
    zhao_terms,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MEASURES", "AmplificationReport", "Amplified", "Way", "amplification_of"]

Way = Literal["attribute_to_label", "label_to_attribute", "label_to_attribute_raw", "zhao"]
MEASURES: tuple[Way, ...] = ("attribute_to_label", "label_to_attribute", "label_to_attribute_raw", "zhao")
RESAMPLES = 1000
_MEANINGS: Mapping[Way, str] = {
    "attribute_to_label": "from {attribute} to {label}",
    "label_to_attribute": "from {label} to {attribute}, at the real shares of {attribute}",
    "label_to_attribute_raw": "from {label} to {attribute}, as the data are",
    "zhao": "Zhao 2017, shares of {attribute} within {label}",
}
Tables = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True)
class Amplified:
    """One measure of amplification.

    Attributes
    ----------
    value : float or None
        Above 0 the association is stronger than in the real data, below 0 weaker; None where undefined.
    low, high : float or None
        95 % limits.
    error : float or None
        Of the longer side of the limits, as a standard error.
    reason : str
        Why there is no value.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class AmplificationReport:
    """Amplification of one attribute's association with the label.

    Attributes
    ----------
    attribute, label : str
    measures : mapping of str to Amplified
        `attribute_to_label`, `label_to_attribute` (after giving the levels their real shares),
        `label_to_attribute_raw`, `zhao`.
    levels, classes : tuple of str
        Those that count.
    truth, other : ndarray of shape (n_levels, n_classes)
        Their real counts, and the others.
    signs : ndarray of shape (n_levels, n_classes)
        1 where level and class go together, -1 where they avoid each other.
    dropped : tuple of str
        Levels, and classes, with too few samples.
    min_support : int
    n : tuple of (int, int)
        Samples of both sets.
    """

    attribute: str
    label: str
    measures: Mapping[str, Amplified]
    levels: tuple[str, ...]
    classes: tuple[str, ...]
    truth: NDArray[np.int64]
    other: NDArray[np.int64]
    signs: NDArray[np.int64]
    dropped: tuple[str, ...]
    min_support: int
    n: tuple[int, int]

    def frame(self) -> pd.DataFrame:
        """A row per measure: value, low, high, reason."""
        import pandas as pd  # noqa: PLC0415 - costs a third of a second

        rows = [[name, found.value, found.low, found.high, found.reason] for name, found in self.measures.items()]
        frame = pd.DataFrame(rows, columns=["measure", "value", "low", "high", "reason"])
        return frame.astype(dict.fromkeys(("value", "low", "high"), float)).set_index("measure")

    def cells(self) -> pd.DataFrame:
        """A row per level and class: counts, rates of the class within the level, and whether they go together."""
        import pandas as pd  # noqa: PLC0415 - the same

        truth, other = rates_along(self.truth, 1), rates_along(self.other, 1)
        index = pd.MultiIndex.from_product([self.levels, self.classes], names=[self.attribute, self.label])
        return pd.DataFrame(
            {
                "real": self.truth.ravel(),
                "synthetic": self.other.ravel(),
                "rate_real": truth.ravel(),
                "rate_synthetic": other.ravel(),
                "change": (other - truth).ravel(),
                "together": self.signs.ravel(),
            },
            index=index,
        )

    def __str__(self) -> str:
        lines = [f"amplification of {self.attribute} and {self.label} ({self.n[0]} real, {self.n[1]} others)"]
        for name, found in self.measures.items():
            words = _MEANINGS[name].format(attribute=self.attribute, label=self.label)  # type: ignore[index]
            told = found.reason if found.value is None else f"{found.value:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
            lines.append(f"  {words}: {told}")
        if self.dropped:
            lines.append(f"  left out, fewer than {self.min_support} samples: {', '.join(self.dropped)}")
        return "\n".join(lines)


def amplification_of(
    found: Association, *, min_support: int, seed: int, measures: tuple[Way, ...] = MEASURES
) -> AmplificationReport:
    """Measures of an association, on its levels and classes with enough samples.

    Parameters
    ----------
    found : Association
    min_support : int
        A level, or a class where it is conditioned on, with fewer samples in either set is left out.
    seed : int
        Of the resamples behind the limits.
    measures : tuple of str
        Those that are asked for.

    Returns
    -------
    AmplificationReport
    """
    least = np.minimum(found.truth.sum(axis=1), found.other.sum(axis=1))
    fewest = np.minimum(found.truth.sum(axis=0), found.other.sum(axis=0))
    rows, columns = least >= min_support, fewest >= min_support
    rng = np.random.default_rng(seed)
    drawn = found.resampled(draws_for(found, RESAMPLES), rng)
    every = np.ones(len(found.classes), bool)
    signs = signs_of(found.directions)
    told: dict[str, Amplified] = {}
    for name in measures:
        kept = every if name == "attribute_to_label" else columns
        told[name] = _measured(name, found, signs, drawn, rows, kept, min_support)
    inside = found.only(rows, every)
    return AmplificationReport(
        attribute=found.attribute,
        label=found.label,
        measures=told,
        levels=inside.levels,
        classes=inside.classes,
        truth=inside.truth,
        other=inside.other,
        signs=signs[rows],
        dropped=(
            *_named("" if found.crossed else found.attribute, found.levels, rows),
            *_named(found.label, found.classes, columns),
        ),
        min_support=min_support,
        n=(int(found.truth.sum()), int(found.other.sum())),
    )


def _named(column: str, names: tuple[str, ...], kept: NDArray[np.bool_]) -> list[str]:
    """Those that are not kept; intersections, which have no one column, name theirs themselves."""
    lost = [name for name, stays in zip(names, kept, strict=True) if not stays]
    return [f"{column}={name}" for name in lost] if column else lost


def _measured(
    name: Way,
    found: Association,
    signs: NDArray[np.int64],
    drawn: Tables,
    rows: NDArray[np.bool_],
    columns: NDArray[np.bool_],
    min_support: int,
) -> Amplified:
    if rows.sum() < 2:  # noqa: PLR2004 - nothing can go with one level only
        return Amplified(None, reason=f"fewer than two levels of {found.attribute} have {min_support} samples.")
    if columns.sum() < 1 or found.truth.shape[1] < 2:  # noqa: PLR2004 - the same
        return Amplified(None, reason=f"fewer than two classes of {found.label} have {min_support} samples.")
    index = np.ix_(rows, columns)
    measure = _measure(name, signs[index], found.directions[index])
    value = float(measure(found.truth[index], found.other[index]))
    if not np.isfinite(value):
        return Amplified(None, reason=f"no level of {found.attribute} has a rate in both sets.")
    kept: Tables = (drawn[0][:, index[0], index[1]], drawn[1][:, index[0], index[1]])
    values = measure(*kept)
    error = float(np.std(values[np.isfinite(values)], ddof=1))
    reach, picked = NORMAL_95 * error, 0.0
    if found.paired is None and np.array_equal(found.directions, found.truth):
        picked = _picked(name, found.truth[index])
    low, high = max(value - reach, -1.0), min(value + reach + picked, 1.0)
    return Amplified(value, low, high, error + picked / NORMAL_95)


def _picked(name: Way, truth: NDArray[np.int64]) -> float:
    """How much too small the value is because signs were read from the counts that the change is taken from.

    A cell of a true association d with a standard error s has E[sign(x) (x - d)] = 2 s phi(d / s), half of it where
    cells count on one side only.
    """
    axis = -1 if name == "attribute_to_label" else -2
    rates, n, sizes = rates_along(truth, axis), truth.sum(), truth.sum(axis=axis, keepdims=True)
    known = sizes > 0
    spread = np.sqrt(np.where(known, rates * (1 - rates) * (1 - sizes / n) / np.maximum(sizes, 1), 0.0))
    even = 1.0 / len(truth) if name == "zhao" else truth.sum(axis=-3 - axis, keepdims=True) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.where(spread > 0, np.exp(-(((rates - even) / spread) ** 2) / 2) / math.sqrt(2 * math.pi), 0.0)
    picked = spread * heights
    if name == "zhao":
        return float(np.nansum(picked) / truth.shape[1])
    return float(2 * np.nanmean(picked))


def _measure(name: Way, signs: NDArray[np.int64], directions: NDArray[np.int64]) -> Callable[..., NDArray[np.float64]]:
    """The measure as a function of both tables; which cells go together stays as it was read."""
    if name == "attribute_to_label":
        return lambda real, other: attribute_to_label(signs, real, other)
    if name == "zhao":
        counted = directions * len(directions) > directions.sum(axis=0)
        return lambda real, other: zhao_terms(counted, real, other)
    reweighted = name == "label_to_attribute"
    return lambda real, other: label_to_attribute(signs, real, other, reweighted=reweighted)
