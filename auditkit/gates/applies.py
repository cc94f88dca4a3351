"""Whether a gate is for the data at hand: their kind, the generator that made them, the file that they came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any, Literal

from auditkit.config import GateRule

__all__ = ["Apart", "apart"]


@dataclass(frozen=True)
class Apart:
    """Why a gate does not judge these data.

    Attributes
    ----------
    settled : {"not_applicable", "error"}
        `"error"` where nobody can tell whether the gate is for them: that is no reason to leave it out.
    reason : str
        End of a sentence.
    kinds : tuple of str
        Kinds of data that the gate is for, where these are of another kind.
    """

    settled: Literal["not_applicable", "error"]
    reason: str
    kinds: tuple[str, ...] = ()


def apart(rule: GateRule, audited: Mapping[str, Any]) -> Apart | None:
    """Why a gate does not judge these data; None where it does.

    Parameters
    ----------
    rule : GateRule
    audited : mapping
        What is known of the data: `"modality"`, `"generators"` (names), `"path"` and `"name"` of the synthetic set.

    Examples
    --------
    >>> rule = GateRule(id="a", metric="coverage", min=0.5, generators=("gan*",))
    >>> apart(rule, {"generators": ["gan_small"]})
    >>> apart(rule, {"generators": ["cart"]}).reason
    "it is for generators named 'gan*', these data are of 'cart'"
    >>> apart(rule, {}).settled
    'error'
    """
    tests = (_by_modality, _by_generator, _by_path)
    found = [item for item in (test(rule, audited) for test in tests) if item is not None]
    # One that surely does not fit is enough, whatever is not known beside it.
    return min(found, key=lambda item: item.settled == "error", default=None)


def _by_modality(rule: GateRule, audited: Mapping[str, Any]) -> Apart | None:
    modality = str(audited.get("modality") or "")
    if not rule.modalities or modality in rule.modalities:
        return None
    said = f"it is for {_and(rule.modalities)} data"
    if not modality:
        return Apart("error", f"{said}, and of which kind these are is not known")
    return Apart("not_applicable", said, tuple(rule.modalities))


def _by_generator(rule: GateRule, audited: Mapping[str, Any]) -> Apart | None:
    names = list(audited.get("generators") or ())
    if not rule.generators or _any(rule.generators, names):
        return None
    said = f"it is for generators named {_or(rule.generators)}"
    if names:
        return Apart("not_applicable", f"{said}, these data are of {_or(names)}")
    return Apart(
        "error",
        f"{said}, and which one made these data is not known (a file without its provenance record does not say): "
        f"keep the record beside the file, or choose sets by `paths`",
    )


def _by_path(rule: GateRule, audited: Mapping[str, Any]) -> Apart | None:
    path, name = (str(audited.get(key) or "") for key in ("path", "name"))
    if not rule.paths or _any(rule.paths, [*_tails(path), name]):
        return None
    said = f"it is for sets at {_or(rule.paths)}"
    if path:
        return Apart("not_applicable", f"{said}, this one is {_shown(path, rule)!r}")
    return Apart(
        "error",
        f"{said}, and where {repr(name) if name else 'this one'} was is not known (run.json, which `auditkit audit` "
        "writes beside audit.json, would say so): keep that file, or choose sets by file name or by `generators`",
    )


def _shown(path: str, rule: GateRule) -> str:
    """Path from the config's folder, else the bare name: what lies above is nobody else's business."""
    base = Path.cwd() if rule.file is None else Path(rule.file).resolve().parent
    full = PurePath(path)
    return full.relative_to(base).as_posix() if full.is_relative_to(base) else _tails(path)[-1]


def _any(patterns: Iterable[str], names: Iterable[str]) -> bool:
    known = [name for name in names if name]
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in known)


def _tails(path: str) -> list[str]:
    """The path, and what stays when folders are cut off from its start: a pattern says as much as it needs to."""
    parts = path.replace("\\", "/").rstrip("/").split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _or(names: Iterable[str]) -> str:
    return " or ".join(repr(name) for name in names)


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)
