"""Synthetic rows that a filter makes itself, before it judges them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.data.levels import level_values
from auditkit.errors import DataError

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.generators import Generator

__all__ = ["made_rows"]


def made_rows(real: Dataset, *, generator: Any, strategy: Any, wanted: Mapping[Any, int], seed: int) -> Dataset | None:
    """Rows that a generator fitted on real ones draws.

    Parameters
    ----------
    real : Dataset
        With a label.
    generator : str, Generator or sampler
    strategy : "auto", mapping or int
        A number draws rows with the label shares of the real ones.
    wanted : mapping of class to int
        Rows of each class.
    seed : int

    Returns
    -------
    Dataset or None
        None where nothing is wanted.
    """
    counts = {str(level_values(pd.Series([level]))[0]): n for level, n in wanted.items() if n > 0}
    if not counts:
        return None
    made = _ready(generator).fit(real, seed=seed)
    if not isinstance(strategy, (str, Mapping)):
        return made.sample(int(strategy), seed=seed)
    return made.sample(sum(counts.values()), conditions={str(real.label): counts}, seed=seed)


def _ready(generator: Any) -> Generator:
    """A generator of its own, so that a filter leaves what it was given as it is."""
    from auditkit.generators import create  # noqa: PLC0415 - not needed to judge rows

    if isinstance(generator, str):
        return create(generator, modality="tabular")
    if hasattr(generator, "fit_resample"):
        return create("external", model=copy.deepcopy(generator))
    if hasattr(generator, "fit") and hasattr(generator, "sample"):
        made: Generator = copy.deepcopy(generator)
        return made
    message = f"generator must be a name, a generator of auditkit or a sampler with fit_resample, got {generator!r}."
    raise DataError(message)
