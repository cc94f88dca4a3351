"""Tables that a peer was asked about too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


def arithmetic(n, step):
    """A table without random numbers, so that a peer can be asked about the same one."""
    i = np.arange(n)
    x = (i * step) % 101 / 7.0
    y = 2.0 * x + (i * 31) % 17
    c = np.array(list("aaabbcd"))[(i * step) % 7]
    d = np.where(i % 5 == 0, "z", c).astype(object)
    d[(i * 3) % 11 == 0] = None
    z = np.where((i * 5) % 13 == 0, np.nan, 3.0 * x - y)
    return pd.DataFrame({"x": x, "y": y, "z": z, "c": c, "d": d, "n": (i * step) % 4 + (c == "a") * 9})


@pytest.fixture(scope="module")
def frozen():
    """Tables whose figures were measured with sdmetrics 0.32.0."""
    real, synthetic = arithmetic(400, 13), arithmetic(300, 29)
    synthetic.loc[:3, "c"] = "new"
    return real, synthetic
