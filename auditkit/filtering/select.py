"""Which synthetic samples to keep, judged by what the audit found out about each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, DataError, SampleSizeError
from auditkit.filtering.quotas import Quota, QuotaLike, lift_quotas, meet_quotas, read_quota
from auditkit.filtering.retention import imbalance_notes, retention_frame
from auditkit.filtering.rules import Rule, RuleLike, built_in_rules, read_rules
from auditkit.store import write_json, write_table

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset

__all__ = ["Selection", "filter"]

_REASON_COLUMNS = ["id", "reason", "rule", "value", "limit"]
_REPEATS = 0.01
_REPEATS_EXCESS = 0.05
_MOST = 0.5


@dataclass(frozen=True, eq=False)
class Selection:
    """What a filter kept and what it rejected, and why.

    Attributes
    ----------
    kept, rejected : Dataset
        Together the synthetic set; ids and order are unchanged.
    reasons : pandas.DataFrame
        A row per rejected sample and broken rule: id, reason, rule, value, limit (all text).
    retention : pandas.DataFrame
        A row per class and per level of every declared group: part (the column), level, n, kept, share, low, high
        (95 % Wilson limits).
    notes : tuple of str
        What the user should know: what could not be judged, and who lost most.
    rules : tuple of Rule and Quota
    about : mapping
        Seed and numbers of samples.
    audit : Audit
        The audit that the samples were judged by.
    """

    kept: Dataset
    rejected: Dataset
    reasons: pd.DataFrame
    retention: pd.DataFrame
    notes: tuple[str, ...]
    rules: tuple[Rule | Quota, ...]
    about: Mapping[str, Any]
    audit: Audit = field(repr=False)

    def rescore(self, *, real: Dataset | None = None, holdout: Dataset | None = None) -> Audit:
        """Audit of the kept samples alone, with the settings of the audit that they were judged by.

        Filtering on a score improves that score: read copying and coverage beside it.

        Parameters
        ----------
        real, holdout : Dataset, optional
            Needed when the audit was opened from a folder and so holds no data.

        Returns
        -------
        Audit

        Raises
        ------
        SampleSizeError
            If nothing was kept.
        AuditkitError
            If there are no real data to audit against.
        """
        if not len(self.kept):
            raise SampleSizeError("rescore needs kept samples, and the filter kept none: loosen the rules.")
        inputs = self.audit.inputs
        real = real if real is not None else inputs.get("real")
        holdout = holdout if holdout is not None else inputs.get("holdout")
        if real is None:
            raise AuditkitError("rescore needs the real data, which an opened audit does not hold: pass real=.")
        from auditkit.auditing.run import audit  # noqa: PLC0415 - heavy, and only needed here

        about = self.audit.about
        return audit(
            real=real,
            synthetic=self.kept,
            holdout=holdout,
            embedder=self.audit.embedder or about.get("embedder"),
            groups=list(about.get("groups", ())),
            seed=int(about.get("seed", 0)),
            show_real=bool(about.get("show_real", False)),
            constraints=[rule["text"] for rule in about.get("constraints", ())],
        )

    def save(self, path: str | Path) -> Path:
        """Write the kept samples, and beside them what was rejected and why.

        Parameters
        ----------
        path : str or Path
            Where the kept samples go, in the format that `Dataset.save` knows by its suffix. Beside it
            `<name>.selection.parquet` (a row per sample: id, kept, reasons) and `<name>.selection.json` (rules,
            retention, notes).

        Returns
        -------
        Path

        Raises
        ------
        SampleSizeError
            If nothing was kept.
        """
        if not len(self.kept):
            raise SampleSizeError("there is nothing to save, the filter kept no sample: loosen the rules.")
        target = Path(path)
        self.kept.save(target)
        write_table(target.with_name(f"{target.name}.selection.parquet"), self.decisions())
        write_json(target.with_name(f"{target.name}.selection.json"), self.to_json())
        return target

    def decisions(self) -> pd.DataFrame:
        """Table with a row per synthetic sample: id, kept, reasons (joined by "; ", empty when kept)."""
        joined = self.reasons.groupby("id", sort=False)["reason"].agg("; ".join).to_dict()
        ids = [*self.kept.ids, *self.rejected.ids]
        kept = np.arange(len(ids)) < len(self.kept)
        return pd.DataFrame({"id": ids, "kept": kept, "reasons": [joined.get(name, "") for name in ids]})

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types: counts, rules, retention, notes; no samples."""
        counts = self.reasons.groupby("rule", sort=False).size()
        return {
            "schema": 1,
            "about": dict(self.about),
            "rules": [rule.to_json() | {"rejected": int(counts.get(rule.name, 0))} for rule in self.rules],
            "retention": self.retention.astype(object).where(self.retention.notna(), None).to_dict("records"),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """Counts in a few lines."""
        n, kept = self.about["n"], self.about["kept"]
        lines = [f"kept {kept} of {n} samples"]
        lines += [f"  {count} {reason}" for reason, count in self.reasons["reason"].value_counts(sort=True).items()]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def filter(  # noqa: A001 - the user says ak.filter
    synthetic: Dataset,
    audit: Audit,
    rules: Iterable[RuleLike | Quota] | RuleLike | Quota | None = None,
    *,
    quotas: Quota | Iterable[QuotaLike] = (),
    real: Dataset | None = None,
    seed: int = 0,
) -> Selection:
    """Keep the synthetic samples that break no rule, with a reason per rejected one.

    Parameters
    ----------
    synthetic : Dataset
        The set that was audited, or units of it.
    audit : Audit
        Its `samples` are what rules read. Beside its columns there is `duplicate`: whether a sample repeats one that
        stands before it in its duplicate cluster.
    rules : optional
        Rules as `[[filter]]` tables of the config have them (mappings or objects with column, min, max, equals,
        reason: a sample that does not meet the demand is rejected), names of built-in rules, or `Rule` objects. None
        for the built-in ones: copies of training records, near copies of training texts and images, breaches of the
        schema, repeats of another sample, samples with density 0 that a discriminator gives more than 0.9, labels
        given less than 0.05 by a classifier trained on real data.
    quotas : Quota, or iterable of Quota or of `[[quota]]` tables of the config
        Shares of classes and groups that the kept samples must have, met after all rules; they may also stand among
        the rules. Here they leave the built-in rules in place.
    real : Dataset, optional
        Whose shares quotas look at, where the audit was opened from a folder and so holds no data.
    seed : int, default 0
        Who goes where a quota draws lots; rules themselves draw nothing.

    Returns
    -------
    Selection
        Rejecting everything is not an error: `kept` is empty, and a note says so.

    Raises
    ------
    DataError
        If the audit does not know the samples, or a rule cannot be read.
    UnknownNameError
        If a rule names a column that is not there.

    Notes
    -----
    A missing value never rejects; notes count the samples that a rule could not judge. Where real data repeat
    themselves (more than 1 % of the holdout) and the synthetic set no more than 5 points beyond that, the built-in
    rules let repeats stay: dropping them would thin out what is common.
    """
    evidence = _evidence(synthetic, audit)
    rules, lifted = lift_quotas(rules)
    met = [*lifted, *map(read_quota, [quotas] if isinstance(quotas, Quota) else quotas)]
    known = [name for name in evidence.columns if name != "id"]
    chosen = read_rules(rules, known=known, modality=synthetic.modality)
    notes: list[str] = []
    if rules is None:
        notes += _left_out(chosen, synthetic.modality)
        chosen, more = _without_natural_repeats(chosen, audit)
        notes += [*more, *_natural_copies(evidence, audit)]
    rejected, tables, unjudged = _judge(chosen, evidence, audit)
    real = real if real is not None else audit.inputs.get("real")
    over = meet_quotas(met, synthetic, evidence, rejected, real=real, seed=seed)
    rejected, tables = rejected | over.mask, [*tables, *over.tables]
    kept = synthetic.take(np.flatnonzero(~rejected))
    retention = retention_frame(synthetic, ~rejected)
    counted = {name for quota in met for name in quota.columns}
    unasked = retention[~retention["part"].isin(counted)]
    notes += [*unjudged, *over.notes, *_size_notes(rejected), *imbalance_notes(unasked, ~rejected)]
    about = {"n": len(synthetic), "kept": len(kept), "rejected": int(rejected.sum()), "seed": seed}
    return Selection(
        kept,
        synthetic.take(np.flatnonzero(rejected)),
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_REASON_COLUMNS, dtype="str"),
        retention,
        tuple(notes),
        (*chosen, *met),
        about,
        audit,
    )


