"""Compare audits of the same real data: which synthetic set is better for what, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from os import PathLike
from pathlib import Path
from typing import Protocol

from auditkit.auditing.comparison import Basis, Comparison, Contrast
from auditkit.auditing.result import Audit, open_audit
from auditkit.errors import ConfigError, DataError
from auditkit.gates.comparable import Kept, Other, refusals
from auditkit.intervals import NORMAL_95, holm, mover_difference
from auditkit.layout import ABLATION
from auditkit.metrics.known import known_metric
from auditkit.questions import QUESTIONS, USEFULNESS, question_of_part
from auditkit.results import Estimate, Score, Scores, base_name
from auditkit.store import read_json

__all__ = ["Scored", "compare", "listed"]

ALPHA = 0.05
Key = tuple[str, tuple[tuple[str, str], ...]]
_USEFULNESS = frozenset({"arm", "measure", "model"})
_MOST_NAMED = 4


class Scored(Protocol):
    """What has scores, as an `Ablation`."""

    @property
    def scores(self) -> Scores:
        """All of them."""


def compare(
    *audits: Audit | str | PathLike[str],
    names: Sequence[str] | None = None,
    ablations: Sequence[Scored | None] | None = None,
    parts: bool = False,
) -> Comparison:
    """Compare two or more audits of the same real data, each pair of them.

    Parameters
    ----------
    *audits : Audit or path
        Audits, or folders that hold them; an ablation beside a saved audit is compared too.
    names : sequence of str, optional
        What the audits are called; by default their synthetic sets' names.
    ablations : sequence of Ablation or None, optional
        One for each audit, for audits that are not in folders.
    parts : bool, default False
        Whether scores of groups, classes and columns are compared beside those of the whole sets.

    Returns
    -------
    Comparison
        `print(comparison)`, `.frame`, `.sentences`, `.to_json()`.

    Raises
    ------
    DataError
        If the audits are of other real data, other columns, or another kind of data.
    ConfigError
        If there are fewer than two, or not as many names or ablations.

    Notes
    -----
    Differences have MOVER's limits from the two intervals. The audits share the real side, so that these are too
    wide rather than too narrow. `better` is said where Holm's adjusted p-value over all scores of the pair is at most
    5 %. Metrics of which nearest to fresh real data is best are compared by how far they are from it.
    """
    if len(audits) < 2:  # noqa: PLR2004 - a pair
        raise ConfigError("a comparison needs two audits: give two folders that `auditkit audit --out` wrote.")
    for item in audits:
        if not isinstance(item, (Audit, str, PathLike)):
            raise DataError(
                f"compare takes audits or their folders, got {type(item).__name__}: make an audit with auditkit.audit."
            )
    opened = [item if isinstance(item, Audit) else open_audit(item) for item in audits]
    useful = _usefulness(audits, ablations)
    called = _names(audits, opened, names)
    for name, item in zip(called[1:], opened[1:], strict=True):
        _check_same_data((called[0], opened[0]), (name, item))
    contrasts: list[Contrast] = []
    sentences: list[str] = []
    notes: list[str] = []
    for i, j in combinations(range(len(opened)), 2):
        pair = (called[i], called[j])
        found = _of_pair(pair, (opened[i], opened[j]), parts=parts)
        one, other = useful[i], useful[j]
        if one is not None and other is not None:
            found += _of_ablations(pair, one, other, notes)
        found = _decided(found)
        contrasts += found
        against = f"{pair[0]} against {pair[1]}. " if len(opened) > 2 else ""  # noqa: PLR2004 - more than a pair
        sentences += [f"{against}{said}" for said in _sentences(pair, found)]
        notes += _notes(pair, (opened[i], opened[j]), found)
    if any(item is None for item in useful):
        without = [name for name, item in zip(called, useful, strict=True) if item is None]
        notes.append(f"Usefulness is not compared for {listed(without)}: no ablation lies beside the audit.")
    sizes = {name: int(item.about["n"]["synthetic"]) for name, item in zip(called, opened, strict=True)}
    about = {"modality": opened[0].about["modality"], "n": sizes}
    return Comparison(called, tuple(contrasts), tuple(sentences), tuple(dict.fromkeys(notes)), about)


def _names(
    given: Sequence[Audit | str | PathLike[str]], audits: Sequence[Audit], names: Sequence[str] | None
) -> tuple[str, ...]:
    if names is not None:
        if len(names) != len(audits) or len(set(names)) != len(names):
            raise ConfigError(f"names must be {len(audits)} different words, one for each audit, got {list(names)!r}.")
        return tuple(names)
    sources = [str(item.about["names"]["synthetic"]) for item in audits]
    if len(set(sources)) == len(sources):
        return tuple(sources)
    places = [str(item) if not isinstance(item, Audit) else "" for item in given]
    if "" not in places and len(set(places)) == len(places):
        return tuple(places)
    return tuple(f"{source} {number}" for number, source in enumerate(sources, 1))


def _usefulness(
    given: Sequence[Audit | str | PathLike[str]], ablations: Sequence[Scored | None] | None
) -> list[Scores | None]:
    if ablations is not None:
        if len(ablations) != len(given):
            raise ConfigError(f"ablations must be {len(given)}, one for each audit or None, got {len(ablations)}.")
        return [None if item is None else item.scores for item in ablations]
    return [None if isinstance(item, Audit) else _saved(Path(item) / ABLATION) for item in given]


def _saved(place: Path) -> Scores | None:
    if not place.is_file():
        return None
    try:
        return Scores.of(Score.from_json(item) for item in read_json(place)["scores"])
    except (KeyError, TypeError):
        message = f"{str(place)!r} is no ablation that this auditkit reads: write it again with `auditkit ablate`."
        raise DataError(message) from None


def _check_same_data(first: tuple[str, Audit], second: tuple[str, Audit]) -> None:
    (a, one), (b, other) = first, second
    for what, key in (("data of one kind", "modality"), ("the same columns", "schema")):
        if one.about[key] != other.about[key]:
            raise DataError(f"{a!r} and {b!r} cannot be compared: they are not audits of {what}.")
    if one.about["hashes"]["real"] != other.about["hashes"]["real"]:
        message = (
            f"{a!r} and {b!r} were audited against other real data, so that no difference would be theirs: audit both "
            "against the same real data."
        )
        raise DataError(message)


def _of_pair(names: tuple[str, str], audits: tuple[Audit, Audit], *, parts: bool) -> list[Contrast]:
    first, second = ({score.key: score for score in item.scores} for item in audits)
    told_by_parts = {score.metric for score in audits[0].scores.values() if _told_by_parts(score)}
    others = ["holdout"] if _holdout(audits[0]) != _holdout(audits[1]) else []
    other = Other(names[0], "audit both alike", brings_to_size=False)
    reasons = _refusals(first, second, others, other)
    found = []
    for key in dict.fromkeys([*first, *second]):
        a, b = first.get(key), second.get(key)
        shown = b or a
        if shown is None or (shown.where and not parts and shown.metric not in told_by_parts):
            continue
        question = question_of_part(
            base_name(shown.metric), _family(shown), shown.where, grouped=bool(audits[0].about.get("groups"))
        )
        found.append(_contrast(names, (a, b), question=question.topic, refused=reasons.get(key, "")))
    order = [question.topic for question in QUESTIONS]
    return sorted(found, key=lambda item: order.index(item.question))


def _told_by_parts(score: Score) -> bool:
    """Whether only a metric's groups have limits, as where the whole set's is the largest of theirs."""
    distance = _judged(score, score)[0][0]
    return _family(score) == "fairness" and score.value is not None and (distance is None or distance.low is None)


def _of_ablations(names: tuple[str, str], a: Scores, b: Scores, notes: list[str]) -> list[Contrast]:
    first, second = ({score.key: score for score in scores if score.metric == "ablation_score"} for scores in (a, b))
    both = [key for key in first if key in second]
    same = [first[key].value == second[key].value for key in both if first[key].where.get("arm") == "real"]
    if not same or not all(same):
        # Models that saw real data alone do as well in both, unless data, seed or repeats differ.
        notes.append(
            f"Usefulness of {names[0]} and {names[1]} is not compared: their ablations were not run alike, on the same "
            "real and test data with the same seed."
        )
        return []
    other = Other(names[0], "ablate both alike", brings_to_size=False)
    keys = [key for key in both if _is_useful(first[key])]
    reasons = _refusals(first, second, (), other)
    return [
        _contrast(names, (first[key], second[key]), question=USEFULNESS.topic, refused=reasons.get(key, ""))
        for key in keys
    ]


def _refusals(
    first: Mapping[Key, Score], second: Mapping[Key, Score], others: Sequence[str], other: Other
) -> dict[Key, str]:
    kept = [item for item in map(Kept.of, first.values()) if item is not None]
    return refusals(kept, second.values(), other_data=others, other=other)


def _is_useful(score: Score) -> bool:
    """Whether it tells how good a model is that saw synthetic data, over all test records."""
    return _USEFULNESS.issuperset(score.where) and score.where.get("arm") != "real"


def _contrast(
    names: tuple[str, str],
    scores: tuple[Score | None, Score | None],
    *,
    question: str,
    refused: str,
) -> Contrast:
    """Contrast of one score, not decided yet; at least one of the two is there."""
    a, b = scores
    shown = next(score for score in scores if score is not None)
    values = (None if a is None else a.compared, None if b is None else b.compared)
    fresh = (_yardstick(a), _yardstick(b))
    blank = Contrast(shown.metric, shown.where, question, shown.direction, names, values, yardsticks=fresh)
    lacks = [
        f"{name}: {'it was not measured' if score is None else score.reason or 'it has no value'}"
        for name, score in zip(names, scores, strict=True)
        if score is None or score.compared is None
    ]
    if lacks or refused or a is None or b is None:
        return replace(blank, reason="; ".join(lacks) or refused)
    (one, two), basis = _judged(a, b)
    if one is None or two is None:
        return replace(blank, reason="there is nothing to tell how far each is from what is right.")
    return replace(blank, difference=mover_difference(two, one), basis=basis)


def _yardstick(score: Score | None) -> Estimate | None:
    return None if score is None else score.references.get("yardstick")


def _judged(a: Score, b: Score) -> tuple[tuple[Estimate | None, Estimate | None], Basis]:
    """What is compared: values, or where nearest is best how far each is from it."""
    if a.direction != "match":
        return (a.compared, b.compared), "value"
    fresh = "yardstick" in a.references and "yardstick" in b.references
    return (_distance(a), _distance(b)), "distance from fresh real data" if fresh else "distance from what is right"


def _distance(score: Score) -> Estimate | None:
    """How far a score is from where it should be; without limits where only its target is known."""
    if score.target is None or score.compared is None or "yardstick" in score.references:
        return score.excess
    distance = Estimate(abs(score.compared.value - score.target), n=score.compared.n)
    if score.excess is None or score.excess.low is None or score.excess.high is None:
        return distance
    # The excess is of all units; at a baseline's size it lies around the value there.
    step = distance.value - score.excess.value
    low, high = max(score.excess.low + step, 0.0), score.excess.high + step
    return replace(distance, low=low, high=high, method=score.excess.method)


def _decided(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Contrasts with the better side, corrected for having looked at all of them."""
    tests = [_p_value(item.difference) if item.direction != "none" else None for item in contrasts]
    adjusted = iter(holm([p for p in tests if p is not None]))
    found = []
    for item, p in zip(contrasts, tests, strict=True):
        if p is None:
            found.append(replace(item, reason=item.reason or _undecidable(item)))
            continue
        p_adjusted = next(adjusted)
        better = _better(item) if p_adjusted <= ALPHA else ""
        found.append(replace(item, p_adjusted=p_adjusted, better=better))
    return found


