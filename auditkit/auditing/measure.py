"""Run a plan: read every metric in its views; what fails becomes a reading with a reason."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from auditkit.auditing.evidence import EVIDENCE_K
from auditkit.auditing.plan import Plan, Purpose, Task
from auditkit.blocks import Progress
from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.metrics import registry
from auditkit.metrics.products import Products, Role, Side
from auditkit.metrics.registry import Reading
from auditkit.parts import part_name

__all__ = ["Failure", "Readings", "measure"]

_LOG = logging.getLogger("auditkit")
# Views whose first reading is shown with its interval.
INTERVALS: tuple[Purpose, ...] = ("full", "matched", "yardstick", "at baseline")
# The evidence per sample reads neighbours also where no metric asks for them.
EVIDENCE = {"coverage": {"k": EVIDENCE_K}}


@dataclass(frozen=True)
class Failure:
    """Why a metric has no value, or (degraded) has one but nothing to compare it with."""

    status: Literal["degraded", "undefined", "insufficient", "error"]
    reason: str


@dataclass
class Readings:
    """What each metric read, by part and purpose, in the order of the views."""

    found: dict[tuple[int, Purpose, str], list[Reading | Failure]] = field(default_factory=dict)

    def add(self, task: Task, name: str, result: Reading | Failure) -> None:
        """Keep one result."""
        self.found.setdefault((task.part, task.purpose, name), []).append(result)

    def all(self, part: int, purpose: Purpose, name: str) -> list[Reading | Failure]:
        """Results over the views of a purpose, none where nothing was read.

        Parameters
        ----------
        part : int
            Position among the parts, 0 for the whole set.
        purpose : str
            As `"matched"`.
        name : str
            The metric.
        """
        return self.found.get((part, purpose, name), [])

    def one(self, part: int, purpose: Purpose, name: str) -> Reading | Failure | None:
        """First result, None where nothing was read."""
        results = self.all(part, purpose, name)
        return results[0] if results else None


def measure(
    plan: Plan,
    sides: Mapping[Role, Side],
    *,
    seed: int,
    progress: Progress | None = None,
    keep: Callable[[Products], None] | None = None,
    prepare: Callable[[Products], None] | None = None,
) -> Readings:
    """Run a plan.

    Parameters
    ----------
    plan : Plan
    sides : mapping of role to Side
    seed : int
    progress : callable, optional
    keep : callable, optional
        Called with the products while those of the whole set are at hand.
    prepare : callable, optional
        Called with the products before anything is read, to put in what is known already.

    Returns
    -------
    Readings
    """
    asked = registry.supported(plan.parameters.items(), {role: len(side) for role, side in sides.items()})
    parameters = registry.unified_parameters([*EVIDENCE.items(), *asked])
    products = Products(sides, parameters=parameters, seed=seed)
    if prepare is not None:
        prepare(products)
    readings = Readings()
    later = [task.view.keys for task in plan.tasks]
    for number, task in enumerate(plan.tasks):
        if progress is not None:
            progress(number, len(plan.tasks), f"{task.purpose} {part_name(task.view.where)}".strip())
        for name in task.metrics:
            shown = task.purpose in INTERVALS and readings.one(task.part, task.purpose, name) is None
            readings.add(task, name, _read(name, products, task, plan.parameters[name], shown=shown))
        if number == 0 and keep is not None:
            keep(products)
        products.keep_only(set().union(*later[number + 1 :]))
    if keep is not None and not plan.tasks:
        keep(products)
    if progress is not None:
        progress(len(plan.tasks), len(plan.tasks), "measured")
    return readings


def _read(
    name: str, products: Products, task: Task, parameters: Mapping[str, Any], *, shown: bool
) -> Reading | Failure:
    try:
        reading = registry.get(name).read(products, task.view, **parameters).settled(shown=shown)
    except SampleSizeError as error:
        return Failure("insufficient", str(error))
    except AuditkitError as error:
        return Failure("undefined", str(error))
    except Exception as error:  # noqa: BLE001 - one metric's failure must not end the audit
        # The text of a foreign error can hold values of real records, so only its type is told, and the rest logged.
        _LOG.debug("%s failed", name, exc_info=True)
        return Failure("error", f"{name} failed with {type(error).__name__}; --debug (logger 'auditkit') shows where.")
    if reading.value is None:
        return Failure("error" if reading.failed else "undefined", reading.reason)
    return reading
