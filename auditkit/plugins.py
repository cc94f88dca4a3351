"""Tables of things that can be made by name, and of those that other distributions add by entry points.

A table is static text, so listing it imports nothing. An entry point is called `modality/name`, as
`tabular/mycopula`; without a modality it serves every modality (`any`).
"""

from __future__ import annotations

import importlib
import inspect
import math
import os
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from numbers import Integral, Real
from typing import Any

from auditkit.errors import AuditkitError, UnknownNameError, did_you_mean

__all__ = ["Entry", "Table", "construct"]


_PLAIN: Mapping[str, tuple[type, str]] = {
    "int": (Integral, "a whole number"),
    "<class 'int'>": (Integral, "a whole number"),
    "float": (Real, "a number"),
    "<class 'float'>": (Real, "a number"),
    "bool": (bool, "true or false"),
    "<class 'bool'>": (bool, "true or false"),
}
_ANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Entry:
    """One thing that can be made by name.

    Attributes
    ----------
    name, modality : str
        `"any"` serves every modality.
    target : str
        `"package.module:Class"`.
    origin : str
        Distribution that brings it.
    about : str
        A few words for lists.
    """

    name: str
    modality: str
    target: str
    origin: str = "auditkit"
    about: str = ""

    def serves(self, modality: str | None) -> bool:
        """True when it can be used for a modality; None asks for any."""
        return modality is None or self.modality in {modality, "any"}

    def load(self) -> Any:
        """Import and return the class.

        Raises
        ------
        AuditkitError
            When the module or the class is not there.
        """
        module, _, attribute = self.target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            message = f"{self.name!r} of {self.origin} could not be imported from {self.target!r}: {error}."
            raise AuditkitError(message) from error


@dataclass(frozen=True)
class Table:
    """Built-in entries and those of one entry point group.

    Attributes
    ----------
    kind : str
        What its entries are, as `"generator"`.
    group : str
        Entry point group, as `"auditkit.generators"`.
    builtin : tuple of Entry
    """

    kind: str
    group: str
    builtin: tuple[Entry, ...]

    def entries(self, modality: str | None = None) -> tuple[Entry, ...]:
        """Entries of a modality, built-in first; the variable AUDITKIT_DISABLE_PLUGINS=1 leaves the others out.

        Raises
        ------
        AuditkitError
            When two entries share name and modality; both are named.
        """
        found = list(self.builtin)
        if os.environ.get("AUDITKIT_DISABLE_PLUGINS", "") not in {"1", "true"}:
            found += self._plugged()
        self._refuse_duplicates(found)
        return tuple(entry for entry in found if entry.serves(modality))

    def names(self, modality: str | None = None) -> list[str]:
        """Sorted names of a modality."""
        return sorted({entry.name for entry in self.entries(modality)})

    def find(self, name: str, modality: str | None = None) -> Entry:
        """The entry of a name.

        Parameters
        ----------
        name : str
            A name, or `modality/name`.
        modality : str, optional
            Needed where the name exists for more than one modality.

        Raises
        ------
        UnknownNameError
            When no entry has this name, with the nearest one.
        AuditkitError
            When the name means different things in different modalities.
        """
        if modality is None and "/" in name:
            modality, name = name.split("/", 1)
        entries = self.entries(modality)
        matches = [entry for entry in entries if entry.name == name]
        if not matches:
            kind = f"{modality} {self.kind}" if modality else self.kind
            known = [entry.name for entry in entries]
            raise UnknownNameError.of(kind, name, known, f"auditkit list {self.kind}s")
        if len({entry.target for entry in matches}) > 1:
            kinds = sorted({str(entry.modality) for entry in matches})
            choices = " or ".join(repr(f"{kind}/{name}") for kind in kinds)
            message = (
                f"{self.kind} {name!r} exists for several modalities ({', '.join(kinds)}): write {choices}, or "
                f"modality={kinds[0]!r}."
            )
            raise AuditkitError(message)
        return matches[0]

    def _plugged(self) -> list[Entry]:
        plugged = []
        for point in entry_points(group=self.group):
            modality, _, name = point.name.rpartition("/")
            origin = point.dist.name if point.dist is not None else point.value
            plugged.append(Entry(name, modality or "any", point.value, origin))
        return sorted(plugged, key=lambda entry: (entry.modality, entry.name, entry.origin))

    def _refuse_duplicates(self, entries: Iterable[Entry]) -> None:
        seen: dict[tuple[str, str], Entry] = {}
        for entry in entries:
            first = seen.setdefault((entry.modality, entry.name), entry)
            if first is not entry:
                message = (
                    f"{self.kind} {entry.modality}/{entry.name} is registered twice, by {first.origin} "
                    f"({first.target}) and by {entry.origin} ({entry.target}): remove one of them."
                )
                raise AuditkitError(message)


def construct(kind: str, name: str, made: Any, params: Mapping[str, Any]) -> Any:
    """Call a class with parameters, refusing those it does not know or cannot take.

    Parameters
    ----------
    kind, name : str
        What messages call it, as `"generator"` and `"cart"`.
    made : class
    params : mapping

    Returns
    -------
    object

    Raises
    ------
    AuditkitError
        For an unknown parameter, with the nearest known one; for a number that is not finite, a value of another type
        than the signature says, and whatever else the class fails on.
    """
    known = inspect.signature(made).parameters
    lacking = [param for param, item in known.items() if item.default is item.empty and param not in params]
    if lacking and not any(known[param].kind in _ANY for param in lacking):
        where = f"{name}:{lacking[0].upper()}" if lacking == ["path"] else f"{name}[{lacking[0]}=...]"
        message = f"{kind} {name!r} needs {' and '.join(lacking)}: write {where}."
        raise AuditkitError(message)
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        for param in params:
            if param not in known:
                message = f"{kind} {name!r} has no parameter {param!r}{did_you_mean(param, known)}"
                raise AuditkitError(message.rstrip(".?") + ("?" if message.endswith("?") else "."))
    for param, given in params.items():
        wanted = _PLAIN.get(str(getattr(known.get(param), "annotation", "")).removesuffix(" | None"))
        if not _is_finite(given):
            raise AuditkitError(f"{kind} {name!r} does not take {param}={given!r}: give finite numbers.")
        if wanted is not None and given is not None and not _is_a(given, wanted[0]):
            raise AuditkitError(f"{kind} {name!r} does not take {param}={given!r}: give {wanted[1]}.")
    try:
        return made(**params)
    except AuditkitError:
        raise
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        told = ", ".join(f"{param}={reprlib.repr(given)}" for param, given in params.items()) or "no parameters"
        why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        message = f"{kind} {name!r} does not take {told}: {why}."
        raise AuditkitError(message) from error


def _is_a(given: Any, kind: type) -> bool:
    # A boolean counts as a whole number in Python, which nobody means who gives one.
    return isinstance(given, kind) and (kind is bool or not isinstance(given, bool))


def _is_finite(given: Any) -> bool:
    """False for NaN and infinities, also inside lists and mappings."""
    if isinstance(given, float):
        return math.isfinite(given)
    if isinstance(given, Mapping):
        return all(map(_is_finite, given.values()))
    return not isinstance(given, (list, tuple)) or all(map(_is_finite, given))
