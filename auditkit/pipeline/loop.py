"""The whole loop from one config: load, generate, audit, judge, filter, merge, ablate, report."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.ablation.run import ablate
from auditkit.auditing.run import audit
from auditkit.config import Config, load_config
from auditkit.errors import ConfigError, DataError
from auditkit.filtering.merging import merge
from auditkit.filtering.select import filter as select
from auditkit.filtering.weighing import check_weights
from auditkit.gates.baseline_file import chosen_baseline
from auditkit.gates.rules import gates_of, metrics_asked
from auditkit.layout import ABLATION, REPORT
from auditkit.pipeline.checking import check_constraints, check_names
from auditkit.pipeline.given_evidence import asks_own_score, decided, own_scores, saved_decisions
from auditkit.pipeline.recipes import recipe_of
from auditkit.pipeline.sets import Sets, load_set, load_sets, quick_note, quick_sample, stage, unsplit_note
from auditkit.pipeline.writing import (
    check_folder,
    check_own_folders,
    clear_earlier,
    roles_of,
    save_selection,
    save_with_card,
    suffix,
    uninterrupted,
)
from auditkit.stopwatch import Stopwatch

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation
    from auditkit.auditing.result import Audit
    from auditkit.blocks import Progress
    from auditkit.data import Dataset
    from auditkit.filtering.merging import Merged
    from auditkit.filtering.rescoring import Rescored
    from auditkit.filtering.selection import Selection
    from auditkit.gates import Verdict
    from auditkit.generators.interface import Generator

__all__ = ["Run", "run"]

MOST_RESCORED = 20_000
"""Samples of all sets together up to which what was kept is audited again unless the config says otherwise."""


@dataclass(frozen=True, eq=False)
class Run:
    """Everything that one run of the loop made.

    Attributes
    ----------
    folder : Path
        Where it was written.
    audit : Audit
    verdict : Verdict
    selection : Selection
    merged : Merged or None
        None when the filter kept nothing.
    ablation : Ablation or None
        None without a label or without test data; `notes` says which.
    report : Path
    notes : tuple of str
    rescored : Rescored or None
        Scores before and after the filter; None where nothing was rejected or kept, or the config does not ask for it.
    """

    folder: Path
    audit: Audit
    verdict: Verdict
    selection: Selection
    merged: Merged | None
    ablation: Ablation | None
    report: Path
    notes: tuple[str, ...] = ()
    rescored: Rescored | None = None


def run(
    config: str | PathLike[str] | Config,
    *,
    out: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run the whole loop that a config describes.

    Parameters
    ----------
    config : path or Config
        See `auditkit init` for a commented one.
    out : path, optional
        Folder of the results; `auditkit-out` beside the config by default.
    progress : callable, optional
        Called with steps done, steps in all and a word.

    Returns
    -------
    Run

    Raises
    ------
    ConfigError
        If the config is wrong or names neither a synthetic set nor a generator.
    AuditkitError
        If data cannot be read or compared.

    Notes
    -----
    Files are written at the end, all or none. A holdout and a test part are split off the real data only for a
    generator of the config: whoever made a synthetic file may have seen all of the real data.
    """
    known = config if isinstance(config, Config) else load_config(str(config))
    check_names(known)
    folder = Path(out) if out is not None else known.resolve("auditkit-out")
    check_folder(folder)
    tell = Stopwatch(progress, step=lambda _done, what: what.partition(": ")[0])
    tell(0, 1, "read the data")
    sets = load_sets(known)
    check_constraints(known, sets.train)
    check_weights(known.merge.weights, sets.train)
    _refuse_overwriting(known, folder, suffix(sets.train))
    everything, generator = _synthetic(known, sets.train, tell)
    synthetic = quick_sample(everything, seed=known.audit.seed) if known.audit.quick else everything
    found = _audit(known, sets, everything, tell)
    tell(0, 1, "filter and merge")
    seed = known.audit.seed
    given, notes = _evidence(known, folder, found, synthetic, generator)
    asked: dict[str, Any] = {"rules": known.filters or None, "quotas": known.quotas, "evidence": given}
    selection = select(synthetic, found, **asked, real=sets.train, seed=seed)
    rescored = _rescored(known, selection, tell)
    ablation, more = _ablate(known, sets, {"all": synthetic, "kept": selection.kept}, tell)
    notes = (*notes, *more)
    if (unsplit := unsplit_note(known, sets.train)) is not None:
        notes = (*notes, unsplit)
    if known.audit.quick:
        full = {"real": sets.train, "synthetic": everything}
        notes = (*(note for note in [quick_note(full)] if note is not None), *notes)
    if len(synthetic) < len(everything):
        notes = (*notes, f"Only the {len(synthetic):,} synthetic samples that were looked at were filtered.")
    found = replace(found, about={**found.about, "quick": known.audit.quick, "notes": [*found.about["notes"], *notes]})
    verdict = found.check(known, ablation=ablation)
    merged = None
    if len(selection.kept):
        told: dict[str, Any] = {"ratio": known.merge.ratio, "weights": known.merge.weights, "seed": known.audit.seed}
        merged = merge(sets.train, selection.kept, verdict=verdict, **told)
    report = known.resolve(known.report.path) if known.report.path else folder / REPORT
    done = Run(folder, found, verdict, selection, merged, ablation, report, notes, rescored)
    tell(0, 1, "write the results")
    _write(done, known, everything if known.data.synthetic is None else None, stages=tell.steps())
    tell(1, 1, "done")
    return done


