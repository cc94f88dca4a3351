"""Records planted in the training data, to see whether a generator gives them away.

The other privacy metrics look at what was generated; this one looks at how: the generator is fitted again and again,
each time with another half of records that nobody else is like. What they show holds for records like them, the
easiest to remember.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.blocks import Progress
from auditkit.data.dataset import Dataset
from auditkit.data.joint import encode_frames, encode_sets
from auditkit.data.loading import load
from auditkit.errors import DataError, SampleSizeError
from auditkit.metrics.parameters import check_seed, whole
from auditkit.metrics.tables.gower import nearest, spans
from auditkit.pipeline.canary_records import canary_records, drawn_records
from auditkit.pipeline.canary_result import CanaryAudit, canary_summary
from auditkit.pipeline.fit_sample import FitSample, fit_sample_of

__all__ = ["CanaryAudit", "FitSample", "canary_audit"]

Distances = NDArray[np.float64]


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
    planted = canary_records(dataset, canaries, rng)
    candidates = drawn_records(dataset, n_candidates, rng)
    run = fit_sample_of(generator, dataset, as_frame=not isinstance(real, Dataset))
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
    return canary_summary(planted, inside, nearer, distances, n_candidates, delta)


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
