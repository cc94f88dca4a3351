"""Records planted in the training data, to see whether a generator gives them away.

The other privacy metrics look at what was generated; this one looks at how: the generator is fitted again and again,
each time with another half of records that nobody else is like. What they show holds for records like them, the
easiest to remember.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.blocks import Progress
from auditkit.data.dataset import Dataset
from auditkit.data.joint import encode_frames, encode_sets
from auditkit.data.loading import load
from auditkit.data.schema import Column
from auditkit.errors import AuditkitError, DataError, SampleSizeError
from auditkit.metrics.epsilon import epsilon_from_guesses, epsilon_from_rates
from auditkit.metrics.parameters import check_seed, whole
from auditkit.metrics.tables.gower import nearest, spans

__all__ = ["CanaryAudit", "FitSample", "canary_audit"]

FitSample = Callable[[Any, int, int], Any]
"""Takes training data, a number of rows and a seed; gives so many synthetic rows."""

LEVEL = 0.95
RANKS = (0.01, 0.05, 0.25)
"""A canary is taken for planted where at most this share of records like it is nearer: three attackers."""

Distances = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CanaryAudit:
    """What planted records showed.

    Attributes
    ----------
    epsilon : float
        Lower bound, at 95 % confidence, on the epsilon of any differential privacy that the generator can have; 0 where
        nothing was shown. The best of three attackers, corrected for having tried three.
    epsilon_by_rates : float
        The same from true and false positive rates of one canary over the runs, the best of all canaries and corrected
        for it: valid too, but it takes hundreds of runs to be large.
    delta : float
    correct, guesses : int
        Of the attacker who bounds `epsilon`.
    exposure, exposure_left_out : float or None
        Mean bits by which planted canaries stood out of records like them, and those that were left out: 1.44 where
        nothing is remembered. None if in no run any was planted, or left out.
    found, found_left_out : float or None
        Share of planted canaries that a synthetic row equals in all columns compared, and of those left out.
    canaries : pandas.DataFrame
        The records.
    planted : ndarray of shape (repeats, n_canaries), bool
        Which were planted in which run.
    nearer : ndarray of shape (repeats, n_canaries), float64
        How many of the candidates were nearer to the synthetic set of the run; ties count one half.
    distances : ndarray of shape (repeats, n_canaries), float64
        Of each canary to the nearest synthetic row.
    n_candidates : int
        Records like the canaries that were never planted.
    """

    epsilon: float
    epsilon_by_rates: float
    delta: float
    correct: int
    guesses: int
    exposure: float | None
    exposure_left_out: float | None
    found: float | None
    found_left_out: float | None
    canaries: pd.DataFrame = field(repr=False)
    planted: Flags = field(repr=False)
    nearer: Distances = field(repr=False)
    distances: Distances = field(repr=False)
    n_candidates: int

    def __str__(self) -> str:
        runs, n = self.planted.shape
        shown = f"epsilon is at least {self.epsilon:.2f}" if self.epsilon > 0 else "no bound on epsilon was shown"
        return (
            f"{n} canaries in {runs} runs: {shown} ({self.correct} of {self.guesses} guesses were right); "
            f"planted ones stood out by {_bits(self.exposure)}, others by {_bits(self.exposure_left_out)}"
        )

    def frame(self) -> pd.DataFrame:
        """A row per canary: runs with it, mean exposure and share of exact matches when planted and when not."""
        bits = _exposures(self.nearer, self.n_candidates)
        here, away = self.planted, ~self.planted
        return pd.DataFrame(
            {
                "planted": here.sum(axis=0),
                "exposure": _means(bits, here),
                "exposure_left_out": _means(bits, away),
                "found": _means(self.distances == 0, here),
                "found_left_out": _means(self.distances == 0, away),
            }
        )


def canary_audit(
    *,
    generator: str | FitSample | Any,
    real: Dataset | pd.DataFrame,
    canaries: int | pd.DataFrame = 50,
    repeats: int = 4,
    n: int | None = None,
    n_candidates: int = 1_000,
    delta: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> CanaryAudit:
    """Plant records in the training data of a generator, and bound its privacy by how well one can tell which.

    In each run a fair coin says of each canary whether it is planted. The attacker takes it for planted where it is
    nearer to the synthetic rows than nearly all records like it that were never planted, and abstains elsewhere.

    Parameters
    ----------
    generator : str, generator or callable
        Name of a registered generator of tables, an object with `fit(dataset, seed=)` and `sample(n, seed=)`, or a
        function `fit_sample(train, n, seed)` that gives n synthetic rows. It is run `repeats` times.
    real : Dataset or pandas.DataFrame
        Training data. A function gets its training data in the same form, with canaries in it, in random order.
    canaries : int or pandas.DataFrame, default 50
        Records to plant, with the columns of `real`; a number of them is drawn evenly over each column's levels and
        range, column by column, which is unlike anybody.
    repeats : int, default 4
        Runs. Both more canaries and more runs make a larger epsilon visible: r right guesses of r show about
        log(r / 4), corrected for three attackers: 1.5 for 20, 3.2 for 100.
    n : int, optional
        Synthetic rows of a run, as many as training rows by default.
    n_candidates : int, default 1000
        Records drawn like the canaries and never planted, for comparison.
    delta : float, default 0.0
        Of (epsilon, delta)-differential privacy.
    seed : int, default 0
    progress : callable, optional

    Returns
    -------
    CanaryAudit

    Raises
    ------
    DataError
        If `real` is no table with one row per sample, or the canaries or synthetic rows lack its columns.
    AuditkitError
        If `generator` is none of the three, or a number is below 1.

    Notes
    -----
    The bound holds for adding or removing one record, whatever the attack: no generator with a smaller epsilon gives as
    many right guesses in more than 5 % of audits. It says nothing of generators that are not differentially private but
    that they are not. Names of records and free text are not compared. Distances are Gower's, on the ranges of `real`.

    References
    ----------
    Carlini et al. 2019, "The Secret Sharer", USENIX Security (exposure).
    Jagielski, Ullman and Oprea 2020, "Auditing Differentially Private Machine Learning", NeurIPS (rates).
    Steinke, Nasr and Jagielski 2023, "Privacy Auditing with One (1) Training Run", NeurIPS, theorem 5.2 (guesses).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> people = pd.DataFrame({"age": rng.integers(20, 60, 200), "pay": rng.normal(size=200).round(2)})
    >>> def copies(train, n, seed):
    ...     return train.sample(n, replace=True, random_state=seed)
    >>> canary_audit(generator=copies, real=people).epsilon > 2
    True
    >>> def fresh(train, n, seed):
    ...     return people.sample(n, replace=True, random_state=seed)
    >>> canary_audit(generator=fresh, real=people).epsilon
    0.0
    """
    dataset = real if isinstance(real, Dataset) else load(real)
    _check(dataset, canaries, repeats, n, n_candidates)
    rng = np.random.default_rng(check_seed(seed))
    planted = _records(dataset, canaries, rng)
    candidates = _drawn(dataset, n_candidates, rng)
    run = _runner(generator, dataset, as_frame=not isinstance(real, Dataset))
    inside = rng.random((repeats, len(planted))) < 0.5  # noqa: PLR2004 - a fair coin
    nearer, distances = np.zeros(inside.shape), np.zeros(inside.shape)
    for place, coins in enumerate(inside):
        if progress is not None:
            progress(place, repeats, "fit with canaries")
        train = pd.concat([dataset.table, planted[coins]], ignore_index=True)
        train = train.iloc[rng.permutation(len(train))].reset_index(drop=True)
        made = run(train, len(dataset) if n is None else n, int(rng.integers(2**31)))
        distances[place], of_candidates = _nearest(dataset, planted, candidates, made)
        nearer[place] = _count_nearer(distances[place], of_candidates)
    return _summary(planted, inside, nearer, distances, n_candidates, delta)


def _check(dataset: Dataset, canaries: int | pd.DataFrame, repeats: int, n: int | None, n_candidates: int) -> None:
    if dataset.modality != "tabular" or dataset.key is not None:
        raise DataError(f"canaries are planted in tables with one row per sample, {dataset.source} is not one.")
    if isinstance(canaries, pd.DataFrame):
        if not len(canaries):
            raise SampleSizeError("`canaries` has 0 rows: give at least one record, or how many to draw.")
    else:
        whole("canaries", canaries, 1, give=50)
    whole("repeats", repeats, 1)
    whole("n_candidates", n_candidates, 1, give=1_000)
    if n is not None:
        whole("n", n, 1)


def _records(dataset: Dataset, canaries: int | pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    if not isinstance(canaries, pd.DataFrame):
        return _drawn(dataset, int(canaries), rng)
    lacking = [name for name in dataset.table.columns if name not in canaries.columns]
    if lacking:
        raise DataError(f"the canaries lack column {lacking[0]!r} of `real`: give them all of its columns.")
    return canaries[list(dataset.table.columns)].reset_index(drop=True)


def _drawn(dataset: Dataset, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Records drawn evenly over levels and ranges, column by column."""
    table = dataset.table
    return pd.DataFrame({column.name: _column(column, table[column.name], n, rng) for column in dataset.schema.columns})


