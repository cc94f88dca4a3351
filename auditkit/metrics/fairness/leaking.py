"""Does the synthetic set say more of a protected attribute than the real one? An attacker predicts it from the rest.

Far below the real area, the attribute hangs together with nothing any more; above it, the generator has made it easier
to guess than it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import SampleSizeError, UndefinedError, UnknownNameError
from auditkit.intervals import NORMAL_95, normal_interval
from auditkit.metrics.fairness.association import refuse_label
from auditkit.metrics.fairness.attacker import MAX_ROWS, MIN_LEVEL, Area, Known, areas_of
from auditkit.metrics.fairness.attributes import worst_of
from auditkit.metrics.fairness.level_names import numbered, table_levels
from auditkit.metrics.parameters import check_seed, one_of
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Part, Reading, metric
from auditkit.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Leakage", "leakage"]

Seen = Literal["all", "features", "label"]
_METHOD = "folds"


@dataclass(frozen=True, eq=False)
class Leakage:
    """How well an attribute is predicted from the rest of the columns, in both sets.

    Attributes
    ----------
    attribute : str
    real, synthetic : Estimate
        Area under the ROC curve, mean over the levels (one against the rest); 0.5 is guessing.
    gap : Estimate
        Synthetic minus real.
    levels : mapping of str to (float, float)
        Areas of each level that could be judged, real and synthetic.
    left_out : tuple of str
        Levels with too few samples.
    n : int
        Samples of each set that were used.
    """

    attribute: str
    real: Estimate
    synthetic: Estimate
    gap: Estimate
    levels: Mapping[str, tuple[float, float]]
    left_out: tuple[str, ...]
    n: int

    def __float__(self) -> float:
        return self.gap.value

    def frame(self) -> pd.DataFrame:
        """A row each for real, synthetic and gap: value, low, high."""
        import pandas as pd  # noqa: PLC0415 - costs a third of a second

        rows = {"real": self.real, "synthetic": self.synthetic, "gap": self.gap}
        found = {name: [item.value, item.low, item.high] for name, item in rows.items()}
        return pd.DataFrame.from_dict(found, orient="index", columns=["value", "low", "high"])

    def __str__(self) -> str:
        return (
            f"{self.attribute} is predicted with an area of {self.synthetic.value:.4f} in the synthetic and "
            f"{self.real.value:.4f} in the real data; gap {self.gap.value:+.4f} "
            f"[{self.gap.low:+.4f}, {self.gap.high:+.4f}]"
        )


def _leakage(real: Side, synthetic: Side, *, known: Seen, seed: int) -> Reading:
    one_of("known", known, Seen)
    n = (len(real), len(synthetic))
    parts = tuple(
        Part({"attribute": name}, _reading(name, levels, real, synthetic, known, seed))
        for name, levels in real.group_levels.items()
    )
    return worst_of(parts, n, parts[0].reading.reason if parts else "no groups were declared.")


def _reading(name: str, levels: tuple[str, ...], real: Side, synthetic: Side, known: Seen, seed: int) -> Reading:
    n = (len(real), len(synthetic))
    try:
        sets = [_seen(side, name, known) for side in (real, synthetic)]
        found = _measured(name, levels, sets, seed)
    except (SampleSizeError, UndefinedError) as error:
        return Reading(None, n, str(error))
    gap = found.gap
    if gap.low is None or gap.high is None:
        return Reading(None, n, "the gap has no limits.")
    return Reading(
        gap.value,
        (found.n, found.n),
        interval=(gap.low, gap.high),
        method=_METHOD,
        spread={"kind": "normal", "se": (gap.high - gap.low) / (2 * NORMAL_95)},
        details={"real": found.real.value, "synthetic": found.synthetic.value, "left_out": len(found.left_out)},
    )


def _seen(side: Side, name: str, known: Seen) -> Known:
    """Columns but for the attribute's own."""
    target = side.groups[name]
    if side.columns is None or side.cells is None:
        if known != "all":
            raise UndefinedError(f"there is no table in which to know {known} only.")
        features = np.asarray(side.features, np.float64)
        return Known(features, (False,) * features.shape[1], target)
    names = [side.cells.names[place] for place in side.cells.matrix_places]
    label = None if side.target is None else names[side.target]
    places = _places(names, {name}, label, known)
    return Known(side.columns[:, places], tuple(side.categorical[place] for place in places), target)


def _places(names: list[str], hidden: set[str], label: str | None, known: Seen) -> list[int]:
    """Positions of the columns that the attacker sees."""
    if known == "label":
        if label is None:
            raise UndefinedError("no label was declared.")
        return [names.index(label)]
    left_out = hidden | ({label} if known == "features" and label is not None else set())
    places = [place for place, name in enumerate(names) if name not in left_out]
    if not places:
        raise UndefinedError("there is no column but the attribute to predict it from.")
    return places


