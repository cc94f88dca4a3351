"""What the generator of a synthetic set was fitted on, where the set remembers, held against the audit's own sets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

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
    told = [_seen(record, real, holdout) for record in generator_records(synthetic.provenance)]
    sentence = next((sentence for sentence, _ in told if sentence is not None), None)
    return sentence, tuple(dict.fromkeys(note for _, note in told if note is not None))


def _seen(record: Mapping[str, Any], real: Any, holdout: Dataset | None) -> tuple[str | None, str | None]:
    """Contamination and note for one generator."""
    seen = {str(record[name]) for name in ("data_hash", "data_records") if record.get(name)}
    where = _found(seen, real, holdout)
    if where == "real":
        return None, None
    name, n = str(record.get("generator", "")), record.get("n_train", 0)
    split = "Split before any generator is fitted, and fit again."
    if where == "holdout":
        return f"The generator {name!r} was fitted on the holdout: it is no evidence about copying. {split}", None
    if where == "both":
        words = f"The generator {name!r} was fitted on the real set and the holdout together"
        return f"{words}: the holdout is no evidence about copying. {split}", None
    size = f"{n:,} units" if isinstance(n, int) and n > 0 else "units"
    words = f"The generator {name!r} was fitted on {size} that are not those of the real set given here"
    return None, f"{words}: whether the holdout was among them, and what it copied of them, cannot be told."


def _found(seen: Collection[str], real: Any, holdout: Dataset | None) -> Literal["real", "holdout", "both"] | None:
    """Which of the audit's sets has a hash that was seen; hashes that cost more are made last."""
    if not isinstance(real, Dataset):
        roles = {facts.hash: str(role) for role, facts in real.facts.items() if str(role) in ("real", "holdout")}
        known = next((roles[digest] for digest in seen if digest in roles), None)
        return None if known is None else "real" if known == "real" else "holdout"
    if real.hash in seen:
        return "real"
    if holdout is not None and holdout.hash in seen:
        return "holdout"
    records = records_hash(real)
    if records in seen:
        return "real"
    if holdout is None:
        return None
    held = records_hash(holdout)
    return "holdout" if held in seen else "both" if add_hashes(records, held) in seen else None
