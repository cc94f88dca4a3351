"""The command that keeps the good samples of an audited set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli.folder import audited_data, audited_holdout, audited_real
from auditkit.cli.options import AuditFolder, ConfigPath, OutPath, config_in_use
from auditkit.cli.selecting import config_at, selected
from auditkit.cli.session import session
from auditkit.errors import AuditkitError

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset
    from auditkit.filtering.rescoring import Rescored
    from auditkit.filtering.selection import Selection

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("filter", short_help="Keep the samples that no rule rejects.")(filter_command)


def filter_command(
    folder: AuditFolder,
    out: OutPath,
    config: ConfigPath = None,
    synthetic: Annotated[
        Path | None, typer.Option(metavar="S", help="The audited data, where they have moved since.")
    ] = None,
    generator: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The trained generator, whose own scores rules then read as own_score."),
    ] = None,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Audit what is kept, and show all scores before and after.")
    ] = False,
) -> None:
    """Keep the samples that no rule rejects, with a reason for each rejected one.

    The rules are the [[filter]] tables of the config, or the default ones; [[quota]] tables say which shares of
    classes and groups are left after them. What people decided, decisions.json in the audit's folder, is read too.
    Beside the kept samples lie PATH.selection.parquet (a row per sample: kept or not, reasons, scores) and
    PATH.selection.json (rules, counts).
    """
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy
    from auditkit.pipeline.checking import check_names  # noqa: PLC0415
    from auditkit.pipeline.writing import check_file, check_not_input, save_selection, uninterrupted  # noqa: PLC0415

    found, known = open_audit(folder), config_at(config_in_use(config))
    check_names(known)
    check_file(out, modality=found.about["modality"])
    samples = audited_data(found, synthetic)
    check_not_input(out, [Path(place) for place in found.run["inputs"].values()])
    selection = selected(folder, found, samples, known, synthetic=synthetic, generator=generator)
    real = audited_real(found, synthetic) if rescore else None
    again = _again(found, selection, real) if rescore and len(selection.kept) else None
    with uninterrupted():
        selection.save(out)
        save_selection(folder, selection, again)
    session.say(str(selection))
    if again is not None:
        session.say(str(again))
    session.log(f"kept samples in {out}, reasons in {out}.selection.parquet")


def _again(found: Audit, selection: Selection, real: Dataset | None) -> Rescored:
    """Scores before and after, of an audit whose real data are at hand."""
    if real is None or found.run.get("quick"):
        what = "an audit against a reference" if real is None else "a quick audit, which saw samples of the sets"
        raise AuditkitError(f"--rescore needs all of the real data, and this is {what}: audit again without that.")
    holdout = audited_holdout(found, real)
    session.log(f"auditing the {len(selection.kept):,} samples that were kept")
    return selection.rescore(real=real, holdout=holdout)
