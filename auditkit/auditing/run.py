"""Audit synthetic data: embed, plan, measure, assemble, gather the evidence."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from auditkit.auditing.assemble import assemble
from auditkit.auditing.broken_orders import orders_fact
from auditkit.auditing.contamination import contamination_of
from auditkit.auditing.evidence import breach_note, sample_table, with_commonest_breach
from auditkit.auditing.exhibits import make_exhibits
from auditkit.auditing.held_rules import HeldRules, hold_rules, judged_inputs
from auditkit.auditing.inputs import Inputs, inputs_of_sets
from auditkit.auditing.leaked_cells import leak_notes
from auditkit.auditing.measure import measure
from auditkit.auditing.origins import format_fact, segments_fact
from auditkit.auditing.plan import Plan, make_plan
from auditkit.auditing.reference import Reference
from auditkit.auditing.result import Audit
from auditkit.auditing.sample_limits import FRESH_BREACHES, SAMPLE_LIMITS, fresh_breaches, sample_limits
from auditkit.auditing.sides import quarters_note
from auditkit.auditing.trained_on import trained_on
from auditkit.auditing.undeclared import Undeclared
from auditkit.auditing.views import MAX_PARTS, MIN_SUPPORT, PartViews, part_count, views_of, yardstick_of
from auditkit.auditing.whole_sets import whole_sets
from auditkit.auditing.worst_groups import worst_fact
from auditkit.blocks import Progress, thread_count
from auditkit.data.checks import unread_notes
from auditkit.data.constraints import Constraint, parse_constraints
from auditkit.data.dataset import Dataset
from auditkit.data.provenance import generator_records
from auditkit.errors import ConfigError, DataError, SampleSizeError, UndefinedError, UnknownNameError
from auditkit.features.fingerprint import fingerprinted_name
from auditkit.gates.baseline import Baseline, Sizes
from auditkit.gates.baseline_file import read_baseline
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.neighbours import Points
from auditkit.metrics.parameters import check_seed
from auditkit.metrics.products import Products, Role, Rows, Side, View
from auditkit.stopwatch import Stopwatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from auditkit.exhibits import Exhibit
    from auditkit.features.registry import AnyEmbedder

__all__ = ["audit", "plan_audit"]

SIZES = ("matched", "full")


def audit(  # noqa: PLR0913 - one for each thing that a user decides
    *,
    real: Dataset | Reference,
    synthetic: Dataset,
    holdout: Dataset | None = None,
    metrics: str | Sequence[str] = "default",
    embedder: AnyEmbedder | None = None,
    groups: Sequence[str] | None = None,
    seed: int = 0,
    sizes: Literal["matched", "full"] = "matched",
    show_real: bool = False,
    constraints: Sequence[str | Constraint] = (),
    whole: Mapping[str, Dataset] | None = None,
    baseline: str | PathLike[str] | Baseline | Sizes | None = None,
    exhibits: bool = True,
    progress: Progress | None = None,
) -> Audit:
    """Audit synthetic data for realism, variety, copying and fairness.

    Parameters
    ----------
    real : Dataset or Reference
        What the generator was trained on, or what `build_reference` kept of it and of its holdout.
    synthetic : Dataset
        What is audited, with the same columns.
    holdout : Dataset, optional
        Real units that the generator never saw. Without one, copying cannot be judged and fidelity is judged against
        two halves of the real data.
    metrics : "default", "all" or sequence of str
    embedder : str, function, torch module or embedder, optional
        Name of an embedder, or one of your own; each modality has a default.
    groups : sequence of str, optional
        Columns whose levels are compared; those of `real` by default.
    seed : int, default 0
        The same seed gives the same bytes, on any number of threads.
    sizes : {"matched", "full"}, default "matched"
        Judge synthetic data and holdout at equal sizes, or at the sizes given (most metrics depend on size).
    show_real : bool, default False
        Whether real units are named and shown in what the audit writes.
    constraints : sequence of str, optional
        Rules for each row, as `"end >= start"`; samples that break one say so in their `violations`, and notes tell how
        many rows do, real ones included. See docs/constraints.md.
    whole : mapping of "real", "synthetic" and "holdout" to Dataset, optional
        Sets of which those given are samples: identical records are looked for in all of them, so that shares of
        copies and repeats are not too low. As many sets as are given.
    exhibits : bool, default True
        Whether to gather what pages show, which takes time that a filter does not need.
    baseline : path, str, Baseline or Sizes, optional
        Scores that this audit will be compared with, or their sizes: synthetic data and holdout are compared at its
        size where they are larger. A file that does not exist yet changes nothing.
    progress : callable, optional
        Called with steps done, steps in all and a word.

    Returns
    -------
    Audit

    Raises
    ------
    DataError
        If sets cannot be compared, or features are not finite.
    SampleSizeError
        If a set is empty.
    UnknownNameError
        If a metric, embedder, group or a constraint's column is not known.
    ConfigError
        If a constraint is no rule, or compares what cannot be compared, or the baseline cannot be used.
    """
    started, watch = time.perf_counter(), Stopwatch()
    watch.begin("prepare")
    asked: dict[str, Any] = {"embedder": embedder, "groups": groups, "seed": seed, "sizes": sizes}
    inputs = _inputs(real, synthetic, holdout, **asked, show_real=show_real)
    if show_real and not inputs.has_real:
        show_real = False
        inputs = replace(inputs, notes=(*inputs.notes, "Real units are not shown: a reference holds no cells of them."))
    rules = hold_rules(inputs, parse_constraints(constraints))
    kept = _sizes_of(baseline, sizes)
    parts, plan = _planned(inputs, metrics=metrics, seed=seed, sizes=sizes, kept=kept)
    if "validity" in plan.metrics:
        inputs = judged_inputs(inputs, rules, seed=seed)
    undeclared = Undeclared(inputs, plan, parts[0], seed=seed, show_real=show_real)
    evidence = _Evidence(inputs.sets, rules, undeclared, show_real=show_real)
    readings = measure(
        plan,
        inputs.sides,
        seed=seed,
        progress=watch.over([task.purpose for task in plan.tasks], progress),
        keep=evidence.gather if inputs.served is None else None,
        prepare=inputs.prepare,
    )
    watch.begin("evidence")
    if inputs.served is not None:
        inputs.served.complete(readings, matched=sizes == "matched")
        evidence.gather(Products({"synthetic": inputs.sides["synthetic"]}, seed=seed))
    scores = assemble(plan, parts, readings, embedder=fingerprinted_name(inputs.embedder), seed=seed)
    if inputs.served is not None:
        scores = inputs.served.explained(scores)
    scores = with_commonest_breach(scores, evidence.samples)
    everything = None
    if whole is not None:
        everything = whole_sets(whole, like=inputs.sets, groups=groups, show_real=show_real)
        modality = inputs.sets["real"].modality
        scores = everything.scores(scores, modality=modality, seed=seed, matched=sizes == "matched")
        evidence.samples["copy"] = pd.array(everything.copies(inputs.sets["synthetic"]), dtype="boolean")
    shown: tuple[Exhibit, ...] = ()
    if exhibits:
        shown = make_exhibits(
            inputs.sides,
            inputs.sets,
            evidence.samples,
            yardstick_distances=evidence.yardstick_distances,
            show_real=show_real,
            seed=seed,
            metrics=plan.metrics,
            has_rows=inputs.served is None,
            others=undeclared.exhibits,
        )
    compared = inputs.sides if everything is None else everything.sides
    about = _about(inputs, plan, compared, seed=seed, show_real=show_real) | {"sample_reasons": evidence.reasons}
    about |= {SAMPLE_LIMITS: evidence.limits, FRESH_BREACHES: evidence.breaches}
    about["notes"] += [*rules.notes, *(note for note in [breach_note(evidence.samples)] if note is not None)]
    about["notes"] += leak_notes(scores)
    about["notes"] += _size_note(parts[0], kept)
    given: Mapping[str, Any] = whole or {"real": real, "synthetic": synthetic, "holdout": holdout}
    seen, told = trained_on(given["synthetic"], given["real"], given.get("holdout"))
    about["notes"] += told
    about["facts"] |= {} if seen is None else {"contaminated_holdout": seen}
    about["facts"] |= undeclared.facts | worst_fact(scores, about["groups"])
    if inputs.served is None:
        about["facts"] |= orders_fact(inputs.sets) | segments_fact(inputs.sides, seed=seed)
        about["facts"] |= format_fact(inputs.sides, scores, seed=seed)
    about["constraints"] = [dict(found) for found in rules.counts]
    made = datetime.now(UTC).isoformat(timespec="seconds")
    run = {
        "made": made,
        "seconds": round(time.perf_counter() - started, 3),
        "steps": watch.steps(),
        "threads": thread_count(),
        "plan": str(plan),
    }
    return Audit(scores, evidence.samples, shown, about, run, inputs.held, inputs.embedder)


def plan_audit(
    *,
    real: Dataset | Reference,
    synthetic: Dataset,
    holdout: Dataset | None = None,
    metrics: str | Sequence[str] = "default",
    embedder: AnyEmbedder | None = None,
    groups: Sequence[str] | None = None,
    seed: int = 0,
    sizes: Literal["matched", "full"] = "matched",
    baseline: str | PathLike[str] | Baseline | Sizes | None = None,
) -> Plan:
    """What `audit` would compute with the same arguments, with its predicted cost; computes only the features.

    Parameters
    ----------
    real, synthetic, holdout, metrics, embedder, groups, seed, sizes, baseline
        As for `audit`.

    Returns
    -------
    Plan
        `str(plan)` is a table of views, metrics and operations.

    Raises
    ------
    DataError, SampleSizeError, UnknownNameError
        As for `audit`.
    """
    inputs = _inputs(real, synthetic, holdout, embedder=embedder, groups=groups, seed=seed, sizes=sizes)
    return _planned(inputs, metrics=metrics, seed=seed, sizes=sizes, kept=_sizes_of(baseline, sizes))[1]


def _inputs(
    real: Dataset | Reference,
    synthetic: Dataset,
    holdout: Dataset | None,
    *,
    embedder: AnyEmbedder | None,
    groups: Sequence[str] | None,
    seed: int,
    sizes: str,
    show_real: bool = False,
) -> Inputs:
    check_seed(seed)
    if sizes not in SIZES:
        raise UnknownNameError.of("way to compare sizes", str(sizes), SIZES)
    if not isinstance(real, Reference):
        return inputs_of_sets(
            real, synthetic, holdout, embedder=embedder, groups=groups, seed=seed, show_real=show_real
        )
    if holdout is not None:
        message = "a reference brings its own holdout: leave `holdout` out, or build the reference with it."
        raise DataError(message)
    return real.inputs(synthetic, embedder=embedder, groups=groups, seed=seed)


def _sizes_of(baseline: str | PathLike[str] | Baseline | Sizes | None, sizes: str) -> Sizes:
    """Synthetic units at which a baseline compares."""
    if baseline is not None and sizes == "full":
        raise ConfigError('sizes = "full" keeps an audit from its baseline\'s size: use "matched", or no baseline.')
    if baseline is None or isinstance(baseline, Sizes):
        return baseline or Sizes()
    found = baseline if isinstance(baseline, Baseline) else read_baseline(baseline)
    return Sizes() if found is None else found.sizes


def _size_note(whole: PartViews, kept: Sizes) -> list[str]:
    """That the sets were cut to the baseline's size, where they were."""
    compared = [view.rows["synthetic"].index for view in (*whole.matched[:1], *whole.yardstick[:1])]
    size, notes = kept.fresh.get(()), []
    if size is not None and compared and all(index is not None and len(index) == size for index in compared):
        notes.append(f"Synthetic data and fresh real data were compared at the baseline's size, {size:,} units each.")
    if whole.at_baseline:
        notes.append(f"What has no yardstick was compared at the baseline's size too, {kept.alone:,} synthetic units.")
    return notes


