"""What tests compare with and read by: distances by plain loops, readings as audits take them."""

from __future__ import annotations

import numpy as np

from auditkit.metrics import registry
from auditkit.metrics.products import Products, Rows, Side, View


def squared_distances(a, b):
    """Squared Euclidean distances of all pairs, shape (n, m), from differences in float64."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.array([np.square(row - b).sum(axis=1) for row in a])


def distances(a, b):
    """Euclidean distances of all pairs, shape (n, m)."""
    return np.sqrt(squared_distances(a, b))


def squared_radii(x, k):
    """Squared distances of each row to its k nearest neighbours among the others, ascending, shape (n, k)."""
    own = squared_distances(x, x)
    np.fill_diagonal(own, np.inf)
    return np.sort(own, axis=1)[:, :k]


def radii(x, k):
    """Distance of each row to its k-th neighbour among the others, shape (n,)."""
    return np.sqrt(squared_radii(x, k)[:, -1])


def read(name, real=None, synthetic=None, holdout=None, **parameters):
    """Reading of a metric on whole sets: sides, or features to make them of."""
    given = {"real": real, "synthetic": synthetic, "holdout": holdout}
    sides = {
        role: item if isinstance(item, Side) else Side(np.asarray(item, float))
        for role, item in given.items()
        if item is not None
    }
    metric = registry.get(name)
    asked = {**metric.parameters, **parameters}
    products = Products(sides, parameters=registry.unified_parameters([(name, asked)]))
    return metric.read(products, View("whole", {}, {role: Rows(role) for role in sides}), **parameters)
