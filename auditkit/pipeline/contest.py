"""Audits of several synthetic sets or generators against the same real data, so that they can be compared fairly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from auditkit import generators
from auditkit.auditing.run import audit
from auditkit.data import Dataset
from auditkit.pipeline.made import made_by
from auditkit.pipeline.sets import stage

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.blocks import Progress

__all__ = ["audits_of"]


def audits_of(
    entries: Mapping[str, Dataset | str],
    *,
    real: Dataset,
    holdout: Dataset | None = None,
    n: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    **options: Any,
) -> dict[str, Audit]:
    """Audit each of several synthetic sets in the same way.

    Parameters
    ----------
    entries : mapping of name to Dataset or str
        Synthetic sets, or names of generators, which are fitted on the real data.
    real : Dataset
    holdout : Dataset, optional
    n : int, optional
        Units to sample from a generator; as many as there are real ones by default.
    seed : int, default 0
        Of generators, samples and audits.
    progress : callable, optional
        Called with steps done, steps in all and a word.
    **options
        Of `audit`, the same for all, as `metrics`.

    Returns
    -------
    dict of name to Audit

    Raises
    ------
    AuditkitError
        If a generator is not known, or sets cannot be compared.
    """
    tell: Progress = progress or (lambda _done, _total, _what: None)
    found = {}
    for name, entry in entries.items():
        synthetic = entry
        if not isinstance(synthetic, Dataset):
            generator = generators.create(str(entry), modality=real.modality)
            n_made = len(real) if n is None else n
            synthetic = made_by(generator, real, n=n_made, seed=seed, tell=tell)
        sets: dict[str, Any] = {"real": real, "synthetic": synthetic, "holdout": holdout}
        found[name] = audit(**sets, seed=seed, progress=stage(tell, f"audit {name}"), **options)
    return found
