"""Checks that a generator of one's own keeps the rules that auditkit's generators keep."""

from __future__ import annotations

import contextlib
import inspect
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from auditkit.data import Dataset, check_compatible, schema_violations
from auditkit.errors import AuditkitError, DataError, UnknownNameError
from auditkit.generators.interface import Budget, Generator, Latent, NotFittedError, Scored

__all__ = ["ConformanceError", "check_generator"]

_N = 40
_FEW = 12
_UNSEEN = "a level that no record has"


class ConformanceError(AuditkitError):
    """A generator breaks a rule; the sentence says which."""


def check_generator(
    made: Callable[[], Generator] | Generator, dataset: Dataset, *, budget: Budget | None = None, save: bool = True
) -> None:
    """Check a generator against every rule of `auditkit.generators.Generator`.

    Parameters
    ----------
    made : class, callable without arguments, or generator
        What gives a new generator; a generator itself is fitted twice.
    dataset : Dataset
        Training data of its modality, 100 units or more, best with a label.
    budget : Budget, optional
        Passed to `fit`, to keep the check short.
    save : bool, default True
        False leaves out `save` and `load`, for generators that wrap what cannot be saved.

    Raises
    ------
    ConformanceError
        At the first broken rule.

    Notes
    -----
    A generator whose `info.deterministic` is false is not asked for the same bytes twice. What `info` claims is held
    against what is there: `latent` and `scores` against the methods of `Latent` and `Scored`, `device` and `private`
    against the constructor, each value of `tries` against what it makes, `needs_label` against data without a label.
    """
    generator = made() if callable(made) else made
    _need(isinstance(generator, Generator), "it must have info, fit_report, shortfall, fit, sample, save and load")
    _check_claims(generator)
    if generator.fit_report is None:
        _raises(NotFittedError, lambda: generator.sample(1), "sample before fit must raise NotFittedError")
    with _untouched_folder():
        fitted = generator.fit(dataset, seed=0, budget=budget)
        _need(fitted is generator, "fit must return self")
        _check_report(generator, dataset)
        sample = generator.sample(_N, seed=1)
    _check_form(sample, dataset)
    _check_sizes(generator, dataset)
    if generator.info.conditional != "none":
        _check_conditions(generator, dataset)
    if isinstance(generator, Latent):
        _check_places(generator, dataset, None if generator.info.conditional == "none" else _told(dataset))
    if isinstance(generator, Scored):
        _check_scores(generator, dataset)
    again = made() if callable(made) else made
    with _untouched_random_states():
        repeated = again.fit(dataset, seed=0, budget=budget).sample(_N, seed=1)
    if generator.info.deterministic:
        _need(_same(repeated, sample), "the same seeds must give the same bytes when fitted again")
        _check_determinism(generator, sample)
    if save:
        _check_saving(generator)
    if generator.info.needs_label and dataset.label is not None:
        _check_refusal(made() if callable(made) else made, dataset)


def _need(held: bool, rule: str) -> None:  # noqa: FBT001 - the claim itself
    if not held:
        message = f"the generator breaks a rule: {rule}."
        raise ConformanceError(message)


def _raises(expected: type[Exception], act: Callable[[], Any], rule: str) -> None:
    try:
        act()
    except expected:
        return
    except Exception as error:
        message = f"the generator breaks a rule: {rule}, got {type(error).__name__}: {error}"
        raise ConformanceError(message) from error
    _need(False, rule)  # noqa: FBT003 - nothing was raised


def _same(one: Dataset, other: Dataset) -> bool:
    return one.hash == other.hash and one.ids.tolist() == other.ids.tolist()


@contextlib.contextmanager
def _untouched_folder() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="auditkit-") as folder, contextlib.chdir(folder):
        yield
        _need(not any(Path(folder).iterdir()), "nothing may be written to the working folder")


