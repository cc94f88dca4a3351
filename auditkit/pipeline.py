"""The whole loop from one config: load, generate, audit, judge, filter, merge, ablate, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.ablation.run import ablate
from auditkit.auditing.run import audit
from auditkit.config import Config, DataConfig, load_config
from auditkit.data import load
from auditkit.errors import ConfigError
from auditkit.filtering.merging import merge
from auditkit.filtering.select import filter as select

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset
    from auditkit.filtering.merging import Merged
    from auditkit.filtering.select import Selection
    from auditkit.gates import Verdict

__all__ = ["QUICK_UNITS", "Run", "Stage", "load_set", "quick_sample", "run"]

QUICK_UNITS = 5000
"""Units of each set that a quick audit looks at."""

Stage = Callable[[int, int, str], None]
"""Progress: steps done, steps in all, and what is being done."""


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
    """

    folder: Path
    audit: Audit
    verdict: Verdict
    selection: Selection
    merged: Merged | None
    ablation: Ablation | None
    report: Path
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Sets:
    train: Dataset
    holdout: Dataset | None
    test: Dataset | None


def run(
    config: str | PathLike[str] | Config,
    *,
    out: str | PathLike[str] | None = None,
    progress: Stage | None = None,
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
    """
    known = config if isinstance(config, Config) else load_config(str(config))
    folder = Path(out) if out is not None else known.resolve("auditkit-out")
    tell: Stage = progress or (lambda _done, _total, _what: None)
    tell(0, 1, "load")
    sets = _load_sets(known)
    folder.mkdir(parents=True, exist_ok=True)
    synthetic = _synthetic(known, sets.train, folder, tell)
    found = _audit(known, sets, synthetic, tell)
    tell(0, 1, "filter and merge")
    selection = select(synthetic, found, rules=known.filters or None, seed=known.audit.seed)
    merged = None
    if len(selection.kept):
        selection.save(folder / f"kept{suffix(synthetic)}")
        merged = merge(sets.train, selection.kept, ratio=known.merge.ratio, seed=known.audit.seed)
        merged.save(folder / f"merged{suffix(synthetic)}")
    ablation, notes = _ablate(known, sets, {"all": synthetic, "kept": selection.kept}, tell)
    if ablation is not None:
        ablation.save(folder)
    verdict = found.check(known, ablation=ablation)
    tell(0, 1, "report")
    found.save(folder)
    report = known.resolve(known.report.path) if known.report.path else folder / "report.html"
    found.report(report, verdict=verdict, selection=selection, ablation=ablation, title=known.report.title)
    tell(1, 1, "done")
    return Run(folder, found, verdict, selection, merged, ablation, report, notes)


def load_set(place: str | PathLike[str], data: DataConfig, *, like: Dataset | None = None) -> Dataset:
    """Set from a file or folder with the roles of a config; `like` is the real set whose schema holds."""
    return load(
        place,
        label=data.label,
        groups=data.groups,
        key=data.key,
        order=data.order,
        modality=data.modality,
        columns=data.columns if like is None else None,
        schema=None if like is None else like.schema,
    )


def quick_sample(dataset: Dataset, *, seed: int) -> Dataset:
    """At most `QUICK_UNITS` units, drawn by seed, in their order."""
    if len(dataset) <= QUICK_UNITS:
        return dataset
    chosen = np.random.default_rng([seed, 11]).choice(len(dataset), QUICK_UNITS, replace=False)
    return dataset.take(np.sort(chosen))


def suffix(dataset: Dataset) -> str:
    """Suffix of the format that samples of a modality are written in."""
    return ".npz" if dataset.samples is not None else ".csv"


def _load_sets(config: Config) -> _Sets:
    """Training, holdout and test sets; what has no file of its own is split off the real data."""
    data = config.data
    if data.real is None:
        message = "the config names no real data: set `real` in [data] to a file or folder."
        raise ConfigError(message)
    real = load_set(config.resolve(data.real), data)
    given = {
        name: load_set(config.resolve(place), data, like=real)
        for name, place in (("holdout", data.holdout), ("test", data.test))
        if place is not None
    }
    shares = {
        name: share
        for name, share in (("holdout", data.split.holdout), ("test", data.split.test))
        if name not in given and share > 0
    }
    if not shares:
        return _Sets(real, given.get("holdout"), given.get("test"))
    train, *others = real.split(
        holdout=shares.get("holdout", 0.0), test=shares.get("test", 0.0), seed=config.audit.seed
    )
    parts = given | dict(zip(shares, others, strict=True))
    return _Sets(train, parts.get("holdout"), parts.get("test"))


def _synthetic(config: Config, train: Dataset, folder: Path, tell: Stage) -> Dataset:
    """The synthetic set: read from its file, or made by the generator and written down."""
    if config.data.synthetic is not None:
        return load_set(config.resolve(config.data.synthetic), config.data, like=train)
    if config.generator is None:
        message = "the config names no synthetic data: set `synthetic` in [data], or add a [generator]."
        raise ConfigError(message)
    from auditkit.generators import create  # noqa: PLC0415 - not needed for data that exist

    wanted = config.generator
    generator = create(wanted.name, modality=train.modality, **wanted.params)
    tell(0, 1, f"train {wanted.name}")
    generator.fit(train, seed=wanted.seed)
    tell(0, 1, "generate")
    synthetic = generator.sample(wanted.n, seed=wanted.seed)
    synthetic.save(folder / f"synthetic{suffix(synthetic)}")
    return synthetic


def _audit(config: Config, sets: _Sets, synthetic: Dataset, tell: Stage) -> Audit:
    asked = config.audit
    given: dict[str, Dataset] = {"real": sets.train, "synthetic": synthetic}
    if sets.holdout is not None:
        given["holdout"] = sets.holdout
    if asked.quick:
        given = {name: quick_sample(item, seed=asked.seed) for name, item in given.items()}
    found = audit(
        real=given["real"],
        synthetic=given["synthetic"],
        holdout=given.get("holdout"),
        metrics=asked.metrics or "default",
        embedder=asked.embedder,
        groups=asked.groups,
        seed=asked.seed,
        sizes=asked.sizes,
        show_real=asked.show_real,
        progress=lambda done, total, what: tell(done, total, f"audit: {what}"),
    )
    return replace(found, run={**found.run, "config": None if config.path is None else str(config.path.resolve())})


def _ablate(
    config: Config, sets: _Sets, arms: Mapping[str, Dataset], tell: Stage
) -> tuple[Ablation | None, tuple[str, ...]]:
    """Ablation with the arms that the config names, or why there is none."""
    if sets.train.label is None:
        return None, ("No label was given: whether the synthetic data help a model cannot be measured.",)
    if sets.test is None:
        return None, ("No test data were kept: whether the synthetic data help a model cannot be measured.",)
    wanted = config.ablation
    options: dict[str, Any] = {"repeats": wanted.repeats, "models": wanted.models, "include": wanted.arms}
    found = ablate(
        real=sets.train,
        test=sets.test,
        arms=arms,
        seed=config.audit.seed,
        progress=lambda done, total: tell(done, total, "ablate"),
        **options,
    )
    return found, ()
