"""Errors that users see: one sentence each, what was expected, what was found, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AuditkitError",
    "ConfigError",
    "DataError",
    "MissingDependencyError",
    "SampleSizeError",
    "ShapeError",
    "UndefinedError",
    "UnknownNameError",
    "did_you_mean",
]

_NEAR = 0.65
"""Letters in common, as a share of both names, from which one may be meant for the other."""


class AuditkitError(ValueError):
    """Base of every error that auditkit raises for its users."""


class DataError(AuditkitError):
    """The data cannot be read or do not fit what was asked of them."""


class ShapeError(AuditkitError):
    """An array or table has the wrong shape or type."""


class SampleSizeError(AuditkitError):
    """There are too few samples for what was asked."""


class UndefinedError(AuditkitError):
    """A metric has no value on these data, and the sentence says why."""


class ConfigError(AuditkitError):
    """A configuration is wrong; the message starts with file:line:column where known."""


class MissingDependencyError(AuditkitError):
    """An optional package is needed and not installed."""


class UnknownNameError(AuditkitError):
    """A name is not among the known ones."""

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str], hint: str = "") -> UnknownNameError:
        """Error for an unknown name, with the nearest known one.

        Parameters
        ----------
        kind : str
            What the name stands for, as `"metric"` or `"column"`.
        name : str
            The name that was asked for.
        known : iterable of str
            The names that exist.
        hint : str, default ""
            Where to look for the known names.

        Returns
        -------
        UnknownNameError
        """
        said = f"unknown {kind} {name!r}{did_you_mean(name, known)}{f' ({hint})' if hint else ''}"
        return cls(said if said.endswith("?") else f"{said}.")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Tail of a sentence that offers the nearest known name, or lists the few there are."""
    names = [str(item) for item in known]
    folded = {item.casefold(): item for item in reversed(names)}
    close = difflib.get_close_matches(str(name).casefold(), folded, n=1, cutoff=_NEAR)
    if close:
        return f"; did you mean {folded[close[0]]!r}?"
    if names and len(names) <= 30:  # noqa: PLR2004 - a longer list helps nobody
        return f"; known: {', '.join(sorted(names))}"
    return ""