def _column(column: Column, cells: pd.Series, n: int, rng: np.random.Generator) -> pd.Series:
    present = cells.dropna()
    if column.kind == "id":
        if pd.api.types.is_integer_dtype(present.dtype):
            return pd.Series(rng.integers(int(present.max()) + 1, int(present.max()) + 10**9, n)).astype(cells.dtype)
        return pd.Series([f"{number:012d}" for number in rng.integers(10**12, size=n)]).astype(cells.dtype)
    if not len(present):
        return pd.Series([None] * n).astype(cells.dtype)
    if column.kind == "integer" and pd.api.types.is_numeric_dtype(present.dtype):
        low, high = int(present.min()), int(present.max())
        return pd.Series(rng.integers(low, high, n, endpoint=True)).astype(cells.dtype)
    if column.kind == "numeric":
        values = rng.uniform(float(present.min()), float(present.max()), n)
        return pd.Series(values if column.decimals is None else values.round(column.decimals)).astype(cells.dtype)
    found = present.drop_duplicates()
    return found.iloc[rng.integers(len(found), size=n)].reset_index(drop=True)


def _runner(generator: Any, dataset: Dataset, *, as_frame: bool) -> Callable[[pd.DataFrame, int, int], pd.DataFrame]:
    """Function that fits and samples, from frame to frame."""
    if isinstance(generator, str):
        from auditkit.generators import create  # noqa: PLC0415 - not needed where users bring their own

        generator = create(generator, modality="tabular")

    def wrapped(table: pd.DataFrame) -> Dataset:
        return Dataset.of_table(table, label=dataset.label, groups=dataset.groups, schema=dataset.schema)

    if hasattr(generator, "fit") and hasattr(generator, "sample"):
        return lambda train, n, seed: _table(generator.fit(wrapped(train), seed=seed).sample(n, seed=seed), dataset)
    if not callable(generator):
        found = type(generator).__name__
        message = f"`generator` must be a registered name, have fit and sample, or be a function, got {found}."
        raise AuditkitError(message)
    return lambda train, n, seed: _table(generator(train if as_frame else wrapped(train), n, seed), dataset)


