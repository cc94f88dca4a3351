"""The sets of a run: read with the roles of a config, and split where nothing else is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from auditkit.data import check_compatible, load
from auditkit.errors import ConfigError

if TYPE_CHECKING:
    from auditkit.blocks import Progress
    from auditkit.config import Config, DataConfig
    from auditkit.data import Dataset

__all__ = ["QUICK_UNITS", "Sets", "load_set", "load_sets", "quick_note", "quick_sample", "stage", "unsplit_note"]

QUICK_UNITS = 5000
"""Units of each set that a quick audit looks at."""


@dataclass(frozen=True, eq=False)
class Sets:
    """The real sets of a run; None for one that there is not."""

    train: Dataset
    holdout: Dataset | None
    test: Dataset | None


def load_set(
    place: str | PathLike[str], data: DataConfig, *, like: Dataset | None = None, name: str = "synthetic"
) -> Dataset:
    """Set from a file or folder with the roles of a config.

    Parameters
    ----------
    place : path
    data : DataConfig
        Roles and kinds of columns.
    like : Dataset, optional
        The real set, whose schema and roles hold.
    name : str, default "synthetic"
        What the set is called if it does not fit the real one.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If it cannot be read, or its columns are not those of the real set.
    """
    if like is None:
        return load(
            place,
            label=data.label,
            groups=data.groups,
            key=data.key,
            order=data.order,
            text=data.text,
            rate=data.rate,
            modality=data.modality,
            columns=data.columns,
            licence=data.licence,
            consent=data.consent,
        )
    found = load(
        place,
        # Where a folder per class repeats the label, what else it is called is no column of its own.
        label=like.label if like.modality in ("image", "audio") else None,
        key=data.key,
        order=data.order,
        text=data.text,
        rate=data.rate,
        # A table is a table unless told, also where it holds what is none elsewhere.
        modality=data.modality if like.modality == "tabular" else like.modality,
        schema=like.schema,
    )
    check_compatible(like, found, f"{name} ({found.source})")
    return found.with_roles(label=like.label, groups=like.groups)


def load_sets(config: Config) -> Sets:
    """Training, holdout and test sets; for a generator of the config, what has no file is split off the real data.

    Raises
    ------
    ConfigError
        If the config names no real data.
    DataError
        If a set cannot be read or does not fit the real one.
    """
    data = config.data
    if data.real is None:
        message = "the config names no real data: set `real` in [data] to a file or folder."
        raise ConfigError(message)
    real = load_set(config.resolve(data.real), data)
    given = {
        name: load_set(config.resolve(place), data, like=real, name=name)
        for name, place in (("holdout", data.holdout), ("test", data.test))
        if place is not None
    }
    # Whoever made a synthetic file may have seen every real record, so no part of them counts as unseen.
    split = {} if data.synthetic is not None else {"holdout": data.split.holdout, "test": data.split.test}
    shares = {name: share for name, share in split.items() if name not in given and share > 0}
    if not shares:
        return Sets(real, given.get("holdout"), given.get("test"))
    train, *others = real.split(
        holdout=shares.get("holdout", 0.0), test=shares.get("test", 0.0), seed=config.audit.seed
    )
    parts = given | dict(zip(shares, others, strict=True))
    return Sets(train, parts.get("holdout"), parts.get("test"))


def unsplit_note(config: Config, train: Dataset) -> str | None:
    """A note where files take the place of the split and the generator makes fewer samples than it learns from."""
    data, generator = config.data, config.generator
    split = (data.holdout is None and data.split.holdout > 0) or (data.test is None and data.split.test > 0)
    asked = data.split.holdout > 0 or data.split.test > 0
    if data.synthetic is not None or generator is None or split or not asked or generator.n >= len(train):
        return None
    return (
        "Nothing is split off `real`, since holdout and test are given: the generator learnt from all "
        f"{len(train):,} samples and made {generator.n:,}; for as many set n = {len(train)} in [generator]."
    )


def quick_sample(dataset: Dataset, *, seed: int) -> Dataset:
    """At most `QUICK_UNITS` units, drawn by seed, in their order."""
    if len(dataset) <= QUICK_UNITS:
        return dataset
    chosen = np.random.default_rng([seed, 11]).choice(len(dataset), QUICK_UNITS, replace=False)
    return dataset.take(np.sort(chosen))


def quick_note(sets: Mapping[str, Dataset], *, alike: bool = True) -> str | None:
    """What a quick audit of these sets does not see; None where it sees all of them.

    Parameters
    ----------
    sets : mapping of role to Dataset
        Before they were cut.
    alike : bool, default True
        Whether identical records were looked for in all of them.
    """
    cut = [f"{QUICK_UNITS:,} of {len(item):,} {role}" for role, item in sets.items() if len(item) > QUICK_UNITS]
    if not cut:
        return None
    looked = f"Quick: {' and '.join(cut)} samples were looked at"
    if not alike:
        return f"{looked}, so the share of repeats is too low: audit in full before you rely on it."
    return (
        f"{looked}; identical records were looked for in all. Changed copies of records that were left out are not "
        "found, so `holdout_share` says too little: audit in full before you rely on it."
    )


def stage(progress: Progress | None, name: str) -> Progress | None:
    """Progress of one stage of a run, each step with the stage's name before it."""
    return None if progress is None else lambda done, total, what: progress(done, total, f"{name}: {what}")
