"""The program `auditkit`: commands, exit codes, one-sentence errors.

Exit codes: 0 pass, 1 a gate failed, 2 wrong usage, config or data, 3 could not measure, 130 interrupted.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import sys
import traceback
import warnings
from collections.abc import Sequence
from functools import partial
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.exceptions import Abort, Exit, TyperException

from auditkit.cli import (
    audit_commands,
    baseline_commands,
    compare_commands,
    config_commands,
    data_commands,
    loop_commands,
    reference_commands,
    review_commands,
)
from auditkit.cli.session import session
from auditkit.errors import AuditkitError

__all__ = ["app", "call", "main"]

INTERRUPTED = 130
STOPPED = "interrupted: nothing was left half written."
GLOBAL_FLAGS = re.compile(r"--quiet|-q+|--verbose|-v+|--debug")
UNSET = frozenset({"help", "version", "install_completion", "show_completion"})
"""Options that no environment variable may give: a command would stop without having done anything."""
EPILOG = (
    "Start with `auditkit demo`, or with `auditkit init FILE` and `auditkit run` for your own data. "
    "Exit codes: 0 pass, 1 a gate failed, 2 wrong usage, config or data, 3 could not measure, 130 interrupted."
)

app = typer.Typer(
    name="auditkit",
    help="Audit, gate and filter synthetic data before you train on it.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it
    if asked:
        from auditkit import __version__  # noqa: PLC0415

        session.say(f"auditkit {__version__}")
        if session.verbose:
            session.say(f"python {platform.python_version()}\ntorch {metadata.version('torch')}\n{platform.platform()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: ARG001 - its callback acts
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and stop.")
    ] = False,
    quiet: Annotated[
        int,
        typer.Option(
            "--quiet", "-q", count=True, show_default=False, help="No progress or notes; -qq: a verdict in one line."
        ),
    ] = 0,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, show_default=False, help="A line per step on standard error; -vv: a log too."
        ),
    ] = 0,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Audit, gate and filter synthetic data before you train on it."""
    session.quiet, session.verbose, session.debug = quiet, verbose, debug
    log = logging.getLogger("auditkit")
    told = debug or verbose > 1
    log.setLevel(logging.DEBUG if told else logging.NOTSET)
    log.handlers = [logging.StreamHandler()] if told else []


COMMANDS = (
    loop_commands,
    audit_commands,
    data_commands,
    baseline_commands,
    compare_commands,
    review_commands,
    reference_commands,
    config_commands,
)
for module in COMMANDS:
    module.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names need not fit the terminal's encoding
    code = call(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def call(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str
        As typed, without the program's name.
    """
    session.reset()
    asked = _leading_flags(arguments) or ["--help"]
    # What ends before the program's own options are read wants these two.
    session.debug, session.verbose = "--debug" in asked, sum(item in ("-v", "--verbose") for item in asked)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = session.warn
            result = _program()(args=asked, prog_name="auditkit", standalone_mode=False)
    except Exit as end:
        result = end.exit_code
    except SystemExit:
        return 0  # typer's answer to a reader of the output that has stopped
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a user sees a sentence, never a traceback
        sentence, code = _outcome(error)
        if session.debug:
            traceback.print_exc()
        if sentence:
            sys.stderr.write(f"error: {sentence}\n")
        return code
    if result == INTERRUPTED:  # typer turns the interrupt itself into this code, without a word
        sys.stderr.write(f"error: {STOPPED}\n")
    else:
        session.finish()
    return result if isinstance(result, int) else 0


def _program() -> Any:
    """The whole program, whose options are read from the environment too where they are not given."""
    program = typer.main.get_command(app)
    _finish(program, "AUDITKIT")
    return program


def _usage_of(argument: Any, _context: object) -> list[str]:
    """An argument in the line on usage, as most programs write it."""
    name = argument.metavar if argument.required else f"[{argument.metavar}]"
    return [name if argument.nargs == 1 else f"{name}..."]


def _finish(command: Any, prefix: str) -> None:
    """Name the variable of each option, AUDITKIT_AUDIT_SEED is --seed of `auditkit audit`; spell arguments plainly."""
    for item in command.params:
        if item.param_type_name == "option" and item.name not in UNSET and item.envvar is None:
            long = max(item.opts, key=len).lstrip("-")
            item.envvar, item.show_envvar = f"{prefix}_{long}".upper().replace("-", "_"), False
        elif item.param_type_name == "argument":
            item.get_usage_pieces = partial(_usage_of, item)
    for name, inner in getattr(command, "commands", {}).items():
        _finish(inner, f"{prefix}_{name}" if name else prefix)


def _outcome(error: BaseException) -> tuple[str, int]:
    """Sentence and exit code of what went wrong; no sentence where nobody reads it."""
    match error:
        case AuditkitError():
            said = str(error), 2
        case Abort() | KeyboardInterrupt():
            said = STOPPED, INTERRUPTED
        case TyperException():
            said = _usage(error), 2
        case BrokenPipeError():
            said = "", 0
        case MemoryError():
            said = "there is not enough memory: ask for fewer samples, or look at fewer with --quick.", 3
        case FileNotFoundError(filename=None):
            said = "the folder that this runs in is no longer there: change into one that is.", 2
        case OSError():
            place = "" if error.filename is None else f" {str(error.filename)!r}"
            reason = (error.strerror or type(error).__name__).lower()
            said = f"cannot use{place}: {reason}; check the path, and who may use it.", 2
        case _:
            said = f"{type(error).__name__} inside auditkit: run again with --debug and report what it shows.", 3
    return said


def _leading_flags(arguments: Sequence[str]) -> list[str]:
    """Put flags of the whole program in front, so that they may stand anywhere before `--`."""
    end = list(arguments).index("--") if "--" in arguments else len(arguments)
    front = [item for item in arguments[:end] if GLOBAL_FLAGS.fullmatch(item)]
    return [*front, *(item for item in arguments[:end] if item not in front), *arguments[end:]]


def _usage(error: TyperException) -> str:
    """What is wrong with the command line, and which help describes it."""
    said = error.format_message().rstrip(".").replace(". Did you mean", "; did you mean").replace(": Input", ": input")
    context: Any = getattr(error, "ctx", None)
    item = getattr(error, "param", None)
    variable = getattr(item, "envvar", None)
    source = getattr(context, "get_parameter_source", lambda _name: None)(getattr(item, "name", ""))
    if variable and getattr(source, "name", "") == "ENVIRONMENT":
        said = f"{said}, from the environment variable {variable}"
    place = "auditkit" if context is None else context.command_path
    return f"{said[:1].lower()}{said[1:]} (see `{place} --help`)."