def _write(done: Run, config: Config, synthetic: Dataset | None, *, stages: Sequence[Mapping[str, Any]]) -> None:
    """Everything that a run made, at the end and in one go; what an earlier run left there goes."""
    ending = suffix(done.selection.rejected)
    made = {"synthetic": synthetic is not None, "kept": done.merged is not None, "merged": done.merged is not None}
    files = [f"{name}{ending}" for name, there in made.items() if there]
    files += [ABLATION] if done.ablation is not None else []
    inputs = _inputs(config)
    if synthetic is not None:
        inputs["synthetic"] = str((done.folder / files[0]).resolve())
    about: dict[str, Any] = {"config": None if config.path is None else str(config.path.resolve()), "inputs": inputs}
    about |= {"ablation": dict(done.ablation.run)} if done.ablation is not None else {}
    about |= {"roles": roles_of(config.data), "quick": config.audit.quick, "files": files, "stages": list(stages)}
    with uninterrupted():
        # A file is replaced when it is written; a folder of samples goes before.
        clear_earlier(done.folder, keep={*(files if ending else ()), *map(_name, _inputs(config).values())})
        done.folder.mkdir(parents=True, exist_ok=True)
        if synthetic is not None:
            save_with_card(synthetic, done.folder / files[0])
        if done.merged is not None:
            done.selection.save(done.folder / f"kept{ending}")
            done.merged.save(done.folder / f"merged{ending}")
        if done.ablation is not None:
            done.ablation.save(done.folder)
        save_selection(done.folder, done.selection, done.rescored)
        told = replace(done.audit, run={**done.audit.run, **about})
        told.save(done.folder)
        parts: dict[str, Any] = {"verdict": done.verdict, "selection": done.selection, "ablation": done.ablation}
        parts["rescored"] = done.rescored
        with contextlib.suppress(DataError):  # a note of the audit says so already
            parts["decisions"] = saved_decisions(done.folder, done.audit)
        told.report(done.report, **parts, title=config.report.title)


def _name(place: str) -> str:
    return Path(place).name


def _refuse_overwriting(config: Config, folder: Path, ending: str) -> None:
    """Refuse to write where an input lies."""
    names = [*(["synthetic"] if config.data.synthetic is None else []), "kept", "merged"]
    outputs = {str((folder / f"{name}{ending}").resolve()) for name in names}
    if not ending:
        check_own_folders(folder, names)
    for place in _inputs(config).values():
        if place in outputs:
            message = (
                f"the run would overwrite its own input {Path(place).name!r}: name another folder for the results."
            )
            raise ConfigError(message)


def _inputs(config: Config) -> dict[str, str]:
    places = {name: getattr(config.data, name) for name in ("real", "synthetic", "holdout", "test")}
    return {name: str(config.resolve(place).resolve()) for name, place in places.items() if place is not None}