@contextlib.contextmanager
def _untouched_random_states() -> Iterator[None]:
    # Watched at the second fit only: at the first one packages are imported, and some draw while they are.
    before = _random_states()
    yield
    _need(_random_states() == before, "global random states must stay as they are")


def _random_states() -> tuple[str, ...]:
    legacy: Any = np.random.get_state(legacy=False)  # noqa: NPY002 - the global state is what is watched
    torch = sys.modules.get("torch")
    last = "" if torch is None else torch.get_rng_state().numpy().tobytes().hex()
    return repr(random.getstate()), f"{legacy['state']['key'].tobytes().hex()} {legacy['state']['pos']}", last


def _check_report(generator: Generator, dataset: Dataset) -> None:
    report = generator.fit_report
    _need(report is not None, "fit must leave a fit_report")
    if report is not None:
        _need(report.n_train == len(dataset), "fit_report.n_train must be the units of the training data")
        _need(report.data_hash == dataset.hash, "fit_report.data_hash must be the hash of the training data")


def _check_claims(generator: Generator) -> None:
    info = generator.info
    for claimed, protocol in ((info.latent, Latent), (info.scores, Scored)):
        flag, methods = ("latent", "encode and decode") if protocol is Latent else ("scores", "score")
        rule = f"info.{flag} must be true where it has {methods}, and only there, got {claimed}"
        _need(claimed == isinstance(generator, protocol), rule)
    known = inspect.signature(type(generator)).parameters
    if not any(item.kind is item.VAR_KEYWORD for item in known.values()):
        for claimed, flag, param in ((info.device, "device", "device"), (info.private, "private", "dp")):
            rule = f"info.{flag} must be true where the constructor takes {param}=, and only there, got {claimed}"
            _need(claimed == (param in known), rule)
    for param, values in info.tries.items():
        _need(param in info.params, f"info.tries must name parameters that info.params tells of, got {param!r}")
        for value in values:
            _check_try(type(generator), param, value)


def _check_try(made: Callable[..., Any], param: str, value: object) -> None:
    try:
        made(**{param: value})
    except (AuditkitError, TypeError, ValueError) as error:
        message = (
            f"the generator breaks a rule: each value of info.tries must make one, {param}={value!r} gave: {error}"
        )
        raise ConformanceError(message) from error


def _check_refusal(generator: Generator, dataset: Dataset) -> None:
    rule = "info.needs_label is true, so fit must raise one sentence, an AuditkitError, without a label"
    bare = Dataset.of_table(
        dataset.table, groups=dataset.groups, key=dataset.key, order=dataset.order, samples=dataset.samples
    )
    try:
        generator.fit(bare, seed=0)
    except AuditkitError as error:
        _need(str(error).endswith("."), rule)
        return
    _need(False, rule)  # noqa: FBT003 - nothing was raised


def _check_form(sample: Dataset, dataset: Dataset, *, n: int = _N, call: str = "sample(n)") -> None:
    _need(len(sample) == n, f"{call} must give n units")
    _need(len(np.unique(sample.ids)) == n, "ids must be unique")
    _need(sample.schema == dataset.schema, "a sample must have the schema of the training data")
    _need(sample.modality == dataset.modality, "a sample must have the modality of the training data")
    roles = (sample.label, sample.groups, list(sample.table.columns))
    _need(roles == (dataset.label, dataset.groups, list(dataset.table.columns)), "label, groups and columns must stay")
    check_compatible(dataset, sample, "the sample")
    broken = [sentence for sentence in schema_violations(sample, dataset.schema) if sentence]
    _need(not broken, f"cells must be possible under the schema, got {broken[:1]}")


def _check_sizes(generator: Generator, dataset: Dataset) -> None:
    for n in (0, 1):
        small = generator.sample(n, seed=1)
        _need(len(small) == n, f"sample({n}) must give {n} units")
        _need(list(small.table.columns) == list(dataset.table.columns), f"sample({n}) must have all columns")
    _raises(AuditkitError, lambda: generator.sample(-1), "sample(-1) must raise an AuditkitError")


