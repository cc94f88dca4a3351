"""What the synthetic data tell about a person of whom some columns are known.

A synthetic set that is of any use teaches how columns go together, and so how a stranger's cells can be guessed. That
is no disclosure. What it tells of training records beyond what it tells of fresh ones is: hence the holdout. Without
one, a useful set and a leaking one look alike here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.errors import AuditkitError, UndefinedError
from auditkit.metrics.parameters import one_of, whole
from auditkit.metrics.tables.attribution import Attribution, Edges, Variant, attribute
from auditkit.metrics.tables.bins import equal_width
from auditkit.metrics.tables.peers import SDMetrics, check_peer
from auditkit.metrics.tables.shown import Shown, cell_text, short_text
from auditkit.metrics.tables.sides import named_places, named_sets, table_sides
from auditkit.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Disclosure", "attribute_disclosure", "disclosure_protection"]


@dataclass(frozen=True, eq=False, repr=False)
class Disclosure(Shown):
    """How well sensitive columns are attributed to records of which some columns are known.

    Attributes
    ----------
    protection : float or None
        In [0, 1], higher is better: what is not attributed, over what would not be attributed either way (see
        `baseline`), at most 1. None with the `reason` where that is undefined.
    attribution : float
        Mean probability with which the training records' sensitive values are attributed.
    baseline : float
        Probability of failing where nothing is to be disclosed: of the holdout's records where there is a holdout, of
        a guess without the known columns else, of a guess among all values alike with `compatible="sdmetrics"`.
    holdout : float or None
        Mean attribution of the holdout's records.
    excess : Estimate or None
        `attribution - holdout`: 0 where the synthetic set tells nothing of its training records that it does not tell
        of fresh ones. Its interval is Welch's, with a 0 and a 1 added to each side's variance.
    attributions : ndarray of shape (n,), float64
        Of each training record; 0 where `matched` is False.
    matched : ndarray of shape (n,), bool
        Training records that the attack says anything about.
    known, sensitive : tuple of str
    variant : {"cap", "zero_cap", "generalized_cap"}
    reason : str
    """

    protection: float | None
    attribution: float
    baseline: float
    holdout: float | None
    excess: Estimate | None
    attributions: NDArray[np.float64] = field(repr=False)
    matched: NDArray[np.bool_] = field(repr=False)
    known: tuple[str, ...]
    sensitive: tuple[str, ...]
    variant: Variant
    reason: str = ""

    def __float__(self) -> float:
        if self.protection is None:
            raise UndefinedError(self.reason)
        return self.protection

    def __str__(self) -> str:
        told = self.reason or f"protection {cell_text(self.protection)}"
        head = f"{', '.join(self.sensitive)} from {', '.join(self.known)}: {told}"
        rows = [
            ("attribution of training records", self.attribution),
            ("attribution of the holdout's", self.holdout),
            ("excess", self.excess),
            ("failing with nothing to disclose", self.baseline),
            ("records that the attack tells of", float(self.matched.mean())),
        ]
        return short_text(head, ("", "value"), rows)

    def frame(self) -> pd.DataFrame:
        """A row per training record: whether it was matched, and its attribution, missing where it was not."""
        import pandas as pd  # noqa: PLC0415 - only for who wants a frame

        values = pd.array(self.attributions, dtype="Float64")
        values[~self.matched] = pd.NA
        return pd.DataFrame({"matched": self.matched, "attribution": values})


def disclosure_protection(
    *,
    real: Any,
    synthetic: Any,
    known: Sequence[str],
    sensitive: Sequence[str],
    holdout: Any = None,
    variant: Variant = "cap",
    compatible: SDMetrics | None = None,
    continuous: Sequence[str] | None = None,
    n_bins: int = 10,
) -> float:
    """How well the synthetic set keeps the sensitive columns of records of which other columns are known.

    P = min(1, (1 - mean_i CAP_i) / b), where CAP_i is the share of the synthetic rows with record i's known values
    that have its sensitive values too, and b the share that would not be attributed in any case.

    Parameters
    ----------
    real : table of n rows
        Training records: a frame (pandas, polars, arrow), a Dataset, or a mapping of columns.
    synthetic : table of m rows
    known, sensitive : sequence of str
        Columns that an attacker knows, and wants to know.
    holdout : table, optional
        Real records that the generator never saw. With them b is the mean of 1 - CAP over the holdout: what is learnt
        about the population is not disclosure.
    variant : {"cap", "zero_cap", "generalized_cap"}, default "cap"
        What to do with a record whose known values no synthetic row has: leave it out, count 0, or ask the rows that
        differ in the fewest known columns.
    compatible : {"sdmetrics"}, optional
        The numbers of SDMetrics 0.32: b = 1 - 1 / (product of the numbers of distinct sensitive values), and
        bins of equal width for `continuous` alone.
    continuous : sequence of str, optional
        Columns that are cut into bins on the real numbers. By default those of more than `n_bins` distinct real
        numbers, at their quantiles.
    n_bins : int, default 10

    Returns
    -------
    float in [0, 1]; higher is better. 1 where no more is attributed than without the training records.

    Raises
    ------
    UndefinedError
        If no synthetic row has the known values of any record (`"cap"`), or nothing sensitive varies, so that b = 0.
    DataError, UnknownNameError, AuditkitError
        For columns that cannot be compared, are not there, or are in both lists.

    Notes
    -----
    A missing cell is a value of its own, here and in SDMetrics. SDMetrics' b takes all values as equally likely, so
    it reports disclosure wherever one value is frequent, and none where there are many values; without a holdout b is
    here the share that fails for one who knows the synthetic set's shares alone. O(n + m) by counting; the generalized
    variant compares distinct keys, at most O(n m). Per record, and how sure: `attribute_disclosure`.

    References
    ----------
    Elliot 2014, "Final Report on the Disclosure Risk Associated with the Synthetic Data Produced by the SYLLS Team".
    Taub et al. 2018, "Differential Correct Attribution Probability for Synthetic Data", PSD, section 3.

    Examples
    --------
    >>> real = {"sex": ["f", "f", "m", "m"], "ill": ["yes", "no", "no", "no"]}
    >>> synthetic = {"sex": ["f", "f", "m", "m"], "ill": ["yes", "yes", "no", "no"]}
    >>> disclosure_protection(
    ...     real=real, synthetic=synthetic, known=["sex"], sensitive=["ill"], compatible="sdmetrics"
    ... )
    0.5
    """
    found = attribute_disclosure(
        real=real,
        synthetic=synthetic,
        known=known,
        sensitive=sensitive,
        holdout=holdout,
        variant=variant,
        compatible=compatible,
        continuous=continuous,
        n_bins=n_bins,
    )
    return float(found)


def attribute_disclosure(
    *,
    real: Any,
    synthetic: Any,
    known: Sequence[str],
    sensitive: Sequence[str],
    holdout: Any = None,
    variant: Variant = "cap",
    compatible: SDMetrics | None = None,
    continuous: Sequence[str] | None = None,
    n_bins: int = 10,
) -> Disclosure:
    """The numbers behind `disclosure_protection`, with each record's attribution.

    Parameters
    ----------
    real, synthetic, known, sensitive, holdout, variant, compatible, continuous, n_bins
        As there.

    Returns
    -------
    Disclosure
        Without a `protection` but with the reason where `disclosure_protection` would raise an `UndefinedError`.

    Raises
    ------
    DataError, UnknownNameError, AuditkitError
        As there.

    Examples
    --------
    >>> real = {"sex": ["f", "f", "m", "m"], "ill": ["yes", "no", "no", "no"]}
    >>> synthetic = {"sex": ["f", "f", "m", "x"], "ill": ["yes", "yes", "no", "no"]}
    >>> attribute_disclosure(real=real, synthetic=synthetic, known=["sex"], sensitive=["ill"]).attributions.tolist()
    [1.0, 0.0, 1.0, 1.0]
    """
    return disclosure_of(
        **table_sides(named_sets(real=real, synthetic=synthetic, holdout=holdout)),
        known=known,
        sensitive=sensitive,
        variant=variant,
        compatible=compatible,
        continuous=continuous,
        n_bins=n_bins,
    )


def disclosure_of(
    real: Cells,
    synthetic: Cells,
    holdout: Cells | None = None,
    *,
    known: Sequence[str],
    sensitive: Sequence[str],
    variant: Variant = "cap",
    compatible: SDMetrics | None = None,
    continuous: Sequence[str] | None = None,
    n_bins: int = 10,
) -> Disclosure:
    """The same on sets that are encoded together already."""
    one_of("variant", variant, Variant)
    check_peer(compatible, SDMetrics)
    whole("n_bins", n_bins, 1, give=10)
    keys = named_places(real, known, argument="known")
    secrets = named_places(real, sensitive, argument="sensitive")
    both = sorted(set(known) & set(sensitive))
    if both:
        raise AuditkitError(f"column {both[0]!r} is in `known` and in `sensitive`: name it in one of them.")
    attacks = attribute(
        [real] if holdout is None else [real, holdout],
        synthetic,
        known=keys,
        sensitive=secrets,
        variant=variant,
        edges=_edges(real, continuous, n_bins, compatible),
    )
    return _summary(attacks, tuple(known), tuple(sensitive), variant, compatible)


def _edges(
    real: Cells, continuous: Sequence[str] | None, n_bins: int, compatible: SDMetrics | None
) -> list[Edges | None]:
    """Per column the rule that cuts it."""
    numbers = set(real.places("number", "moment"))
    chosen = set() if continuous is None else set(named_places(real, continuous, argument="continuous"))
    if not chosen <= numbers:
        name = real.columns[min(chosen - numbers)].name
        raise AuditkitError(f"column {name!r} of `continuous` holds categories, which have no bins: leave it out.")
    if compatible == "sdmetrics":
        return [(lambda x: _equal_widths(x, n_bins)) if place in chosen else None for place in range(len(real.columns))]
    if continuous is None:
        chosen = numbers
    always = continuous is not None
    return [
        (lambda x: _quantiles(x, n_bins, always=always)) if place in chosen else None
        for place in range(len(real.columns))
    ]


def _equal_widths(numbers: NDArray[np.float64], n_bins: int) -> NDArray[np.float64]:
    """Inner edges of bins of equal width; around one value alone as pandas.cut widens it."""
    if not len(numbers):
        return np.zeros(0)
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:
        low, high = low - (0.001 * abs(low) if low else 0.001), high + (0.001 * abs(high) if high else 0.001)
    return equal_width(low, high, n_bins)[1:-1]


def _quantiles(numbers: NDArray[np.float64], n_bins: int, *, always: bool) -> NDArray[np.float64]:
    """Inner edges at quantiles that occur; between all values where there are few."""
    found = np.unique(numbers)
    if len(found) <= n_bins and not always:
        return found[:-1]
    if not len(found):
        return found
    return np.unique(np.quantile(numbers, np.arange(1, n_bins) / n_bins, method="inverted_cdf"))


def _summary(
    attacks: Sequence[Attribution],
    known: tuple[str, ...],
    sensitive: tuple[str, ...],
    variant: Variant,
    compatible: SDMetrics | None,
) -> Disclosure:
    train, fresh = attacks[0], attacks[1] if len(attacks) > 1 else None
    mean = float(train.shares[train.matched].mean()) if train.matched.any() else 0.0
    control = float(fresh.shares[fresh.matched].mean()) if fresh is not None and fresh.matched.any() else None
    reason = ""
    if not train.matched.any():
        reason = f"no synthetic row has the values of any real record in {', '.join(known)}."
    if compatible == "sdmetrics":
        baseline = 1.0 - 1.0 / train.n_sensitive
    elif fresh is not None:
        baseline = 1.0 if control is None else 1.0 - control
    else:
        baseline = 1.0 - float(train.guesses.mean())
    if not reason and baseline <= 0:
        reason = f"{', '.join(sensitive)} can be told without the known columns, so there is nothing to protect."
    return Disclosure(
        protection=None if reason else min(1.0, (1.0 - mean) / baseline),
        attribution=mean,
        baseline=baseline,
        holdout=control,
        excess=None if reason or fresh is None or control is None else _excess(train, fresh),
        attributions=train.shares,
        matched=train.matched,
        known=known,
        sensitive=sensitive,
        variant=variant,
        reason=reason,
    )


def _excess(train: Attribution, fresh: Attribution) -> Estimate:
    """Difference of the two means, given the synthetic set: who is in train is all that is random then."""
    one, two = train.shares[train.matched], fresh.shares[fresh.matched]
    value = float(one.mean() - two.mean())
    if min(len(one), len(two)) < 2:  # noqa: PLR2004 - one value has no spread
        return Estimate(value, n=(len(one), len(two)))
    low, high = _welch(value, (one, two))
    return Estimate(value, low, high, "welch", (len(one), len(two)))


def _welch(value: float, shares: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """95 % limits of a difference of means of shares, t with Welch's and Satterthwaite's degrees of freedom.

    Each side's variance is that with a 0 and a 1 added (Agresti and Caffo 2000): a few records that happen to be alike
    make nothing sure.
    """
    from scipy.stats import t  # noqa: PLC0415 - slow to load

    spread = [np.append(item, (0.0, 1.0)).var(ddof=1) / len(item) for item in shares]
    error = sum(spread)
    freedom = error**2 / sum(own**2 / (len(item) - 1) for own, item in zip(spread, shares, strict=True))
    half = float(t.ppf(0.975, freedom)) * math.sqrt(error)
    return max(value - half, -1.0), min(value + half, 1.0)
