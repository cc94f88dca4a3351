"""Groups that nobody declared: where is the synthetic set, or a model, worst? Slice finding on tables and features.

A mean over all rows hides the group that pays for it, and groups that are declared are those one thought of. These
search all conjunctions of up to three conditions. They mislead where slices are read as causes: a slice names rows
that are bad together, not why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.data.any_table import frame_of
from auditkit.data.cells import Cells
from auditkit.data.joint import encode_frames
from auditkit.errors import ShapeError
from auditkit.intervals import holm
from auditkit.metrics.arrays import as_array, feature_side, feature_sides
from auditkit.metrics.parameters import check_seed, number, one_of, whole
from auditkit.metrics.products import Products
from auditkit.metrics.slices.clusters import cluster_axis
from auditkit.metrics.slices.conditions import Axis, Codes, axes_of_cells
from auditkit.metrics.slices.confirm import discover_and_test
from auditkit.metrics.slices.counterparts import PARAMETERS, counterparts_of, equal_views, plain_features
from auditkit.metrics.slices.result import BlindSpots, Slice
from auditkit.metrics.slices.search import DEPTH, MOST_FOUND, Sample
from auditkit.metrics.slices.slice_tiles import FIXED, REST
from auditkit.metrics.slices.spots import ALPHA, FEWER, WORSE, Rows, spots_of
from auditkit.metrics.tables.sides import named_sets, table_sides

__all__ = ["BlindSpots", "Slice", "blind_spots", "find_slices"]

LEAST = 30
MOST_ROWS = 10_000
Space = Literal["table", "features"]


def blind_spots(
    *,
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    space: Space = "table",
    depth: int = DEPTH,
    least: int = LEAST,
    alpha: float = ALPHA,
    fewer: float = FEWER,
    worse: float = WORSE,
    seed: int = 0,
) -> BlindSpots:
    """Slices of the data that the synthetic set lacks, does not cover, or fills with samples unlike real ones.

    A slice is a conjunction of up to three conditions: a level, an interval between quantiles of the real column, a
    missing cell; in feature space a cluster. Three things are sought. *Rare*: 1 - (m_S / m) / (n_S / n) >= `fewer`, of
    n real (holdout included) and m synthetic rows. *Uncovered*: mean over the slice's real rows of
    1[fresh row in its ball] - 1[synthetic row in its ball], less the same over all rows, >= `worse`. *Unlike*: share of
    the slice's synthetic rows in no real row's ball, less that of fresh rows, less the same over all rows, >= `worse`.

    Parameters
    ----------
    real : table of n rows, or array_like of shape (n, d)
    synthetic : table of m rows, or array_like of shape (m, d)
    holdout : table or array_like, optional
        Fresh real rows; without them one half of the real rows stands for them, and less is seen.
    space : {"table", "features"}, default "table"
        What the sets are: columns, or features whose clusters make the slices.
    depth : int, default 3
        Conditions of a slice at most, 1 to 3.
    least : int, default 30
        Real rows of a slice, 10 or more.
    alpha : float, default 0.01
        Chance of naming any slice where there is none.
    fewer, worse : float, default 0.5 and 0.1
        Sizes that matter, from 0 to 1.
    seed : int, default 0
        Draws the halves, the rows that are compared, and the clusters.

    Returns
    -------
    BlindSpots

    Raises
    ------
    AuditkitError
        If a parameter is impossible.
    ShapeError, DataError, SampleSizeError
        If the sets cannot be compared.

    Notes
    -----
    *Multiplicity.* Slices are found in one half of the rows and tested in the other, with Holm's correction for those
    tested, ten per kind at most. Correcting for the millions that are looked at would ask z > 5 of all rows; the
    halves ask z > 3.5 of half of them, which is the same, need no exact tail of a statistic so far out, and leave sizes
    of effects that were not sought. Halves are of records: copies, and real rows next to one and the same row, stay
    together and count as one. The test of shares is exact (hypergeometric), the others use a t with the variance that
    clusters of rows give if there is no difference.

    *Sizes.* `fewer` and `worse` are asked where a slice is found; in the other half, and with the rows of worse slices,
    half of them is enough, as what was sought for its size falls back a little.

    *Redundancy.* The strongest slice is taken, its rows are set aside, and the search begins again; a deeper slice must
    beat its parents by the log of how many more there are; a condition goes if its parent is nearly as bad (nine
    tenths, of whatever size) or the rest of its parent half as bad.

    Columns that a set lacks or that cannot be compared make no conditions: `.unread` says which, and why.

    Balls reach to the fifth neighbour, among at most 10,000 rows per set, numbers as ranks and levels as directions.
    Counts of all conjunctions are read off cumulated cubes of every three columns: O(C(p, 3) (n + c^3)) for p columns
    with c conditions. Beyond a bound on the work only the most telling columns enter conjunctions of three.

    References
    ----------
    Chung et al. 2019, "Slice Finder: Automated Data Slicing for Model Validation", ICDE.
    Sagadeeva and Boehm 2021, "SliceLine: Fast, Linear-Algebra-based Slice Finding for ML Model Debugging", SIGMOD.
    Eyuboglu et al. 2022, "Domino: Discovering Systematic Errors with Cross-Modal Embeddings", ICLR (clusters).
    Lavrac et al. 2004, "Subgroup Discovery with CN2-SD", JMLR 5 (covering, beside weighted counts).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real = {"sex": rng.choice(["f", "m"], 2000), "age": rng.integers(18, 80, 2000)}
    >>> kept = (real["sex"] == "m") | (real["age"] < 50)
    >>> lacking = {name: column[kept] for name, column in real.items()}
    >>> print(blind_spots(real=real, synthetic=lacking).slices[0].name)
    sex is f and age from 48 on
    """
    sets = named_sets(real=real, synthetic=synthetic, holdout=holdout)
    one_of("space", space, Space)
    depth, least = whole("depth", depth, 1, DEPTH), whole("least", least, 10, give=LEAST)
    for name, value, give in (("alpha", alpha, ALPHA), ("fewer", fewer, FEWER), ("worse", worse, WORSE)):
        number(name, value, above=0, below=1, give=give)
    check_seed(seed)
    unread: Mapping[str, str] = {}
    if space == "features":
        rows, features = _clustered(sets, least, seed)
    else:
        cells = table_sides(sets)
        rows, features, unread = *_tabled(cells, least), cells["real"].left_out
    sides = feature_sides(**features)
    views = equal_views(sides, np.random.default_rng([seed, 29]), most=MOST_ROWS)
    found = None
    if views is not None:
        found = counterparts_of(Products(sides, parameters=PARAMETERS, seed=seed), *views)
    spots = spots_of(rows, found, least=least, depth=depth, alpha=alpha, fewer=fewer, worse=worse, seed=seed)
    return replace(spots, unread=dict(unread))


def _tabled(cells: dict[str, Cells], least: int) -> tuple[Rows, dict[str, NDArray[Any]]]:
    axes, codes = axes_of_cells(list(cells.values()), least=least)
    return Rows(axes, dict(zip(cells, codes, strict=True))), plain_features(cells)


def _clustered(sets: dict[str, Any], least: int, seed: int) -> tuple[Rows, dict[str, NDArray[Any]]]:
    features: dict[str, NDArray[Any]] = {str(role): side.features for role, side in feature_sides(**sets).items()}
    axis, codes = cluster_axis(features, list(features), least=least, seed=seed)
    return Rows((axis,), {role: item[None, :] for role, item in codes.items()}), features


def find_slices(
    *,
    data: Any,
    scores: ArrayLike,
    against: float | Literal["rest"] = "rest",
    space: Space = "table",
    records: ArrayLike | None = None,
    depth: int = DEPTH,
    least: int = LEAST,
    alpha: float = ALPHA,
    worse: float = 0.0,
    seed: int = 0,
) -> BlindSpots:
    """Slices of rows whose scores are large: the errors of a model, the loss from one training set to another.

    mean_{i in S} score_i - mean_{i not in S} score_i, or less a number, of conjunctions S of up to three conditions.

    Parameters
    ----------
    data : table of n rows, or array_like of shape (n, d)
        What the slices are made of; for errors of a model, the test set.
    scores : array_like of shape (n,)
        Large is bad: 1 for a wrong prediction, a loss, or the difference of two models' losses.
    against : float or "rest", default "rest"
        What a slice's mean is held against: the rows outside, or a number, as 0 for differences.
    space : {"table", "features"}, default "table"
        What `data` are: columns, or features whose clusters make the slices.
    records : array_like of shape (n,), optional
        Numbers of what rows belong to (a person, a record): rows with the same number count as one. By default equal
        rows of a table do not, so give them where records repeat.
    depth : int, default 3
    least : int, default 30
        Rows of a slice, 10 or more.
    alpha : float, default 0.01
        Chance of naming any slice where there is none.
    worse : float, default 0
        How much worse a slice must be.
    seed : int, default 0
        Draws the halves and the clusters.

    Returns
    -------
    BlindSpots
        Of kind `"error"`; `real_rows` are the positions of a slice's rows.

    Raises
    ------
    ShapeError
        If there is not one finite score per row.
    AuditkitError, DataError, SampleSizeError

    Notes
    -----
    As for `blind_spots`: found in one half of the rows, tested in the other. O(C(p, 3) (n + c^3)).

    References
    ----------
    Chung et al. 2019, "Slice Finder: Automated Data Slicing for Model Validation", ICDE.
    Sagadeeva and Boehm 2021, "SliceLine: Fast, Linear-Algebra-based Slice Finding for ML Model Debugging", SIGMOD.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> people = {"sex": rng.choice(["f", "m"], 2000), "age": rng.integers(18, 80, 2000)}
    >>> wrong = rng.random(2000) < np.where((people["sex"] == "f") & (people["age"] >= 50), 0.6, 0.1)
    >>> print(find_slices(data=people, scores=wrong).slices[0].name)
    sex is f and age from 48 on
    """
    one_of("space", space, Space)
    depth, least = whole("depth", depth, 1, DEPTH), whole("least", least, 10, give=LEAST)
    number("alpha", alpha, above=0, below=1, give=ALPHA)
    number("worse", worse, least=0, give=0)
    rng = np.random.default_rng([check_seed(seed), 23])
    axes, codes = _data_axes(data, space, least, seed)
    values, clusters = _per_row(scores, records, codes.shape[1])
    fixed = against != "rest"
    shift = number("against", against, give=0) if fixed else 0.0
    sample = Sample(
        codes, values, len(values), FIXED if fixed else REST, shift=shift, least_effect=worse, least_rows=least
    )
    tested, found = discover_and_test(axes, sample, clusters, rng=rng, depth=depth, most=MOST_FOUND)
    tested = [item for item in tested if 2.0 * item.effect >= worse]
    slices = []
    for item, p in zip(tested, holm([item.p for item in tested]), strict=True):
        if p <= alpha:
            held = item.candidate.holds(axes, codes)
            slices.append(
                Slice(
                    kind="error",
                    conditions=tuple(axes[axis].words[place] for axis, place in item.candidate.conditions),
                    columns=tuple(axes[axis].name for axis, _ in item.candidate.conditions),
                    n_real=int(held.sum()),
                    n_synthetic=0,
                    value=item.value,
                    expected=item.expected,
                    effect=item.effect,
                    low=item.low,
                    high=item.high,
                    p=item.p,
                    p_adjusted=p,
                    real_share=float(held.mean()),
                    real_rows=np.flatnonzero(held),
                )
            )
    return BlindSpots(
        tuple(slices),
        n_looked_at=found.n_looked_at,
        n_tested=len(tested),
        alpha=alpha,
        least=least,
        n_left_out=found.n_left_out,
    )


def _data_axes(data: Any, space: Space, least: int, seed: int) -> tuple[tuple[Axis, ...], Codes]:
    if space == "features":
        axis, found = cluster_axis({"data": feature_side(data, "data").features}, ["data"], least=least, seed=seed)
        return (axis,), found["data"][None, :]
    cells = encode_frames({"data": frame_of(data, name="data")})["data"]
    axes, (codes,) = axes_of_cells([cells], least=least)
    return axes, codes


def _per_row(scores: ArrayLike, records: ArrayLike | None, n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scores as float64, and the number of each row's record."""
    values = as_array(scores, "scores")
    if values.shape != (n,) or values.dtype.kind not in "fiub" or not np.isfinite(values).all():
        message = (
            f"`scores` must hold one finite number per row of `data` ({n}), got shape {values.shape} of {values.dtype}."
        )
        raise ShapeError(message)
    if records is None:
        return values.astype(np.float64), np.arange(n)
    names = as_array(records, "records")
    if names.shape != (n,):
        raise ShapeError(f"`records` must name a record per row of `data` ({n}), got shape {names.shape}.")
    _, numbers = np.unique(names, return_inverse=True)
    return values.astype(np.float64), cast("NDArray[np.int64]", numbers.astype(np.int64))
