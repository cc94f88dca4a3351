"""Do people agree on samples: Cohen's kappa of two showings or two reviewers, and the mean of the pairs of several.

Kappa is 0 where people agree as often as chance alone makes them and 1 where they always agree. It is undefined where
every answer is the same, because chance then agrees always too: that is no 0, and the share of agreement beside it
says how often the answers were the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.errors import DataError
from auditkit.results import Estimate

__all__ = ["Agreement", "between_reviewers", "cohen_kappa", "kappa_of_counts"]

_DRAWS = 4000
_PRIOR = 0.5
_METHOD = "jeffreys"
_CELLS = (2, 2)


@dataclass(frozen=True)
class Agreement:
    """How well answers agree.

    Attributes
    ----------
    kind : {"showings", "reviewers"}
        First against second showing to the same person, or one person against another.
    kappa : Estimate or None
        None where it is undefined; `reason` says why.
    share : float or None
        Share of the pairs of answers that are the same; None without a pair.
    n : int
        Samples that were judged twice.
    reason : str
    """

    kind: str
    kappa: Estimate | None
    share: float | None
    n: int
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        kappa = None if self.kappa is None else self.kappa.to_json()
        return {"kind": self.kind, "kappa": kappa, "share": self.share, "n": self.n, "reason": self.reason}


def cohen_kappa(first: Sequence[str], second: Sequence[str], *, kind: str = "reviewers") -> Agreement:
    """Agreement of two answers, accept or reject, to each of the same samples.

    kappa = (p_o - p_e) / (1 - p_e), with p_o the share of samples that got the same answer twice and p_e that share
    if both had answered as often with accept, but independently of each other.

    Parameters
    ----------
    first, second : sequence of {"accept", "reject"}
        Answers in the same order of samples.
    kind : str
        What is compared, for the result.

    Returns
    -------
    Agreement
        kappa in [-1, 1], higher is better; with a 95 % interval that is not empty where all answers agree.

    Raises
    ------
    DataError
        If there are not two answers to every sample, or other ones.

    Notes
    -----
    The limits are quantiles of kappa over 4,000 seeded draws of the four cells' shares, given the counts and Jeffreys'
    prior (half a sample in each cell). Normal limits have no width at perfect agreement, and a bootstrap neither.

    References
    ----------
    Cohen 1960, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological Measurement 20.

    Examples
    --------
    >>> found = cohen_kappa(["accept"] * 5 + ["reject"] * 5, ["accept"] * 4 + ["reject"] * 6)
    >>> round(found.kappa.value, 6), found.share
    (0.8, 0.9)
    """
    if len(first) != len(second):
        raise DataError(f"agreement needs two answers to every sample, got {len(first)} and {len(second)}.")
    odd = {*first, *second} - {"accept", "reject"}
    if odd:
        raise DataError(f"agreement is about accept and reject, got {min(map(str, odd))!r}: leave the others out.")
    counts = np.zeros(_CELLS)
    for left, right in zip(first, second, strict=True):
        counts[int(left == "reject"), int(right == "reject")] += 1
    return kappa_of_counts(counts, kind=kind)


def kappa_of_counts(counts: NDArray[np.float64], *, kind: str) -> Agreement:
    """Agreement of a table of 2 x 2 counts: rows are first answers, columns second ones.

    Raises
    ------
    DataError
        If the table has another shape or negative counts.
    """
    if counts.shape != _CELLS or (counts < 0).any():
        raise DataError(f"agreement is read from 2 x 2 counts that are not negative, got shape {counts.shape}.")
    n = int(counts.sum())
    if not n:
        return Agreement(kind, None, None, 0, "no sample was judged twice")
    share = float(np.trace(counts) / n)
    value = float(_kappa(counts[None] / n)[0])
    if math.isnan(value):
        return Agreement(kind, None, share, n, "every answer was the same, so that chance agrees always too")
    draws = np.random.default_rng(0).dirichlet(counts.ravel() + _PRIOR, size=_DRAWS).reshape(-1, *_CELLS)
    low, high = np.quantile(_kappa(draws), [0.025, 0.975])
    return Agreement(kind, Estimate(value, min(float(low), value), max(float(high), value), _METHOD, (0, n)), share, n)


def between_reviewers(answers: pd.DataFrame) -> tuple[Agreement | None, tuple[tuple[str, str, Agreement], ...]]:
    """Agreement of several reviewers, and that of each two of them.

    Parameters
    ----------
    answers : pandas.DataFrame
        A column per reviewer and a row per sample: accept, reject or missing.

    Returns
    -------
    together : Agreement or None
        Cohen's kappa of two reviewers; of more the mean over their pairs, with the means of the pairs' limits, which
        are rather too wide. None with fewer than two reviewers.
    pairs : tuple of (str, str, Agreement)
    """
    pairs = []
    for one, other in combinations(answers.columns, 2):
        both = answers[[one, other]].dropna()
        pairs.append((str(one), str(other), cohen_kappa(list(both[one]), list(both[other]))))
    if not pairs:
        return None, ()
    if len(pairs) == 1:
        return pairs[0][2], tuple(pairs)
    return _mean([found for _, _, found in pairs]), tuple(pairs)


def _mean(found: Sequence[Agreement]) -> Agreement:
    known = [item.kappa for item in found if item.kappa is not None]
    n = sum(item.n for item in found)
    share = sum(item.share * item.n for item in found if item.share is not None) / n if n else None
    if not known:
        reason = "no pair of reviewers judged the same samples and gave different answers"
        return Agreement("reviewers", None, share, n, reason)
    value, low, high = (float(np.mean([getattr(item, side) for item in known])) for side in ("value", "low", "high"))
    reason = "" if len(known) == len(found) else f"of {len(known)} of the {len(found)} pairs of reviewers"
    return Agreement("reviewers", Estimate(value, low, high, "mean of pairs", (0, n)), share, n, reason)


def _kappa(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kappa of tables of shares, nan where chance agrees always."""
    by_chance = np.einsum("ij,ij->i", shares.sum(axis=2), shares.sum(axis=1))
    room = 1.0 - by_chance
    agreed = shares[:, 0, 0] + shares[:, 1, 1]
    undefined = room <= np.finfo(np.float64).eps
    found = (agreed - by_chance) / np.where(undefined, 1.0, room)
    return np.where(undefined, np.nan, found)
