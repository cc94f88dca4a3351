"""Readings over products over views: what several metrics need is built once, and no metric knows which part it reads.

A *side* is what one set of samples offers: features, record numbers, labels, groups, columns. A *view* says whose
rows play real, synthetic and holdout. A *product* is costly and shared (moments, neighbours, a crossing). A *reading*
is a metric's logic: a pure function of products. The needs of products and readings are their annotations: a
parameter's type names the product, its prefix (`real_`, `synthetic_`, `holdout_`) names the role.
"""

from __future__ import annotations

import hashlib
import inspect
import typing
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, UndefinedError
from auditkit.metrics.parameters import check_seed
from auditkit.metrics.side import ROLES, Floor, Role, Side

__all__ = [
    "ROLES",
    "Build",
    "Floor",
    "Need",
    "Products",
    "Role",
    "Rows",
    "Side",
    "View",
    "builds_of",
    "needs_of",
    "product",
    "roles_of",
]


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows of one set.

    Attributes
    ----------
    source : role
    index : ndarray of shape (n,), or None
        None means all of them.
    floor : {"", "shuffled", "uniform", "dealt"}
        What is destroyed in their table: how its columns hang together, all but the ranges and levels, or which rows
        are of one unit.
    """

    source: Role
    index: NDArray[np.intp] | None = None
    floor: Floor | Literal[""] = ""
    key: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        if self.index is None:
            digest = "all"
        else:
            digest = hashlib.blake2b(np.ascontiguousarray(self.index, np.int64).tobytes(), digest_size=16).hexdigest()
        object.__setattr__(self, "key", (self.source, f"{digest} {self.floor}".rstrip()))


@dataclass(frozen=True, eq=False)
class View:
    """Whose rows play real, synthetic and holdout. Whole set, yardstick, group, class and block are all views."""

    name: str
    where: Mapping[str, str]
    rows: Mapping[Role, Rows]

    @property
    def keys(self) -> set[tuple[str, str]]:
        """Keys of the rows in play."""
        return {rows.key for rows in self.rows.values()}


@dataclass(frozen=True)
class Need:
    """One parameter of a build or reading: what it wants, of which role (None: of both, or of the build's own side)."""

    parameter: str
    wants: type
    role: Role | None


@dataclass(frozen=True, eq=False)
class Build:
    """A product's build function with what it needs and how its parameters unify over all metrics that ask."""

    name: str
    function: Callable[..., Any]
    makes: type
    sides: tuple[Role, ...]
    needs: tuple[Need, ...]
    unify: Mapping[str, Callable[..., Any]]
    takes_rng: bool


_BUILDS: dict[type, Build] = {}


def product(
    *, sides: tuple[Role, ...], unify: Mapping[str, Callable[..., Any]] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a build function for the type that it returns.

    Parameters
    ----------
    sides : tuple of role
        One role for a one-sided product (built for whichever set is asked), two for a two-sided one.
    unify : mapping of str to callable, optional
        How a parameter that several metrics ask for is joined, as `{"k": max}`.

    Returns
    -------
    callable
        Decorator that leaves the function as it is.

    Raises
    ------
    AuditkitError
        If the type has a build already; both modules are named.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        makes = typing.get_type_hints(function)["return"]
        if makes in _BUILDS:
            message = (
                f"a product of type {makes.__name__} is built by {_BUILDS[makes].function.__module__} already, "
                f"so {function.__module__} cannot register another: give it a type of its own."
            )
            raise AuditkitError(message)
        _BUILDS[makes] = Build(
            name=function.__name__,
            function=function,
            makes=makes,
            sides=sides,
            needs=needs_of(function),
            unify=dict(unify or {}),
            takes_rng="rng" in inspect.signature(function).parameters,
        )
        return function

    return register


def needs_of(function: Callable[..., Any]) -> tuple[Need, ...]:
    """What a build or reading needs: its parameters that are not keyword-only."""
    hints = typing.get_type_hints(function)
    return tuple(
        Need(name, hints[name], _role_of(name))
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    )


def roles_of(needs: tuple[Need, ...]) -> frozenset[Role]:
    """Every role that must be present for these needs."""
    roles: set[Role] = set()
    for need in needs:
        if need.wants is Side:
            roles.add(need.role or "real")
        else:
            roles.update(_slots(_BUILDS[need.wants], need.role).values())
    return frozenset(roles)


def builds_of(needs: tuple[Need, ...]) -> list[Build]:
    """Every build behind these needs, direct or not."""
    found: dict[str, Build] = {}
    for need in needs:
        if need.wants is Side:
            continue
        build = _BUILDS[need.wants]
        for inner in (*builds_of(build.needs), build):
            found.setdefault(inner.name, inner)
    return list(found.values())


class Products:
    """Products by rows and parameters: each is built once, on first asking.

    Parameters
    ----------
    sides : mapping of role to Side
    parameters : mapping of build name to mapping, optional
        Unified parameters of each build, as `{"neighbours": {"k": 5}}`.
    seed : int, default 0
        Root of every generator handed to a build; each is spawned from the build's name and its rows.
    """

    def __init__(
        self,
        sides: Mapping[Role, Side],
        *,
        parameters: Mapping[str, Mapping[str, Any]] | None = None,
        seed: int = 0,
    ) -> None:
        self._sides = dict(sides)
        self._parameters = {name: dict(values) for name, values in (parameters or {}).items()}
        self._seed = check_seed(seed)
        self._built: dict[tuple[str, tuple[tuple[str, str], ...]], Any] = {}

    def side(self, rows: Rows) -> Side:
        """The samples that play a role in a view.

        Raises
        ------
        UndefinedError
            If that set is known by aggregates only.
        """
        if rows.source not in self._sides:
            raise UndefinedError(f"the {rows.source} set is known by aggregates only, and this needs its records.")
        side = self._sides[rows.source]
        if rows.index is None and not rows.floor:
            return side
        key = ("side", (rows.key,))
        if key not in self._built:
            taken = side if rows.index is None else side.take(rows.index)
            if rows.floor:
                taken = taken.at_floor(rows.floor, self._generator("side", key[1]), like=self._sides.get("real"))
            self._built[key] = taken
        made: Side = self._built[key]
        return made

    def sizes(self, view: View) -> dict[Role, int]:
        """Rows of each set in a view; sets that are known by aggregates only are left out."""
        return {
            role: len(self._sides[rows.source]) if rows.index is None else len(rows.index)
            for role, rows in view.rows.items()
            if rows.source in self._sides
        }

    def _generator(self, name: str, keys: tuple[tuple[str, str], ...]) -> np.random.Generator:
        words = [zlib.crc32(part.encode()) for part in (name, *(word for key in keys for word in key))]
        return np.random.default_rng(np.random.SeedSequence([self._seed, *words]))

    def get(self, makes: type, view: View, role: Role | None = None) -> Any:
        """Product of a type for a view; `role` picks the set (one-sided) or the real side (two-sided).

        Parameters
        ----------
        makes : type
            What the build returns, or `Side` for the samples themselves.
        view : View
        role : role, optional
            Which set a one-sided product is of, or which plays the real side of a two-sided one.

        Returns
        -------
        object of that type
        """
        if makes is Side:
            return self.side(view.rows[role or "real"])
        build = _BUILDS[makes]
        slots = _slots(build, role)
        key = (build.name, tuple(view.rows[slot].key for slot in slots.values()))
        if key not in self._built:
            self._built[key] = self._build(build, slots, view, key[1])
        return self._built[key]

    def put(self, made: Any, view: View, role: Role | None = None) -> None:
        """Keep a product that was made elsewhere, as `get` would give it for this view.

        Parameters
        ----------
        made : object
            Of a type that a build makes, from the same rows and parameters.
        view : View
        role : role, optional
            As for `get`.
        """
        build = _BUILDS[type(made)]
        slots = _slots(build, role)
        self._built[build.name, tuple(view.rows[slot].key for slot in slots.values())] = made

    def parameters(self, makes: type) -> Mapping[str, Any]:
        """Unified parameters with which products of a type are built here."""
        return dict(self._parameters.get(_BUILDS[makes].name, {}))

    def arguments(self, needs: tuple[Need, ...], view: View) -> dict[str, Any]:
        """Everything a reading needs, by parameter name."""
        return {need.parameter: self.get(need.wants, view, need.role) for need in needs}

    def keep_only(self, keys: set[tuple[str, str]]) -> None:
        """Forget the products of rows that no later view uses."""
        self._built = {key: made for key, made in self._built.items() if keys.issuperset(key[1])}

    def _build(self, build: Build, slots: Mapping[Role, Role], view: View, keys: tuple[tuple[str, str], ...]) -> Any:
        first = build.sides[0]
        arguments = {need.parameter: self.get(need.wants, view, slots[need.role or first]) for need in build.needs}
        arguments |= self._parameters.get(build.name, {})
        if build.takes_rng:
            arguments["rng"] = self._generator(build.name, keys)
        return build.function(**arguments)


def _role_of(parameter: str) -> Role | None:
    return next((role for role in ROLES if parameter == role or parameter.startswith(f"{role}_")), None)


def _slots(build: Build, role: Role | None) -> dict[Role, Role]:
    """Which role of the view fills each slot of a build."""
    if len(build.sides) == 1:
        return {build.sides[0]: role or build.sides[0]}
    first, second = build.sides
    return {first: role if role == "holdout" else first, second: second}
