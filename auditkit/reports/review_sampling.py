"""Which samples people look at: drawn at random within parts of the set, so that the rate of acceptance has no bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.auditing.sample_limits import WORSE_ABOVE
from auditkit.errors import SampleSizeError, UnknownNameError
from auditkit.reports.words import part_words

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.filtering.selection import Selection

__all__ = ["Part", "draw_parts", "parts_of", "showing_order", "suspicion", "ways"]

SUSPICIOUS, OTHERS, EVERY, REST = "suspicious", "others", "all samples", "other levels"
KEPT, REJECTED = "kept by the filter", "rejected by the filter"
_NUMBERS = ("discriminator", "oddness", "realism", "density", "label_agreement")
_WORSE: Mapping[str, int] = {name: 1 if name in WORSE_ABOVE else -1 for name in _NUMBERS}
_FIFTH = 5
_FEWEST = 5
"""Samples of a part that should be shown, where there are many parts."""


@dataclass(frozen=True)
class Part:
    """A part of the set that is drawn from by itself.

    Attributes
    ----------
    name : str
    places : ndarray of int
        Where its samples are in the set.
    """

    name: str
    places: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.places)


def ways(synthetic: Dataset, samples: pd.DataFrame, selection: Selection | None) -> list[str]:
    """Names that say how samples can be chosen for this set."""
    columns = [synthetic.label] if synthetic.label is not None else []
    columns += [name for name in synthetic.groups if name not in columns]
    numbers = [name for name in _WORSE if name in samples and samples[name].notna().any()]
    return ["suspicion", "random", *(["filter"] if selection is not None else []), *numbers, *columns]


def parts_of(
    by: str,
    synthetic: Dataset,
    samples: pd.DataFrame,
    *,
    n: int,
    hidden: NDArray[np.bool_],
    selection: Selection | None = None,
) -> tuple[Part, ...]:
    """Parts of the set that samples are drawn from, each by itself.

    Parameters
    ----------
    by : str
        "suspicion" (the worst fifth, and the others), "random" (one part), "filter" (kept and rejected), a number of
        the evidence (as "realism": the worst fifth by it), or the label or a group (a part per level).
    synthetic : Dataset
    samples : pandas.DataFrame
        The audit's row of each synthetic sample, in the set's order.
    n : int
        Samples to show.
    hidden : ndarray of bool
        Samples that must not be shown.
    selection : Selection, optional

    Returns
    -------
    tuple of Part
        Disjoint, none empty; together all samples that may be shown.

    Raises
    ------
    UnknownNameError
        If there is no such way.
    SampleSizeError
        If nothing may be shown.
    """
    known = ways(synthetic, samples, selection)
    if by not in known:
        raise UnknownNameError.of("way to choose samples", by, known)
    shown = np.flatnonzero(~hidden)
    if not len(shown):
        raise SampleSizeError(
            f"all {len(hidden)} samples are copies of real records, which are hidden: allow it with show_real=True."
        )
    if by == "random":
        return (Part(EVERY, shown),)
    if by == "filter" and selection is not None:
        return _split(shown, np.isin(synthetic.ids[shown], selection.kept.ids), KEPT, REJECTED)
    if by == "suspicion" or by in _WORSE:
        score = suspicion(samples if by == "suspicion" else samples[["id", by]])
        return _worst(shown, score, n=n, name=SUSPICIOUS if by == "suspicion" else f"worst by {by}")
    return _levels(shown, synthetic.group_values(by), by=by, n=n)


def suspicion(samples: pd.DataFrame) -> NDArray[np.float64]:
    """How suspicious each sample is, as a rank that depends on no scale; breaches of the schema come first.

    A sample is as suspicious as its worst rank in discriminator (high), realism, density and label agreement (low).
    All zeros where the audit has none of them.

    Examples
    --------
    >>> suspicion(pd.DataFrame({"realism": [0.9, 0.1, 0.5]})).round(2).tolist()
    [0.33, 1.0, 0.67]
    """
    ranks = [
        (sign * samples[name]).rank(pct=True).fillna(0.0).to_numpy(dtype=np.float64)
        for name, sign in _WORSE.items()
        if name in samples
    ]
    score = np.max(ranks, axis=0) if ranks else np.zeros(len(samples))
    if "violations" in samples:
        score = score + np.asarray(samples["violations"].fillna("") != "", dtype=np.float64)
    return score


def draw_parts(parts: Sequence[Part], *, n: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Places drawn without replacement from each part, as many from each as can be.

    Examples
    --------
    >>> parts = [Part("few", np.arange(3)), Part("many", np.arange(3, 100))]
    >>> [len(places) for places in draw_parts(parts, n=10, rng=np.random.default_rng(0))]
    [3, 7]
    """
    wanted = [0] * len(parts)
    left = min(n, sum(map(len, parts)))
    while left:
        open_parts = [place for place, part in enumerate(parts) if wanted[place] < len(part)]
        for place in open_parts[:left]:
            wanted[place] += 1
        left -= len(open_parts[:left])
    return [np.sort(rng.permutation(part.places)[:count]) for part, count in zip(parts, wanted, strict=True)]


def showing_order(n: int, *, repeats: float, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Order of showings as (sample, occurrence): all samples, and a share of them once more, a third of all apart.

    Examples
    --------
    >>> order = showing_order(30, repeats=0.1, rng=np.random.default_rng(0))
    >>> len(order), sum(occurrence == 2 for _, occurrence in order)
    (33, 3)
    """
    first = [(int(place), 1) for place in rng.permutation(n)]
    third = n // 3
    again = [(place, 2) for place, _ in first[: min(round(repeats * n), third)]]
    late = [*first[n - third :], *again]
    return [*first[: n - third], *(late[place] for place in rng.permutation(len(late)))]


def _split(shown: NDArray[np.intp], mask: NDArray[np.bool_], yes: str, no: str) -> tuple[Part, ...]:
    parts = (Part(yes, shown[mask]), Part(no, shown[~mask]))
    return tuple(part for part in parts if len(part))


def _worst(shown: NDArray[np.intp], score: NDArray[np.float64], *, n: int, name: str) -> tuple[Part, ...]:
    mine = score[shown]
    if not len(mine) or mine.min() == mine.max():
        return (Part(EVERY, shown),)
    count = min(len(shown), max(-(-len(shown) // _FIFTH), n // 2))
    worst = np.zeros(len(shown), dtype=np.bool_)
    worst[np.argsort(-mine, kind="stable")[:count]] = True
    return _split(shown, worst, name, OTHERS)


def _levels(shown: NDArray[np.intp], values: NDArray[np.object_], *, by: str, n: int) -> tuple[Part, ...]:
    """A part per level, the commonest first; levels that there are too few showings for are one part."""
    levels = values[shown].astype(str)
    names, counts = np.unique(levels, return_counts=True)
    order = names[np.lexsort((names, -counts))]
    most = max(1, n // _FEWEST)
    alone = order if len(order) <= most else order[: most - 1]
    short = [part_words({by: str(name)}) for name in alone]
    # Long levels may look the same once they are cut.
    told = [name if short.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(short, start=1)]
    parts = [Part(name, shown[levels == level]) for name, level in zip(told, alone, strict=True)]
    rest = shown[~np.isin(levels, alone)]
    return (*parts, Part(REST, rest)) if len(rest) else tuple(parts)
