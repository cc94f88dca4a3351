"""All scores before and after a filter, beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, DataError, SampleSizeError
from auditkit.filtering.forest import FOREST, forest_areas
from auditkit.gates.baseline import Sizes
from auditkit.gates.comparable import SIZE_TOLERANCE, Kept, Other, refusal
from auditkit.intervals import mover_difference
from auditkit.metrics.known import known_metric
from auditkit.results import Direction, Estimate, Score, Scores
from auditkit.store import read_json, write_json

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset
    from auditkit.filtering.selection import Selection

__all__ = ["Change", "Rescored", "rescore"]

ChangeWord = Literal["better", "worse", "no difference seen", ""]

_VERSION = 1
_ESTIMATES = ("before", "after", "difference", "judged")
_CLOSE = 1.0 - SIZE_TOLERANCE
_UNFILTERED = Other("the unfiltered set", "generate more before filtering")


@dataclass(frozen=True)
class Change:
    """One score before and after a filter.

    Attributes
    ----------
    metric : str
    where : mapping of str to str
        The part; empty for the whole set.
    direction, unit : str
    before, after : Estimate or None
        At the sizes at which audits compare.
    yardstick : float or None
        What fresh real samples score, after.
    difference : Estimate or None
        After minus before, with limits where both have some.
    word : str
        `"better"` or `"worse"` where the interval says so; of scores that should match fresh real data by their
        distance from these. Empty without an interval or a better side.
    reason : str
        Why there is no difference.
    judged : Estimate or None
        Of scores that should match fresh real data: how much farther from these they are after, which is what `word`
        is about.
    """

    metric: str
    where: Mapping[str, str]
    direction: Direction
    unit: str
    before: Estimate | None
    after: Estimate | None
    yardstick: float | None
    difference: Estimate | None
    word: ChangeWord
    reason: str = ""
    judged: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        data = {item.name: getattr(self, item.name) for item in fields(self)}
        for name in _ESTIMATES:
            data[name] = None if data[name] is None else data[name].to_json()
        return data | {"where": dict(self.where)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Change:
        """Change from what `to_json` wrote."""
        found = {name: None if data.get(name) is None else Estimate.from_json(data[name]) for name in _ESTIMATES}
        return cls(**{**data, **found})


@dataclass(frozen=True, eq=False)
class Rescored:
    """Scores before and after a filter.

    Attributes
    ----------
    changes : tuple of Change
        The forest first, then scores in the order of the audit.
    about : mapping
        `n_before` and `n_after`, numbers of synthetic samples.
    notes : tuple of str
    before, after : Audit or None
        The audits of all samples (read again at the size of those kept, where these are fewer than the holdout) and of
        those kept; None for what was read from a file.
    """

    changes: tuple[Change, ...]
    about: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    before: Audit | None = field(default=None, repr=False)
    after: Audit | None = field(default=None, repr=False)

    def frame(self) -> pd.DataFrame:
        """A row per score: metric, where, values before and after, their difference with its 95 % limits, a word.

        Returns
        -------
        pandas.DataFrame
            Columns metric, where, direction, before, after, yardstick, difference, low, high, change, n_before,
            n_after, reason, farther, farther_low, farther_high (from fresh real data, where `change` is about that).
            Missing where there is no value; limits take the two for independent, so they are too wide
            rather than too narrow.
        """
        columns = "metric where direction before after yardstick difference low high change n_before n_after reason"
        columns += " farther farther_low farther_high"
        return pd.DataFrame([_row(item) for item in self.changes], columns=columns.split())

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types; holds no samples."""
        return {
            "format_version": _VERSION,
            "about": dict(self.about),
            "notes": list(self.notes),
            "changes": [item.to_json() for item in self.changes],
        }

    def save(self, path: str | Path) -> Path:
        """Write the differences to a JSON file and return its path."""
        write_json(Path(path), self.to_json())
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> Rescored:
        """Differences from what `save` wrote.

        Raises
        ------
        DataError
            If the file holds something else.
        """
        data = read_json(Path(path))
        message = f"{str(path)!r} holds no scores before and after a filter that this auditkit reads: filter again."
        if not isinstance(data, dict) or data.get("format_version") != _VERSION:
            raise DataError(message)
        try:
            changes = tuple(Change.from_json(item) for item in data["changes"])
            return cls(changes, data["about"], tuple(data["notes"]))
        except (KeyError, TypeError):
            raise DataError(message) from None

    def __str__(self) -> str:
        """What changed of the whole set, a line per score."""
        lines = [f"{self.about['n_before']} samples before, {self.about['n_after']} after"]
        lines += [_line(item) for item in self.changes if not item.where]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def rescore(selection: Selection, *, real: Dataset | None = None, holdout: Dataset | None = None) -> Rescored:
    """Audit what a filter kept, with the settings of the audit before, and compare.

    Parameters
    ----------
    selection : Selection
    real, holdout : Dataset, optional
        Needed when the audit was opened from a folder and so holds no data.

    Returns
    -------
    Rescored

    Raises
    ------
    SampleSizeError
        If nothing was kept.
    AuditkitError
        If there are no real data to audit against.
    """
    if not len(selection.kept):
        raise SampleSizeError("rescore needs kept samples, and the filter kept none: loosen the rules.")
    before = selection.audit
    real = real if real is not None else before.inputs.get("real")
    holdout = holdout if holdout is not None else before.inputs.get("holdout")
    if real is None:
        raise AuditkitError("rescore needs the real data, which an opened audit does not hold: pass real=.")
    after = _audit(before, real, selection.kept, holdout)
    if holdout is not None and len(selection.kept) < _CLOSE * min(len(holdout), len(selection.evidence)):
        # Most scores depend on the size: all samples are read again at the size of what was kept.
        kept = Sizes.of(filter(None, map(Kept.of, after.scores)), alone=after.about["n"]["synthetic"])
        before = _audit(before, real, _all_of(selection), holdout, sizes=kept)
    changes = (_forest(selection, after, holdout if holdout is not None else real), *_changes(before, after))
    sizes = {"n_before": int(selection.about["n"]), "n_after": len(selection.kept)}
    return Rescored(changes, sizes, tuple(_notes(changes, holdout)), before, after)


