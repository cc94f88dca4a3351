"""Units of a set drawn to a target distribution over classes and groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.data.targets import Target, cell_name, counts_of, strata_of, target_shares
from auditkit.errors import DataError, SampleSizeError

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset

__all__ = ["resample"]


def resample(
    dataset: Dataset,
    *,
    by: str | Sequence[str],
    target: Target = "equal",
    size: int | None = None,
    seed: int = 0,
    real: Dataset | None = None,
) -> Dataset:
    """Draw units so that classes and groups have the shares of a target.

    Parameters
    ----------
    dataset : Dataset
        Left as it is.
    by : str or sequence of str
        Columns whose levels, or intersections of levels, get shares.
    target : {"equal", "real"} or mapping, default "equal"
        Equal shares of what occurs, the real set's shares, or a share per level (per tuple of levels): shares add up
        to 1, and whole numbers say how many there are of one to another.
    size : int, optional
        Units drawn; as many as there are by default.
    seed : int, default 0
    real : Dataset, optional
        For the target `"real"`.

    Returns
    -------
    Dataset
        Each class or group without repetition where it has enough units, else every unit as often as the others or
        once more; in random order. Levels that the target does not name are left out.

    Raises
    ------
    DataError
        If the target asks for a class or group that has no unit, or its shares do not add up to 1.
    SampleSizeError
        If the size is no whole number of at least 1.

    Notes
    -----
    A repeated unit brings no new information: it changes what a model attends to, not what it can know. In an ablation,
    `arms={"balanced": lambda train, seed: resample(train, by="sex", seed=seed)}` draws anew in every repeat.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset
    >>> people = Dataset.of_table(pd.DataFrame({"sex": ["f"] + ["m"] * 5, "x": range(6)}), groups=["sex"])
    >>> resample(people, by="sex").table["sex"].value_counts().to_dict()
    {'m': 3, 'f': 3}
    """
    wanted_size = len(dataset) if size is None else size
    if not isinstance(wanted_size, (int, np.integer)) or wanted_size < 1:
        raise SampleSizeError(f"resampling needs a size that is a whole number of at least 1, got {wanted_size!r}.")
    strata = strata_of(dataset, by)
    wanted = counts_of(target_shares(target, strata=strata, real=real), wanted_size)
    available = strata.counts()
    for level, count in wanted.items():
        if count and not available.get(level):
            raise DataError(
                f"the target asks for {count} units with {cell_name(strata.by, level)}, and there are none: generate "
                "some, or leave it out of the target."
            )
    rng = np.random.default_rng(seed)
    chosen = [_drawn(strata.places(level), count, rng) for level, count in wanted.items()]
    return dataset.take(rng.permutation(np.concatenate(chosen)))


def _drawn(places: NDArray[np.intp], count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    if not count:
        return places[:0]
    rounds, rest = divmod(count, len(places))
    return np.concatenate([np.tile(places, rounds), rng.permutation(places)[:rest]])