def _planned(
    inputs: Inputs, *, metrics: str | Sequence[str], seed: int, sizes: str, kept: Sizes
) -> tuple[list[PartViews], Plan]:
    modality, matched = inputs.sets["real"].modality, sizes == "matched"
    if inputs.served is not None:
        return inputs.served.planned(metrics=metrics, modality=modality, matched=matched)
    parts = views_of(inputs.sides, seed=seed, matched=matched, most=kept.fresh, alone=kept.alone)
    return parts, make_plan(parts, inputs.sides, metrics=metrics, modality=modality)


class _Evidence:
    """Gathers what is shown per sample while the products of the whole set are at hand."""

    samples: pd.DataFrame
    reasons: dict[str, str]
    limits: dict[str, dict[str, float]]
    breaches: Mapping[str, float]
    yardstick_distances: NDArray[np.float64] | None = None

    def __init__(
        self, sets: Mapping[Role, Dataset], rules: HeldRules, undeclared: Undeclared, *, show_real: bool
    ) -> None:
        self._sets, self._rules, self._undeclared, self._show_real = sets, rules, undeclared, show_real

    def gather(self, products: Products) -> None:
        whole = View("full", {}, {role: Rows(role) for role in self._sets})
        self.samples, self.reasons = sample_table(
            products, whole, self._sets, rules=self._rules, show_real=self._show_real
        )
        self.limits = sample_limits(products, whole, self._sets)
        self.breaches = fresh_breaches(self._sets, self._rules) if "holdout" in self._sets else {}
        if "holdout" in self._sets:
            self.yardstick_distances = _closest(products, yardstick_of(whole))
        self._undeclared.gather(products)