def _audit(
    like: Audit, real: Dataset, synthetic: Dataset, holdout: Dataset | None, *, sizes: Sizes | None = None
) -> Audit:
    """Audit of a set with the settings of another audit."""
    from auditkit.auditing.run import audit  # noqa: PLC0415 - heavy, and only needed here

    about = like.about
    return audit(
        real=real,
        synthetic=synthetic,
        holdout=holdout,
        metrics=_measured(like.scores) or "default",
        embedder=like.embedder or about.get("embedder"),
        groups=list(about.get("groups", ())),
        seed=int(about.get("seed", 0)),
        show_real=bool(about.get("show_real", False)),
        constraints=[rule["text"] for rule in about.get("constraints", ())],
        baseline=sizes,
    )


def _measured(scores: Scores) -> list[str]:
    """Registered metrics that an audit measured, whichever were asked for."""
    names = dict.fromkeys(name.partition("@")[0] for name in scores.metrics)
    return [name for name in names if known_metric(name) is not None]


def _forest(selection: Selection, after: Audit, fresh: Dataset) -> Change:
    kept, synthetic = _stayed(selection), _all_of(selection)
    roles = {"label": after.about["label"], "groups": after.about["groups"]}
    if after.embedder is None:
        raise AuditkitError("rescore needs an embedder, and the audit brings none: audit again.")
    found = forest_areas(
        fresh.with_roles(**roles), synthetic.with_roles(**roles), kept, after.embedder, seed=int(after.about["seed"])
    )
    difference = mover_difference(found[1], found[0]) if found[0] and found[1] else None
    reason = "" if difference is not None else "too few distinct samples to train a forest out of fold."
    word = _word(difference, 1.0)
    return Change(FOREST, {}, "lower", "", found[0], found[1], None, difference, word, reason)


