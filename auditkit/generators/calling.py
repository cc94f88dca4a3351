"""Calling others' code for samples: functions, objects that sample, and commands."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from auditkit.errors import AuditkitError, DataError, did_you_mean

__all__ = ["call_function", "call_model", "resolve_function", "run_command"]

_COUNTS = ("n", "n_samples", "num_rows", "num_samples", "count", "size")
_SEEDS = ("seed", "random_state")
_TAIL = 400


def resolve_function(target: str) -> Callable[..., Any]:
    """Function that `"package.module:name"` names.

    Raises
    ------
    DataError
        When the module cannot be imported or has no such function.
    """
    module_name, _, name = target.partition(":")
    if not name:
        message = f"expected a function as 'package.module:name', got {target!r}."
        raise DataError(message)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = f"function {target!r} could not be imported ({error}): install its package or correct the name."
        raise DataError(message) from error
    function = getattr(module, name, None)
    if not callable(function):
        message = f"module {module_name!r} has no function {name!r}{did_you_mean(name, dir(module)) or '.'}"
        raise DataError(message)
    found: Callable[..., Any] = function
    return found


def call_function(function: Callable[..., Any], *, n: int, conditions: Mapping[str, Any] | None, seed: int) -> Any:
    """Call a function with those of n, conditions and seed that it accepts.

    Parameters
    ----------
    function : callable
        May call the number of samples `n`, `n_samples`, `num_rows`, `num_samples`, `count` or `size`, and the seed
        `seed` or `random_state`.
    n, seed : int
    conditions : mapping or None

    Returns
    -------
    object
        Whatever it gives.

    Raises
    ------
    AuditkitError
        When it needs anything else.
    """
    offered = dict.fromkeys(_COUNTS, n) | dict.fromkeys(_SEEDS, seed) | {"conditions": conditions}
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return function(n)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        named = {name: offered[name] for name in offered if name in parameters}
        return function(**({"n": n, "conditions": conditions, "seed": seed} | named))
    needed = [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
    ]
    strange = [name for name in needed if name not in offered]
    if strange:
        message = f"a generating function may need n, conditions and seed; this one also needs {', '.join(strange)}."
        raise AuditkitError(message)
    positional = [offered[name] for name in parameters if parameters[name].kind is inspect.Parameter.POSITIONAL_ONLY]
    named = {
        name: offered[name]
        for name, parameter in parameters.items()
        if name in offered and parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
    }
    return function(*positional, **named)


def call_model(model: Any, *, n: int, conditions: Mapping[str, Any] | None, seed: int) -> Any:
    """Samples of an object with `sample` or `generate`.

    A tuple gives its first item (a Gaussian mixture's second are components, not labels); a result with a method
    `dataframe` gives what it returns.

    Raises
    ------
    AuditkitError
        When the object has neither method.
    """
    method = getattr(model, "sample", None) or getattr(model, "generate", None)
    if not callable(method):
        message = f"expected an object with a method sample or generate, got {type(model).__name__}."
        raise AuditkitError(message)
    result = call_function(method, n=n, conditions=conditions, seed=seed)
    if isinstance(result, tuple):
        result = result[0]
    frame = getattr(result, "dataframe", None)
    return frame() if callable(frame) else result


def run_command(
    command: Sequence[str],
    *,
    out: Path,
    n: int,
    conditions: Mapping[str, Any] | None,
    seed: int,
    timeout: float,
    environment: Mapping[str, str],
) -> None:
    """Run a command that writes its samples to `out`. No shell; its own folder; only PATH and the given variables.

    Parameters
    ----------
    command : sequence of str
        Program and arguments; `{n}`, `{seed}`, `{out}` and `{conditions_json}` are filled in.
    out : Path
        File or folder that it must write; the command runs in its parent.
    n, conditions, seed
        Filled into the arguments.
    timeout : float
        Seconds, after which it is ended with all that it started.
    environment : mapping of str to str

    Raises
    ------
    DataError
        When it cannot start, fails, takes too long, or writes nothing.
    """
    filled = {
        "{n}": str(n),
        "{seed}": str(seed),
        "{out}": str(out),
        "{conditions_json}": json.dumps(conditions, default=str),
    }
    arguments = [_fill(argument, filled) for argument in command]
    variables = {"PATH": os.environ.get("PATH", os.defpath), **environment}
    try:
        code, said = _run(arguments, cwd=out.parent, env=variables, timeout=timeout)
    except OSError as error:
        message = f"the command {command[0]!r} could not be started: {error.strerror or error}."
        raise DataError(message) from error
    except subprocess.TimeoutExpired as error:
        message = f"the command {command[0]!r} took more than {timeout:g} s: raise timeout= or ask for fewer samples."
        raise DataError(message) from error
    if code:
        message = (
            f"the command {command[0]!r} ended with code {code}: {said or 'no message'} "
            "(commands run in a folder of their own: give paths to programs and files from the root)"
        )
        raise DataError(message)
    if not out.exists():
        message = f"the command {command[0]!r} wrote nothing to the place of {{out}}: pass {{out}} among its arguments."
        raise DataError(message)


def _run(arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float) -> tuple[int, str]:
    """Exit code of a command and the end of what it said on stderr; past the time it ends with all that it started."""
    # Files, not pipes: a pipe stays open for as long as anything that the command started holds it.
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - an argument list of the user's, no shell
            arguments,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout)
        except BaseException:
            _end(process)
            raise
        said.seek(0, os.SEEK_END)
        said.seek(max(0, said.tell() - _TAIL))
        return code, said.read().decode(errors="replace").strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _fill(argument: str, filled: Mapping[str, str]) -> str:
    for placeholder, value in filled.items():
        argument = argument.replace(placeholder, value)
    return argument
