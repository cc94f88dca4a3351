"""Samples that others' models made: a folder, a file, a function, an object or a command."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from auditkit.data import Dataset, check_compatible, load
from auditkit.errors import AuditkitError, DataError
from auditkit.generators.calling import call_function, call_model, resolve_function, run_command
from auditkit.generators.conditions import check_size, plain_conditions, plan_conditions, say_shortfall
from auditkit.generators.external_samples import held_in_memory, samples_dataset
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import stage_rng
from auditkit.generators.outline import Outline, check_trainable, need_fitted
from auditkit.generators.persistence import read_generator, refuse_damage, write_generator
from auditkit.generators.remembering import remembered
from auditkit.generators.resampled import is_resampler, resampled_rows
from auditkit.store import file_digest
from auditkit.whole_numbers import check_seed

__all__ = ["ExternalGenerator"]

_KINDS = ("path", "function", "model", "command")
_LONGEST = 1_000_000


class ExternalGenerator:
    """Samples from outside, read with the training data's schema and checked against it.

    Exactly one of `path`, `function`, `model` and `command` is given. Nothing is learnt: `fit` only remembers schema
    and roles. Each call of `sample` adds a record to `provenance`: what was asked, and the SHA-256 of what came.

    Parameters
    ----------
    path : str or Path, optional
        File (csv, parquet, jsonl, npz, ...) or folder of images or recordings. `sample` takes units in an order that
        the seed shuffles.
    function : callable or str, optional
        Python function, or `"package.module:name"`; called with those of n, conditions and seed that it accepts. It
        gives a frame, an array, a Dataset, a path, or (images, texts, waves or series, labels).
    model : object, optional
        Object with `sample` or `generate`, fitted already.
    command : sequence of str, optional
        Program and arguments without a shell; `{n}`, `{seed}`, `{out}` and `{conditions_json}` are filled in.
    output : str, default "synthetic.csv"
        Name of the file or folder that the command writes at `{out}`; its ending says the format.
    timeout : float, default 600
        Seconds that the command may take.
    environment : mapping of str to str, optional
        Variables of the command, beside PATH.
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="external",
        modality="any",
        family="external",
        summary="Samples of a folder, file, function, object or command, checked against the real data's schema.",
        params={
            "path": "file or folder",
            "function": "callable or 'package.module:name'",
            "model": "object with sample, generate or fit_resample",
            "command": "program and arguments with {n}, {seed}, {out}",
            "output": "name of what the command writes (synthetic.csv)",
            "timeout": "seconds that the command may take (600)",
            "environment": "variables of the command",
        },
        conditional="rejection",
        deterministic=False,
    )

    def __init__(
        self,
        *,
        path: str | Path | None = None,
        function: Callable[..., Any] | str | None = None,
        model: Any = None,
        command: Sequence[str] | None = None,
        output: str = "synthetic.csv",
        timeout: float = 600.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        given = dict(zip(_KINDS, (path, function, model, command), strict=True))
        kinds = [kind for kind in _KINDS if given[kind] is not None]
        if len(kinds) != 1:
            got = ", ".join(kinds) or "none"
            message = f"generator 'external' needs exactly one of {', '.join(_KINDS)}, got {got}."
            raise AuditkitError(message)
        _check_target(path, function, command)
        _check_settings(output, timeout, environment)
        self.kind = kinds[0]
        self.target: Any = given[self.kind]
        self.output, self.timeout, self.environment = output, timeout, dict(environment or {})
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self.provenance: list[dict[str, Any]] = []
        self._outline: Outline | None = None
        self._added: pd.DataFrame | None = None

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Remember schema and roles of the real data; the other arguments change nothing.

        Nothing is learnt, but that a model with `fit_resample` alone is given the table and its label here, and the
        rows that it adds are what `sample` gives.
        """
        check_seed(seed)
        del budget, progress
        check_trainable(dataset, self.info)
        self._outline = Outline.of(dataset, seed=seed)
        note = "An external generator is not fitted here: what it was trained on is not known."
        if self.kind == "model" and is_resampler(self.target):
            self._added = resampled_rows(self.target, dataset)
            note = f"{type(self.target).__name__} added {len(self._added)} rows to these data: no more can be sampled."
        self.fit_report = FitReport(
            steps=0, seconds=0.0, stopped_by="done", n_train=len(dataset), data_hash=dataset.hash, notes=(note,)
        )
        self.shortfall = None
        return self

    @remembered
    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Take n units from outside.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            Passed on to functions that accept them (a command gets a frame as its combinations and their counts);
            whatever comes is held against them, and the rest left out.
        seed : int, default 0

        Returns
        -------
        Dataset
            Units of a file or folder keep their names; fewer than n only with a `ShortfallWarning`.

        Raises
        ------
        NotFittedError, UnknownNameError, SampleSizeError
        DataError
            When what comes cannot be read or does not fit the real data.
        """
        outline = need_fitted(self._outline, self.info)
        check_size(n)
        check_seed(seed)
        requests = plan_conditions(n, conditions, outline=outline)
        if n == 0:
            self.shortfall = None
            return outline.empty(self.info.name)
        found, sha256 = self._obtain(n, conditions, seed=seed, outline=outline)
        check_compatible(outline.empty("real"), found, "synthetic")
        self.provenance.append({"kind": self.kind, "n": n, "got": len(found), "seed": seed, "sha256": sha256})
        order = np.arange(len(found))
        if self.kind == "path" or self._added is not None:
            order = stage_rng(seed, "order").permutation(len(found))
        chosen, n_met = _choose(found, order, requests)
        self.shortfall = say_shortfall(
            requested=n, got=len(chosen), accept_rate=n_met / max(len(found), 1), conditions=conditions
        )
        told = outline.record(self.info.name, trained=self._added is not None)
        told |= {"source": {"kind": self.kind, "name": _called(self.target), "sha256": sha256}}
        told |= {} if found.provenance is None else {"source_record": dict(found.provenance)}
        return replace(found.take(chosen), schema=outline.schema, provenance=told)

    def _obtain(self, n: int, conditions: Conditions | None, *, seed: int, outline: Outline) -> tuple[Dataset, str]:
        """What came from outside, read with the real schema, and the SHA-256 of it."""
        if self.kind == "path":
            return self._read(Path(self.target), outline), file_digest(Path(self.target))
        if self.kind == "command":
            with tempfile.TemporaryDirectory(prefix="auditkit-") as folder:
                out = Path(folder) / self.output
                run_command(
                    self.target,
                    out=out,
                    n=n,
                    conditions=plain_conditions(conditions),
                    seed=seed,
                    timeout=self.timeout,
                    environment=self.environment,
                )
                found = self._read(out, outline)
                return held_in_memory(found), file_digest(out)
        if self._added is not None:
            result = self._added
        elif self.kind == "model":
            result = call_model(self.target, n=n, conditions=conditions, seed=seed)
        else:
            function = resolve_function(self.target) if isinstance(self.target, str) else self.target
            result = call_function(function, n=n, conditions=conditions, seed=seed)
        if isinstance(result, (str, Path)):
            return self._read(Path(result), outline), file_digest(Path(result))
        found = _as_dataset(result, outline)
        return found, found.hash

    def _read(self, path: Path, outline: Outline) -> Dataset:
        if not path.exists():
            message = f"expected the external samples at {str(path)!r}, found nothing there: check the path."
            raise DataError(message)
        return load(
            path,
            label=outline.label,
            groups=outline.groups,
            key=outline.key,
            order=outline.order,
            modality=outline.modality,
            schema=outline.schema,
        )

    def save(self, folder: str | Path) -> None:
        """Write what it takes to obtain the samples again; functions and objects of Python cannot be saved.

        Raises
        ------
        AuditkitError
            For a Python function or object.
        """
        if self.kind == "model" or (self.kind == "function" and not isinstance(self.target, str)):
            message = f"an external generator with a Python {self.kind} cannot be saved: give 'package.module:name'."
            raise AuditkitError(message)
        params = {
            self.kind: list(self.target) if self.kind == "command" else str(self.target),
            "output": self.output,
            "timeout": self.timeout,
            "environment": self.environment,
        }
        write_generator(
            folder,
            info=self.info,
            params=params,
            outline=self._outline,
            report=self.fit_report,
            extra={"provenance": self.provenance},
            arrays={},
        )

    @classmethod
    @refuse_damage
    def load(cls, folder: str | Path) -> Self:
        """Generator from a folder that `save` wrote. Its command or function runs only when it samples."""
        saved = read_generator(folder, info=cls.info)
        made = cls(**saved.params)
        made._outline, made.fit_report = saved.outline, saved.report
        made.provenance = [dict(record) for record in saved.extra["provenance"]]
        return made


def _called(target: Any) -> str:
    """What a source is called, without where it lies or what it is told."""
    if isinstance(target, (str, Path)):
        return Path(target).name
    if isinstance(target, Sequence):
        return Path(str(target[0])).name
    return str(getattr(target, "__qualname__", type(target).__name__))


def _check_target(path: Any, function: Any, command: Any) -> None:
    if path is not None and not (isinstance(path, (str, Path)) and _is_plain(str(path))):
        message = f"generator 'external' needs path= as the path of a file or folder, got {path!r}."
        raise AuditkitError(message)
    if function is not None and not (callable(function) or isinstance(function, str)):
        message = f"generator 'external' needs function= as a function or 'package.module:name', got {function!r}."
        raise AuditkitError(message)
    listed = isinstance(command, Sequence) and not isinstance(command, (str, bytes))
    if command is not None and not (listed and command and all(map(_is_plain, command))):
        message = f"generator 'external' needs command= as a list of program and arguments, all text, got {command!r}."
        raise AuditkitError(message)


def _check_settings(output: Any, timeout: Any, environment: Any) -> None:
    if not _is_plain(output) or Path(output).name != output:
        message = f"generator 'external' needs output= as a plain file name, got {output!r}."
        raise AuditkitError(message)
    if isinstance(timeout, bool) or not isinstance(timeout, Real) or not 0 < float(timeout) <= _LONGEST:
        message = f"generator 'external' needs timeout= in seconds, above 0 and at most {_LONGEST:,}, got {timeout!r}."
        raise AuditkitError(message)
    named = environment is None or isinstance(environment, Mapping)
    if not named or not all(
        _is_plain(name) and _is_plain(value) and name and "=" not in name for name, value in (environment or {}).items()
    ):
        message = f"generator 'external' needs environment= as names and values, all text, got {environment!r}."
        raise AuditkitError(message)


def _is_plain(text: Any) -> bool:
    """Text that an operating system takes: without NUL."""
    return isinstance(text, str) and "\0" not in text


def _choose(found: Dataset, order: np.ndarray[Any, Any], requests: Sequence[Any]) -> tuple[list[int], int]:
    """Places of the units that meet the requests, and how many units met any of them."""
    chosen: list[int] = []
    n_met = 0
    for request in requests:
        met = np.ones(len(found), dtype=bool)
        for name, level in request.fixed.items():
            met &= found.group_values(name) == level
        n_met += int(met.sum())
        chosen += order[met[order]][: request.n].tolist()
    return chosen, n_met


def _as_dataset(result: Any, outline: Outline) -> Dataset:
    if isinstance(result, Dataset):
        return result
    if outline.modality != "tabular":
        return samples_dataset(result, outline)
    if isinstance(result, np.ndarray):
        names = outline.schema.names
        if result.ndim != 2 or result.shape[1] != len(names):  # noqa: PLR2004 - rows and columns
            message = f"expected an array of {len(names)} columns ({', '.join(names)}), got shape {result.shape}."
            raise DataError(message)
        result = pd.DataFrame(result, columns=list(names))
    if not isinstance(result, pd.DataFrame):
        message = f"expected a frame, an array, a Dataset or a path from outside, got {type(result).__name__}."
        raise DataError(message)
    lacking = [name for name in (outline.label, *outline.groups, outline.key) if name and name not in result.columns]
    if lacking:
        had = ", ".join(map(repr, result.columns))
        message = f"the external samples lack {', '.join(map(repr, lacking))}; they have {had}."
        raise DataError(message)
    return Dataset.of_table(
        result,
        label=outline.label,
        groups=outline.groups,
        key=outline.key,
        order=outline.order,
        schema=outline.schema,
        source="external",
    )
