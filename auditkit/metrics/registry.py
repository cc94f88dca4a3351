"""The list of metrics: each function with what a plan, a gate and a page must know about it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Literal, TypeVar

from auditkit.errors import AuditkitError, SampleSizeError, UndefinedError, UnknownNameError
from auditkit.kinds import MODALITIES, Modality
from auditkit.metrics import FAMILIES
from auditkit.metrics.naming import name_with, parameters_in
from auditkit.metrics.parameters import check_seed
from auditkit.metrics.products import Floor, Need, Products, Role, Rows, Side, View, builds_of, needs_of, roles_of
from auditkit.metrics.proximity import check_support
from auditkit.metrics.reading import Part, Reading
from auditkit.metrics.spaces import is_mixed
from auditkit.results import Direction, base_name

__all__ = [
    "Metric",
    "Part",
    "Reading",
    "default_names",
    "defined",
    "evaluate",
    "get",
    "metric",
    "names",
    "read_all",
    "value_of",
]

F = TypeVar("F", bound=Callable[..., Any])
Interval = Literal["blocks", "reading", "none"]
Asked = Literal["label", "groups", "key", "steps", "rows", "rules", "words"]


@dataclass(frozen=True, eq=False)
class Metric:
    """A registered metric; see `metric`."""

    name: str
    function: Callable[..., Any]
    reads: Callable[..., Reading]
    family: str
    modalities: tuple[Modality, ...]
    direction: Direction
    bounds: tuple[float | None, float | None]
    target: float | None
    unit: str
    null: float | None
    interval: Interval
    floor: Floor | None
    by_group: bool
    asks: tuple[Asked, ...]
    default: bool
    source: str
    meaning: str
    advice: str
    needs: tuple[Need, ...]
    roles: frozenset[Role]
    parameters: Mapping[str, Any]
    mixed: Callable[..., Reading] | None = None
    version: int = 1
    sized_by: tuple[Role, ...] = ("real", "synthetic")
    embedded: bool = True
    misleads: str = ""

    def read(self, products: Products, view: View, **parameters: Any) -> Reading:
        """Read this metric in a view."""
        given = {**self.parameters, **parameters}
        if "seed" in given:
            given["seed"] = check_seed(given["seed"])
        if "k" in given:
            check_support(self.needs, products.sizes(view), given["k"])
        return self.reads(**products.arguments(self.needs, view), **given).beside(self.null)


_METRICS: dict[str, Metric] = {}


def metric(  # noqa: PLR0913 - these are what a plan, a gate and a page need to know
    *,
    reads: Callable[..., Reading],
    family: str,
    direction: Direction,
    bounds: tuple[float | None, float | None],
    source: str,
    meaning: str,
    advice: str,
    misleads: str = "",
    modalities: tuple[Modality, ...] = MODALITIES,
    target: float | None = None,
    unit: str = "",
    null: float | None = None,
    interval: Interval = "blocks",
    floor: Floor | None = None,
    by_group: bool = True,
    asks: tuple[Asked, ...] = (),
    default: bool = True,
    mixed: Callable[..., Reading] | None = None,
    version: int = 1,
    sized_by: tuple[Role, ...] = ("real", "synthetic"),
    embedded: bool = True,
) -> Callable[[F], F]:
    """Register the public function beside a reading.

    Parameters
    ----------
    reads : callable
        The reading: the metric's logic, on products. Its needs are its annotations, its parameters its
        keyword-only arguments.
    family : str
        The question it answers: `"realism"`, `"variety"`, `"copying"`, `"fairness"`, `"detection"`.
    direction : {"higher", "lower", "match", "none"}
    bounds : tuple
        Smallest and largest possible value; None where unbounded.
    source, meaning, advice : str
        Paper and equation; what it says in one sentence; what to do when it is bad.
    misleads : str, optional
        Where a good value is none, or a bad one; every metric that comes along says so.
    modalities : tuple of str
        Data that it can be read on; all by default.
    target : float, optional
        The value to match, for `"match"` metrics that need no yardstick.
    null : float, optional
        What a perfect set scores, where that is a constant.
    interval : {"blocks", "reading", "none"}
        Whether an audit makes the interval by leaving out blocks of rows, the reading brings its own, or there is none.
    floor : {"shuffled", "uniform", "dealt"}, optional
        Of metrics of tables: what fresh real rows must lose to score the worst that marginals allow (their columns
        shuffled apart), the worst that ranges and levels allow (drawn evenly), or the worst that rows allow (dealt to
        any unit).
    by_group : bool, default True
        Whether an audit also reads it in each group and class.
    asks : tuple of {"label", "groups", "key", "steps", "rows", "rules", "words"}
        What it does not apply without: roles of columns, what samples broke, cells of free text. Metrics of tables that
        ask for one of the last five are read on several rows per unit too.
    default : bool, default True
        Whether an audit reads it unless told otherwise.
    mixed : callable, optional
        The reading that an audit of tables takes for the name with `[space=mixed]`.
    version : int, default 1
        Of the definition, one more whenever the same data give another number: scores of two versions do not compare.
    sized_by : tuple of role, default both
        Sides whose number of units moves the expectation: only scores at the same size of these compare.
    embedded : bool, default True
        Whether it reads features, so that scores of two embedders do not compare; metrics for one kind of data do not.

    Returns
    -------
    callable
        Decorator that leaves the function as it is.

    Raises
    ------
    AuditkitError
        If the name is taken; both modules are named.
    """

    def register(function: F) -> F:
        name = function.__name__
        if name in _METRICS:
            taken = _METRICS[name].function.__module__
            message = f"metric {name!r} is registered by {taken} already, so {function.__module__} must rename its own."
            raise AuditkitError(message)
        needs = needs_of(reads)
        _METRICS[name] = Metric(
            name=name,
            function=function,
            reads=reads,
            family=family,
            modalities=modalities,
            direction=direction,
            bounds=bounds,
            target=target,
            unit=unit,
            null=null,
            interval=interval,
            floor=floor,
            by_group=by_group,
            asks=asks,
            default=default,
            source=source,
            meaning=meaning,
            advice=advice,
            misleads=misleads,
            needs=needs,
            roles=roles_of(needs),
            parameters=_defaults(function, reads),
            mixed=mixed,
            version=version,
            sized_by=sized_by,
            embedded=embedded and len(modalities) > 1,
        )
        return function

    return register


def get(name: str) -> Metric:
    """Metric by name, which may set parameters, as `"vendi_score[q=2]"`.

    Raises
    ------
    UnknownNameError
        If the metric or a parameter is not known; with the nearest known name.
    """
    load_all()
    bare = base_name(name)
    if bare not in _METRICS:
        raise UnknownNameError.of("metric", bare, _METRICS, "auditkit list metrics")
    found = _METRICS[bare]
    if name == bare:
        return found
    known = dict(found.parameters) if found.mixed is None else {**found.parameters, "space": "features"}
    given = parameters_in(name, known)
    space: Any = given.pop("space", "features") if found.mixed is not None else "features"
    if found.mixed is not None and is_mixed(space):
        return _in_mixed_space(found, found.mixed, given)
    if not given:
        return found
    return replace(found, name=name_with(bare, given), parameters={**found.parameters, **given})


def _in_mixed_space(found: Metric, reads: Callable[..., Reading], given: Mapping[str, Any]) -> Metric:
    needs, asked = needs_of(reads), {**given, "space": "mixed"}
    return replace(
        found,
        name=name_with(found.name, asked),
        reads=reads,
        modalities=("tabular",),
        needs=needs,
        roles=roles_of(needs),
        parameters={**found.parameters, **asked},
        embedded=False,
    )


def names() -> list[str]:
    """Names of all metrics: those built in, family by family, then those of other packages."""
    load_all()
    # The order of registration is the order of first imports, which differs from program to program.
    return sorted(_METRICS, key=lambda name: _rank(_METRICS[name]))


def default_names() -> list[str]:
    """Names of the metrics that an audit reads unless told otherwise."""
    return [name for name in names() if _METRICS[name].default]


def _rank(metric: Metric) -> int:
    family = metric.function.__module__.removeprefix("auditkit.metrics.")
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)


@cache
def load_all() -> None:
    """Import the built-in metrics and those of other packages."""
    for family in FAMILIES:
        importlib.import_module(f"auditkit.metrics.{family}")
    for point in entry_points(group="auditkit.metrics"):
        point.load()


def unified_parameters(asked: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Parameters of every build that some metrics need, joined over the metrics (the largest k, say)."""
    unified: dict[str, dict[str, Any]] = {}
    for name, parameters in asked:
        for build in builds_of(get(name).needs):
            for parameter, join in build.unify.items():
                if parameter not in parameters:
                    continue
                held = unified.setdefault(build.name, {})
                value = parameters[parameter]
                held[parameter] = join(held[parameter], value) if parameter in held else value
    return unified