def _closest(products: Products, view: View) -> NDArray[np.float64] | None:
    try:
        crossing: Crossing = products.get(Crossing, view)
    except (SampleSizeError, UndefinedError):  # too few units for neighbours, or none; the scores say so
        return None
    points: Points = products.get(Points, view, "synthetic")
    return crossing.nearest_real_distance[points.inverse]


def _about(inputs: Inputs, plan: Plan, compared: Mapping[Role, Side], *, seed: int, show_real: bool) -> dict[str, Any]:
    sets, real = inputs.sets, inputs.sets["real"]
    contaminated = contamination_of(compared)
    return {
        "modality": real.modality,
        "label": real.label,
        "groups": list(real.groups),
        "generators": _generators(sets["synthetic"]),
        "embedder": inputs.embedder.name,
        "seed": seed,
        "show_real": show_real,
        "n": {role: len(item) for role, item in sets.items()},
        "names": {role: _without_folders(item.source) for role, item in sets.items()},
        "hashes": dict(inputs.hashes),
        "notes": _notes(inputs),
        "skipped": dict(plan.skipped),
        "facts": ({} if contaminated is None else {"contaminated_holdout": contaminated})
        | ({} if sets["synthetic"].key is None else {"unit": sets["synthetic"].key}),
        "schema": [{"name": column.name, "kind": column.kind} for column in real.schema.columns],
        "versions": _versions(),
    }


