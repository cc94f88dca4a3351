"""Which synthetic samples to keep, judged by what the audit found out about each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.checks import check_dataset
from auditkit.filtering.best import Best
from auditkit.filtering.conditions import Rule
from auditkit.filtering.default_rules import default_rules
from auditkit.filtering.gathering import HUMAN, EvidenceLike, content_notes, gather_evidence
from auditkit.filtering.limits import all_real_limits, false_rejections, fill_in, real_limits
from auditkit.filtering.provenance import filter_record
from auditkit.filtering.quotas import Quota, QuotaLike, lift_quotas, meet_quotas, read_quota
from auditkit.filtering.rejected import Rejected, reason_table
from auditkit.filtering.rejected_samples import rejected_samples
from auditkit.filtering.rejection_sampling import RejectionSampling
from auditkit.filtering.retention import effective_size, imbalance_notes, retention_frame
from auditkit.filtering.rules import AnyRule, RuleLike, read_rules, worded
from auditkit.filtering.selection import Selection

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset

__all__ = ["Selection", "filter"]

_REASON_COLUMNS = ["id", "reason", "rule", "value", "limit"]
_MOST = 0.5


def filter(  # noqa: A001 - the user says ak.filter
    synthetic: Dataset,
    audit: Audit,
    rules: Iterable[RuleLike | Quota] | RuleLike | Quota | None = None,
    *,
    quotas: Quota | Iterable[QuotaLike] = (),
    evidence: EvidenceLike | Iterable[EvidenceLike] | None = None,
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
        Names of rules, as `["exact-copies", "duplicates"]`, tables as `[[filter]]` of the config has them (mappings or
        objects with rule and its parameters, or with column and min, max, equals), or `Rule`, `RejectionSampling` and
        `Best` objects; docs/filtering.md lists them. A limit may be a number, or `"real:0.01"`, that which 1 % of fresh
        real samples exceed, or `"synthetic:0.1"`. None for the default rules: copies of training records, near copies,
        breaches of the schema, repeats of another sample, samples with density 0 that a discriminator gives more than
        0.9, labels that a classifier trained on real data gives less than it gives those of 99 % of fresh real samples
        (less than 0.05 where they are not known), samples odder than 99.5 % of real ones where the set as a whole is
        not odd, what people rejected.
    quotas : Quota, or iterable of Quota or of `[[quota]]` tables of the config
        Shares of classes and groups that the kept samples must have, met after all rules; they may also stand among
        the rules. Here they leave the default rules in place.
    evidence : frame or mapping of column to array, or several, optional
        Further columns for rules, in the set's order or with a column `id`: `human` ("accept", "reject" or missing),
        `own_score` (`generator.score(synthetic)`), or any of your own.
    real : Dataset, optional
        Whose shares quotas look at, where the audit was opened from a folder and so holds no data; and by which
        rejected samples are shown or hidden.
    seed : int, default 0
        Who goes where something is drawn: by rejection sampling, by quotas, among ties.

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
    Demands on columns are judged of all samples, so that each one has all of its reasons; then rules that draw or
    choose, in the order given, among what is left; then quotas. A missing value never rejects; notes count the samples
    that a rule could not judge. Where real data repeat themselves (more than 1 % of the holdout) and the synthetic set
    no more than 5 points beyond that, the default rules let repeats stay: dropping them would thin out what is common.
    """
    check_dataset("synthetic", synthetic)
    if real is not None:
        check_dataset("real", real)
    found = gather_evidence(synthetic, audit, evidence)
    rules, lifted = lift_quotas(rules)
    met = [*lifted, *map(read_quota, [quotas] if isinstance(quotas, Quota) else quotas)]
    known = [name for name in found.columns if name != "id"]
    chosen: list[AnyRule]
    notes: list[str] = []
    if rules is None:
        defaults, notes = default_rules(found, audit, synthetic.modality)
        chosen = [*defaults]
    else:
        chosen = read_rules(rules, known=known)
    limits = all_real_limits(audit)
    chosen = [worded(rule, synthetic.modality) for rule in chosen]
    chosen = [fill_in(rule, found, limits) if isinstance(rule, Rule) else rule for rule in chosen]
    steps = [_judge(chosen, found, audit)]
    rejected = steps[0].mask
    for number, rule in enumerate(rule for rule in chosen if isinstance(rule, (RejectionSampling, Best))):
        steps.append(_choose(rule, number, found, audit, ~rejected, seed=seed))
        rejected = rejected | steps[-1].mask
    real = real if real is not None else audit.inputs.get("real")
    steps.append(meet_quotas(met, synthetic, found, rejected, real=real, seed=seed))
    rejected = rejected | steps[-1].mask
    kept = synthetic.take(np.flatnonzero(~rejected))
    kept = filter_record(kept, of=len(synthetic), rules=(*chosen, *met), audit=audit, seed=seed)
    retention = retention_frame(synthetic, ~rejected)
    counted = {name for quota in met for name in quota.columns}
    unasked = retention[~retention["part"].isin(counted)]
    notes += [*content_notes(synthetic, audit), *(note for step in steps for note in step.notes)]
    notes += [*_size_notes(rejected, steps[0].mask), *imbalance_notes(unasked, ~rejected)]
    tables = [table for step in steps for table in step.tables]
    reasons = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_REASON_COLUMNS, dtype="str")
    return Selection(
        kept,
        synthetic.take(np.flatnonzero(rejected)),
        reasons,
        retention,
        tuple(notes),
        (*chosen, *met),
        _about(synthetic, rejected, steps, seed=seed)
        | {"effective_n": effective_size(kept.weights, found, ~rejected), "false_rejections": _spared(chosen, audit)},
        audit,
        found,
        rejected_samples(synthetic, found, reasons, rejected, chosen, audit, real=real, seed=seed),
    )


