"""Scores over saved audits, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.auditing.migrations import migrated
from auditkit.errors import AuditkitError, DataError, UnknownNameError
from auditkit.gates.comparable import Kept, Other, refusal
from auditkit.layout import RUN, SCORES
from auditkit.reports.words import BETTER
from auditkit.results import Direction, Estimate, Score, Scores
from auditkit.store import read_json

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.gates.baseline import Baseline

__all__ = ["History", "Moment", "Past", "history"]

_FIRST = ("frechet_distance", "coverage", "copy_excess", "classifier_two_sample")


@dataclass(frozen=True, eq=False)
class Past:
    """One saved audit.

    Attributes
    ----------
    folder : str
    made : str
        When, as `"2026-01-31T12:00:00+00:00"`.
    exact : bool
        Whether the audit says so; otherwise it is the time of its file.
    scores : Scores
    about : mapping
    """

    folder: str
    made: str
    exact: bool
    scores: Scores
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Moment:
    """A score of one audit.

    Attributes
    ----------
    metric : str
    direction : str
    folder, made : str
    estimate : Estimate or None
        At the size at which audits compare.
    fresh : float or None
        The same metric of fresh real data.
    unlike : str
        Why it cannot be compared with that of the newest audit; empty if it can.
    reason : str
        Why it has no value.
    """

    metric: str
    direction: Direction
    folder: str
    made: str
    estimate: Estimate | None
    fresh: float | None = None
    unlike: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        estimate = None if self.estimate is None else self.estimate.to_json()
        return {
            "metric": self.metric,
            "direction": self.direction,
            "folder": self.folder,
            "made": self.made,
            "estimate": estimate,
            "fresh": self.fresh,
            "unlike": self.unlike,
            "reason": self.reason,
        }


@dataclass(frozen=True, eq=False)
class History:
    """Scores of several audits, oldest first.

    Attributes
    ----------
    audits : tuple of Past
    moments : tuple of Moment
        Metric after metric.
    baseline : mapping of metric to Estimate
        Of those metrics that a baseline holds and the newest audit can be compared with.
    notes : tuple of str
    """

    audits: tuple[Past, ...]
    moments: tuple[Moment, ...]
    baseline: Mapping[str, Estimate]
    notes: tuple[str, ...] = ()

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, in order."""
        return list(dict.fromkeys(item.metric for item in self.moments))

    def of(self, metric: str) -> list[Moment]:
        """The scores of one metric, oldest first."""
        return [item for item in self.moments if item.metric == metric]

    @property
    def frame(self) -> pd.DataFrame:
        """Row per metric and audit: value with limits, size, fresh real data, and the baseline."""
        import pandas as pd  # noqa: PLC0415 - heavy, and only needed here

        columns = ["metric", "direction", "made", "folder", "value", "low", "high", "n_real", "n_synthetic", "fresh"]
        columns += ["baseline", "unlike", "reason"]
        return pd.DataFrame([self._row(item) for item in self.moments], columns=columns)

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        return {
            "format_version": 1,
            "audits": [{"folder": item.folder, "made": item.made, "exact": item.exact} for item in self.audits],
            "baseline": {name: item.to_json() for name, item in self.baseline.items()},
            "scores": [item.to_json() for item in self.moments],
            "notes": list(self.notes),
        }

    def text(self) -> str:
        """A block per metric for a terminal."""
        lines: list[str] = []
        width = max(len(item.folder) for item in self.audits)
        for name in self.metrics:
            lines += [*([""] if lines else []), *self._block(name, width)]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.text()

    def _block(self, name: str, width: int) -> list[str]:
        items = self.of(name)
        said = BETTER.get(items[-1].direction, "")
        lines = [f"{name}{f' ({said})' if said else ''}"]
        for item in items:
            when = item.made[:16].replace("T", " ")
            lines.append(f"  {when}  {item.folder:<{width}}  {_told(item)}")
        if name in self.baseline:
            lines.append(f"  {'baseline':<{width + 18}}  {_number(self.baseline[name])}")
        return lines

    def _row(self, item: Moment) -> dict[str, Any]:
        estimate, baseline = item.estimate, self.baseline.get(item.metric)
        row: dict[str, Any] = {"metric": item.metric, "direction": item.direction, "made": item.made}
        row |= {"folder": item.folder, "fresh": item.fresh, "unlike": item.unlike, "reason": item.reason}
        row |= {name: getattr(estimate, name, None) for name in ("value", "low", "high")}
        n = (None, None) if estimate is None else estimate.n
        return row | {"n_real": n[0], "n_synthetic": n[1], "baseline": getattr(baseline, "value", None)}