def _table(made: Any, dataset: Dataset) -> pd.DataFrame:
    table = made.table if isinstance(made, Dataset) else made
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"the generator gave {type(made).__name__}: let it give a Dataset or a pandas frame.")
    lacking = [name for name in dataset.table.columns if name not in table.columns]
    if lacking or not len(table):
        what = f"no column {lacking[0]!r}" if lacking else "no row"
        raise DataError(f"the generator gave {what}: let it give all columns of its training data.")
    return table


def _nearest(
    dataset: Dataset, planted: pd.DataFrame, candidates: pd.DataFrame, made: pd.DataFrame
) -> tuple[Distances, Distances]:
    """Distances of the canaries and of the candidates to the nearest synthetic row."""
    kinds = {column.name: column.kind for column in encode_sets({"real": dataset})["real"].columns}
    names = list(kinds)
    tables = {"real": dataset.table, "canaries": planted, "candidates": candidates, "synthetic": made}
    cells = encode_frames({role: table[names] for role, table in tables.items()}, kinds=kinds)
    measure = spans(cells["real"])
    found = [
        nearest(cells[role], [cells["synthetic"]], measure=measure).distances[0, :, 0]
        for role in ("canaries", "candidates")
    ]
    return found[0], found[1]


def _count_nearer(distances: Distances, of_candidates: Distances) -> Distances:
    ordered = np.sort(of_candidates)
    below = np.searchsorted(ordered, distances, side="left")
    counts: Distances = (below + np.searchsorted(ordered, distances, side="right")) / 2
    return counts


