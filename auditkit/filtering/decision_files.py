"""Files of decisions: what the review page gives to download, checked field by field, and several of them joined."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from auditkit.errors import DataError
from auditkit.store import read_json

__all__ = ["FORMAT", "JOINED", "KIND", "Answer", "Review", "latest_reviews", "read_reviews"]

FORMAT = 1
KIND = "auditkit review"
JOINED = "auditkit decisions"
DECISIONS = ("accept", "reject", "skip")
ORIGINS = ("synthetic", "real")
MAX_NAME = 200
SHOWINGS = 2


@dataclass(frozen=True)
class Answer:
    """What one person said at one showing of one sample."""

    id: str
    origin: str
    occurrence: int
    decision: str
    reasons: tuple[str, ...]
    seconds: float | None
    stratum: str
    inclusion: float | None


@dataclass(frozen=True)
class Review:
    """All answers of one person to one page.

    Attributes
    ----------
    review_id : str
        Of the page; the same for everybody who got it.
    data_hash : str
        Of the synthetic data that were reviewed.
    reviewer, saved : str
        Who, and when it was downloaded, as ISO text.
    by : str
        How samples were chosen.
    strata : mapping of str to int
        Samples that each part of the set holds, in order.
    left_out, real_size : int
        Samples that were not to be shown, because they are copies; real samples that were drawn from.
    answers : tuple of Answer
    record : mapping
        The file as it was.
    source : str
        Name of the file, for messages.
    """

    review_id: str
    data_hash: str
    reviewer: str
    saved: str
    by: str
    strata: Mapping[str, int]
    left_out: int
    real_size: int
    answers: tuple[Answer, ...]
    record: Mapping[str, Any]
    source: str


def read_reviews(path: str | PathLike[str]) -> tuple[Review, ...]:
    """Reviews of a file: one that the page gave to download, or all that `auditkit review apply` joined.

    Raises
    ------
    DataError
        If it is no such file; names the file and the field.
    """
    place = Path(path)
    data = read_json(place)
    if isinstance(data, Mapping) and data.get("kind") == JOINED:
        _check_format(data, place.name)
        found = data.get("reviews")
        if not isinstance(found, list) or not found:
            raise _wrong(place.name, "reviews", "a list of reviews")
        return tuple(_review(item, f"{place.name}, review {number}") for number, item in enumerate(found, start=1))
    return (_review(data, place.name),)


def latest_reviews(reviews: Iterable[Review]) -> tuple[tuple[Review, ...], tuple[str, ...]]:
    """One review per person and page, the one saved last, in order of names; and notes on those it replaces."""
    found: dict[tuple[str, str], Review] = {}
    notes: list[str] = []
    for item in reviews:
        key = (item.reviewer, item.review_id)
        earlier = found.get(key)
        if earlier is None or earlier.answers == item.answers:
            found[key] = item
            continue
        late, early = (item, earlier) if item.saved >= earlier.saved else (earlier, item)
        found[key] = late
        notes.append(
            f"{item.reviewer!r} gave two files for the review {item.review_id}: the later one, with "
            f"{len(late.answers)} answers, stands for the earlier one with {len(early.answers)}."
        )
    return tuple(found[key] for key in sorted(found)), tuple(notes)


def _review(data: Any, source: str) -> Review:
    if not isinstance(data, Mapping) or data.get("kind") != KIND:
        message = f"{source!r} holds no decisions: give the file that a review page gave to download."
        raise DataError(message)
    _check_format(data, source)
    design = _design(data, source)
    strata = _strata(design, source)
    given = data.get("decisions")
    if not isinstance(given, list):
        raise _wrong(source, "decisions", "a list")
    answers = tuple(_answer(item, f"decisions[{place}]", source, strata) for place, item in enumerate(given))
    _check_once(answers, source)
    real_size = _count(design.get("real_size", 0), "design.real_size", source)
    if len({item.id for item in answers if item.origin == "real"}) > real_size:
        raise _wrong(source, "design.real_size", "as large as the real samples that were decided on are many")
    return Review(
        review_id=_text(data, "review_id", source),
        data_hash=_text(data, "data_hash", source),
        reviewer=_text(data, "reviewer", source),
        saved=_text(data, "saved", source, empty=True),
        by=_text(design, "by", source, place="design."),
        strata=strata,
        left_out=_count(design.get("left_out", 0), "design.left_out", source),
        real_size=real_size,
        answers=answers,
        record=data,
        source=source,
    )


def _check_format(data: Mapping[str, Any], source: str) -> None:
    version = data.get("format_version")
    if version != FORMAT:
        message = f"{source!r} has format version {version!r}, this auditkit reads {FORMAT}: make the page again."
        raise DataError(message)


def _design(data: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """How samples were drawn."""
    design = data.get("design")
    if not isinstance(design, Mapping) or not isinstance(design.get("strata"), list):
        raise _wrong(source, "design.strata", "a list of parts with name and size")
    return design


def _strata(data: Mapping[str, Any], source: str) -> dict[str, int]:
    """Sizes of the strata."""
    strata: dict[str, int] = {}
    for item in data["strata"]:
        name = item.get("name") if isinstance(item, Mapping) else None
        size = item.get("size") if isinstance(item, Mapping) else None
        if not isinstance(name, str) or name in strata:
            raise _wrong(source, "design.strata", "a list of parts with name and size, each name once")
        strata[name] = _count(size, "design.strata.size", source)
    return strata


def _answer(item: Any, place: str, source: str, strata: Mapping[str, int]) -> Answer:
    if not isinstance(item, Mapping):
        raise _wrong(source, place, "a mapping")
    dot = f"{place}."
    origin = _text(item, "origin", source, place=dot, known=ORIGINS)
    stratum = _text(item, "stratum", source, place=dot, empty=True)
    if origin == "synthetic" and stratum not in strata:
        raise _wrong(source, f"{dot}stratum", f"one of the design's ({', '.join(map(repr, strata))})")
    occurrence, reasons = _count(item.get("occurrence"), f"{dot}occurrence", source), item.get("reasons", [])
    if not 1 <= occurrence <= SHOWINGS:
        raise _wrong(source, f"{dot}occurrence", "1 at the first showing, 2 at the second")
    if not isinstance(reasons, list) or not all(isinstance(reason, str) and ";" not in reason for reason in reasons):
        raise _wrong(source, f"{dot}reasons", "a list of texts without semicolons")
    return Answer(
        id=_text(item, "id", source, place=dot, longest=None),
        origin=origin,
        occurrence=occurrence,
        decision=_text(item, "decision", source, place=dot, known=DECISIONS),
        reasons=tuple(reasons),
        seconds=_number(item.get("seconds"), f"{dot}seconds", source),
        stratum=stratum,
        inclusion=_number(item.get("inclusion"), f"{dot}inclusion", source),
    )


def _check_once(answers: Sequence[Answer], source: str) -> None:
    seen: set[tuple[str, str, int]] = set()
    for item in answers:
        key = (item.origin, item.id, item.occurrence)
        if key in seen:
            message = f"{source!r} decides twice on showing {item.occurrence} of sample {item.id[:60]!r}: give it once."
            raise DataError(message)
        seen.add(key)


def _text(
    data: Mapping[str, Any],
    key: str,
    source: str,
    *,
    place: str = "",
    known: Sequence[str] = (),
    empty: bool = False,
    longest: int | None = MAX_NAME,
) -> str:
    value = data.get(key)
    fits = isinstance(value, str) and (empty or value) and (longest is None or len(value) <= longest)
    if not fits or (known and value not in known):
        asked = " or ".join(map(repr, known)) if known else "a text" if longest is None else f"a text of 1 to {longest}"
        raise _wrong(source, f"{place}{key}", asked if known or longest is None else f"{asked} signs")
    return str(value)


def _number(value: Any, place: str, source: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise _wrong(source, place, "a number from 0 on")
    return float(value)


def _count(value: Any, place: str, source: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _wrong(source, place, "a whole number from 0 on")
    return value


def _wrong(source: str, place: str, expected: str) -> DataError:
    return DataError(f"{place} of {source!r} is not {expected}: download the decisions from the review page again.")