def _evidence(synthetic: Dataset, audit: Audit) -> pd.DataFrame:
    """The audit's row of every synthetic unit, in the set's order, with whether it repeats an earlier one."""
    samples = audit.samples
    if "id" not in samples.columns:
        raise DataError("the audit has no ids for its samples: audit the synthetic set again.")
    place = {str(name): number for number, name in enumerate(samples["id"])}
    rows = [place.get(str(name), -1) for name in synthetic.ids]
    strangers = rows.count(-1)
    if strangers:
        raise DataError(
            f"the audit does not know {strangers} of the {len(synthetic)} samples to filter: pass the synthetic set "
            f"that was audited."
        )
    _check_content(synthetic, audit)
    evidence = samples.iloc[rows].reset_index(drop=True)
    if "duplicate_cluster" in evidence.columns and "duplicate" not in evidence.columns:
        cluster = evidence["duplicate_cluster"]
        evidence["duplicate"] = np.asarray(cluster.notna() & cluster.duplicated(), dtype=bool)
    return evidence


def _check_content(synthetic: Dataset, audit: Audit) -> None:
    # Ids like s0, s1 are the same in every generated set; content tells one from the other.
    audited = audit.inputs.get("synthetic")
    if audited is None or audited is synthetic or len(audited) != len(synthetic):
        return
    if audited.hash != synthetic.hash:
        raise DataError(
            "the samples to filter have the ids of the audited set and other content: pass the set that was audited."
        )


