"""Whether a gate is for the data at hand: their kind, the generator that made them, the file that they came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from auditkit.config import GateRule

__all__ = ["why_not"]


def why_not(rule: GateRule, audited: Mapping[str, Any]) -> str:
    """Why a gate is not about these data, as the end of a sentence; empty where it is.

    Parameters
    ----------
    rule : GateRule
    audited : mapping
        What is known of the data: `"modality"`, `"generators"` (names) and `"paths"` of the synthetic set.

    Examples
    --------
    >>> rule = GateRule(id="a", metric="coverage", min=0.5, generators=("gan*",))
    >>> why_not(rule, {"generators": ["gan_small"]}), why_not(rule, {"generators": ["cart"]})
    ('', "it is for generators named 'gan*', these data are of 'cart'")
    """
    modality = str(audited.get("modality") or "")
    if rule.modalities and modality not in rule.modalities:
        return f"it is for {_and(rule.modalities)} data"
    if rule.generators and not _any(rule.generators, audited.get("generators") or ()):
        return f"it is for generators named {_or(rule.generators)}, {_made_by(audited.get('generators') or ())}"
    if rule.paths and not _any(rule.paths, _tails(audited.get("paths") or ())):
        named = _or(list(audited.get("paths") or ())[:1]) or "unknown"
        return f"it is for sets at {_or(rule.paths)}, this one is {named}"
    return ""


def _made_by(generators: Sequence[str]) -> str:
    if not generators:
        return "and which one made these data is not known (a file without its provenance record does not say)"
    return f"these data are of {_or(generators)}"


def _any(patterns: Iterable[str], names: Iterable[str]) -> bool:
    known = list(names)
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in known)


def _tails(paths: Iterable[str]) -> list[str]:
    """Each path, and what stays when folders are cut off from its start: a pattern says as much as it needs to."""
    found = []
    for path in paths:
        parts = path.replace("\\", "/").split("/")
        found += ["/".join(parts[start:]) for start in range(len(parts))]
    return found


def _or(names: Iterable[str]) -> str:
    return " or ".join(repr(name) for name in names)


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)