def _without_folders(source: str) -> str:
    """Name of a set as an audit tells it: whoever calls a set by its path does not share their folders."""
    return re.split(r"[/\\]", source.rstrip("/\\"))[-1] or source


def _generators(synthetic: Dataset) -> list[str]:
    """Names of the generators that made a set, as far as it remembers them."""
    records = generator_records(synthetic.provenance)
    return sorted({str(record["generator"]) for record in records if "generator" in record})


def _notes(inputs: Inputs) -> list[str]:
    """What is lost on these data, a sentence each."""
    sets, sides = inputs.sets, inputs.sides
    others = {str(role): item for role, item in sets.items() if role != "real"}
    notes = [*inputs.embedder.notes, *inputs.notes, *unread_notes(others, sets["real"].schema)]
    if "holdout" not in sets:
        notes.append(
            "No holdout was given: copying cannot be judged, and realism and variety are judged against two halves of "
            "the real data."
        )
    notes += quarters_note(sets["real"].label, sides["real"].label_levels)
    if sets["real"].label is None:
        notes.append("No label was given: classes, label rates and label agreement are not looked at.")
    if not sets["real"].groups:
        notes.append("No groups were given: nothing is said about fairness between groups.")
    if inputs.served is None and part_count(sides) > MAX_PARTS:
        notes.append(f"Only the first {MAX_PARTS} of {part_count(sides)} groups and classes are scored on their own.")
    if len(sets["synthetic"]) < MIN_SUPPORT:
        notes.append(f"The synthetic set has only {len(sets['synthetic'])} units: most questions cannot be decided.")
    return notes


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("auditkit", "numpy", "scipy", "scikit-learn", "pandas", "numba"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a checkout that is not installed
            found[name] = "unknown"
    return found
