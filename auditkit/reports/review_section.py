"""What people decided about samples, in counts and estimates only: no sample, no name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.reports.judgement import prose
from auditkit.reports.words import DASH, MINUS, count, inert, interval, number

if TYPE_CHECKING:
    from auditkit.filtering.agreement import Agreement
    from auditkit.filtering.decisions import Decisions
    from auditkit.results import Estimate

__all__ = ["AgreementRow", "ReviewPart", "ReviewSummary", "review_lines", "review_summary", "share_words"]

_SHOWN = 20
_TITLES = {"reviewers": "Between reviewers", "showings": "First and second showing"}


@dataclass(frozen=True)
class ReviewPart:
    """A part of the set that was drawn from by itself."""

    name: str
    size: int
    n: int
    n_accepted: int


@dataclass(frozen=True)
class AgreementRow:
    """How well two answers to the same samples agree."""

    title: str
    kappa: float | None
    low: float | None
    high: float | None
    share: float | None
    n: int
    reason: str

    @property
    def told(self) -> str:
        """Kappa in two digits."""
        return _two(self.kappa)

    @property
    def limits(self) -> str:
        """Its interval, empty where there is none."""
        return "" if self.low is None or self.high is None else f"{_two(self.low)} to {_two(self.high)}"


@dataclass(frozen=True)
class ReviewSummary:
    """What people decided; `rate` is of the whole set, `real_rate` of real samples that were mixed in."""

    n_people: int
    n: int
    n_accepted: int
    n_rejected: int
    n_undecided: int
    rate: float | None
    low: float | None
    high: float | None
    reason: str
    real_rate: float | None
    real_low: float | None
    real_high: float | None
    real_n: int
    parts: tuple[ReviewPart, ...]
    agreements: tuple[AgreementRow, ...]
    reasons: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]


def review_summary(decisions: Decisions) -> ReviewSummary:
    """What a report says of decisions."""
    frame, rate, real = decisions.frame, decisions.acceptance, decisions.real_acceptance
    judged = frame[frame["reviewers"] > 0]
    sizes = {name: size for item in decisions.reviews for name, size in item.strata.items()}
    rows = [(name, judged[judged["stratum"] == name]) for name in sizes]
    return ReviewSummary(
        n_people=len(decisions.people),
        n=len(judged),
        n_accepted=int((judged["human"] == "accept").sum()),
        n_rejected=int((judged["human"] == "reject").sum()),
        n_undecided=int(judged["human"].isna().sum()),
        rate=None if rate is None else rate.value,
        low=None if rate is None else rate.low,
        high=None if rate is None else rate.high,
        reason=decisions.why_no_acceptance,
        real_rate=None if real is None else real.value,
        real_low=None if real is None else real.low,
        real_high=None if real is None else real.high,
        real_n=0 if real is None else real.n[1],
        parts=tuple(
            ReviewPart(inert(name, limit=80), sizes[name], len(part), int((part["human"] == "accept").sum()))
            for name, part in rows[:_SHOWN]
        ),
        agreements=tuple(_agreement(item) for item in (decisions.reviewers, decisions.showings) if item is not None),
        reasons=tuple((inert(reason, limit=80), times) for reason, times in decisions.reasons[:_SHOWN]),
        notes=tuple(f"{note[:1].upper()}{note[1:]}" for note in map(prose, decisions.notes)),
    )


def review_lines(found: ReviewSummary) -> list[str]:
    """A few plain lines that say the same."""
    people = count(found.n_people, "person", "people")
    lines = [
        f"{count(found.n, 'sample')} judged by {people}: {found.n_accepted} accepted, {found.n_rejected} rejected"
        + (f", {found.n_undecided} undecided" if found.n_undecided else "")
    ]
    if found.rate is None:
        lines.append(f"share of the set that people accept: not known, {found.reason}")
    else:
        lines.append(f"share of the set that people accept: {share_words(found.rate, found.low, found.high)}")
    if found.real_rate is not None:
        real = share_words(found.real_rate, found.real_low, found.real_high)
        lines.append(f"real samples that people accept: {real} of {found.real_n}")
    lines += [f"agreement, {item.title.lower()}: {agreement_words(item)}" for item in found.agreements]
    if found.reasons:
        told = ", ".join(f"{reason} ({times})" for reason, times in found.reasons[:5])
        lines.append(f"reasons of rejections: {told}")
    return lines


def share_words(value: float, low: float | None, high: float | None) -> str:
    """A share and its interval in words."""
    limits = interval(low, high, unit="share")
    return number(value, unit="share") + (f" [{limits}]" if limits else "")


def agreement_words(row: AgreementRow) -> str:
    """Kappa, its interval and the share of equal answers in words."""
    if row.kappa is None:
        same = "" if row.share is None else f" ({number(row.share, unit='share')} of {count(row.n, 'sample')} alike)"
        return f"kappa is undefined, {row.reason}{same}"
    told = f"kappa {row.told}" + (f" [{row.limits}]" if row.limits else "")
    told += f" on {count(row.n, 'sample')}, {number(row.share, unit='share')} alike"
    return f"{told} ({row.reason})" if row.reason else told


def _two(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f}".replace("-", MINUS)


def _agreement(found: Agreement) -> AgreementRow:
    kappa: Estimate | None = found.kappa
    return AgreementRow(
        _TITLES[found.kind],
        None if kappa is None else kappa.value,
        None if kappa is None else kappa.low,
        None if kappa is None else kappa.high,
        found.share,
        found.n,
        found.reason,
    )
