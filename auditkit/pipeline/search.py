"""Which generator, with which settings, suits these data: tried on an inner split, told on records nobody has seen."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import generators
from auditkit.auditing.run import audit
from auditkit.errors import AuditkitError, SampleSizeError, UnknownNameError
from auditkit.generators import Budget, Generator

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.auditing.result import Audit
    from auditkit.blocks import Progress
    from auditkit.data import Dataset
    from auditkit.gates import Verdict

__all__ = ["Found", "Try", "search_generators"]

_INNER = 0.3
_OUTER = 0.2
_FEWEST = 40
_OF_RECORDS = frozenset({"external", "augmentation", "attack", "bootstrap", "interpolation"})
"""Families whose samples are records that are there already, changed or not."""


@dataclass(frozen=True)
class Try:
    """One generator with one choice of settings, tried on the inner split.

    Attributes
    ----------
    name : str
    params : mapping
        What it was made with, beside its defaults.
    failed : int or None
        Gates of level error that failed on the inner split; None where it could not be tried.
    excess : float or None
        Mean over the gates of how much worse than fresh real data the set is, as a share of the gate's limit, each
        between 0 and 3.
    seconds : float
        What fitting and sampling took.
    failing : tuple of str
        The gates that failed.
    reason : str
        Why it could not be tried; empty where it could.
    """

    name: str
    params: Mapping[str, Any]
    failed: int | None = None
    excess: float | None = None
    seconds: float = 0.0
    failing: tuple[str, ...] = ()
    reason: str = ""

    @property
    def rank(self) -> tuple[float, float]:
        """What tries are sorted by: fewer failed gates first, then the smaller excess."""
        if self.failed is None or self.excess is None:
            return (np.inf, np.inf)
        return (float(self.failed), self.excess)

    @property
    def title(self) -> str:
        """Name and settings, as `"cart[min_samples_leaf=10]"`."""
        inside = ",".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.name}[{inside}]" if inside else self.name


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes
    ----------
    tries : tuple of Try
        The best first.
    generator : Generator
        The best one, fitted on all real data but the holdout.
    synthetic : Dataset
    audit : Audit
        Of the synthetic set against the holdout that no try has seen.
    verdict : Verdict
        Of that audit.
    notes : tuple of str
    """

    tries: tuple[Try, ...]
    generator: Generator
    synthetic: Dataset
    audit: Audit
    verdict: Verdict
    notes: tuple[str, ...] = field(default=())

    @property
    def best(self) -> Try:
        """The try that won."""
        return self.tries[0]

    def __str__(self) -> str:
        head = f"{'generator':<34}{'gates failed':>13}{'excess':>9}{'seconds':>10}"
        lines = [head, *(_line(item) for item in self.tries)]
        final = str(self.verdict).splitlines()
        last = f"On the holdout, {self.best.title}: {final[-1] if final else self.verdict.exit_code}"
        failed = ", ".join(dict.fromkeys(item.name for item in self.verdict.failed))
        return "\n".join([*lines, "", last, *([f"Failed there: {failed}."] if failed else [])])

    def frame(self) -> pd.DataFrame:
        """Row per try, the best first: generator, failed, excess, seconds, failing, reason."""
        import pandas as pd  # noqa: PLC0415 - heavy, and only needed here

        rows = [
            {
                "generator": item.title,
                "failed": item.failed,
                "excess": item.excess,
                "seconds": round(item.seconds, 2),
                "failing": ", ".join(item.failing),
                "reason": item.reason,
            }
            for item in self.tries
        ]
        return pd.DataFrame(rows)


def _line(item: Try) -> str:
    if item.failed is None or item.excess is None:
        return f"{item.title:<34}  not tried: {item.reason}"
    failing = f"  {', '.join(item.failing)}" if item.failing else ""
    return f"{item.title:<34}{item.failed:>13}{item.excess:>9.2f}{item.seconds:>10.1f}{failing}"