def _undecidable(item: Contrast) -> str:
    if item.direction == "none":
        return "neither side is better."
    return "the two are equal." if item.difference and item.difference.value == 0 else "a value has no interval."


def _p_value(difference: Estimate | None) -> float | None:
    """Two-sided, by the arm of the interval that reaches to zero; None without an interval."""
    if difference is None or difference.low is None or difference.high is None:
        return None
    arm = difference.value - difference.low if difference.value > 0 else difference.high - difference.value
    if difference.value == 0:
        return 1.0
    if arm <= 0:
        return 0.0
    return math.erfc(abs(difference.value) / (arm / NORMAL_95) / math.sqrt(2.0))


def _better(item: Contrast) -> str:
    if item.difference is None:
        return ""
    second_is_larger = item.difference.value > 0
    larger_is_better = item.direction == "higher"
    return item.names[1] if second_is_larger == larger_is_better else item.names[0]


def _family(score: Score) -> str | None:
    known = known_metric(score.metric)
    return known.family if known else None


def _sentences(names: tuple[str, str], contrasts: Sequence[Contrast]) -> list[str]:
    found = []
    for question in QUESTIONS:
        items = [item for item in contrasts if item.question == question.topic and item.difference is not None]
        judged = [item for item in items if item.direction != "none"]
        if judged:
            found.append(f"{question.topic.capitalize()}: {_said(names, judged)}")
    return found