def history(
    *folders: str | PathLike[str],
    metrics: Sequence[str] | None = None,
    baseline: Baseline | None = None,
) -> History:
    """Scores over saved audits.

    Parameters
    ----------
    *folders : path
        Audits, or folders in which audits lie somewhere; the current folder without one.
    metrics : sequence of str, optional
        Whole-set scores to follow; `"all"` stands for every one. By default a few that say most.
    baseline : Baseline, optional

    Returns
    -------
    History
        `print(history)`, `.frame`, `.to_json()`; `plot_history` draws it.

    Raises
    ------
    DataError
        If there is no audit.
    UnknownNameError
        If no audit measured a metric.

    Notes
    -----
    Values stand at the size of each audit's yardstick. Those that cannot be compared with the newest audit (another
    embedder, other parameters, another size) say so.
    """
    notes: list[str] = []
    places = dict.fromkeys(place for folder in folders or (".",) for place in _audits_in(Path(folder)))
    found = [past for place in places if (past := _opened(place, notes)) is not None]
    if not found:
        where = ", ".join(repr(str(folder)) for folder in folders or (".",))
        raise DataError(f"there is no audit in {where}: give folders that `auditkit audit --out` or `run` wrote.")
    found.sort(key=lambda past: (past.made, past.folder))
    chosen = _chosen(found, metrics)
    moments = tuple(item for name in chosen for item in _moments(name, found))
    if any(not past.exact for past in found):
        notes.append("Audits that do not say when they were made have the time of their file.")
    hashes = {str(past.about["hashes"].get("real")) for past in found}
    if len(hashes) > 1:
        notes.append("The audits are of other real data: a change of scores may be a change of the data.")
    unlike = [item for item in moments if item.unlike]
    if unlike:
        notes.append(f"* cannot be compared with the newest audit, as here: {unlike[0].unlike}")
    return History(tuple(found), moments, _baselines(baseline, found[-1], chosen), tuple(notes))


def _audits_in(folder: Path) -> Iterable[Path]:
    if (folder / SCORES).is_file():
        return [folder]
    places = (path.parent for path in folder.rglob(SCORES))
    return sorted(
        place for place in places if not any(part.startswith(".") for part in place.relative_to(folder).parts)
    )


def _opened(folder: Path, notes: list[str]) -> Past | None:
    """The audit's scores; its samples and exhibits are not read. None with a note where it cannot be read."""
    try:
        data = migrated(read_json(folder / SCORES), f"{SCORES} in {str(folder)!r}")
        run = read_json(folder / RUN) if (folder / RUN).is_file() else {}
        scores, about = Scores.of(Score.from_json(item) for item in data["scores"]), data["about"]
    except (AuditkitError, KeyError, TypeError) as error:
        notes.append(f"{str(folder)!r} is left out: {error}")
        return None
    made = run.get("made") if isinstance(run, dict) else None
    seconds = (folder / SCORES).stat().st_mtime
    when = made or datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return Past(str(folder), str(when), made is not None, scores, about)


def _chosen(audits: Sequence[Past], metrics: Sequence[str] | None) -> list[str]:
    known = list(dict.fromkeys(name for past in reversed(audits) for name in past.scores.keys()))  # noqa: SIM118 - of the whole set
    if metrics is None:
        return [name for name in _FIRST if name in known] or known[: len(_FIRST)]
    if "all" in metrics:
        return known
    for name in metrics:
        if name not in known:
            raise UnknownNameError.of("metric", name, known, "--metric all follows every score of these audits")
    return list(dict.fromkeys(metrics))


def _moments(name: str, audits: Sequence[Past]) -> list[Moment]:
    held = [(past, past.scores[name]) for past in audits if name in past.scores.keys()]  # noqa: SIM118 - of the whole set
    newest = next((score for _, score in reversed(held) if score.compared is not None), None)
    return [_moment(past, score, newest) for past, score in held]


def _moment(past: Past, score: Score, newest: Score | None) -> Moment:
    kept, unlike = Kept.of(score), ""
    if kept is not None and newest is not None and newest is not score:
        unlike = refusal(kept, newest, other=Other(past.folder, "leave it out", brings_to_size=False))
    return Moment(
        metric=score.metric,
        direction=score.direction,
        folder=past.folder,
        made=past.made,
        estimate=score.compared,
        fresh=score.yardstick,
        unlike=unlike,
        reason=score.reason if score.compared is None else "",
    )


def _baselines(baseline: Baseline | None, newest: Past, metrics: Sequence[str]) -> dict[str, Estimate]:
    if baseline is None:
        return {}
    beside = baseline.beside(newest.scores, newest.about)
    held = {score.metric: score.references.get("baseline") for score in beside if not score.where}
    return {name: found for name in metrics if (found := held.get(name)) is not None}


def _told(item: Moment) -> str:
    if item.estimate is None:
        return f"no value: {item.reason}"
    fresh = "" if item.fresh is None else f"  yardstick {item.fresh:.4f}"
    return f"{_number(item.estimate)}{fresh}{' *' if item.unlike else ''}"


def _number(estimate: Estimate) -> str:
    value, _, limits = str(estimate).partition(" ")
    return f"{value:>9} {limits:<18} at {estimate.n[1]:,}"
