"""What the generator of a synthetic set was fitted on, where the set remembers, held against the audit's own sets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from auditkit.data.dataset import Dataset
from auditkit.data.digests import add_hashes, records_hash
from auditkit.data.provenance import generator_records

__all__ = ["trained_on"]


def trained_on(synthetic: Dataset, real: Any, holdout: Dataset | None) -> tuple[str | None, tuple[str, ...]]:
    """A sentence if a generator saw the holdout, and notes where one was fitted on other data than the real set.

    Parameters
    ----------
    synthetic : Dataset
        Its `provenance` says what it came from; nothing is known of files that no record lies beside.
    real : Dataset or Reference
    holdout : Dataset or None

    Returns
    -------
    str or None
        Contamination: then the holdout is no evidence about copying.
    tuple of str
    """
    records = generator_records(synthetic.provenance)
    if not records:
        return None, ()
    hashes = _hashes(real, holdout)
    told = [_seen(record, hashes) for record in records]
    sentence = next((sentence for sentence, _ in told if sentence is not None), None)
    return sentence, tuple(dict.fromkeys(note for _, note in told if note is not None))


def _seen(record: Mapping[str, Any], hashes: Mapping[str, Collection[str]]) -> tuple[str | None, str | None]:
    """Contamination and note for one generator."""
    seen = {str(record[name]) for name in ("data_hash", "data_records") if record.get(name)}
    name, n = str(record.get("generator", "")), record.get("n_train", 0)
    if seen.intersection(hashes["real"]):
        return None, None
    split = "Split before any generator is fitted, and fit again."
    if seen.intersection(hashes["holdout"]):
        return f"The generator {name!r} was fitted on the holdout: it is no evidence about copying. {split}", None
    if seen.intersection(hashes["both"]):
        words = f"The generator {name!r} was fitted on the real set and the holdout together"
        return f"{words}: the holdout is no evidence about copying. {split}", None
    size = f"{n:,} units" if isinstance(n, int) and n > 0 else "units"
    words = f"The generator {name!r} was fitted on {size} that are not those of the real set given here"
    return None, f"{words}: whether the holdout was among them, and what it copied of them, cannot be told."


def _hashes(real: Any, holdout: Dataset | None) -> dict[str, set[str]]:
    """Hashes that a record may name: of the real set, of the holdout, and of both together."""
    if not isinstance(real, Dataset):
        told = {str(role): {facts.hash} for role, facts in real.facts.items()}
        return {"real": set(), "holdout": set(), "both": set()} | told
    records = records_hash(real)
    found = {"real": {real.hash, records}, "holdout": set(), "both": set()}
    if holdout is not None:
        held = records_hash(holdout)
        found |= {"holdout": {holdout.hash, held}, "both": {add_hashes(records, held)}}
    return found
