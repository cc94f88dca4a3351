"""The result of an audit: scores, evidence per sample and exhibits, in memory and on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.auditing.migrations import FORMAT_VERSION, migrated
from auditkit.auditing.samples_digest import check_samples, samples_digest
from auditkit.auditing.worst_groups import WorstGroup, worst_groups
from auditkit.errors import DataError
from auditkit.exhibits import Exhibit
from auditkit.gates.table import printable
from auditkit.layout import EXHIBITS, RUN, SAMPLES, SCORES
from auditkit.results import Score, Scores
from auditkit.store import read_json, read_table, write_json, write_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from auditkit.ablation.result import Ablation
    from auditkit.config import Config
    from auditkit.data import Dataset
    from auditkit.features.registry import Embedder
    from auditkit.filtering.decisions import Decisions
    from auditkit.filtering.rescoring import Rescored
    from auditkit.filtering.selection import Selection, SelectionRecord
    from auditkit.gates import Verdict
    from auditkit.gates.baseline import Baseline
    from auditkit.metrics.products import Role

__all__ = ["Audit", "open_audit"]


@dataclass(frozen=True, eq=False)
class Audit:
    """What an audit found.

    Attributes
    ----------
    scores : Scores
        `scores["coverage"]` is the whole set's score, `.at(sex="Female")` of it a group's.
    samples : pandas.DataFrame
        A row per synthetic unit: the evidence for filters, galleries and review.
    exhibits : tuple of Exhibit
    about : mapping
        What was audited: modality, label, groups, embedder, seed, sizes, notes, schema, versions.
    run : mapping
        Local and private: times, thread count, plan. Not part of what is shared.
    inputs : mapping of role to Dataset
        The sets of a fresh audit; empty for one opened from disk.
    embedder : Embedder or None
        The embedder of a fresh audit; None for one opened from disk.
    """

    scores: Scores
    samples: pd.DataFrame
    exhibits: tuple[Exhibit, ...]
    about: Mapping[str, Any]
    run: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[Role, Dataset] = field(default_factory=dict, repr=False)
    embedder: Embedder | None = field(default=None, repr=False)

    @property
    def groups(self) -> pd.DataFrame:
        """Row per subgroup and class, column per metric: a pivot of the scores. Missing where undefined."""
        names = {*self.about["groups"], "class", "label"}
        parts = Scores.of(score for score in self.scores if score.where and names.issuperset(score.where)).frame()
        order = list(dict.fromkeys(parts["where"]))
        columns = list(dict.fromkeys(parts["metric"]))
        wide = parts.pivot_table(index="where", columns="metric", values="value", aggfunc="first", dropna=False)
        return wide.reindex(index=order, columns=columns)

    @property
    def worst_groups(self) -> pd.DataFrame:
        """Row per score that is read in several groups: the group in which it is worst, and what chance alone gives.

        `excess` is how much worse it is there than for fresh real rows of the group, `by_chance` what the worst of
        groups that are all alike is expected to be worse by, `chance_share` the one over the other, `p_adjusted` how
        often such groups would have a worst as bad (Holm's correction for all scores).
        """
        names = ["group" if item.name == "where" else item.name for item in fields(WorstGroup)]
        found = worst_groups(self.scores, self.about["groups"])
        return pd.DataFrame([{name: getattr(item, name) for name in names} for item in found], columns=names)

    def check(
        self,
        config: str | PathLike[str] | Config | None = None,
        *,
        ablation: Ablation | None = None,
        baseline: str | PathLike[str] | Baseline | None = None,
    ) -> Verdict:
        """Judge the scores by gates.

        Parameters
        ----------
        config : path or Config, optional
            Gates to judge by; without one the preset `"recommended"`.
        ablation : Ablation, optional
            Its scores are judged too.
        baseline : path, str or Baseline, optional
            Scores that `max_increase` and `max_drop` compare with, by default those that the config names: a file, or
            `"git:REV"`, `"git:REV:PATH"`. A file that does not exist yet is no error, unless `[check]` has
            `require_baseline = true`: then such gates could not be measured.

        Returns
        -------
        Verdict
            `passed`, `exit_code`, `results`, `findings`.

        Raises
        ------
        ConfigError
            If the config is wrong; names file:line:column. Or if the baseline's revision is not in git.
        DataError
            If the baseline's file is no baseline.
        """
        from auditkit.config import Config, load_config  # noqa: PLC0415 - results may look forward in methods
        from auditkit.gates import judge  # noqa: PLC0415
        from auditkit.gates.baseline_file import with_baseline  # noqa: PLC0415
        from auditkit.gates.rules import gates_of  # noqa: PLC0415

        if config is not None and not isinstance(config, Config):
            config = load_config(str(config))
        gates, check = gates_of(config)
        scores = self.scores if ablation is None else Scores.of((*self.scores, *ablation.scores))
        scores, notes = with_baseline(
            scores, self.about, config=config, baseline=baseline, required=check.require_baseline
        )
        verdict = judge(
            scores,
            gates,
            check=check,
            skipped=self.about.get("skipped", {}),
            facts=self.about.get("facts", {}),
            audited=self._audited(),
        )
        return replace(verdict, notes=(*verdict.notes, *notes))

    def _audited(self) -> dict[str, Any]:
        """What gates that are for some data only are held against."""
        held = self.inputs.get("synthetic")
        source = "" if held is None or "/" not in held.source else held.source  # sets are mostly called by file name
        return {
            "modality": self.about["modality"],
            "generators": list(self.about.get("generators", ())),
            "path": str(self.run.get("inputs", {}).get("synthetic") or source),
            "name": str(self.about["names"].get("synthetic") or ""),
        }

    def report(
        self,
        path: str | PathLike[str],
        *,
        verdict: Verdict | None = None,
        selection: Selection | SelectionRecord | None = None,
        ablation: Ablation | None = None,
        decisions: Decisions | None = None,
        rescored: Rescored | None = None,
        title: str | None = None,
        timings: bool = False,
    ) -> Path:
        """Write the report, one self-contained HTML page, and return its path.

        Parameters
        ----------
        path : path
            The HTML file; its folder is made where missing.
        verdict : Verdict, optional
            By default that of `check`.
        selection, ablation, decisions, rescored : optional
            What later steps found, and what people decided (`auditkit.filtering.read_decisions`); their sections are
            left out where absent.
        title : str, optional
            Heading, by default made from the synthetic set's name.
        timings : bool, default False
            Whether it says where the time went on this machine.

        Returns
        -------
        Path
        """
        from auditkit.reports.page import write_report  # noqa: PLC0415 - results may look forward in methods

        if verdict is None:
            verdict = self.check(ablation=ablation)
        later: dict[str, Any] = {"selection": selection, "ablation": ablation, "decisions": decisions}
        later["rescored"] = rescored
        write_report(Path(path), self, verdict=verdict, **later, title=title, timings=timings)
        return Path(path)

    def _repr_html_(self) -> str:
        from auditkit.reports.notebook import audit_html  # noqa: PLC0415 - results may look forward in methods

        return audit_html(self)

    def plot(self, ax: Axes | None = None, *, metrics: Sequence[str] | None = None) -> Axes:
        """Draw how much worse than fresh real data each score is.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure (`.figure`), which pyplot does not know.
        metrics : sequence of str, optional
            Scores to draw; by default those between 0 and 1, and those that could not be measured.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from auditkit.reports.plots import plot_audit  # noqa: PLC0415 - as above

        return plot_audit(self, ax, metrics=metrics)

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write audit.json, samples.parquet, exhibits/ and run.json to a folder and return it.

        All but run.json are shareable and the same bytes for the same seed.
        """
        place = Path(folder)
        write_json(place / SCORES, self.to_json())
        write_table(place / SAMPLES, self.samples)
        for old in (place / EXHIBITS).glob("*.json"):
            old.unlink()
        for exhibit in self.exhibits:
            write_json(place / EXHIBITS / f"{_file_name(exhibit.name)}.json", exhibit.to_json())
        write_json(place / RUN, dict(self.run))
        return place

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types: scores and what was audited."""
        return {
            "format_version": FORMAT_VERSION,
            "about": dict(self.about),
            "samples_sha256": samples_digest(self.samples),
            "scores": [score.to_json() for score in self.scores],
        }

    def __str__(self) -> str:
        sizes = ", ".join(f"{n} {role}" for role, n in self.about["n"].items())
        lines = [printable(f"audit of {self.about['names']['synthetic']} ({sizes})")]
        for name in self.scores.metrics:
            whole = [score for score in self.scores if score.metric == name and not score.where]
            lines += [_line(score) for score in whole]
        return "\n".join(lines)


def open_audit(folder: str | PathLike[str]) -> Audit:
    """Audit from the folder that `Audit.save` wrote.

    Parameters
    ----------
    folder : str or path

    Returns
    -------
    Audit

    Raises
    ------
    DataError
        If the folder holds no audit, one of a newer form than this auditkit knows (older forms are brought to
        today's), or a samples table that is not the audit's.
    """
    place = Path(folder)
    if not (place / SCORES).is_file():
        message = f"there is no {SCORES} in {str(folder)!r}: give the folder that `auditkit audit --out` wrote."
        raise DataError(message)
    data = migrated(read_json(place / SCORES), f"{SCORES} in {str(folder)!r}")
    samples = read_table(place / SAMPLES)
    try:
        check_samples(samples, data, repr(str(place / SAMPLES)))
        return Audit(
            scores=Scores.of(Score.from_json(item) for item in data["scores"]),
            samples=samples,
            exhibits=tuple(Exhibit.from_json(read_json(path)) for path in sorted((place / EXHIBITS).glob("*.json"))),
            about=data["about"],
            run=_run_of(place / RUN),
        )
    except (KeyError, TypeError, IndexError) as error:
        message = f"the audit in {str(folder)!r} is damaged ({type(error).__name__} {error}): audit the data again."
        raise DataError(message) from None


def _run_of(path: Path) -> dict[str, Any]:
    """What the file of the run holds; nothing where there is none."""
    if not path.is_file():
        return {}
    held = read_json(path)
    told = isinstance(held, dict) and all(isinstance(held.get(name, {}), dict) for name in ("inputs", "roles"))
    if not told or not all(isinstance(item, str) for item in held.get("inputs", {}).values()):
        raise DataError(f"{str(path)!r} is damaged: audit the data again, or remove the file, which no check needs.")
    return dict(held)


def _file_name(name: str) -> str:
    """Exhibit's name as a file name: other signs become hyphens."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)


def _line(score: Score) -> str:
    if score.value is None:
        return f"  {score.metric:<28} {score.status}: {printable(score.reason)}"
    value, beside = f"{score.value:.4f}", ""
    if score.yardstick is not None:
        # Most metrics depend on the size: only the value at equal size may stand beside the yardstick.
        equal = f"{score.details.get('at_equal_size', score.value):.4f}"
        beside = f"  yardstick {score.yardstick:.4f}{'' if equal == value else f' (at equal size {equal})'}"
    return f"  {score.metric:<28} {value}{beside}"