def _said(names: tuple[str, str], items: Sequence[Contrast]) -> str:
    wins = {name: [item for item in items if item.better == name] for name in names}
    open_ones = len(items) - sum(map(len, wins.values()))
    scores = "score" if len(items) == 1 else "scores"
    if open_ones == len(items):
        return (
            f"undecided between {names[0]} and {names[1]} on {'all ' if len(items) > 1 else ''}{len(items)} {scores}."
        )
    rest = f"; {open_ones} {'is' if open_ones == 1 else 'are'} undecided" if open_ones else ""
    winners = [name for name in names if wins[name]]
    if len(winners) == 1:
        name = winners[0]
        return f"{name} is better on {len(wins[name])} of {len(items)} {scores} ({_titles(wins[name])}){rest}."
    said = ", ".join(f"{name} is better on {len(wins[name])} ({_titles(wins[name])})" for name in winners)
    return f"mixed over {len(items)} {scores}: {said}{rest}."


def _titles(items: Sequence[Contrast]) -> str:
    names = [" ".join([item.metric, *item.where.values()]) for item in items]
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _notes(names: tuple[str, str], audits: tuple[Audit, Audit], contrasts: Sequence[Contrast]) -> list[str]:
    a, b = (item.about for item in audits)
    pair = f"{names[0]} and {names[1]}"
    notes = []
    if a["hashes"]["synthetic"] == b["hashes"]["synthetic"]:
        notes.append(f"{pair} are audits of the same synthetic data.")
    if _holdout(audits[0]) != _holdout(audits[1]):
        notes.append(f"{pair} have other holdouts: what means something only beside fresh real data is not compared.")
    if a["seed"] != b["seed"]:
        notes.append(f"{pair} have other seeds, {a['seed']} and {b['seed']}: what is drawn differs a little.")
    left = [item for item in contrasts if item.reason and item.difference is None and None not in item.estimates]
    if left:
        of_all = f"{len(left)} scores of {pair} are" if len(left) > 1 else f"One score of {pair} is"
        notes.append(f"{of_all} not compared, as here: {left[0].reason}")
    shared = "Both share the real data, so that limits of differences are too wide rather than too narrow."
    starred = any(item.difference is not None and item.basis != "value" for item in contrasts)
    star = ["* of how far each is from fresh real data, or from what is right: nearest is best."]
    judged = "Limits are of one difference alone, 95 %; better is said where it holds after looking at all (Holm, 5 %)."
    return [*notes, shared, judged, *(star if starred else [])]


def _holdout(audit: Audit) -> object:
    return audit.about["hashes"].get("holdout")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, as `"a, b and c"`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