def search_generators(
    real: Dataset,
    *,
    holdout: Dataset | None = None,
    tries: int = 8,
    names: Sequence[str] | None = None,
    n: int | None = None,
    budget: Budget | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Found:
    """Try generators and settings, rank them by audit on an inner split, and audit the best on an untouched holdout.

    The real data are split in two: generators are fitted on one part and their samples held against the other. The
    more tries there are, the luckier the best of them looks there; so the best is fitted again on all of the real
    data and audited once against the holdout, which no try has seen. Only that audit is to be believed.

    Parameters
    ----------
    real : Dataset
    holdout : Dataset, optional
        Real data for the last audit alone; a fifth of the real data is put aside where it is left out.
    tries : int, default 8
        Generators and settings to try: every generator with its defaults first, then other settings drawn by the seed.
    names : sequence of str, optional
        Generators to choose from; all of the modality by default, but for references, those that need arguments or
        packages, and those whose samples are training records that were changed (augmentation, interpolation, attacks,
        bootstraps).
    n : int, optional
        Units that the best one gives; as many as it was fitted on by default.
    budget : Budget, optional
        For each fit.
    seed : int, default 0
    progress : callable, optional
        Called with tries done, tries in all, and the name of what is tried.

    Returns
    -------
    Found

    Raises
    ------
    SampleSizeError
        If there are too few real units to split.
    UnknownNameError
        For a generator that the modality does not know.
    AuditkitError
        If no try succeeds.

    Notes
    -----
    Tries are ranked by the number of gates of the preset that fail, then by the mean excess over them. A try costs a
    fit, a sample and an audit.
    """
    if tries < 1:
        raise AuditkitError(f"a search needs at least 1 try, got {tries}.")
    train = real
    notes: list[str] = []
    if holdout is None:
        train, holdout = real.split(holdout=_OUTER, test=0.0, seed=seed)
        notes.append(f"{len(holdout):,} of {len(real):,} real units were put aside for the last audit.")
    if len(train) < _FEWEST:
        raise SampleSizeError(f"a search needs at least {_FEWEST} real units to split, got {len(train)}.")
    inner, fresh = train.split(holdout=_INNER, test=0.0, seed=seed + 1)
    done: list[Try] = []
    chosen = list(_candidates(real.modality, names, tries=tries, seed=seed))
    for place, (name, params) in enumerate(chosen):
        if progress is not None:
            progress(place, len(chosen), Try(name, params).title)
        done.append(_tried(name, params, inner, fresh, budget=budget, seed=seed))
    if progress is not None:
        progress(len(chosen), len(chosen), "the best one on all data")
    ranked = tuple(sorted(done, key=lambda item: item.rank))
    if ranked[0].failed is None:
        raise AuditkitError(f"none of {len(ranked)} tries succeeded; the first: {ranked[0].reason}")
    best = ranked[0]
    made = generators.create(best.name, modality=real.modality, **best.params).fit(train, seed=seed, budget=budget)
    synthetic = made.sample(len(train) if n is None else n, seed=seed)
    final = audit(real=train, synthetic=synthetic, holdout=holdout, seed=seed)
    return Found(ranked, made, synthetic, final, final.check(), tuple(notes))


def _candidates(
    modality: str, names: Sequence[str] | None, *, tries: int, seed: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Generators with their defaults, then with other settings in an order drawn by the seed."""
    known = generators.names(modality)
    for name in names or ():
        if name not in known:
            raise UnknownNameError.of(f"{modality} generator", name, known)
    chosen = list(names) if names is not None else [name for name in known if _is_searched(name, modality)]
    default = generators.default(modality)
    chosen.sort(key=lambda name: (name != default, name))
    plain: list[tuple[str, dict[str, Any]]] = [(name, {}) for name in chosen]
    others = [(name, params) for name in chosen for params in _settings(name, modality)]
    order = np.random.default_rng(seed).permutation(len(others))
    yield from [*plain, *(others[place] for place in order)][:tries]


def _is_searched(name: str, modality: str) -> bool:
    """Whether a generator can be tried as it is, and is no reference and no copier."""
    info = generators.describe(name, modality=modality)
    if info.reference or info.requires or info.family in _OF_RECORDS:
        return False
    try:
        generators.create(name, modality=modality)
    except AuditkitError:
        return False
    return True


def _settings(name: str, modality: str) -> Iterator[dict[str, Any]]:
    """Settings of a generator that a search tries, one changed at a time."""
    for param, values in generators.describe(name, modality=modality).tries.items():
        for value in values:
            yield {param: value}


def _tried(
    name: str, params: Mapping[str, Any], inner: Dataset, fresh: Dataset, *, budget: Budget | None, seed: int
) -> Try:
    started = time.perf_counter()
    try:
        made = generators.create(name, modality=inner.modality, **params)
        synthetic = made.fit(inner, seed=seed, budget=budget).sample(len(fresh), seed=seed)
        seconds = time.perf_counter() - started
        verdict = audit(real=inner, synthetic=synthetic, holdout=fresh, seed=seed).check()
    except AuditkitError as error:
        return Try(name, dict(params), seconds=time.perf_counter() - started, reason=str(error))
    judged = [item for item in verdict.results if item.verdict in {"pass", "fail", "undecided"}]
    failing = tuple(dict.fromkeys(item.gate for item in judged if item.verdict == "fail" and item.level == "error"))
    shares = [
        float(np.clip(item.excess / item.limit, 0.0, 3.0))
        for item in judged
        if item.limit_kind == "max_excess" and item.excess is not None and item.limit
    ]
    return Try(name, dict(params), len(failing), float(np.mean(shares)) if shares else 0.0, seconds, failing)
