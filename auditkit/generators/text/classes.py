"""Which training texts are modelled together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditkit.generators.roles import Roles

__all__ = ["MIN_TEXTS", "row_classes"]

MIN_TEXTS = 50
"""Texts that a label with groups needs for a model of its own."""


def row_classes(roles: Roles, label: str | None) -> NDArray[np.int64]:
    """Class of each training row: its label, with its groups where enough rows share both.

    Parameters
    ----------
    roles : Roles
    label : str or None
        Name of the label column.

    Returns
    -------
    ndarray of shape (n,), int64
        Numbers from 0 on, without gaps.
    """
    alone = [at for at in roles.roles if roles.pools[at].column.name == label]
    labels = roles.rows[:, alone[0]] if alone else np.zeros(len(roles.rows), dtype=np.int64)
    shared = np.bincount(roles.members)[roles.members] >= MIN_TEXTS
    keys = np.stack([labels, np.where(shared, roles.members, -1)], axis=1)
    classes: NDArray[np.int64] = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return classes
