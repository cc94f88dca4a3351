"""Failures that follow from others: columns that are not as the real ones take the pairs that they are in with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditkit.gates.digits import PLAIN
from auditkit.gates.outcome import GateResult
from auditkit.results import Scores, base_name

__all__ = ["is_collapsed", "own_relations", "spoken"]

_SHAPES = ("ks_complement", "tv_complement")
_STRENGTHS = ("association_similarity", "correlation_similarity")
"""How strongly columns hang together: where a share of the cells says nothing more, at most that share is lost."""
_OF_ONE_COLUMN = 0.5
"""Of a pair's shortfall: columns that fall short by more between them explain that its cells are not the real ones."""
_FEW = 0.5
"""Coverage of a collapsed set, in that of fresh real records."""
_NAMED = 3


def is_collapsed(by_kind: Mapping[str, Sequence[GateResult]]) -> bool:
    """Whether failures of variety say that a set shows little of the real data's variety and nothing else.

    Parameters
    ----------
    by_kind : mapping of kind of finding to failures

    Returns
    -------
    bool
        True where most real records have no counterpart though no record is unlike real ones, or the set repeats itself
        as well.
    """
    covered = [item for item in by_kind.get("variety", ()) if base_name(item.metric) == "coverage" and not item.where]
    if not covered:
        return False
    if "collapse" in by_kind:
        return True
    return "realism" not in by_kind and any(
        (item.value or 0.0) < _FEW * (1.0 if item.yardstick is None else item.yardstick) for item in covered
    )


def own_relations(
    relations: Sequence[GateResult], shapes: Sequence[GateResult], scores: Scores | None
) -> tuple[list[GateResult], str]:
    """Failures of pairs that their columns do not explain, and what is to be said of the others.

    A pair's shortfall is explained where its columns fall short by as much between them. Where one of them is beyond
    the limit of columns, half of it is enough for the cells of a pair, but not for how strongly its columns hang
    together.

    Parameters
    ----------
    relations, shapes : sequence of GateResult
        Failures of pairs, or of all of them together, and of single columns.
    scores : Scores or None
        Of all columns and pairs.

    Returns
    -------
    own : list of GateResult
    said : str
        A sentence about pairs that fail with their columns; empty where there are none.
    """
    if scores is None or not shapes:
        return list(relations), ""
    limit = min(item.limit or 0.0 for item in shapes)
    short = _shortfalls(scores)
    own = [item for item in relations if "pair" in item.where and not _explained(item, short, limit)]
    others = [item for item in relations if "pair" not in item.where]
    n_ruined = sum(value > limit for value in short.values())
    if own or not any("pair" in item.where for item in relations) or 2 * n_ruined < len(short):
        own += others
    if len(own) == len(relations):
        return list(relations), ""
    lost = _beyond_columns([item for item in relations if item not in own], scores, short, limit)
    said = "Pairs of such columns are off as well, which says nothing of how columns hang together"
    return own, f"{said}; beyond that {lost}." if lost else f"{said}."


def spoken(part: str, scores: Scores | None) -> str:
    """A part in words: a column by its name, a pair as `"age and pay"`, where the scores know its columns."""
    if part.startswith("column="):
        return part.removeprefix("column=")
    if scores is None or not part.startswith("pair="):
        return part
    columns = dict.fromkeys(item.where["column"] for item in scores if set(item.where) == {"column"})
    return _pair_words(part.removeprefix("pair="), list(columns))


def _pair_words(pair: str, columns: Sequence[str]) -> str:
    found = _columns_of(pair, columns)
    return " and ".join(found) if found else pair


def _shortfalls(scores: Scores) -> dict[str, float]:
    """How far each column falls short of fresh real data."""
    return {
        item.where["column"]: max(item.excess.value, 0.0)
        for item in scores
        if item.metric in _SHAPES and set(item.where) == {"column"} and item.excess is not None
    }


def _columns_of(pair: str, columns: Sequence[str]) -> tuple[str, str] | None:
    known = set(columns)
    halves = ((name, pair[len(name) + 2 :]) for name in columns if pair.startswith(f"{name}, "))
    return next((both for both in halves if both[1] in known), None)


def _is_explained(metric: str, pair: str, excess: float, short: Mapping[str, float], limit: float) -> bool:
    columns = _columns_of(pair, list(short))
    if columns is None:
        return False
    own = [short[name] for name in columns]
    is_lighter = max(own) > limit and metric not in _STRENGTHS
    return sum(own) >= (_OF_ONE_COLUMN if is_lighter else 1.0) * excess


def _explained(item: GateResult, short: Mapping[str, float], limit: float) -> bool:
    return _is_explained(item.metric, item.where["pair"], item.excess or 0.0, short, limit)


def _beyond_columns(dropped: Sequence[GateResult], scores: Scores, short: Mapping[str, float], limit: float) -> str:
    """Pairs of sound columns that are beyond their gate's limit, behind a worse one that is explained."""
    limits = {item.metric: item.limit or 0.0 for item in dropped if "pair" in item.where}
    found = {
        item.where["pair"]: item.excess.value
        for item in scores
        if item.metric in limits and set(item.where) == {"pair"} and item.excess is not None
        if (item.excess.low or 0.0) > limits[item.metric]
        if not _is_explained(item.metric, item.where["pair"], item.excess.value, short, limit)
    }
    worst = sorted(found, key=lambda pair: (-found[pair], pair))
    named = ", ".join(f"{_pair_words(pair, list(short))} ({PLAIN.show(found[pair])} of 1)" for pair in worst[:_NAMED])
    more = f", and {len(worst) - _NAMED} more pairs" if len(worst) > _NAMED else ""
    return f"{named}{more} hang together worse than fresh real ones" if named else ""
