"""Commands that run the whole loop: demo, init, run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditkit.cli.options import (
    DEFAULT_CONFIG,
    ConfigPath,
    Groups,
    Key,
    Label,
    ModalityName,
    Order,
    Rate,
    TextColumn,
    config_needed,
)
from auditkit.cli.session import session
from auditkit.errors import DataError

if TYPE_CHECKING:
    from auditkit.pipeline import Run


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("demo", short_help="Run the whole loop on data that come with auditkit.")(demo_command)
    app.command("init", short_help="Write a commented auditkit.toml for your data.")(init_command)
    app.command("run", short_help="Run the whole loop of a config.")(run_command)


def demo_command(
    modality: Annotated[str, typer.Option(metavar="M", help="tabular, image, text, audio or series.")] = "tabular",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for everything that it makes.")] = Path(
        "auditkit-demo"
    ),
) -> None:
    """Run the whole loop on data that come with auditkit, in about a minute.

    Trains a generator, audits what it makes, judges, filters, trains models with and without the synthetic data, and
    writes the report. Exits 0 whatever the verdict.
    """
    from auditkit.demo.configs import ABOUT  # noqa: PLC0415 - heavy
    from auditkit.demo.loop import run_demo, summary_lines  # noqa: PLC0415
    from auditkit.pipeline.writing import check_folder  # noqa: PLC0415

    check_folder(out)
    if modality in ABOUT:
        session.log(f"{ABOUT[modality]}: about a minute ...")
    with session.progress() as progress:
        found = run_demo(modality, out=out, progress=progress)
    session.say(summary_lines(found))
    session.say(f"report: {found.report.resolve()}")
    session.log(f"yours next: auditkit init FILE, then auditkit run (this one: {out / 'auditkit.toml'})")


def init_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Real data to write a config for: a file or a folder.")],
    out: Annotated[Path, typer.Option(metavar="TOML", help="The config to write.")] = DEFAULT_CONFIG,
    label: Label = None,
    group: Groups = None,
    key: Key = None,
    order: Order = None,
    text: TextColumn = None,
    rate: Rate = None,
    modality: ModalityName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a config that is there.")] = False,
) -> None:
    """Write a commented auditkit.toml for the data in a file.

    A label and groups that are not given are guessed from usual names, and the guess is said. Where no name is a usual
    one, the last column with few levels is proposed in a comment.
    """
    from auditkit.cli.template import write_template  # noqa: PLC0415 - heavy

    if out.is_dir() or (out.exists() and not force):
        hint = "give --out a file's name." if out.is_dir() else "give --out another name, or --force to replace it."
        message = f"{out} is there already: {hint}"
        raise DataError(message)
    roles: dict[str, Any] = {"modality": modality, "text": text, "rate": rate, "key": key, "order": order}
    for line in write_template(file, out, label=label, groups=group or (), roles=roles):
        session.log(line)
    session.say(f"{out}")
    session.log(f"look it over, then: {_command('run', out)}")


def run_command(
    config: ConfigPath = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the results; auditkit-out beside the config.")
    ] = None,
) -> int:
    """Run the whole loop of a config: generate, audit, judge, filter, merge, ablate, report.

    Exits like `auditkit check`: 0 if all gates pass, 1 if one fails, 3 if one could not be measured.
    """
    from auditkit.pipeline import run  # noqa: PLC0415 - heavy

    with session.progress() as progress:
        found = run(config_needed(config), out=out, progress=progress)
    _tell(found)
    return found.verdict.exit_code


def _tell(found: Run) -> None:
    if session.terse:
        session.say(found.verdict.headline())
        return
    for note in (*found.audit.about["notes"], *found.selection.notes):
        session.log(f"note: {note}")
    session.say(found.verdict.text(colour=session.colour, width=session.terminal))
    session.say(str(found.selection).splitlines()[0])
    if found.ablation is not None:
        session.say(str(found.ablation))
    session.say(f"report: {found.report}")


def _command(name: str, config: Path) -> str:
    return f"auditkit {name}" if config == DEFAULT_CONFIG else f"auditkit {name} -c {shlex.quote(str(config))}"