def _stayed(selection: Selection) -> NDArray[np.bool_]:
    return selection.stayed


def _all_of(selection: Selection) -> Dataset:
    """The set before filtering, in its order."""
    kept = _stayed(selection)
    if not len(selection.rejected):
        return selection.kept
    place = np.empty(len(kept), dtype=np.intp)
    place[kept], place[~kept] = np.arange(kept.sum()), kept.sum() + np.arange((~kept).sum())
    return selection.kept.concat(selection.rejected).take(place)


def _changes(before: Audit, after: Audit) -> Iterator[Change]:
    later = {score.key: score for score in after.scores}
    for score in before.scores:
        now = later.get(score.key)
        if now is not None and (score.compared is not None or now.compared is not None):
            yield _change(score, now)


def _change(before: Score, after: Score) -> Change:
    kept = Kept.of(before)
    difference = None
    reason = before.reason if kept is None else refusal(kept, after, other=_UNFILTERED)
    if not reason and before.compared is not None and after.compared is not None:
        difference = mover_difference(after.compared, before.compared)
    return Change(
        after.metric,
        dict(after.where),
        after.direction,
        after.unit,
        before.compared,
        after.compared,
        after.yardstick,
        difference,
        *_judged(before, after, difference, reason),
    )


def _judged(
    before: Score, after: Score, difference: Estimate | None, reason: str
) -> tuple[ChangeWord, str, Estimate | None]:
    """The word, the reason, and where the word is not about the difference of the values, what it is about."""
    if difference is None or after.direction == "none":
        return "", reason, None
    if after.direction != "match":
        return _word(difference, 1.0 if after.direction == "lower" else -1.0), reason, None
    if before.excess is None or after.excess is None:
        return "", reason, None
    farther = mover_difference(after.excess, before.excess)
    return _word(farther, 1.0), reason, farther


def _word(difference: Estimate | None, worse: float) -> ChangeWord:
    """What an interval says, where `worse` is the sign of a change for the worse."""
    if difference is None or difference.low is None or difference.high is None:
        return ""
    low, high = sorted((worse * difference.low, worse * difference.high))
    if low > 0:
        return "worse"
    return "better" if high < 0 else "no difference seen"


def _notes(changes: Iterable[Change], holdout: Dataset | None) -> list[str]:
    notes = []
    if holdout is None:
        notes.append("There is no holdout: the forest saw the real samples that the filter's discriminator saw too.")
    worse = [item.metric for item in changes if item.word == "worse" and not item.where]
    if worse:
        notes.append(f"Filtering made these worse: {', '.join(worse)}.")
    return notes


def _row(item: Change) -> tuple[Any, ...]:
    def value(found: Estimate | None) -> float | None:
        return None if found is None else found.value

    low, high = (None, None) if item.difference is None else (item.difference.low, item.difference.high)
    sizes = (None if found is None else found.n[1] for found in (item.before, item.after))
    where = ", ".join(f"{name} = {level}" for name, level in item.where.items())
    far = (None,) * 3 if item.judged is None else (item.judged.value, item.judged.low, item.judged.high)
    return (
        item.metric, where, item.direction, value(item.before), value(item.after), item.yardstick,
        value(item.difference), low, high, item.word, *sizes, item.reason, *far,
    )  # fmt: skip


def _line(item: Change) -> str:
    def said(found: Estimate | None) -> str:
        return "-" if found is None else f"{found.value:.4f}"

    told = ""
    if item.difference is not None:
        told = f"  {item.difference:+.4f}{_farther(item.judged)}{f' {item.word}' if item.word else ''}"
    return f"  {item.metric:<28} {said(item.before):>8} -> {said(item.after):>8}{told}"


def _farther(judged: Estimate | None) -> str:
    """What the word is about where being near to the yardstick is what is good."""
    if judged is None or judged.low is None or judged.high is None:
        return ""
    return f"; farther from the yardstick by {judged:+.4f}:"
