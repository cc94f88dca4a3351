"""Scores that were once agreed to, in one file kept in git, which later audits must not fall behind.

A baseline says at which size each score was compared, by which metric, parameters and embedder, so that what cannot be
compared is refused with a reason instead of judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from auditkit.errors import ConfigError
from auditkit.gates.comparable import Kept, refusals
from auditkit.gates.limits import ABLATION
from auditkit.results import Score, Scores, base_name
from auditkit.store import dump_json

__all__ = ["Baseline", "Sizes", "Update", "settings_digest"]

Part = tuple[tuple[str, str], ...]
_SETS = ("real", "holdout", "synthetic")


@dataclass(frozen=True)
class Update:
    """Who changed a baseline need not be said, git knows; why must be.

    Attributes
    ----------
    date : str
        As `"2026-01-31"`.
    reason : str
    versions : mapping of package to version
        With which the scores were measured.
    """

    date: str
    reason: str
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sizes:
    """Synthetic units at which a baseline compares.

    Attributes
    ----------
    fresh : mapping of part to int
        Beside fresh real data, as many of which there are; parts as sorted pairs, `()` for the whole set.
    alone : int or None
        Of the whole set, where none stand beside.
    """

    fresh: Mapping[Part, int] = field(default_factory=dict)
    alone: int | None = None

    @classmethod
    def of(cls, scores: Iterable[Kept], *, alone: int | None) -> Sizes:
        """Sizes at which scores were compared: of each part the largest."""
        found: dict[Part, int] = {}
        for kept in scores:
            part = tuple(sorted(kept.where.items()))
            if kept.fresh and kept.estimate.n[1] > 0:
                found[part] = max(found.get(part, 0), kept.estimate.n[1])
        return cls(found, alone)


@dataclass(frozen=True, eq=False)
class Baseline:
    """Scores of one audit to compare later ones with.

    Attributes
    ----------
    scores : tuple of Kept
    modality : str
    schema : str
        Digest of the names and kinds of the columns.
    settings : str
        Digest of how it was audited: roles, groups, seed, constraints.
    data : mapping of role to str
        Hashes of the real data, of the holdout and of the synthetic set.
    n : mapping of role to int
    versions : mapping of package to version
    updates : tuple of Update
        Oldest first.
    """

    scores: tuple[Kept, ...]
    modality: str
    schema: str
    settings: str
    data: Mapping[str, str]
    n: Mapping[str, int]
    versions: Mapping[str, str]
    updates: tuple[Update, ...] = ()

    @classmethod
    def of(
        cls,
        scores: Iterable[Score],
        about: Mapping[str, Any],
        *,
        reason: str,
        date: str,
        earlier: Baseline | None = None,
    ) -> Baseline:
        """Baseline of an audit's scores; those without a value are left out.

        Parameters
        ----------
        scores : iterable of Score
            Of an audit, and of its ablation where there is one.
        about : mapping
            `Audit.about`.
        reason : str
            Why the baseline is set or moved; kept in its log.
        date : str
            As `"2026-01-31"`.
        earlier : Baseline, optional
            The one that is replaced, whose log goes on.

        Raises
        ------
        ConfigError
            If the reason is empty.

        Examples
        --------
        >>> about = {"modality": "tabular", "hashes": {}, "n": {}, "versions": {}}
        >>> Baseline.of([], about, reason="the first one", date="2026-01-31").updates[0].reason
        'the first one'
        """
        if not reason.strip():
            raise ConfigError("a baseline needs a reason: say in a sentence why its scores are the ones to keep.")
        versions = {str(name): str(version) for name, version in about["versions"].items()}
        update = Update(date, " ".join(reason.split()), versions)
        return cls(
            scores=tuple(kept for kept in map(Kept.of, scores) if kept is not None),
            modality=str(about["modality"]),
            schema=_schema_digest(about),
            settings=settings_digest(about),
            data={role: str(about["hashes"][role]) for role in _SETS if role in about["hashes"]},
            n={str(role): int(n) for role, n in about["n"].items()},
            versions=versions,
            updates=(*(() if earlier is None else earlier.updates), update),
        )

    def beside(self, scores: Scores, about: Mapping[str, Any]) -> Scores:
        """The same scores, each with its baseline in `references["baseline"]`, or why not in its details.

        Parameters
        ----------
        scores : Scores
        about : mapping
            `Audit.about` of their audit.

        Returns
        -------
        Scores
            A score that the baseline does not hold stays as it is. `details["baseline_same"]` says that both are of the
            same sets, so that there is no chance in a difference. Where the two cannot be compared
            `details["baseline_refused"]` says why; otherwise the baseline belongs beside `score.compared`.
        """
        held = {kept.key: kept for kept in self.scores}
        refused, same = self.refusal(about), self.of_same_sets(about)
        reasons = refusals(self.scores, scores, other_data=self.other_data(about))

        def one(score: Score) -> Score:
            kept = held.get(score.key)
            if kept is None or score.key not in reasons:
                return score
            reason = refused or reasons[score.key]
            if reason:
                return replace(score, details={**score.details, "baseline_refused": reason})
            details = {**score.details, "baseline_same": True} if same and not _trained(score) else score.details
            return replace(score, references={**score.references, "baseline": kept.estimate}, details=details)

        return Scores.of(map(one, scores))

    def refusal(self, about: Mapping[str, Any]) -> str:
        """Why no score of an audit can be compared with this baseline; empty if some may."""
        if self.modality != about["modality"]:
            return f"the baseline is of {self.modality} data, this audit of {about['modality']} data."
        if self.schema != _schema_digest(about):
            return (
                "the baseline is of data with other columns or kinds of columns: update it with `auditkit baseline "
                "update`."
            )
        return ""

    def other_data(self, about: Mapping[str, Any]) -> tuple[str, ...]:
        """Sets of real data that are not those of the baseline."""
        now = about["hashes"]
        return tuple(role for role in ("real", "holdout") if self.data.get(role) != now.get(role))

    def of_same_sets(self, about: Mapping[str, Any]) -> bool:
        """Whether it is of the very sets of an audit, set up alike: no chance lies between their scores."""
        now = about["hashes"]
        known = "synthetic" in self.data and all(self.data.get(role) == now.get(role) for role in _SETS)
        return known and self.settings == settings_digest(about)

    def notes(self, about: Mapping[str, Any]) -> tuple[str, ...]:
        """What differs from the baseline without forbidding a comparison, a sentence each.

        Parameters
        ----------
        about : mapping
            `Audit.about` of the audit that is compared.
        """
        notes = []
        others = self.other_data(about)
        if others:
            names = " and ".join({"real": "real data", "holdout": "holdout"}[role] for role in others)
            notes.append(f"The {names} are not those of the baseline: a change of scores may be a change of the data.")
        if self.settings != settings_digest(about):
            notes.append("The audit was not set up like that of the baseline: its roles, groups, seed or rules differ.")
        moved = _moved(self.versions, about["versions"])
        if moved:
            notes.append(f"Packages have changed since the baseline: {', '.join(moved)}.")
        return tuple(notes)

    @property
    def sizes(self) -> Sizes:
        """Synthetic units at which it compares."""
        return Sizes.of(self.scores, alone=self.n.get("synthetic"))

    @property
    def last(self) -> Update | None:
        """The newest update."""
        return self.updates[-1] if self.updates else None


def settings_digest(about: Mapping[str, Any]) -> str:
    """Digest of how an audit was set up: label, groups, seed, constraints and whether it looked at samples of sets."""
    names = ("label", "groups", "seed", "quick")
    settings = {name: about.get(name) for name in names} | {"quick": bool(about.get("quick"))}
    rules = [item.get("text", item) if isinstance(item, Mapping) else item for item in about.get("constraints", ())]
    return _digest({**settings, "constraints": rules})


def _trained(score: Score) -> bool:
    """Whether models were trained for a score, on draws and test rows that no hash of the sets tells of."""
    return base_name(score.metric) in ABLATION


def _schema_digest(about: Mapping[str, Any]) -> str:
    return _digest(about.get("schema", []))


def _digest(data: Any) -> str:
    return hashlib.sha256(dump_json(data).encode()).hexdigest()[:16]


def _moved(then: Mapping[str, str], now: Mapping[str, str]) -> Sequence[str]:
    names = sorted({*then, *now})
    return [
        f"{name} {then.get(name, 'absent')} then, {now.get(name, 'absent')} now"
        for name in names
        if then.get(name) != now.get(name)
    ]
