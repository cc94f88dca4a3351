"""Commands that run the whole loop: demo, init, run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditkit.cli.options import ConfigPath, Groups, Label
from auditkit.cli.session import session
from auditkit.errors import DataError


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("demo")(demo_command)
    app.command("init")(init_command)
    app.command("run")(run_command)


def demo_command(
    modality: Annotated[str, typer.Option(metavar="M", help="tabular or image.")] = "tabular",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for everything that it makes.")] = Path(
        "auditkit-demo"
    ),
) -> None:
    """Run the whole loop on real data that come with auditkit, in under a minute."""
    from auditkit.demo.loop import run_demo, summary_lines  # noqa: PLC0415 - heavy

    with session.progress() as progress:
        found = run_demo(modality, out=out, progress=progress)
    session.say(summary_lines(found))
    session.say(f"report: {found.report.resolve()}")


def init_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Real data to write a config for.")],
    out: Annotated[Path, typer.Option(metavar="TOML", help="The config to write.")] = Path("auditkit.toml"),
    label: Label = None,
    group: Groups = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a config that is there.")] = False,
) -> None:
    """Write a commented auditkit.toml for the data in a file."""
    from auditkit.cli.template import write_template  # noqa: PLC0415 - heavy

    if out.exists() and not force:
        message = f"{out} is there already: give --out another name, or --force to replace it."
        raise DataError(message)
    for line in write_template(file, out, label=label, groups=group or ()):
        session.log(line)
    session.say(f"{out}")


def run_command(
    config: ConfigPath = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the results.")] = None,
) -> int:
    """Run the whole loop of a config: generate, audit, filter, merge, ablate, report; exits like check."""
    from auditkit.pipeline import run  # noqa: PLC0415 - heavy

    with session.progress() as progress:
        found = run(config or Path("auditkit.toml"), out=out, progress=progress)
    for note in (*found.audit.about["notes"], *found.notes, *found.selection.notes):
        session.log(f"note: {note}")
    session.say(found.verdict.text())
    session.say(f"report: {found.report}")
    return found.verdict.exit_code