@metric(
    reads=_leakage,
    family="fairness",
    direction="match",
    target=0.0,
    bounds=(-1.0, 1.0),
    interval="reading",
    by_group=False,
    asks=("groups",),
    default=False,
    source="Wang et al. 2019, section 3 (leakage), with the synthetic set in the place of predictions",
    meaning="How much better a group is predicted from the other columns in the synthetic data than in the real data.",
    misleads=(
        "Above the real data, the generator may have made a relation cleaner rather than stronger; it says what "
        "columns reveal, not what a model will use."
    ),
    advice="See which columns stand for the group; above 0, weaken them or condition on the group instead.",
)
def leakage(
    *,
    real: Any,
    synthetic: Any,
    attribute: str,
    label: str | None = None,
    known: Seen = "all",
    seed: int = 0,
) -> Leakage:
    """How much better an attribute is predicted from the other columns than in the real data.

    gap = A(synthetic) - A(real), with A the area under the ROC curve of a boosted classifier that predicts the
    attribute of samples of its own set, out of fold; the mean of one level against the rest over the levels.

    Parameters
    ----------
    real, synthetic : table
        Dataset, frame or mapping of columns.
    attribute : str
        Column that is predicted.
    label : str, optional
        Column of the label; that of a Dataset by default.
    known : {"all", "features", "label"}, default "all"
        What the attacker sees: all other columns, those but the label, or the label alone.
    seed : int, default 0
        Of folds, trees and the draw of equally many samples.

    Returns
    -------
    Leakage
        `float()` of it is the gap, in [-1, 1]; 0 is best. `.real`, `.synthetic` and `.gap` have 95 % limits.

    Raises
    ------
    AuditkitError, DataError, UnknownNameError
        If a set is no table or lacks a column, the label is the attribute, or a parameter is none that it can be.
    SampleSizeError
        If fewer than two levels have 30 samples in both sets.
    UndefinedError
        If there is no column to predict from, or no label where it is asked for.

    Notes
    -----
    Both sets are cut to equal size, at most 20,000 samples, for an attacker that trains on more predicts better. Three
    folds, rows alike but for the attribute in one wherever each level has 30 different ones. Of two levels the areas
    are equal; of more the mean counts each level once, and its error is that of levels that move together. Wang et al.
    measure accuracy, which depends on the shares of groups; an area does not. Costs six fits.

    References
    ----------
    Wang, Zhao, Yatskar, Chang and Ordonez 2019, "Balanced Datasets Are Not Enough", ICCV, section 3.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sex = np.repeat(["f", "m"], 300)
    >>> real, synthetic = ({"sex": sex, "pay": rng.normal(size=600) + d * (sex == "m")} for d in (0.0, 3.0))
    >>> found = leakage(real=real, synthetic=synthetic, attribute="sex")
    >>> found.synthetic.value > 0.95, found.gap.low > 0.3
    (True, True)
    """
    from auditkit.data.dataset import Dataset  # noqa: PLC0415 - pandas costs a third of a second
    from auditkit.metrics.tables.sides import named_sets, table_sides  # noqa: PLC0415 - the same

    one_of("known", known, Seen)
    if label is None and isinstance(real, Dataset):
        label = real.label
    refuse_label(attribute, label)
    tables = {"real": real, "synthetic": synthetic}
    target = numbered(*(table_levels(item, attribute, name=name) for name, item in tables.items()))
    cells = table_sides(named_sets(**tables))
    names = [cells["real"].names[place] for place in cells["real"].matrix_places]
    if label is not None and label not in names:
        raise UnknownNameError.of("column", label, names, "in `real`")
    places = _places(names, {attribute}, label, known)
    sets = []
    for item, codes in zip(cells.values(), target.codes, strict=True):
        columns, categorical, _ = item.matrix()
        sets.append(Known(columns[:, places], tuple(categorical[place] for place in places), codes))
    return _measured(attribute, target.names, sets, check_seed(seed))


def _measured(attribute: str, names: tuple[str, ...], sets: list[Known], seed: int) -> Leakage:
    rng = np.random.default_rng(seed)
    size = min(MAX_ROWS, *map(len, sets))
    sets = [item.sample(size, rng) for item in sets]
    counts = np.array([np.bincount(item.target, minlength=len(names)) for item in sets]).min(axis=0)
    levels: NDArray[np.int64] = np.flatnonzero(counts >= MIN_LEVEL)
    if len(levels) < 2:  # noqa: PLR2004 - something to tell apart
        raise SampleSizeError(
            f"predicting {attribute} needs two levels with {MIN_LEVEL} samples in both sets, got {len(levels)} at "
            f"equal sizes of {size}: give more samples."
        )
    first, second = (areas_of(item, levels, rng) for item in sets)
    both = sorted(set(first) & set(second))
    if not both:
        raise SampleSizeError(f"no level of {attribute} stands in each fold of both sets: give more distinct samples.")
    real, synthetic = (_mean([found[level] for level in both], size) for found in (first, second))
    error = math.hypot(_error(real), _error(synthetic))
    low, high = normal_interval(synthetic.value - real.value, error, bounds=(-1.0, 1.0))
    return Leakage(
        attribute=attribute,
        real=real,
        synthetic=synthetic,
        gap=Estimate(synthetic.value - real.value, low, high, _METHOD, (size, size)),
        levels={names[level]: (first[level].value, second[level].value) for level in both},
        left_out=tuple(name for level, name in enumerate(names) if level not in both),
        n=size,
    )


def _mean(areas: list[Area], n: int) -> Estimate:
    value, error = (float(np.mean([getattr(area, name) for area in areas])) for name in ("value", "error"))
    low, high = normal_interval(value, error)
    return Estimate(value, low, high, _METHOD, (n, n))


def _error(estimate: Estimate) -> float:
    return 0.0 if estimate.high is None else (estimate.high - estimate.value) / NORMAL_95