def _evidence(
    config: Config, folder: Path, found: Audit, synthetic: Dataset, generator: Generator | None
) -> tuple[list[Any], tuple[str, ...]]:
    """What rules read beside the audit: what people decided, and the generator's own scores where a rule asks."""
    given: list[Any] = []
    notes: tuple[str, ...] = ()
    try:
        humans = decided(folder, found)
        given += [] if humans is None else [humans]
    except DataError as error:
        notes = (f"What people decided was left out: {error}",)
    if generator is not None and asks_own_score(config.filters, config.quotas):
        given.append(own_scores(generator, synthetic))
    return given, notes


def _rescored(config: Config, selection: Selection, tell: Progress) -> Rescored | None:
    """Scores before and after the filter, where that is asked for or costs little."""
    wanted = config.audit.rescore
    n = sum(int(count) for count in selection.audit.about["n"].values())
    if not len(selection.kept) or not len(selection.rejected) or config.audit.quick:
        return None
    if wanted is False or (wanted is None and n > MOST_RESCORED):
        return None
    tell(0, 1, "audit what was kept")
    return selection.rescore()


def _synthetic(config: Config, train: Dataset, tell: Progress) -> tuple[Dataset, Generator | None]:
    """The synthetic set, and the generator that made it, None where it was read from its file."""
    if config.data.synthetic is not None:
        return load_set(config.resolve(config.data.synthetic), config.data, like=train), None
    wanted = config.generator
    if wanted is None:
        message = "the config names no synthetic data: set `synthetic` in [data], or add a [generator]."
        raise ConfigError(message)
    from auditkit.generators import create  # noqa: PLC0415 - not needed for data that exist
    from auditkit.pipeline.made import made_by  # noqa: PLC0415

    generator = create(wanted.name, modality=train.modality, **wanted.params)
    return made_by(generator, train, n=wanted.n, seed=wanted.seed, tell=tell), generator


def _audit(config: Config, sets: Sets, synthetic: Dataset, tell: Progress) -> Audit:
    asked = config.audit
    given: dict[str, Dataset] = {"real": sets.train, "synthetic": synthetic}
    if sets.holdout is not None:
        given["holdout"] = sets.holdout
    whole = None
    if asked.quick and quick_note(given) is not None:
        whole, given = given, {name: quick_sample(item, seed=asked.seed) for name, item in given.items()}
    return audit(
        real=given["real"],
        synthetic=given["synthetic"],
        holdout=given.get("holdout"),
        metrics=_metrics(config, sets.train.modality),
        embedder=asked.embedder,
        groups=asked.groups,
        seed=asked.seed,
        sizes=asked.sizes,
        show_real=asked.show_real,
        constraints=asked.constraints,
        whole=whole,
        baseline=chosen_baseline(config)[0] if asked.sizes == "matched" else None,
        progress=stage(tell, "audit"),
    )


def _metrics(config: Config, modality: str) -> str | list[str]:
    """Metrics to read: those of the config, and beside the default ones all that its gates judge."""
    asked = config.audit.metrics or "default"
    if isinstance(asked, str):
        return [asked, *metrics_asked(gates_of(config)[0], modality)]
    return list(asked)


def _ablate(
    config: Config, sets: Sets, arms: Mapping[str, Dataset], tell: Progress
) -> tuple[Ablation | None, tuple[str, ...]]:
    """Ablation with the arms that the config names, or why there is none."""
    if sets.train.label is None or sets.train.label_values is None:
        return None, ("No label was given: whether the synthetic data help a model cannot be measured.",)
    if sets.test is None:
        return None, ("No test data were given: whether the synthetic data help a model cannot be measured.",)
    if len(set(sets.train.label_values)) == 1:
        return None, ("The real data have one class only: no model can be trained to tell classes apart.",)
    wanted = config.ablation
    options: dict[str, Any] = wanted.model_dump(exclude={"arms", "generators", "conditional", "measures", "shifted"})
    options |= {
        "include": (*wanted.arms, *(f"real+{name}" for name in wanted.generators)),
        "measures": wanted.measures or None,
    }
    options["shifted"] = {
        name: load_set(config.resolve(place), config.data, like=sets.train, name=name)
        for name, place in wanted.shifted.items()
    }
    modality = sets.train.modality
    made = {name: recipe_of(name, modality=modality, asked=wanted.conditional) for name in wanted.generators}
    found = ablate(
        real=sets.train,
        test=sets.test,
        arms={**arms, **made},
        seed=config.audit.seed,
        progress=stage(tell, "ablate"),
        **options,
    )
    return found, ()