def _left_out(chosen: Sequence[Rule], modality: str) -> list[str]:
    names = {rule.name for rule in chosen}
    return [
        f"the rule {rule.name!r} was left out, because the audit's samples have no column "
        f"{' or '.join(repr(name) for name in rule.columns)}."
        for rule in built_in_rules(modality)
        if rule.name not in names
    ]


def _without_natural_repeats(chosen: list[Rule], audit: Audit) -> tuple[list[Rule], list[str]]:
    if "duplicate_share" not in audit.scores:
        return chosen, []
    score = audit.scores["duplicate_share"]
    if score.yardstick is None or score.excess is None:
        return chosen, []
    if score.yardstick <= _REPEATS or score.excess.value > _REPEATS_EXCESS:
        return chosen, []
    note = (
        f"repeated samples were kept: {score.yardstick:.1%} of the real holdout repeat each other too, and the "
        f"synthetic set does not repeat itself much more."
    )
    return [rule for rule in chosen if rule.name != "duplicates"], [note]


def _natural_copies(evidence: pd.DataFrame, audit: Audit) -> list[str]:
    """A warning where fresh real rows equal training records too, so that copies are no sign of memory."""
    if "copy" not in evidence.columns or not evidence["copy"].fillna(value=False).any():
        return []
    if "identical_match_share" not in audit.scores:
        return []
    natural = audit.scores["identical_match_share"].yardstick
    if natural is None or natural <= _REPEATS:
        return []
    note = (
        f"{natural:.1%} of the real holdout equal a training record by chance; rejecting such samples thins out what "
        f"is common, so give rules= without 'copies' where privacy does not ask for it."
    )
    return [note]


def _judge(
    rules: Sequence[Rule], evidence: pd.DataFrame, audit: Audit
) -> tuple[NDArray[np.bool_], list[pd.DataFrame], list[str]]:
    """Which samples are rejected, a table of reasons per rule that rejected some, and notes on what was missing."""
    rejected = np.zeros(len(evidence), dtype=bool)
    tables: list[pd.DataFrame] = []
    notes: list[str] = []
    for rule in rules:
        broken, unknown = rule.judge(evidence)
        rejected |= broken
        if broken.any():
            tables.append(_reasons(rule, evidence[broken]))
        if unknown.any():
            notes.append(_unjudged(rule, int(unknown.sum()), evidence, audit))
    return rejected, tables, notes


def _reasons(rule: Rule, rows: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame({"id": rows["id"].astype("str"), "reason": rule.reason, "rule": rule.name})
    table["value"] = rule.values(rows)
    table["limit"] = rule.limit()
    return table.astype("str")


def _unjudged(rule: Rule, count: int, evidence: pd.DataFrame, audit: Audit) -> str:
    gaps = [name for name in rule.columns if evidence[name].isna().any()]
    known = audit.about.get("sample_reasons", {})
    why = "; ".join(str(known[name]).rstrip(".") for name in gaps if known.get(name))
    return (
        f"the rule {rule.name!r} could not judge {count} of {len(evidence)} samples, whose {' and '.join(gaps)} "
        f"{'is' if len(gaps) == 1 else 'are'} missing{f' ({why})' if why else ''}: it kept them."
    )


def _size_notes(rejected: NDArray[np.bool_]) -> list[str]:
    if not len(rejected) or not rejected.any():
        return []
    if rejected.all():
        return ["every sample was rejected, so nothing is left to train on: loosen the rules, or generate again."]
    share = rejected.mean()
    if share > _MOST:
        return [f"{share:.0%} of the samples were rejected: a better generator would serve better than a filter."]
    return []
