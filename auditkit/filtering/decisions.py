"""What people decided about synthetic samples: merged over reviewers, with the rate of acceptance and the agreement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditkit.errors import DataError
from auditkit.filtering.acceptance import Stratum, stratified_share
from auditkit.filtering.agreement import Agreement, between_reviewers, kappa_of_counts
from auditkit.filtering.decision_files import FORMAT, JOINED, Review, latest_reviews, read_reviews
from auditkit.results import Estimate
from auditkit.store import write_json

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit

__all__ = ["Decisions", "join_decisions", "read_decisions"]

ANSWERS = ("reviewer", "review", "id", "origin", "occurrence", "decision", "reasons", "seconds", "stratum", "inclusion")
_TIE = 0.5
_POOR = 0.4


@dataclass(frozen=True, eq=False)
class Decisions:
    """Decisions of one or several people on synthetic samples.

    Attributes
    ----------
    frame : pandas.DataFrame
        A row per synthetic sample that was shown: id, human ("accept", "reject" or missing), accepts, rejects, skips
        (showings), reviewers (how many gave an answer), reasons (joined by "; "), stratum.
    answers : pandas.DataFrame
        A row per person and showing, real samples among them.
    acceptance : Estimate or None
        Share of the synthetic set that people accept; `why_no_acceptance` says why there is none.
    real_acceptance : Estimate or None
        The same of real samples that were mixed in: what a perfect generator would reach. None where there were none.
    reviewers : Agreement or None
        Of different people; None with one.
    showings : Agreement
        Of the first and the second showing of a sample to the same person.
    reasons : tuple of (str, int)
        Reasons of rejections, the commonest first.
    notes : tuple of str
    reviews : tuple of Review
    why_no_acceptance : str
    """

    frame: pd.DataFrame
    answers: pd.DataFrame
    acceptance: Estimate | None
    real_acceptance: Estimate | None
    reviewers: Agreement | None
    showings: Agreement
    reasons: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    reviews: tuple[Review, ...]
    why_no_acceptance: str = ""

    @property
    def data_hash(self) -> str:
        """Hash of the synthetic data that were reviewed."""
        return self.reviews[0].data_hash

    @property
    def people(self) -> tuple[str, ...]:
        """Names of the reviewers, in order."""
        return tuple(dict.fromkeys(item.reviewer for item in self.reviews))

    def evidence(self) -> pd.DataFrame:
        """Columns `id` and `human` ("accept", "reject" or missing) of what was shown, for rules of the filter."""
        return self.frame[["id", "human"]].copy()

    def check(self, audit: Audit) -> None:
        """Refuse decisions on samples of another audit's data.

        Raises
        ------
        DataError
        """
        wanted = audit.about.get("hashes", {}).get("synthetic")
        if wanted is not None and wanted != self.data_hash:
            message = (
                "these decisions are about other synthetic data than the audit's: give the audit that the review page "
                "was made from, or review again."
            )
            raise DataError(message)
        unknown = sorted(set(self.frame["id"]) - set(map(str, audit.samples["id"])))
        if unknown:
            message = f"{len(unknown)} decided samples are not in the audit, the first is {unknown[0][:60]!r}."
            raise DataError(f"{message[:-1]}: give the audit that the review page was made from.")
        for item in self.reviews:
            told, held = sum(item.strata.values()) + item.left_out, len(audit.samples)
            if told != held:
                message = (
                    f"design.strata of {item.source!r} speaks of {told} samples and the audit holds {held}: "
                    "download the decisions from the review page again."
                )
                raise DataError(message)

    def _repr_html_(self) -> str:
        from auditkit.reports.notebook import decisions_html  # noqa: PLC0415 - results may look forward in methods

        return decisions_html(self)

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types: every review as it was downloaded, and what they come to."""
        found = {
            "acceptance": None if self.acceptance is None else self.acceptance.to_json(),
            "real_acceptance": None if self.real_acceptance is None else self.real_acceptance.to_json(),
            "reviewers": None if self.reviewers is None else self.reviewers.to_json(),
            "showings": self.showings.to_json(),
            "why_no_acceptance": self.why_no_acceptance,
            "notes": list(self.notes),
        }
        reviews = [dict(item.record) for item in self.reviews]
        return {"kind": JOINED, "format_version": FORMAT, "found": found, "reviews": reviews}

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the joined reviews as JSON, which `read_decisions` reads."""
        write_json(Path(path), self.to_json())
        return Path(path)


def read_decisions(path: str | PathLike[str], *more: str | PathLike[str]) -> Decisions:
    """Decisions of one or more files, merged.

    Parameters
    ----------
    path, *more : path
        Files that review pages gave to download, or the decisions.json that `auditkit review apply` wrote.

    Returns
    -------
    Decisions

    Raises
    ------
    DataError
        If a file holds no decisions, or the files are about different data.

    Notes
    -----
    Each person has one vote per sample, however often it was shown: accept or reject, or half of each where his
    showings disagree. The majority of the votes decides; a tie leaves the sample undecided, so that no rule rejects
    it, and counts as half an acceptance in the rate. Skipped samples have no vote.
    """
    return join_decisions(review for place in (path, *more) for review in read_reviews(place))


def join_decisions(reviews: Iterable[Review]) -> Decisions:
    """Decisions of several reviews of the same data, as `read_decisions` makes them.

    Raises
    ------
    DataError
        If there is no review, or they are about different data.
    """
    found, notes = latest_reviews(reviews)
    if not found:
        raise DataError("there are no decisions to read: give a file that a review page gave to download.")
    other = next((item for item in found if item.data_hash != found[0].data_hash), None)
    if other is not None:
        message = f"{found[0].source!r} and {other.source!r} are about different synthetic data: apply them apart."
        raise DataError(message)
    answers = _answers(found)
    votes = _votes(answers)
    synthetic = votes.loc["synthetic"] if "synthetic" in votes.index.get_level_values(0) else votes.iloc[:0]
    acceptance, why, more = _acceptance(found, answers, synthetic)
    frame = _frame(answers, synthetic)
    together, pairs = between_reviewers(_whole_votes(votes))
    return Decisions(
        frame=frame,
        answers=answers,
        acceptance=acceptance,
        real_acceptance=_real_acceptance(found, votes),
        reviewers=together,
        showings=_showings(answers),
        reasons=_reasons(answers),
        notes=(
            *notes,
            *more,
            *_notes(frame, answers),
            *_left_out(found),
            *_pair_notes(pairs),
            *_disagreement(together),
        ),
        reviews=found,
        why_no_acceptance=why,
    )


def _answers(reviews: Sequence[Review]) -> pd.DataFrame:
    rows = [
        {
            "reviewer": item.reviewer,
            "review": item.review_id,
            **asdict(answer),
            "reasons": "; ".join(answer.reasons),
        }
        for item in reviews
        for answer in item.answers
    ]
    frame = pd.DataFrame(rows, columns=list(ANSWERS))
    texts = ("reviewer", "review", "id", "origin", "decision", "reasons", "stratum")
    return frame.astype(dict.fromkeys(texts, "str") | {"seconds": "float64", "inclusion": "float64"})


def _votes(answers: pd.DataFrame) -> pd.DataFrame:
    """Row per origin and sample, column per person: 1 accepts, 0 rejects, a half is both, missing is neither."""
    said = answers[answers["decision"] != "skip"]
    worth = said.assign(vote=(said["decision"] == "accept").astype(np.float64))
    keys = ["origin", "id", "reviewer"]
    votes = worth.groupby(keys, sort=True)["vote"].mean().map(_majority).reset_index()
    return votes.pivot_table(index=["origin", "id"], columns="reviewer", values="vote", aggfunc="first")


def _whole_votes(votes: pd.DataFrame) -> pd.DataFrame:
    """Votes as words, those that contradict themselves missing."""
    return pd.DataFrame({name: votes[name].map({1.0: "accept", 0.0: "reject"}) for name in votes.columns})


def _values(votes: pd.DataFrame) -> pd.Series[float]:
    """What each sample comes to: 1 by majority accepted, 0 rejected, a half for a tie."""
    return votes.mean(axis=1).map(_majority).astype(np.float64)


def _majority(share: float) -> float:
    return _TIE if share == _TIE else float(share > _TIE)


def _frame(answers: pd.DataFrame, votes: pd.DataFrame) -> pd.DataFrame:
    shown = answers[answers["origin"] == "synthetic"]
    counts = pd.crosstab(shown["id"], shown["decision"]).reindex(columns=["accept", "reject", "skip"], fill_value=0)
    ids = [str(name) for name in counts.index]
    human = _values(votes).map({1.0: "accept", 0.0: "reject"}).reindex(counts.index)
    told = {str(name): part for name, part in shown.groupby("id", sort=True)}
    return pd.DataFrame(
        {
            "id": pd.Series(ids, dtype="str"),
            "human": pd.Series(list(human), dtype="str"),
            "accepts": counts["accept"].to_numpy(),
            "rejects": counts["reject"].to_numpy(),
            "skips": counts["skip"].to_numpy(),
            "reviewers": votes.notna().sum(axis=1).reindex(counts.index, fill_value=0).to_numpy(dtype=np.int64),
            "reasons": pd.Series([_joined(told[name]) for name in ids], dtype="str"),
            "stratum": pd.Series([str(told[name]["stratum"].iloc[0]) for name in ids], dtype="str"),
        }
    )


def _joined(rows: pd.DataFrame) -> str:
    every = [reason for said in rows["reasons"] for reason in said.split("; ") if reason]
    return "; ".join(dict.fromkeys(every))


def _acceptance(
    reviews: Sequence[Review], answers: pd.DataFrame, votes: pd.DataFrame
) -> tuple[Estimate | None, str, list[str]]:
    """Weighted share of acceptance over the reviews that were drawn in the same way."""
    designs = {item.review_id: (item.by, tuple(item.strata.items())) for item in reviews}
    said = answers[(answers["origin"] == "synthetic") & (answers["decision"] != "skip")]
    weight = Counter(dict.fromkeys(designs.values(), 0))
    for name, count in said["review"].value_counts().items():
        weight[designs[str(name)]] += int(count)
    chosen = max(weight, key=lambda design: (weight[design], design))
    notes = []
    if len(weight) > 1:
        notes.append(
            f"the reviews drew samples in {len(weight)} ways: the rate of acceptance is of the one with most answers, "
            f"by {chosen[0]}."
        )
    mine = np.array([designs[name] == chosen for name in said["review"]], dtype=np.bool_)
    used = said[mine].drop_duplicates("id")
    values = _values(votes).reindex(used["id"]).to_numpy() if len(used) else np.empty(0)
    strata = []
    for name, size in chosen[1]:
        part = values[(used["stratum"] == name).to_numpy(dtype=np.bool_)]
        strata.append(Stratum(name, size, len(part), float(part.sum())))
    estimate, why = stratified_share(strata)
    return estimate, why, notes


def _real_acceptance(reviews: Sequence[Review], votes: pd.DataFrame) -> Estimate | None:
    if "real" not in votes.index.get_level_values(0):
        return None
    values = _values(votes.loc["real"])
    size = max(item.real_size for item in reviews)
    found, _ = stratified_share([Stratum("real", max(size, len(values)), len(values), float(values.sum()))])
    return found


def _showings(answers: pd.DataFrame) -> Agreement:
    """Agreement of first and second showings, over all people."""
    said = answers[(answers["decision"] != "skip") & answers["occurrence"].isin([1, 2])]
    keys = ["reviewer", "review", "origin", "id"]
    counts = np.zeros((2, 2))
    for _, rows in said.groupby(keys, sort=True):
        if len(rows) == 2:  # noqa: PLR2004 - both showings
            first, second = rows.sort_values("occurrence")["decision"] == "reject"
            counts[int(first), int(second)] += 1
    return kappa_of_counts(counts, kind="showings")


def _reasons(answers: pd.DataFrame) -> tuple[tuple[str, int], ...]:
    rejected = answers[(answers["decision"] == "reject") & (answers["origin"] == "synthetic")]
    counts = Counter(reason for said in rejected["reasons"] for reason in said.split("; ") if reason)
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _notes(frame: pd.DataFrame, answers: pd.DataFrame) -> list[str]:
    notes = []
    answered = frame["reviewers"] > 0
    tied = int((answered & frame["human"].isna()).sum())
    if tied:
        notes.append(
            f"{tied} of {int(answered.sum())} samples are undecided, because accepting and rejecting votes are equal: "
            "no rule rejects them, and they count as half accepted."
        )
    skipped = int((~answered).sum())
    if skipped:
        notes.append(f"{skipped} of {len(frame)} samples were only skipped: the rate takes them as missing at random.")
    if answers["origin"].eq("real").any():
        notes.append("real samples were mixed in: their acceptance is what a perfect generator would reach.")
    return notes


def _left_out(reviews: Sequence[Review]) -> list[str]:
    count = max(item.left_out for item in reviews)
    if not count:
        return []
    return [f"{count} samples are copies of real records and were not shown: the rate is of all others."]


def _disagreement(together: Agreement | None) -> list[str]:
    kappa = None if together is None else together.kappa
    if kappa is None or kappa.high is None or kappa.high >= _POOR:
        return []
    return [
        "reviewers hardly agree beyond chance: agree on what to accept, and review again before relying on the rate."
    ]


def _pair_notes(pairs: Sequence[tuple[str, str, Agreement]]) -> list[str]:
    apart = [(one, other) for one, other, found in pairs if not found.n]
    return [f"{one!r} and {other!r} judged no sample in common." for one, other in apart]