def _summary(
    canaries: pd.DataFrame, planted: Flags, nearer: Distances, distances: Distances, n_candidates: int, delta: float
) -> CanaryAudit:
    bounds = []
    level = 1 - (1 - LEVEL) / len(RANKS)
    for share in RANKS:
        guessed = nearer <= share * n_candidates
        correct, guesses = int((guessed & planted).sum()), int(guessed.sum())
        epsilon = epsilon_from_guesses(
            correct=correct, guesses=guesses, canaries=planted.size, delta=delta, level=level
        )
        bounds.append((epsilon, correct, guesses))
    epsilon, correct, guesses = max(bounds, key=lambda item: (item[0], item[2]))
    bits = _exposures(nearer, n_candidates)
    return CanaryAudit(
        epsilon=epsilon,
        epsilon_by_rates=_by_rates(planted, nearer, n_candidates, delta),
        delta=delta,
        correct=correct,
        guesses=guesses,
        exposure=_mean(bits, planted),
        exposure_left_out=_mean(bits, ~planted),
        found=_mean(distances == 0, planted),
        found_left_out=_mean(distances == 0, ~planted),
        canaries=canaries,
        planted=planted,
        nearer=nearer,
        distances=distances,
        n_candidates=n_candidates,
    )


def _by_rates(planted: Flags, nearer: Distances, n_candidates: int, delta: float) -> float:
    """The best bound of the attackers and canaries, corrected for their number."""
    level = 1 - (1 - LEVEL) / (len(RANKS) * planted.shape[1])
    best = 0.0
    for share in RANKS:
        guessed = nearer <= share * n_candidates
        for coins, said in zip(planted.T, guessed.T, strict=True):
            bound = epsilon_from_rates(
                true_positives=int((said & coins).sum()),
                members=int(coins.sum()),
                false_positives=int((said & ~coins).sum()),
                strangers=int((~coins).sum()),
                delta=delta,
                level=level,
            )
            best = max(best, bound)
    return best


def _exposures(nearer: Distances, n_candidates: int) -> Distances:
    bits: Distances = np.log2(n_candidates + 1) - np.log2(1 + nearer)
    return bits


def _mean(values: NDArray[Any], where: Flags) -> float | None:
    return float(values[where].mean()) if where.any() else None


def _means(values: NDArray[Any], where: Flags) -> pd.Series:
    """Means per column where there is anything to take the mean of."""
    counts = where.sum(axis=0)
    sums = np.where(where, values, 0).sum(axis=0)
    return pd.Series(sums / np.maximum(counts, 1), dtype="Float64").mask(counts == 0)


def _bits(bits: float | None) -> str:
    return "nothing known" if bits is None else f"{bits:.1f} bits"
