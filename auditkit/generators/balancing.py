"""How many new units make classes and groups even, as conditions of a sample."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from auditkit.data.checks import check_dataset
from auditkit.data.levels import MISSING, level_text
from auditkit.data.targets import Level, cell_name, counts_of, strata_of
from auditkit.errors import AuditkitError, UnknownNameError

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["Balance", "balance"]

Balance: TypeAlias = Literal["max", "equal"] | int | Mapping[Any, int]
"""How many units each class or group shall have."""


def balance(
    dataset: Dataset, *, by: str | Sequence[str], to: Balance = "max", cap: float | None = None
) -> pd.DataFrame:
    """Conditions for `sample` that fill up rare classes and groups, one row per unit to generate.

    Parameters
    ----------
    dataset : Dataset
        Whose units are counted.
    by : str or sequence of str
        Columns of classes and groups; of several each combination that occurs.
    to : {"max", "equal"}, int or mapping, default "max"
        `"max"`: as many as the most frequent has. An int: that many each. A mapping: that many of the levels named (of
        several columns per tuple of levels). All three count what is there already and never ask for fewer than none.
        `"equal"`: a set of its own, as large as the dataset, with as many of each.
    cap : float, optional
        New units at most per unit that is there: a generator knows nothing of a group that it saw twice.

    Returns
    -------
    DataFrame of shape (n, n_columns)
        Levels as text, combination by combination. Units with a missing value are left out of account.

    Raises
    ------
    UnknownNameError
        If there is no such column, or a mapping names a level that does not occur.
    AuditkitError
        For counts that are no whole numbers from 0 on, or a cap that is not above 0.

    Notes
    -----
    What a set gains in evenness it loses in label rates: a model trained on it overrates the rare class unless its
    probabilities are corrected afterwards.

    References
    ----------
    He, Garcia 2009, "Learning from imbalanced data", IEEE TKDE 21, section 3.1.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset
    >>> rows = pd.DataFrame({"sex": ["f", "m", "m", "m"], "age": [30, 40, 50, 60]})
    >>> data = Dataset.of_table(rows, groups=["sex"])
    >>> balance(data, by="sex")["sex"].tolist()
    ['f', 'f']
    >>> from auditkit.generators import create
    >>> wanted = balance(data, by="sex", to="equal")
    >>> create("bootstrap").fit(data).sample(len(wanted), conditions=wanted).table["sex"].tolist()
    ['f', 'f', 'm', 'm']
    """
    if cap is not None and not 0 < cap < math.inf:
        message = f"balance needs a cap above 0, got {cap!r}."
        raise AuditkitError(message)
    strata = strata_of(check_dataset("dataset", dataset), by)
    counts = {level: count for level, count in strata.counts().items() if MISSING not in level}
    added = _added(counts, to, strata.by, len(dataset))
    if cap is not None:
        added = {level: min(count, math.floor(cap * counts[level] + 1e-9)) for level, count in added.items()}
    rows = [level for level, count in added.items() for _ in range(count)]
    return pd.DataFrame(rows, columns=list(strata.by), dtype="str")


def _added(counts: Mapping[Level, int], to: Balance, by: Sequence[str], size: int) -> dict[Level, int]:
    if isinstance(to, str):
        if to not in ("max", "equal"):
            raise UnknownNameError.of("aim of balance", to, ("max", "equal"))
        if to == "equal":
            return counts_of(dict.fromkeys(counts, 1 / len(counts)), size) if counts else {}
        wanted = dict.fromkeys(counts, max(counts.values(), default=0))
    elif isinstance(to, Mapping):
        wanted = {_level(key, counts, by): _whole(count) for key, count in to.items()}
    else:
        wanted = dict.fromkeys(counts, _whole(to))
    return {level: max(wanted.get(level, 0) - count, 0) for level, count in counts.items()}


def _whole(count: Any) -> int:
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
        message = f"balance needs whole numbers of units from 0 on, got {count!r}."
        raise AuditkitError(message)
    return int(count)


def _level(key: Any, counts: Mapping[Level, int], by: Sequence[str]) -> Level:
    level = tuple(level_text(part) for part in (key if isinstance(key, tuple) else (key,)))
    if level not in counts:
        known = [cell_name(by, seen) for seen in counts]
        asked = cell_name(by, level) if len(level) == len(by) else repr(key)
        raise UnknownNameError.of("class or group", asked, known)
    return level
