"""Which two scores may be compared: the same metric, read in the same way, at sizes that do not decide the answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditkit.metrics.known import known_metric
from auditkit.results import Direction, Estimate, Score
from auditkit.store import dump_json

__all__ = ["SIZE_TOLERANCE", "Kept", "Other", "refusal", "refusals"]

SIZE_TOLERANCE = 0.05
"""Share by which sizes may differ where a metric depends on them."""
_SIDES = ("real", "synthetic")


@dataclass(frozen=True)
class Kept:
    """A score as far as a later one is compared with it.

    Attributes
    ----------
    metric : str
    where : mapping
    estimate : Estimate
        Value, interval and sizes at which it is compared.
    fresh : bool
        Whether fresh real data stand beside it.
    direction : str
    unit : str
    embedder : str
    parameters : mapping
    metric_version : int
    """

    metric: str
    where: Mapping[str, str]
    estimate: Estimate
    fresh: bool
    direction: Direction
    unit: str
    embedder: str
    parameters: Mapping[str, Any]
    metric_version: int = 1

    @classmethod
    def of(cls, score: Score) -> Kept | None:
        """What is kept of a score; None where it has no value."""
        if score.compared is None:
            return None
        return cls(
            metric=score.metric,
            where=dict(score.where),
            estimate=score.compared,
            fresh="yardstick" in score.references,
            direction=score.direction,
            unit=score.unit,
            embedder=score.embedder if _embedded(score.metric) else "",
            parameters=json.loads(dump_json(dict(score.parameters))),  # tuples are lists on disk
            metric_version=score.metric_version,
        )

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Metric and part, as of a score."""
        return self.metric, tuple(sorted(self.where.items()))


@dataclass(frozen=True)
class Other:
    """What a score is compared with, in the words of a refusal.

    Attributes
    ----------
    name : str
    remedy : str
        What to do where the two cannot be compared.
    brings_to_size : bool
        Whether an audit can be told to compare at its size.
    """

    name: str = "the baseline"
    remedy: str = "update the baseline"
    brings_to_size: bool = True


def refusal(kept: Kept, score: Score, *, other_data: Sequence[str] = (), other: Other | None = None) -> str:
    """Why a score cannot be compared with one that was kept; empty if it can.

    Parameters
    ----------
    kept : Kept
        With the same metric and part.
    score : Score
        With a value.
    other_data : sequence of str, optional
        Roles of real data that are not the same.
    other : Other, optional
        What `kept` is called, a baseline by default.
    """
    now, named = Kept.of(score), other or Other()
    if now is None:
        return score.reason
    if other_data and score.direction == "match" and score.target is None and "yardstick" in score.references:
        return (
            f"{score.metric} means nothing without the fresh real data beside it, and these are others than those of "
            f"{named.name}: judge its excess, or {named.remedy}."
        )
    return _read_otherwise(kept, now, named) or _by_size(kept, now, named)


def refusals(
    kept: Iterable[Kept], scores: Iterable[Score], *, other_data: Sequence[str] = (), other: Other | None = None
) -> dict[tuple[str, tuple[tuple[str, str], ...]], str]:
    """Why scores cannot be compared with those that were kept, by metric and part; empty text where they can.

    Parameters
    ----------
    kept : iterable of Kept
    scores : iterable of Score
    other_data, other
        As for `refusal`.

    Returns
    -------
    dict
        Of the scores that have a value and a counterpart. How many units of a group a synthetic set holds is its own
        doing: a part that a metric tells apart itself is judged by the size of the whole set, where there is such a
        score.
    """
    held = {item.key: item for item in kept}
    found: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
    for score in sorted(scores, key=lambda score: bool(score.where)):
        item, now = held.get(score.key), Kept.of(score)
        if item is None or now is None:
            continue
        told_apart = bool(score.where) and not item.fresh and (score.metric, ()) in found
        if told_apart:
            found[score.key] = _read_otherwise(item, now, other or Other()) or found[score.metric, ()]
        else:
            found[score.key] = refusal(item, score, other_data=other_data, other=other)
    return found


def _read_otherwise(kept: Kept, now: Kept, other: Other) -> str:
    name, there = now.metric, f"for {other.name}"
    if kept.metric_version != now.metric_version:
        versions = f"version {kept.metric_version} there, {now.metric_version} here"
        return f"{name} was defined otherwise {there} ({versions}): {other.remedy}."
    if kept.parameters != now.parameters:
        changed = _parameters(kept, now)
        return f"{name} was read with other parameters {there} ({changed}): use the same, or {other.remedy}."
    if kept.embedder != now.embedder:
        spaces = f"embedder {kept.embedder or 'none'} there, {now.embedder or 'none'} here"
        return f"{name} was read in another space {there} ({spaces}; the real data decide it too): {other.remedy}."
    if kept.fresh != now.fresh:
        return f"{name} stands beside fresh real data in only one of the two: give a holdout to both, or to none."
    return ""


def _by_size(kept: Kept, now: Kept, other: Other) -> str:
    for side, then, size in zip(_SIDES, kept.estimate.n, now.estimate.n, strict=True):
        if side not in _sized_by(kept.metric) or abs(size - then) <= SIZE_TOLERANCE * then:
            continue
        said = f"{kept.metric} depends on the number of {side} units, {then:,} for {other.name} and {size:,} here: "
        if other.brings_to_size and side == "synthetic" and size > then and (kept.fresh or not kept.where):
            return f"{said}audit with --baseline, which compares at that size, or {other.remedy}."
        return f"{said}audit {then:,} {side} units, or {other.remedy}."
    return ""


def _parameters(kept: Kept, now: Kept) -> str:
    names = sorted({*kept.parameters, *now.parameters})
    pairs = [(name, kept.parameters.get(name), now.parameters.get(name)) for name in names]
    return ", ".join(f"{name} = {then!r} there, {here!r} here" for name, then, here in pairs if then != here)


def _sized_by(metric: str) -> tuple[str, ...]:
    found = known_metric(metric)
    return _SIDES if found is None else found.sized_by


def _embedded(metric: str) -> bool:
    found = known_metric(metric)
    return found is not None and found.embedded
