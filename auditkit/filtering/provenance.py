"""What filtering and merging add to the record of where a set comes from. No times: the same steps, the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from auditkit import __version__
from auditkit.data.provenance import joined_words
from auditkit.store import dump_json

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset
    from auditkit.gates import Verdict

__all__ = ["audit_digest", "filter_record", "merged_record", "synthetic_record", "verdict_record"]


class Told(Protocol):
    """A rule or quota, which says itself as JSON."""

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""


def synthetic_record(dataset: Dataset) -> dict[str, Any]:
    """Record of a set that plays the synthetic part, also where nobody wrote down what made it."""
    known = dict(dataset.provenance or {})
    return {"auditkit": __version__, "generator": None, "licence": None, "consent": None, **known, "synthetic": True}


def audit_digest(audit: Audit) -> str:
    """SHA-256 of the audit as `audit.json` holds it, so that `sha256sum` of the file gives the same."""
    return hashlib.sha256(dump_json(audit.to_json()).encode("utf-8", "backslashreplace")).hexdigest()


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """Outcome of a check, what failed in it, and SHA-256 of the whole."""
    data = verdict.to_json()
    return {
        "passed": verdict.passed,
        "exit_code": verdict.exit_code,
        "failed": [result.name for result in verdict.failed],
        "sha256": hashlib.sha256(dump_json(data).encode("utf-8", "backslashreplace")).hexdigest(),
    }


def filter_record(kept: Dataset, *, of: int, rules: Sequence[Told], audit: Audit, seed: int) -> Dataset:
    """The kept samples with what they were filtered by behind whatever was done to them before.

    Parameters
    ----------
    kept : Dataset
    of : int
        Samples before the filter.
    rules : sequence of Rule and Quota
    audit : Audit
        What the rules judged by.
    seed : int

    Returns
    -------
    Dataset
    """
    record = synthetic_record(kept)
    done = {
        "n": of,
        "kept": len(kept),
        "rules": [rule.to_json() for rule in rules],
        "seed": seed,
        "audit_sha256": audit_digest(audit),
    }
    return replace(kept, provenance={**record, "filters": [*record.get("filters", ()), done]})


def merged_record(
    real: Mapping[str, Any],
    added: Sequence[Mapping[str, Any]],
    *,
    settings: Mapping[str, Any],
    notes: Sequence[str],
) -> dict[str, Any]:
    """Record of a training set of real and synthetic units.

    Parameters
    ----------
    real : mapping
        Source, hash, licence, consent and numbers of the real set.
    added : sequence of mapping
        The same of each synthetic set, with its own `record`.
    settings : mapping
        How they were joined.
    notes : sequence of str

    Returns
    -------
    dict
    """
    used = [part for part in (real, *added) if part["used"]]
    return {
        "auditkit": __version__,
        "synthetic": any(part["used"] for part in added) or bool(real.get("record", {}).get("synthetic")),
        "licence": joined_words(used, "licence"),
        "consent": joined_words(used, "consent"),
        "real": dict(real),
        "added": [dict(part) for part in added],
        **settings,
        "notes": list(notes),
    }