def _told(dataset: Dataset) -> str | None:
    """A column whose levels conditions can fix: the label where it has levels."""
    column = next((item.name for item in dataset.schema.columns if item.kind in {"category", "boolean"}), None)
    return dataset.label if dataset.label is not None and dataset.schema[dataset.label].levels else column


def _check_conditions(generator: Generator, dataset: Dataset) -> None:
    column = _told(dataset)
    if column is None:
        return
    level = str(dataset.group_values(column)[0])
    met = generator.sample(5, conditions={column: level}, seed=1)
    _need(set(met.group_values(column)) <= {level}, "every unit must meet the conditions")
    counted = generator.sample(5, conditions={column: {level: 5}}, seed=1)
    _need(set(counted.group_values(column)) <= {level}, "every unit must meet counts as conditions")
    rule = "a condition on a level never seen must raise UnknownNameError"
    _raises(UnknownNameError, lambda: generator.sample(1, conditions={column: _UNSEEN}), rule)


def _check_places(generator: Latent, dataset: Dataset, column: str | None) -> None:
    few = dataset.take(np.arange(min(_FEW, len(dataset))))
    places = generator.encode(few, seed=1)
    rule = "encode must give finite places of shape (n, d)"
    _need(isinstance(places, np.ndarray) and places.ndim == 2 and len(places) == len(few), rule)  # noqa: PLR2004
    _need(bool(np.isfinite(places).all()), rule)
    _need(bool(np.array_equal(generator.encode(few, seed=1), places)), "encode must give the same bytes twice")
    units = generator.decode(places, seed=1)
    _check_form(units, dataset, n=len(places), call="decode of n places")
    _need(_same(generator.decode(places, seed=1), units), "decode must give the same bytes twice")
    if column is not None:
        level = str(dataset.group_values(column)[0])
        met = generator.decode(places, conditions={column: level}, seed=1)
        _need(set(met.group_values(column)) <= {level}, "every unit that decode gives must meet the conditions")


def _check_scores(generator: Scored, dataset: Dataset) -> None:
    few = dataset.take(np.arange(min(_FEW, len(dataset))))
    scores = np.asarray(generator.score(few))
    rule = "score must give one finite number per unit, shape (n,)"
    _need(scores.shape == (len(few),) and bool(np.isfinite(scores).all()), rule)
    for index, others in ((np.arange(len(few))[::-1], "the order of units"), (np.arange(len(few))[::3], "other units")):
        same = np.allclose(generator.score(few.take(index)), scores[index], rtol=1e-3, atol=1e-4)
        _need(bool(same), f"a score must not depend on {others}")


def _check_determinism(generator: Generator, sample: Dataset) -> None:
    _need(_same(generator.sample(_N, seed=1), sample), "the same seed must give the same bytes")
    _need(not _same(generator.sample(_N, seed=2), sample), "another seed must give another sample")
    half = generator.sample(_N // 2, seed=1)
    _need(_same(half, sample.take(np.arange(_N // 2))), "sample(n) must begin with the units of a smaller sample")


def _check_saving(generator: Generator) -> None:
    with tempfile.TemporaryDirectory(prefix="auditkit-") as folder:
        generator.save(folder)
        kinds = {path.suffix for path in Path(folder).rglob("*") if path.is_file()}
        _need(kinds <= {".json", ".safetensors"}, f"save must write json and safetensors only, got {sorted(kinds)}")
        loaded = type(generator).load(folder)
        same = _same(loaded.sample(_N, seed=1), generator.sample(_N, seed=1))
        _need(same or not generator.info.deterministic, "a loaded generator must give the same samples")
        head = Path(folder) / "generator.json"
        changed = json.loads(head.read_text(encoding="utf-8")) | {"format_version": -1}
        head.write_text(json.dumps(changed), encoding="utf-8")
        rule = "load must refuse another format_version with DataError"
        _raises(DataError, lambda: type(generator).load(folder), rule)
