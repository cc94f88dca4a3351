"""What a source holds, once it is read: columns, and samples where these are no rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.samples import Samples

__all__ = ["Content"]


@dataclass(frozen=True, eq=False)
class Content:
    """What a source holds.

    Attributes
    ----------
    frame : pandas.DataFrame
    samples : Samples or None
    ids : ndarray of str or None
        Names of the units, where the source has them.
    label : str or None
        Column that is the label without a word, if it is there: the form of the source says so.
    taken : tuple of str
        Columns that became the samples.
    """

    frame: pd.DataFrame
    samples: Samples | None = None
    ids: NDArray[np.str_] | None = None
    label: str | None = None
    taken: tuple[str, ...] = ()
