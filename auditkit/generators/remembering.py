"""What a synthetic set remembers of how it was drawn: generator, parameters, conditions and seeds, but no time."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import __version__
from auditkit.generators.conditions import plain_conditions

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.generators.interface import Conditions, Generator

__all__ = ["remember", "remembered"]

_ELSEWHERE = frozenset({"device", "environment"})
"""Where it ran changes no sample, and variables of commands may be secret."""


def remembered(sample: Callable[..., Dataset]) -> Callable[..., Dataset]:
    """Make a generator's `sample` say in the set's provenance what was asked of it."""

    @functools.wraps(sample)
    def told(self: Generator, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        made = sample(self, n, conditions=conditions, seed=seed)
        return remember(self, made, n=n, conditions=conditions, seed=seed)

    return told


def remember(generator: Generator, made: Dataset, *, n: int, conditions: Conditions | None, seed: int) -> Dataset:
    """The set with a provenance record, also of a generator from elsewhere that writes none.

    Parameters
    ----------
    generator : Generator
        Fitted.
    made : Dataset
        What its `sample` gave.
    n, conditions, seed
        What `sample` was asked.

    Returns
    -------
    Dataset
    """
    report = generator.fit_report
    fitted = report is not None and generator.info.family != "external"
    trained = {"data_hash": report.data_hash, "n_train": report.n_train} if report is not None and fitted else {}
    steps = {} if report is None or not report.steps else {"fit_steps": report.steps}
    private = {} if report is None or report.epsilon is None else {"epsilon": report.epsilon}
    asked = {
        "auditkit": __version__,
        "synthetic": True,
        "generator": generator.info.name,
        "modality": made.modality,
        "parameters": _parameters(generator),
        "conditions": _plain(plain_conditions(conditions)),
        "n_asked": int(n),
        "seed": int(seed),
    }
    return replace(made, provenance={**trained, **(made.provenance or {}), **asked, **steps, **private})


def _parameters(generator: Generator) -> dict[str, Any]:
    names = [name for name in generator.info.params if name not in _ELSEWHERE]
    return {name: _plain(getattr(generator, name)) for name in names if hasattr(generator, name)}


def _plain(value: Any) -> Any:
    """A parameter as JSON holds it; of a place only its name, of code only what it is called."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (str, Path)):
        place = Path(value)
        return place.name if place.is_absolute() or isinstance(value, Path) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return [_plain(item) for item in items]
    return str(getattr(value, "__qualname__", type(value).__name__))
