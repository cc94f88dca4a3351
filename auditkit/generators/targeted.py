"""Generation to a target distribution: so many units of each class and group, what was reached, and what is short."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from auditkit.data import Dataset
from auditkit.data.checks import check_dataset
from auditkit.data.joining import join_parts
from auditkit.data.targets import Level, Target, cell_name, counts_of, strata_of, target_shares
from auditkit.errors import AuditkitError, DataError, SampleSizeError
from auditkit.generators.conditions import check_size
from auditkit.generators.interface import Conditions, Generator, NotFittedError, ShortfallWarning
from auditkit.whole_numbers import check_seed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TargetedSample", "sample_to_target"]


@dataclass(frozen=True, eq=False)
class TargetedSample:
    """What was generated to a target, and what it lacks.

    Attributes
    ----------
    dataset : Dataset
        The units, classes and groups mixed.
    counts : pandas.DataFrame
        A row per class or group of the target: its level in each column, `wanted`, `got`, `short`, `reason`.
    notes : tuple of str
        A sentence per class or group that is short.
    """

    dataset: Dataset
    counts: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def shortfall(self) -> int:
        """Units that are missing in all."""
        return int(self.counts["short"].sum())

    def __str__(self) -> str:
        """Counts and what is short."""
        head = f"{len(self.dataset)} units, {self.shortfall} short of the target"
        return "\n".join([head, self.counts.to_string(index=False), *(f"note: {note}" for note in self.notes)])


def sample_to_target(
    generator: Generator,
    n: int,
    *,
    by: str | Sequence[str],
    target: Target = "equal",
    real: Dataset,
    seed: int = 0,
) -> TargetedSample:
    """Generate units so that classes and groups have the shares of a target.

    Each class or group (of several columns each intersection) is asked of the generator by `conditions=`.

    Parameters
    ----------
    generator : Generator
        Fitted.
    n : int
        Units in all, 1 or more.
    by : str or sequence of str
        Columns of classes and groups.
    target : {"equal", "real"} or mapping, default "equal"
        Equal shares of what occurs in the real data, the real data's shares, or a share per level (per tuple of
        levels).
    real : Dataset
        Which levels there are, and their shares.
    seed : int, default 0

    Returns
    -------
    TargetedSample
        What a generator cannot give (a level that it has not seen, a combination that it never draws) is short, with
        its reason; nothing else is put in its place.

    Raises
    ------
    SampleSizeError
        If n is below 1.
    DataError
        If nothing at all could be generated, or a level is missing values, which cannot be asked for.
    NotFittedError
        If the generator is not fitted.

    Notes
    -----
    Units of a group that the generator has hardly seen are as good as it knows that group: audit them by group before
    training on them.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.generators import create
    >>> rows = pd.DataFrame({"sex": ["f"] * 20 + ["m"] * 80, "age": [20 + row % 40 for row in range(100)]})
    >>> real = Dataset.of_table(rows, groups=["sex"])
    >>> cart = create("cart", modality="tabular").fit(real)
    >>> made = sample_to_target(cart, 50, by="sex", real=real)
    >>> made.counts[["sex", "wanted", "got"]].to_dict("records")
    [{'sex': 'f', 'wanted': 25, 'got': 25}, {'sex': 'm', 'wanted': 25, 'got': 25}]
    """
    import pandas as pd  # noqa: PLC0415

    check_size(n)
    if n < 1:
        raise SampleSizeError(f"a target needs n of at least 1, got {n}.")
    strata = strata_of(check_dataset("real", real), by)
    wanted = counts_of(target_shares(target, strata=strata, real=real), n)
    seeds = np.random.SeedSequence(check_seed(seed)).generate_state(len(wanted))
    parts, reasons = _at_once(generator, strata.by, wanted, seed)
    if not parts:
        for (level, count), child in zip(wanted.items(), seeds, strict=True):
            part, reasons[level] = _part(generator, count, dict(zip(strata.by, level, strict=True)), int(child))
            parts += [] if part is None or not len(part) else [part]
    rows, notes = [], []
    made: Counter[Level] = Counter()
    for part in parts:
        made.update(strata_of(part, strata.by).counts())
    for level, count in wanted.items():
        short = count - made[level]
        reason = reasons[level] if short else ""
        if short:
            notes.append(f"{short} of {count} units with {cell_name(strata.by, level)} are short: {reason}")
        rows.append(_row(strata.by, level, count, made[level], reason))
    if not parts:
        raise DataError(f"no unit of the target could be generated: {notes[0] if notes else 'nothing was wanted.'}")
    joined = join_parts(parts) if len(parts) > 1 else parts[0]
    mixed = replace(joined.take(np.random.default_rng(seed).permutation(len(joined))), origin=None)
    if mixed.key is None:
        mixed = replace(mixed, ids=np.array([f"t{place}" for place in range(len(mixed))], dtype=np.str_))
    return TargetedSample(mixed, pd.DataFrame(rows), tuple(notes))


def _at_once(
    generator: Generator, by: Sequence[str], wanted: Mapping[Level, int], seed: int
) -> tuple[list[Dataset], dict[Level, str]]:
    """All levels of a single column in one call, so that what a generator numbers is numbered once; else nothing."""
    if len(by) > 1:
        return [], {}
    counts = {level[0]: count for level, count in wanted.items()}
    part, reason = _part(generator, sum(counts.values()), {by[0]: counts}, seed)
    return ([] if part is None or not len(part) else [part]), dict.fromkeys(wanted, reason)


def _part(generator: Generator, count: int, conditions: Conditions, seed: int) -> tuple[Dataset | None, str]:
    """Units of one class or group, and why they are fewer than wanted."""
    if not count:
        return None, ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)  # told in the counts
        try:
            part = generator.sample(count, conditions=conditions, seed=seed)
        except NotFittedError:
            raise
        except AuditkitError as error:
            return None, str(error)
    short = generator.shortfall
    return part, "" if short is None else short.sentence()


def _row(by: Sequence[str], level: Level, wanted: int, got: int, reason: str) -> dict[str, object]:
    return {**dict(zip(by, level, strict=True)), "wanted": wanted, "got": got, "short": wanted - got, "reason": reason}
