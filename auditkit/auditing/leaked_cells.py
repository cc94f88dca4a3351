"""Words of single training records in columns of names and free text, which no distance looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.data.breaches import share_in_words
from auditkit.metrics.tables.leaks import verbatim_leaks

if TYPE_CHECKING:
    from auditkit.auditing.inputs import Inputs

__all__ = ["NOT_COMPARED", "leaked_cells"]

ALPHA = 0.01
NOT_COMPARED = "Names and free text were not compared with those of training records: a reference keeps none of them."
"""What an audit against a reference says where the synthetic table has such columns."""


def leaked_cells(inputs: Inputs) -> list[str]:
    """A sentence about each column whose synthetic cells are those of single training records, beyond chance.

    Parameters
    ----------
    inputs : Inputs
        With a holdout: what fresh records share with the training records is chance.

    Returns
    -------
    list of str
        Without any cell; empty where there is nothing to say, or nothing to compare with.
    """
    sets = inputs.sets
    if sets["real"].modality != "tabular" or not inputs.has_real or "holdout" not in sets:
        return []
    found = verbatim_leaks(real=sets["real"], synthetic=sets["synthetic"], holdout=sets["holdout"])
    leaking = [item for item in found.columns if item.n_leaked and item.p_adjusted is not None]
    return [
        f"{share_in_words(item.n_leaked, item.n_cells)} {_what(item.part)} of the synthetic column {item.column!r} "
        f"equal one of few training records, beyond what fresh records share with them (p = {item.p_adjusted:.2g})."
        for item in leaking
        if (item.p_adjusted or 0.0) < ALPHA
    ]


def _what(part: str) -> str:
    return "cells" if part == "cell" else f"values of kind {part} in cells"
