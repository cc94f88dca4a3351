"""The result of a filter: what is kept, what is rejected and why, and who pays for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.errors import DataError, SampleSizeError
from auditkit.exhibits import Exhibit
from auditkit.filtering.cards import write_card
from auditkit.store import write_json, write_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset
    from auditkit.filtering.quotas import Quota
    from auditkit.filtering.rescoring import Rescored
    from auditkit.filtering.rules import AnyRule

__all__ = ["Selection", "SelectionRecord"]

_VERSION = 1


@dataclass(frozen=True)
class SelectionRecord:
    """What `selection.json` says of a filter: counts and reasons, and some samples to look at.

    Attributes
    ----------
    about : mapping
        As `Selection.about`.
    rules : tuple of mapping
        Per rule name, reason, limit, columns, rejected, and false_rejections where they are known.
    reasons : mapping of str to int
        Rejected samples per reason; a sample can have several.
    retention : tuple of mapping
        Rows of `Selection.retention`.
    notes : tuple of str
    gallery : Exhibit or None
        As `Selection.gallery`.
    """

    about: Mapping[str, Any]
    rules: tuple[Mapping[str, Any], ...]
    reasons: Mapping[str, int]
    retention: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    gallery: Exhibit | None = None

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        shown = {} if self.gallery is None else {"gallery": self.gallery.to_json()}
        return {
            "schema": _VERSION,
            "about": dict(self.about),
            "rules": [dict(rule) for rule in self.rules],
            "reasons": dict(self.reasons),
            "retention": [dict(row) for row in self.retention],
            "notes": list(self.notes),
            **shown,
        }

    @classmethod
    def from_json(cls, data: Any) -> SelectionRecord:
        """Record from what `to_json` wrote; more keys are left alone.

        Raises
        ------
        DataError
            If it is something else.
        """
        try:
            if data["schema"] == _VERSION and {"n", "kept", "rejected"} <= data["about"].keys():
                rules, retention, notes = (tuple(data[name]) for name in ("rules", "retention", "notes"))
                shown = None if data.get("gallery") is None else Exhibit.from_json(data["gallery"])
                return cls(data["about"], rules, dict(data["reasons"]), retention, notes, shown)
        except (KeyError, TypeError, AttributeError):
            pass
        message = "this is no record of a filter that this auditkit reads: filter again."
        raise DataError(message)


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
    rules : tuple of Rule, RejectionSampling, Best and Quota
        With numbers for limits that were asked for as shares of real samples.
    about : mapping
        Seed and numbers of samples; `effective_n`, how many samples those kept are worth where repeats count as one
        heavier sample, (sum of weights)^2 / sum over distinct records of their squared weight; `ties`, samples that
        share the value at which a rule or quota cut; `false_rejections`, per rule the share of fresh real samples that
        it would reject, at most, where the audit can tell; what rejection sampling did.
    audit : Audit
        The audit that the samples were judged by.
    evidence : pandas.DataFrame
        A row per synthetic sample, in the set's order: id, and all that rules could read.
    gallery : Exhibit or None
        Some rejected samples of each reason, and kept ones that came nearest to it, for the report.
    """

    kept: Dataset
    rejected: Dataset
    reasons: pd.DataFrame
    retention: pd.DataFrame
    notes: tuple[str, ...]
    rules: tuple[AnyRule | Quota, ...]
    about: Mapping[str, Any]
    audit: Audit = field(repr=False)
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    gallery: Exhibit | None = field(default=None, repr=False)

    @property
    def stayed(self) -> NDArray[np.bool_]:
        """Which samples were kept, a bool per row of `evidence`: in the order of the set that was filtered."""
        ids = pd.Index(self.evidence["id"].astype("str"))
        return np.asarray(ids.isin(self.kept.ids.astype(str)), dtype=np.bool_)

    @property
    def effective_n(self) -> float:
        """How many samples those kept are worth where repeats count as one heavier sample (Kish)."""
        return float(self.about["effective_n"])

    def rescore(self, *, real: Dataset | None = None, holdout: Dataset | None = None) -> Rescored:
        """All scores of the audit before and after filtering, beside each other.

        Parameters
        ----------
        real, holdout : Dataset, optional
            Needed when the audit was opened from a folder and so holds no data.

        Returns
        -------
        Rescored
            `before` and `after` are audits, `frame()` their differences. A filter that reads a discriminator improves
            what that discriminator says, so a forest that it has not read is asked too.

        Raises
        ------
        SampleSizeError
            If nothing was kept.
        AuditkitError
            If there are no real data to audit against.
        """
        from auditkit.filtering.rescoring import rescore  # noqa: PLC0415 - heavy, and only needed here

        return rescore(self, real=real, holdout=holdout)

    def save(self, path: str | Path) -> Path:
        """Write the kept samples, and beside them what was rejected and why.

        Parameters
        ----------
        path : str or Path
            Where the kept samples go, in the format that `Dataset.save` knows by its suffix. Beside it
            `<name>.selection.parquet` (a row per sample: id, kept, reasons, scores) and `<name>.selection.json`
            (rules, retention, notes), `<name>.provenance.json` and the data card `<name>.card.md`.

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
        write_json(target.with_name(f"{target.name}.selection.json"), replace(self.record(), gallery=None).to_json())
        write_card(target, self.kept, audit=self.audit, selection=self)
        return target

    def decisions(self) -> pd.DataFrame:
        """Table with a row per synthetic sample, in the set's order.

        Columns id, kept, reasons (joined by "; ", empty when kept), and the scores that rules could read.
        """
        ids = pd.Index(self.evidence["id"].astype("str"))
        said = self.reasons.drop_duplicates("id").set_index("id")["reason"]
        again = self.reasons["id"].duplicated(keep=False)
        several = self.reasons[again].groupby("id", sort=False)["reason"].agg("; ".join)
        said = said.where(~said.index.isin(several.index), several.reindex(said.index))
        table = pd.DataFrame(
            {"id": ids, "kept": self.stayed, "reasons": said.reindex(ids).fillna("").to_numpy(dtype=object)}
        )
        table["reasons"] = table["reasons"].astype("str")
        return table.join(self.evidence.drop(columns=list(table.columns), errors="ignore"))

    def record(self) -> SelectionRecord:
        """Counts, rules, reasons, retention, notes, and the gallery."""
        counts = self.reasons.groupby("rule", sort=False).size()
        spared = self.about.get("false_rejections", {})
        rules = [
            rule.to_json()
            | {"rejected": int(counts.get(rule.name, 0))}
            | ({"false_rejections": spared[rule.name]} if rule.name in spared else {})
            for rule in self.rules
        ]
        told = self.reasons.groupby("reason").size()
        retention = self.retention.astype(object).where(self.retention.notna(), None).to_dict("records")
        return SelectionRecord(
            dict(self.about),
            tuple(rules),
            {str(reason): int(n) for reason, n in told.items()},
            tuple({str(name): value for name, value in row.items()} for row in retention),
            self.notes,
            self.gallery,
        )

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types: what `record` holds."""
        return self.record().to_json()

    def _repr_html_(self) -> str:
        from auditkit.reports.notebook import selection_html  # noqa: PLC0415 - results may look forward in methods

        return selection_html(self)

    def plot(self, ax: Axes | None = None, *, by: Literal["reasons", "parts"] = "reasons") -> Axes:
        """Draw how many samples were rejected for which reason, or the kept share of each class and group.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure (`.figure`), which pyplot does not know.
        by : {"reasons", "parts"}, default "reasons"

        Returns
        -------
        matplotlib.axes.Axes
        """
        from auditkit.reports.plots import plot_selection  # noqa: PLC0415 - as above

        return plot_selection(self, ax, by=by)

    def __str__(self) -> str:
        """Counts in a few lines."""
        n, kept = self.about["n"], self.about["kept"]
        worth = round(self.about["effective_n"])
        lines = [f"kept {kept} of {n} samples" + (f" (worth {worth} distinct ones)" if worth < kept else "")]
        lines += [f"  {count} {reason}" for reason, count in self.reasons["reason"].value_counts(sort=True).items()]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])