def _about(synthetic: Dataset, rejected: NDArray[np.bool_], steps: Sequence[Rejected], *, seed: int) -> dict[str, Any]:
    gone = int(rejected.sum())
    about: dict[str, Any] = {"n": len(synthetic), "kept": len(synthetic) - gone, "rejected": gone, "seed": seed}
    about["ties"] = sum(step.ties for step in steps)
    for step in steps:
        about |= step.about
    return about


def _spared(chosen: Sequence[AnyRule], audit: Audit) -> Mapping[str, float]:
    shares = {rule.name: false_rejections(rule, audit) for rule in chosen if isinstance(rule, Rule)}
    return {name: share for name, share in shares.items() if share is not None}


def _choose(
    rule: RejectionSampling | Best,
    number: int,
    found: pd.DataFrame,
    audit: Audit,
    left: NDArray[np.bool_],
    *,
    seed: int,
) -> Rejected:
    """What a rule that draws or chooses rejects; each has a lot of its own."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1 << 16, number]))
    if isinstance(rule, RejectionSampling):
        return rule.choose(found, left, rng=rng, real=real_limits(audit, "discriminator_logit"))
    return rule.choose(found, left, rng=rng)


def _judge(rules: Sequence[AnyRule], evidence: pd.DataFrame, audit: Audit) -> Rejected:
    """What demands on columns reject, and notes on what was missing."""
    rejected = np.zeros(len(evidence), dtype=bool)
    tables: list[pd.DataFrame] = []
    notes: list[str] = []
    for rule in rules:
        if not isinstance(rule, Rule):
            continue
        broken, unknown = rule.judge(evidence)
        rejected |= broken
        if broken.any():
            rows = evidence[broken]
            values, limit = rule.values(rows), rule.limit()
            tables.append(reason_table(rows["id"], reason=rule.reason, rule=rule.name, value=values, limit=limit))
        if unknown.any():
            notes.append(_unjudged(rule, int(unknown.sum()), evidence, audit))
    return Rejected(rejected, tuple(tables), tuple(notes))


def _unjudged(rule: Rule, count: int, evidence: pd.DataFrame, audit: Audit) -> str:
    if rule.columns == (HUMAN,):
        seen = f"people have looked at {len(evidence) - count} of {len(evidence)} samples"
        return f"{seen}: no rule of people's decisions judged the others."
    gaps = [name for name in rule.columns if evidence[name].isna().any()]
    known = audit.about.get("sample_reasons", {})
    why = "; ".join(str(known[name]).rstrip(".") for name in gaps if known.get(name))
    return (
        f"the rule {rule.name!r} could not judge {count} of {len(evidence)} samples, whose {' and '.join(gaps)} "
        f"{'is' if len(gaps) == 1 else 'are'} missing{f' ({why})' if why else ''}: it kept them."
    )


def _size_notes(rejected: NDArray[np.bool_], judged: NDArray[np.bool_]) -> list[str]:
    """What follows from how many were rejected, and from how many of these because of what they are."""
    if not len(rejected) or not rejected.any():
        return []
    if rejected.all():
        return ["every sample was rejected, so nothing is left to train on: loosen the rules, or generate again."]
    if judged.mean() > _MOST:
        told = f"{int(judged.sum()):,} of {len(judged):,} samples were rejected by rules that judge each of them"
        return [f"{told}: a better generator would serve better than a filter."]
    return []
