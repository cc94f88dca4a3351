"""What the filter kept and what the ablation found, in counts and estimates only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from auditkit.ablation.read import change_of, limits_of, place_of
from auditkit.ablation.result import protocol_of, word_of
from auditkit.filtering.selection import SelectionRecord
from auditkit.reports.curves import CurveChart, LossRow, curves_of, losses_of
from auditkit.reports.harmed import Harm, harm_of
from auditkit.reports.judgement import prose
from auditkit.reports.trades import Trade, trades_of
from auditkit.reports.words import inert, metric_title, part_words

if TYPE_CHECKING:
    from auditkit.ablation import Ablation, ArmVerdict
    from auditkit.ablation.result import Word
    from auditkit.filtering.selection import Selection
    from auditkit.results import Score

__all__ = [
    "AblationRow",
    "AblationSummary",
    "AblationTable",
    "FilterSummary",
    "Retention",
    "TransferRow",
    "ablation_summary",
    "filter_summary",
]

VALUE, DIFFERENCE = "ablation_score", "ablation_difference"
TRANSFER = "ablation_transfer"
_SHOWN = 20
_SHOWN_GROUPS = 6
_TRANSFER_WORDS: dict[Word, str] = {
    "helps": "easier than real data",
    "hurts": "harder than real data",
    "no difference": "like real data",
    "cannot tell": "cannot tell",
}

_Place: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...]]
_Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True)
class Retention:
    """How many samples of a class or group the filter kept."""

    part: str
    n: int
    n_kept: int

    @property
    def share(self) -> float | None:
        """Kept share, None for an empty part."""
        return self.n_kept / self.n if self.n else None


@dataclass(frozen=True)
class RuleRow:
    """A rule in words, how many samples it rejected, and how many fresh real ones it would, at most."""

    name: str
    limit: str
    n_rejected: int
    false_rejections: float | None


@dataclass(frozen=True)
class FilterSummary:
    """Counts of a selection; no sample of it."""

    n_kept: int
    n_rejected: int
    reasons: tuple[tuple[str, int], ...]
    retention: tuple[Retention, ...]
    n_parts: int
    notes: tuple[str, ...]
    effective_n: int = 0
    rules: tuple[RuleRow, ...] = ()


@dataclass(frozen=True)
class AblationRow:
    """One arm: its value, and its paired difference from real only, both in the measure's own unit."""

    arm: str
    value: float | None
    low: float | None
    high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    n_real: int
    n_synthetic: int
    verdict: str
    reason: str
    protocol: str = ""


@dataclass(frozen=True)
class AblationTable:
    """All arms under one measure, model and part of the test data."""

    measure: str
    model: str
    part: str
    higher_is_better: bool
    rows: tuple[AblationRow, ...]


@dataclass(frozen=True)
class TransferRow:
    """The real-trained model on one synthetic set (TRTS), beside the same model on real test data (TRTR)."""

    arm: str
    measure: str
    model: str
    value: float | None
    low: float | None
    high: float | None
    real: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    n_tested: int
    verdict: str
    reason: str


@dataclass(frozen=True)
class AblationSummary:
    """Tables of an ablation on all test data, the deciding measure first, on its groups, and on synthetic data."""

    tables: tuple[AblationTable, ...]
    groups: tuple[AblationTable, ...]
    n_groups: int
    repeats: int
    n_test: int
    notes: tuple[str, ...]
    transfers: tuple[TransferRow, ...] = ()
    trades: tuple[Trade, ...] = ()
    elsewhere: tuple[AblationTable, ...] = ()
    curves: tuple[CurveChart, ...] = ()
    losses: tuple[LossRow, ...] = ()
    harm: Harm | None = None


def filter_summary(selection: Selection | SelectionRecord | None) -> FilterSummary | None:
    """Counts by reason and by part of a selection, None without one."""
    if selection is None:
        return None
    found = selection if isinstance(selection, SelectionRecord) else selection.record()
    retention, about = _retention(found.retention), found.about
    return FilterSummary(
        n_kept=int(about["kept"]),
        n_rejected=int(about["rejected"]),
        reasons=_reasons(found.reasons),
        retention=retention[:_SHOWN],
        n_parts=len(retention),
        notes=tuple(prose(note) for note in found.notes),
        effective_n=round(float(about.get("effective_n", about["kept"]))),
        rules=tuple(_rule(rule) for rule in found.rules),
    )


def _rule(rule: Mapping[str, Any]) -> RuleRow:
    return RuleRow(
        inert(rule["name"], limit=60),
        inert(_demand(rule), limit=120),
        int(rule["rejected"]),
        rule.get("false_rejections"),
    )


def _demand(rule: Mapping[str, Any]) -> str:
    """What a rule demands, with the column that it reads; rules over several columns name them."""
    columns, limit = rule["columns"], str(rule["limit"])
    return f"{columns[0]} {limit}" if len(columns) == 1 and limit[:1] in "=<>" else limit