def supported(
    asked: Iterable[tuple[str, Mapping[str, Any]]], sizes: Mapping[Role, int]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Those metrics, with their parameters, that do not ask for more neighbours than the sets have."""
    return [(name, parameters) for name, parameters in asked if _has_support(get(name).needs, sizes, parameters)]


def _has_support(needs: tuple[Need, ...], sizes: Mapping[Role, int], parameters: Mapping[str, Any]) -> bool:
    try:
        check_support(needs, sizes, parameters.get("k", 1))
    except SampleSizeError:
        return False
    return True


def evaluate(reads: Callable[..., Reading], sides: Mapping[Role, Side], *, seed: int = 0, **parameters: Any) -> Reading:
    """Build what a reading needs on whole sets and read it.

    Parameters
    ----------
    reads : callable
        The reading.
    sides : mapping of role to Side
    seed : int, default 0
        Root of every draw.
    **parameters
        Keyword-only arguments of the reading.

    Returns
    -------
    Reading
    """
    needs = needs_of(reads)
    builds = builds_of(needs)
    asked = {build.name: {key: parameters[key] for key in build.unify if key in parameters} for build in builds}
    products = Products(sides, parameters=asked, seed=seed)
    view = View("whole", {}, {role: Rows(role) for role in sides})
    if "k" in parameters:
        check_support(needs, products.sizes(view), parameters["k"])
    drawn = {"seed": seed} if "seed" in inspect.signature(reads).parameters else {}
    return reads(**products.arguments(needs, view), **parameters, **drawn)


def read_all(sides: Mapping[Role, Side], wanted: Mapping[str, Metric]) -> dict[str, Reading]:
    """Readings of several metrics on whole sets, from products that are built once for all of them."""
    view = View("whole", {}, {role: Rows(role) for role in sides})
    asked = [(metric.name, metric.parameters) for metric in wanted.values()]
    sizes = {role: len(side) for role, side in sides.items()}
    products = Products(sides, parameters=unified_parameters(supported(asked, sizes)))
    return {name: metric.read(products, view) for name, metric in wanted.items()}


def value_of(reads: Callable[..., Reading], sides: Mapping[Role, Side], *, seed: int = 0, **parameters: Any) -> float:
    """Value of a reading on whole sets: the one line behind every public function.

    Parameters
    ----------
    reads, sides, seed, **parameters
        As for `evaluate`.

    Returns
    -------
    float

    Raises
    ------
    UndefinedError
        If the metric has no value on these data.
    """
    return defined(evaluate(reads, sides, seed=seed, **parameters))


def defined(reading: Reading) -> float:
    """Value of a reading as a plain number.

    Raises
    ------
    UndefinedError
        If it has none, with the reason.
    """
    if reading.value is None:
        raise UndefinedError(reading.reason)
    return float(reading.value)


def _defaults(function: Callable[..., Any], reads: Callable[..., Reading]) -> dict[str, Any]:
    """Parameters of the reading with the public function's defaults."""
    public = inspect.signature(function).parameters
    return {
        name: public[name].default if name in public else parameter.default
        for name, parameter in inspect.signature(reads).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
