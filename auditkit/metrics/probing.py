"""Values of parameters in names of metrics, refused before an audit computes anything."""

from __future__ import annotations

import numpy as np

from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.metrics import registry
from auditkit.metrics.naming import parameters_in
from auditkit.metrics.products import ROLES, Products, Rows, Side, View

__all__ = ["check_values"]

_ROWS = 30


def check_values(name: str) -> None:
    """Refuse a name that gives a parameter a value which no data could make right, as `"vendi_score[q=0]"`.

    Each metric checks its own parameters when it is read, so it is read on a few made-up rows.

    Parameters
    ----------
    name : str
        Of a metric; names without brackets are not looked at.

    Raises
    ------
    UnknownNameError
        If the metric or a parameter is not known, or a choice of one.
    AuditkitError
        If a number is out of its limits.

    Examples
    --------
    >>> check_values("coverage[k=0]")
    Traceback (most recent call last):
    auditkit.errors.AuditkitError: `k` must be a whole number from 1 on, got 0: give k=5.
    """
    metric = registry.get(name)
    if metric.name == metric.function.__name__:
        return
    given = parameters_in(metric.name, metric.parameters)
    sides = {role: _made_up(seed) for seed, role in enumerate(ROLES)}
    view = View("whole", {}, {role: Rows(role) for role in ROLES})
    asked = registry.supported([(metric.name, metric.parameters)], dict.fromkeys(ROLES, _ROWS))
    try:
        metric.read(Products(sides, parameters=registry.unified_parameters(asked)), view)
    except SampleSizeError:
        return
    except AuditkitError as error:
        if any(f"`{parameter}`" in str(error) for parameter in given):
            raise
    except Exception:  # noqa: BLE001 - made-up rows may lack what it reads, and then the audit itself says what is wrong
        return


def _made_up(seed: int) -> Side:
    rng = np.random.default_rng(seed)
    codes = np.arange(_ROWS) % 2
    return Side(
        rng.dirichlet([1.0, 1.0], _ROWS),  # probabilities of two classes too
        records=np.arange(_ROWS) + seed * _ROWS,
        labels=codes,
        label_levels=("a", "b"),
        groups={"group": codes},
        group_levels={"group": ("a", "b")},
        columns=rng.normal(size=(_ROWS, 2)),
        categorical=(False, False),
    )