def _reasons(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Reasons with the number of samples rejected for them, most frequent first."""
    return tuple((prose(reason), n) for reason, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _retention(parts: Sequence[Mapping[str, Any]]) -> tuple[Retention, ...]:
    """Parts, those that lost most first."""
    rows = [
        Retention(part_words({str(row["part"]): str(row["level"])}), int(row["n"]), int(row["kept"])) for row in parts
    ]
    return tuple(sorted(rows, key=lambda row: (row.share if row.share is not None else 2.0, row.part)))


def ablation_summary(ablation: Ablation | None) -> AblationSummary | None:
    """Arms by measure, model and group, in the order of the ablation; None without one."""
    if ablation is None:
        return None
    places: dict[_Place, dict[str, dict[str, Score]]] = {}
    for score in ablation.scores:
        if score.metric not in {VALUE, DIFFERENCE} or _says_again(score):
            continue
        arm, model, measure, rest = place_of(score)
        place = (measure, model, rest)
        role = "difference" if score.metric == DIFFERENCE else "value"
        places.setdefault(place, {}).setdefault(arm or "real", {})[role] = score
    models = {model for _, model, _ in places}
    words = {(item.arm, item.model, item.measure): item for item in ablation.verdicts}
    tables = [_table(place, arms, words, several=len(models) > 1) for place, arms in places.items()]
    whole = [table for table in tables if not table.part]
    elsewhere = [table for place, table in zip(places, tables, strict=True) if "test" in dict(place[2])]
    groups = [table for table in tables if table.part and table not in elsewhere]
    notes = (*(item.sentence for item in ablation.verdicts), *ablation.about.get("notes", ()))
    return AblationSummary(
        tables=tuple(whole),
        groups=tuple(groups[:_SHOWN_GROUPS]),
        n_groups=len(groups),
        repeats=int(ablation.about.get("repeats", 0)),
        n_test=int(ablation.about.get("n_test", 0)),
        notes=tuple(dict.fromkeys(prose(note) for note in notes)),
        transfers=tuple(
            _transfer(score, several=len(models) > 1) for score in ablation.scores if score.metric == TRANSFER
        ),
        trades=trades_of(ablation),
        elsewhere=tuple(elsewhere),
        curves=curves_of(ablation),
        losses=losses_of(ablation),
        harm=harm_of(ablation),
    )


def _says_again(score: Score) -> bool:
    """Ratios between groups, and gaps to all units: differences between groups are shown, frames hold the rest."""
    return "group" in score.where and ("against" in score.where or score.where.get("measure", "").endswith("_ratio"))


def _transfer(score: Score, *, several: bool) -> TransferRow:
    arm, model, measure, _ = place_of(score)
    difference, low, high = change_of(score)
    return TransferRow(
        arm=inert(arm, limit=60),
        measure=metric_title(measure),
        model=inert(model) if several else "",
        value=score.value,
        low=score.low,
        high=score.high,
        real=score.yardstick,
        difference=difference,
        difference_low=low,
        difference_high=high,
        n_tested=int(score.details.get("n_test", 0)),
        # The margin of the words is one for scores whose best is 1, not for errors in the target's unit.
        verdict=_TRANSFER_WORDS[word_of(low, high)] if difference is not None and score.bounds[1] == 1.0 else "",
        reason=prose(score.reason),
    )


def _table(
    place: _Place, arms: Mapping[str, Mapping[str, Score]], words: Mapping[_Key, ArmVerdict], *, several: bool
) -> AblationTable:
    measure, model, rest = place
    some = next(iter(next(iter(arms.values())).values()))
    return AblationTable(
        measure=metric_title(measure),
        model=inert(model) if several else "",
        part=_part(measure, dict(rest)),
        higher_is_better=some.direction != "lower",
        rows=tuple(
            _arm(arm, scores, None if rest else words.get((arm, model, measure)), protocol_of(arm, measure))
            for arm, scores in arms.items()
        ),
    )


def _part(measure: str, where: Mapping[str, str]) -> str:
    """Which units it is about: a gap is one between the groups of a column."""
    if set(where) == {"group"} and measure.endswith("_difference"):
        return f"between the groups of {inert(where['group'], limit=40)}"
    return part_words(where)


def _arm(arm: str, scores: Mapping[str, Score], word: ArmVerdict | None, protocol: str) -> AblationRow:
    value, difference = scores.get("value"), scores.get("difference")
    own, change = limits_of(value), limits_of(difference)
    reasons = [score.reason for score in scores.values() if score.estimate is None]
    n_real, n_synthetic = value.estimate.n if value and value.estimate else (0, 0)
    return AblationRow(
        arm=inert(arm, limit=60),
        value=own[0],
        low=own[1],
        high=own[2],
        difference=change[0],
        difference_low=change[1],
        difference_high=change[2],
        n_real=n_real,
        n_synthetic=n_synthetic,
        verdict=word.word if word else "",
        reason=prose(reasons[0]) if reasons else "",
        protocol=protocol,
    )
