"""The program `auditkit`: commands, exit codes, one-sentence errors.

Exit codes: 0 pass, 1 a gate failed, 2 wrong usage, config or data, 3 could not measure, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

from auditkit.cli import audit_commands, config_commands, data_commands, loop_commands
from auditkit.cli.session import session
from auditkit.errors import AuditkitError

__all__ = ["app", "main"]

GLOBAL_FLAGS = {"--quiet": "quiet", "-q": "quiet", "--debug": "debug", "--verbose": "verbose", "-v": "verbose"}

app = typer.Typer(
    name="auditkit",
    help="Audit, gate and filter synthetic data before you train on it.",
    epilog="Exit codes: 0 pass, 1 a gate failed, 2 wrong usage, config or data, 3 could not measure, 130 interrupted.",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it
    if asked:
        from auditkit import __version__  # noqa: PLC0415

        session.say(f"auditkit {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no remarks.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="A line per step.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Audit, gate and filter synthetic data before you train on it."""
    session.quiet, session.verbose, session.debug = quiet, verbose, debug


for module in (loop_commands, audit_commands, data_commands, config_commands):
    module.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    sys.exit(call(sys.argv[1:] if arguments is None else arguments))


def call(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str
        As typed, without the program's name.
    """
    asked = _leading_flags(arguments) or ["--help"]
    try:
        result = app(args=asked, prog_name="auditkit", standalone_mode=False)
        sys.stdout.flush()
    except AuditkitError as error:
        return _fail(str(error), 2)
    except Exit as end:
        return end.exit_code
    except (Abort, KeyboardInterrupt):
        return _fail("interrupted.", 130)
    except TyperException as error:
        return _fail(f"{error.format_message().rstrip('.')} (auditkit --help lists the commands).", 2)
    except BrokenPipeError:
        # Whoever read the output has stopped; nothing can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        return _fail("there is not enough memory: use --quick, or fewer rows.", 2)
    except Exception as error:  # noqa: BLE001 - a user sees a sentence, never a traceback
        return _fail(f"{type(error).__name__} inside auditkit: run again with --debug and report what it shows.", 3)
    return result if isinstance(result, int) else 0


def _leading_flags(arguments: Sequence[str]) -> list[str]:
    """Put flags of the whole program in front, so that they may stand anywhere before `--`."""
    end = list(arguments).index("--") if "--" in arguments else len(arguments)
    front = [item for item in arguments[:end] if item in GLOBAL_FLAGS]
    return [*front, *(item for item in arguments[:end] if item not in GLOBAL_FLAGS), *arguments[end:]]


def _fail(sentence: str, code: int) -> int:
    if session.debug:
        traceback.print_exc()
    sys.stderr.write(f"error: {sentence}\n")
    return code
