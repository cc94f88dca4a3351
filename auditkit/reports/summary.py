"""Everything a page or a text says, as plain typed data: results in, no markup out."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from auditkit.reports.amplification import TieRow, tie_rows
from auditkit.reports.arm_words import advice_with_arms, questions_with_words
from auditkit.reports.judgement import Advice, Banner, GateRow, advice_of, banner_of, gate_rows, prose
from auditkit.reports.outcomes import AblationSummary, FilterSummary, ablation_summary, filter_summary
from auditkit.reports.rescored import RescoredSummary, rescored_summary
from auditkit.reports.review_section import ReviewSummary, review_summary
from auditkit.reports.scores import Answers, Unmeasured, questions_of, unmeasured
from auditkit.reports.subgroups import GroupTable, group_table
from auditkit.reports.timings import Timings, timings_of
from auditkit.reports.words import count, inert, noun_of

if TYPE_CHECKING:
    from auditkit.ablation import Ablation
    from auditkit.auditing import Audit
    from auditkit.exhibits import Exhibit
    from auditkit.filtering.decisions import Decisions
    from auditkit.filtering.rescoring import Rescored
    from auditkit.filtering.selection import Selection, SelectionRecord
    from auditkit.gates import Verdict
    from auditkit.results import Score

__all__ = ["Reproduce", "Summary", "summarise"]

FORMAT = 2
_DOCUMENTED = ("advice", "formula", "meaning", "misleads", "source")
_SHARED = ("metric", "title", "method", "direction", "unit", "status", "embedder", "parameters", "n_dropped", "seed")
_SIZES = ("n_real", "n_synthetic")
_TABLES = frozenset({"cells", "gates", "parts", "rows", "same", "scores", "worse", "worst"})


@dataclass(frozen=True)
class Reproduce:
    """How to get the same numbers again."""

    commands: tuple[str, ...]
    seed: int
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Summary:
    """Plain data of a report; page and text are thin renderings of it.

    Attributes
    ----------
    title : str
    banner : Banner
        The verdict in a word and a sentence.
    noun, n_real, n_holdout, n_synthetic
        What a unit is called, and how many there are in each set; None for a set that was not given.
    facts : tuple of (str, str)
        What was compared, in order.
    notes : tuple of str
        What was lost for want of a label, groups or a holdout; remarks of the check.
    findings, gates, unmeasured, questions, groups, ties, filtering, rescored, review, ablation
        The sections, in order.
    exhibits : tuple of Exhibit
        Bounded evidence for charts and galleries.
    reproduce : Reproduce
    shows_real : bool
        Whether real records may be among the exhibits.
    timings : Timings or None
        Where the time went, only where that was asked for.
    """

    title: str
    banner: Banner
    noun: str
    n_real: int | None
    n_holdout: int | None
    n_synthetic: int | None
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    findings: tuple[Advice, ...]
    gates: tuple[GateRow, ...]
    unmeasured: tuple[Unmeasured, ...]
    questions: tuple[Answers, ...]
    groups: GroupTable | None
    ties: tuple[TieRow, ...]
    filtering: FilterSummary | None
    rescored: RescoredSummary | None
    review: ReviewSummary | None
    ablation: AblationSummary | None
    exhibits: tuple[Exhibit, ...]
    reproduce: Reproduce
    shows_real: bool
    timings: Timings | None = None

    def to_json(self, *, gates: Sequence[GateRow] | None = None) -> dict[str, Any]:
        """Mapping of plain types, numbers in four digits; fields without a value are left out.

        Of the exhibits it says only what they are: their data lie beside the audit. What parts share with their
        whole (unit, parameters, seed and the like) stands with the whole. Rows of alike things (parts of a score, arms,
        cells, changes) are a table of `columns` and `rows`, with None where a row has no such field. `gates` are told
        in place of all where they are given.
        """
        exhibits = [{"name": item.name, "kind": item.kind, "title": item.title} for item in self.exhibits]
        kept = replace(self, exhibits=(), gates=self.gates if gates is None else tuple(gates))
        told = {**_once(_lean(asdict(kept))), "exhibits": exhibits, "shows_real": self.shows_real}
        return {"format": FORMAT, **_tabled(told)}


def summarise(
    audit: Audit,
    *,
    verdict: Verdict | None = None,
    selection: Selection | SelectionRecord | None = None,
    ablation: Ablation | None = None,
    decisions: Decisions | None = None,
    rescored: Rescored | None = None,
    title: str | None = None,
    timings: bool = False,
) -> Summary:
    """Gather what a report says.

    Parameters
    ----------
    audit : Audit
        Its scores, exhibits and `about` are read, and which columns of its sample table are empty.
    verdict, selection, ablation, decisions, rescored : optional
        What later steps found.
    title : str, optional
        Heading of the report.
    timings : bool, default False
        Whether it says where the time went, which is private to the machine.

    Returns
    -------
    Summary
    """
    about = audit.about
    scores: Sequence[Score] = [*audit.scores, *(ablation.scores if ablation is not None else ())]
    rows = gate_rows(verdict, units={score.metric: score.unit for score in scores})
    groups = [str(name) for name in about.get("groups") or ()]
    sizes = {str(role): int(n) for role, n in about.get("n", {}).items() if n is not None}
    names = about.get("names", {})
    arms = ablation.verdicts if ablation is not None else ()
    return Summary(
        title=inert(title) if title else f"Audit of {inert(names.get('synthetic', 'synthetic data'), limit=80)}",
        banner=banner_of(verdict, rows),
        noun=noun_of(about)[0],
        n_real=sizes.get("real"),
        n_holdout=sizes.get("holdout"),
        n_synthetic=sizes.get("synthetic"),
        facts=_facts(about, sizes, groups),
        notes=tuple(prose(note) for note in (*about.get("notes", ()), *(verdict.notes if verdict else ()))),
        findings=advice_with_arms(advice_of(verdict.findings), arms) if verdict else (),
        gates=rows,
        unmeasured=unmeasured(
            audit.scores, skipped=about.get("skipped", {}), gates=rows, empty_columns=_empty_columns(audit)
        ),
        questions=questions_with_words(questions_of(audit.scores, gates=rows, groups=groups), arms),
        groups=group_table(audit.scores, groups=groups, gates=rows),
        ties=tie_rows(audit.scores),
        filtering=filter_summary(selection),
        rescored=rescored_summary(rescored),
        review=None if decisions is None else review_summary(decisions),
        ablation=ablation_summary(ablation),
        exhibits=_exhibits(audit, selection),
        reproduce=_reproduce(about, groups, config=_config(audit)),
        shows_real=bool(about.get("show_real", False)),
        timings=timings_of(audit.run) if timings else None,
    )


def _exhibits(audit: Audit, selection: Selection | SelectionRecord | None) -> tuple[Exhibit, ...]:
    """Those of the audit, and what the filter shows of its samples."""
    shown = getattr(selection, "gallery", None)
    return (*audit.exhibits, *([] if shown is None else [shown]))


def _once(told: dict[str, Any]) -> dict[str, Any]:
    """Scores whose parts leave out what they share with their whole; the pages of metrics tell how they are made.

    What a gate is about stands in words.
    """
    for gate in told.get("gates", ()):
        gate.pop("where", None)
    for question in told.get("questions", ()):
        for score in question.get("scores", ()):
            for name in _DOCUMENTED:
                score.pop(name, None)
            for part in score.get("parts", ()):
                part.pop("n_parts", None)
                for name in [name for name in (*_SHARED, *_SIZES) if name in part and part[name] == score.get(name)]:
                    del part[name]
    return told


def _tabled(value: Any, key: str = "") -> Any:
    """Rows of alike things as a table, so that the names of their fields stand once."""
    if isinstance(value, Mapping):
        return {name: _tabled(item, name) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    rows = [_tabled(item) for item in value]
    if key not in _TABLES or not all(isinstance(row, Mapping) for row in rows):
        return rows
    columns = sorted({name for row in rows for name in row})
    return {"columns": columns, "rows": [[row.get(name) for name in columns] for row in rows]}


def _lean(value: Any) -> Any:
    """Plain types without empty fields."""
    if isinstance(value, Mapping):
        return {name: _lean(item) for name, item in value.items() if item is not None and item not in ("", (), [])}
    if isinstance(value, (list, tuple)):
        return [_lean(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _empty_columns(audit: Audit) -> dict[str, str]:
    """Columns of the sample table that hold nothing at all, and why."""
    reasons: Mapping[str, str] = audit.about.get("sample_reasons", {})
    found = [name for name in reasons if name in audit.samples and bool(audit.samples[name].isna().all())]
    return {name: reasons[name] for name in found if reasons[name]}


def _facts(about: Mapping[str, Any], sizes: Mapping[str, int], groups: Sequence[str]) -> tuple[tuple[str, str], ...]:
    noun = noun_of(about)
    names = about.get("names", {})
    facts = [
        (told, f"{_file(names.get(role, role))}, {count(sizes[role], *noun)}")
        for role, told in (("synthetic", "Synthetic"), ("real", "Real, trained on"), ("holdout", "Real, held out"))
        if role in sizes
    ]
    facts.append(("Label", inert(about["label"], limit=60) if about.get("label") else "none declared"))
    facts.append(("Groups", ", ".join(inert(name, limit=40) for name in groups) or "none declared"))
    if about.get("embedder"):
        facts.append(("Embedder", inert(about["embedder"])))
    facts.append(("Seed", str(about.get("seed", 0))))
    version = about.get("versions", {}).get("auditkit")
    return (*facts, ("auditkit", inert(version))) if version else tuple(facts)


def _config(audit: Audit) -> str:
    """Name of the file that a run was told by, with its gates and its baseline; empty where there was none."""
    path = getattr(audit, "run", {}).get("config")
    return _file(str(path)) if path else ""


def _reproduce(about: Mapping[str, Any], groups: Sequence[str], *, config: str) -> Reproduce:
    names = _arguments(about.get("names", {}))
    words = ["auditkit", "audit"]
    for role in ("real", "synthetic", "holdout"):
        words += [f"--{role}", shlex.quote(names[role])] if role in names else []
    words += ["--label", shlex.quote(inert(about["label"]))] if about.get("label") else []
    for name in groups:
        words += ["--group", shlex.quote(inert(name))]
    for rule in about.get("constraints") or ():
        words += ["--constraint", shlex.quote(inert(rule["text"], limit=400))]
    words += ["--quick"] if about.get("quick") else []
    words += ["--seed", str(about.get("seed", 0)), "--out", "audit"]
    versions = tuple((inert(name), inert(version)) for name, version in sorted(about.get("versions", {}).items()))
    asked = f" --config {shlex.quote(config)}" if config else ""
    whole = (f"auditkit run{asked}",) if config else ()
    commands = (*whole, " ".join(words), f"auditkit check audit{asked}", f"auditkit report audit{asked}")
    return Reproduce(commands, int(about.get("seed", 0)), versions)


def _arguments(names: Mapping[str, str]) -> dict[str, str]:
    """File of each role; a set that is no file of its own (generated, or split off) stands as a word to replace."""
    files = {role: _file(name) for role, name in names.items()}
    seen = [name for role, name in files.items() if role != "holdout"]
    return {
        role: name if "." in name and not (role == "holdout" and name in seen) else role.upper()
        for role, name in files.items()
    }


def _file(name: object) -> str:
    """Name of a source without the folders before it."""
    return prose(name) or "data"
