"""An arm of generated units in which classes and groups have the shares of a target."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from auditkit import generators
from auditkit.data import Dataset
from auditkit.errors import DataError
from auditkit.generators.interface import ShortfallWarning
from auditkit.generators.targeted import sample_to_target

if TYPE_CHECKING:
    from auditkit.data.targets import Target
    from auditkit.generators.interface import Generator

__all__ = ["conditional"]


def conditional(
    *,
    generator: str | Generator | None = None,
    by: str | Sequence[str] | None = None,
    target: Target = "equal",
    n: int | None = None,
) -> Callable[[Dataset, int], Dataset]:
    """Generation to a target as an arm of an ablation: `arms={"conditional": conditional(by="sex")}`.

    In every repeat the generator is fitted on the real units that the repeat draws, and asked for each class or group
    by its conditions.

    Parameters
    ----------
    generator : str or Generator, optional
        A name, or a generator with your settings, which stays as it was; by default the one that is usual for the data.
    by : str or sequence of str, optional
        Columns of classes and groups, of several each intersection; by default the declared groups, without any the
        label.
    target : {"equal", "real"} or mapping, default "equal"
        Equal shares of what occurs, the real shares, or a share per level (per tuple of levels).
    n : int, optional
        Units in all; as many as the repeat draws by default.

    Returns
    -------
    callable
        `(train, seed) -> Dataset`. What the generator cannot give is missing, and told in a `ShortfallWarning`.

    Raises
    ------
    DataError
        When it is called: if there is neither a group nor a label, or a column holds amounts.

    Notes
    -----
    Equal groups are no fair ones: the rate of a class in each stays what it is. Ask for groups and label together
    (`by=["sex", "income"]`) to have them independent. The arm `real+conditional` adds these units to the real ones,
    whose shares it keeps: the joined set is nearer to the target, not at it.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"sex": ["f"] * 20 + ["m"] * 80, "y": ["n", "p"] * 50, "x": range(100)})
    >>> train = Dataset.of_table(rows, label="y", groups=["sex"])
    >>> conditional(by="sex", n=40)(train, 0).table["sex"].value_counts().sort_index().to_dict()
    {'f': 20, 'm': 20}
    """

    def made(train: Dataset, seed: int) -> Dataset:
        named = generators.default(train.modality) if generator is None else generator
        fresh = generators.create(named, modality=train.modality) if isinstance(named, str) else copy.deepcopy(named)
        columns = by if by is not None else train.groups or ((train.label,) if train.label is not None else ())
        if not columns:
            raise DataError("the arm 'conditional' needs columns of classes or groups: give by=['column'].")
        fresh.fit(train, seed=seed)
        size = len(train) if n is None else n
        found = sample_to_target(fresh, size, by=columns, target=target, real=train, seed=seed)
        for note in found.notes:
            warnings.warn(note, ShortfallWarning, stacklevel=2)
        return found.dataset

    return made
