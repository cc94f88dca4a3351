"""What the generator of a synthetic set was fitted on, where the set remembers, held against the audit's own sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.data.dataset import Dataset
from auditkit.data.joining import join_sets
from auditkit.errors import AuditkitError

__all__ = ["trained_on"]


def trained_on(synthetic: Dataset, real: Any, holdout: Dataset | None) -> tuple[str | None, tuple[str, ...]]:
    """A sentence if the generator saw the holdout, and notes where it was fitted on other data than the real set.

    Parameters
    ----------
    synthetic : Dataset
        Its `provenance` says what it came from; nothing is known of sets that were read from files.
    real : Dataset or Reference
    holdout : Dataset or None

    Returns
    -------
    str or None
        Contamination: then the holdout is no evidence about copying.
    tuple of str
    """
    origin = synthetic.provenance
    if not origin or not origin.get("data_hash"):
        return None, ()
    name, seen, n = str(origin.get("generator", "")), str(origin["data_hash"]), int(origin.get("n_train", 0))
    hashes = _hashes(real, holdout)
    if seen == hashes.get("real"):
        return None, ()
    split = "Split before any generator is fitted, and fit again."
    if seen == hashes.get("holdout"):
        return f"The generator {name!r} was fitted on the holdout: it is no evidence about copying. {split}", ()
    both = isinstance(real, Dataset) and holdout is not None and n == len(real) + len(holdout)
    if both and seen in _joined_hashes(real, holdout):
        words = f"The generator {name!r} was fitted on the real set and the holdout together"
        return f"{words}: the holdout is no evidence about copying. {split}", ()
    words = f"The generator {name!r} was fitted on {n:,} units that are not those of the real set given here"
    return None, (f"{words}: whether the holdout was among them, and what it copied of them, cannot be told.",)


def _hashes(real: Any, holdout: Dataset | None) -> Mapping[str, str]:
    if isinstance(real, Dataset):
        return {"real": real.hash} | ({} if holdout is None else {"holdout": holdout.hash})
    return {str(role): facts.hash for role, facts in real.facts.items()}


def _joined_hashes(real: Any, holdout: Any) -> set[str]:
    """Hashes of both sets together, one behind the other and in the order that they were split from."""
    try:
        both = join_sets([real, holdout])
    except AuditkitError:
        return set()
    found = {both.hash, join_sets([holdout, real]).hash}
    ids = np.concatenate([real.ids, holdout.ids])
    if all(name.isdecimal() for name in ids) and len(np.unique(ids)) == len(ids):
        found.add(both.take(np.argsort(ids.astype(np.int64))).hash)
    return found
