"""The command that judges an audit, and the places where its verdict goes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditkit.cli.folder import saved_ablation
from auditkit.cli.options import DEFAULT_CONFIG, AuditFolder, ConfigPath, config_in_use
from auditkit.cli.outputs import output_targets
from auditkit.cli.session import session
from auditkit.layout import ABLATION, RUN, SAMPLES, SCORES

if TYPE_CHECKING:
    from auditkit.config import Config

__all__ = ["check_command"]


def check_command(
    folder: AuditFolder,
    config: ConfigPath = None,
    format: Annotated[  # noqa: A002 - the option's name
        str | None,
        typer.Option(
            metavar="FMT",
            help="text, json, markdown, junit, sarif, github or gitlab; text by default.",
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(metavar="FMT=PATH", help="Write a format to a file, as junit=gates.xml; - is stdout; repeatable."),
    ] = None,
    name: Annotated[
        str,
        typer.Option(metavar="NAME", help="Tells this check from others of one pull request."),
    ] = "check",
    strict: Annotated[bool, typer.Option("--strict", help="Every warning fails.")] = False,
    require_baseline: Annotated[
        bool,
        typer.Option("--require-baseline", help="Exit 3 where gates on changes have no baseline; they pass without."),
    ] = False,
    exit_zero: Annotated[
        bool,
        typer.Option("--exit-zero", help="Exit 0 where the verdict would exit 1 or 3."),
    ] = False,
) -> int:
    """Judge an audit by gates: exit 0 (pass), 1 (a gate failed) or 3 (could not measure).

    The gates are those of the config, or of the preset `recommended` without one. An ablation.json beside the audit
    is judged too.
    """
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy
    from auditkit.config import load_config  # noqa: PLC0415
    from auditkit.gates.baseline_file import NO_BASELINE  # noqa: PLC0415
    from auditkit.gates.formats import FORMATS, Origin, render  # noqa: PLC0415
    from auditkit.gates.strictness import strict_verdict  # noqa: PLC0415
    from auditkit.store import write_text  # noqa: PLC0415

    shown, targets = output_targets(format, output or [], FORMATS, example="junit=gates.xml")
    chosen = config_in_use(config)
    known = None if chosen is None else load_config(chosen)
    origin = Origin(file=_place(folder, chosen), name=name, **_written(known))
    _keep_inputs(targets, folder, known)
    asked = _with_baseline(known) if require_baseline else known
    verdict = open_audit(folder).check(asked, ablation=saved_ablation(folder))
    if strict:
        verdict = strict_verdict(verdict)
    for path, text in [(path, render(verdict, form, origin)) for path, form in targets.items()]:
        write_text(path, text)
    for note in verdict.notes:
        if note.startswith(NO_BASELINE):
            session.log(f"note: {note[0].lower()}{note[1:]} Until then no gate on a change can fail.")
    if shown == "text":
        session.say(
            verdict.headline() if session.terse else verdict.text(colour=session.colour, width=session.terminal)
        )
        gates = "the preset recommended" if chosen is None else session.found or str(chosen)
        session.found = None  # it is said here
        session.log(f"gates of {gates}; the whole page: auditkit report {shlex.quote(str(folder))}")
    else:
        session.say(render(verdict, shown, origin).rstrip("\n"))
    if exit_zero and verdict.exit_code:
        session.log(f"note: exit 0 where the verdict asks for {verdict.exit_code}, as --exit-zero says.")
        return 0
    return verdict.exit_code


def _with_baseline(known: Config | None) -> Config:
    """The config with `require_baseline` on, whatever it says."""
    from auditkit.config import Config  # noqa: PLC0415 - heavy

    known = Config() if known is None else known
    return known.model_copy(update={"check": known.check.model_copy(update={"require_baseline": True})})


def _keep_inputs(targets: Mapping[Path, str], folder: Path, known: Config | None) -> None:
    """Refuse to write over what the check reads."""
    from auditkit.errors import ConfigError  # noqa: PLC0415 - heavy

    read = [] if known is None or known.path is None else [known.path]
    if known is not None and known.baseline and not known.baseline.startswith("git:"):
        read.append(known.resolve(known.baseline))
    for target in targets:
        real = Path(os.path.realpath(target))
        if real in {Path(os.path.realpath(path)) for path in read} or real in _files_of(folder):
            raise ConfigError(f"--output would write over {str(target)!r}, which the check reads: name another file.")


def _files_of(folder: Path) -> set[Path]:
    """What an audit's folder is made of."""
    names = (SCORES, SAMPLES, RUN, ABLATION)
    return {Path(os.path.realpath(folder / name)) for name in names}


def _place(folder: Path, chosen: Path | None) -> str:
    """The file that annotations point to: the config, else the audit where the checkout holds it."""
    if chosen is not None:
        return _from_root(chosen) or str(chosen)
    # Servers drop what lies outside the checkout; where the config would be is a place that they know.
    return _from_root(folder / SCORES) or str(DEFAULT_CONFIG)


def _written(known: Config | None) -> dict[str, Any]:
    """File of each gate that is written in one, what those judge that are switched off, and where presets are named."""
    from auditkit.gates.rules import gates_of  # noqa: PLC0415 - heavy

    rules = [] if known is None else gates_of(known)[0]
    return {
        "files": {rule.id: _from_root(Path(rule.file)) or rule.file for rule in rules if rule.file is not None},
        "off": {rule.id: rule.metric for rule in rules if rule.level == "off"},
        "line": None if known is None else known.line("extends"),
    }


def _from_root(path: Path) -> str | None:
    """Path as the server of this checkout knows it, from its root; None outside."""
    here = Path.cwd()
    root = next((place for place in (here, *here.parents) if (place / ".git").exists()), here)
    full = Path(os.path.abspath(path))  # noqa: PTH100 - links stay what the checkout calls them
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else None
