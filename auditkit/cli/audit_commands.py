"""Commands around one audit: audit, report, and check, which has a file of its own."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditkit.cli.check_command import check_command
from auditkit.cli.folder import drop_stale, saved_ablation, saved_decisions, saved_rescored, saved_selection
from auditkit.cli.options import (
    AuditFolder,
    ColumnKinds,
    ConfigPath,
    Groups,
    Key,
    Label,
    ModalityName,
    Order,
    Rate,
    Seed,
    SyntheticPath,
    TextColumn,
    config_in_use,
    data_config,
)
from auditkit.cli.reference_commands import ReferencePath, reference_roles
from auditkit.cli.session import session
from auditkit.errors import ConfigError
from auditkit.layout import REPORT

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.config import DataConfig
    from auditkit.data import Dataset


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("audit", short_help="Measure synthetic data against real data.")(audit_command)
    app.command("check", short_help="Judge an audit by gates: exit 0, 1 or 3.")(check_command)
    app.command("report", short_help="Write the report of an audit, one HTML page.")(report_command)


def audit_command(
    synthetic: SyntheticPath,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for audit.json, samples and exhibits; only --plan needs none."),
    ] = None,
    real: Annotated[
        Path | None,
        typer.Option(metavar="R", help="Real data that the generator was trained on: a file or a folder."),
    ] = None,
    reference: ReferencePath = None,
    holdout: Annotated[
        Path | None,
        typer.Option(metavar="H", help="Real data that the generator never saw; without them copying is not judged."),
    ] = None,
    label: Label = None,
    group: Groups = None,
    key: Key = None,
    order: Order = None,
    text: TextColumn = None,
    rate: Rate = None,
    column: ColumnKinds = None,
    modality: ModalityName = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="This metric, default or all; repeatable: auditkit list metrics."),
    ] = None,
    embedder: Annotated[
        str | None, typer.Option(metavar="NAME", help="What turns samples into numbers: auditkit list embedders.")
    ] = None,
    constraint: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="Rule for each row, as 'end >= start'; repeatable."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Compare at the sizes of this baseline: a file, or git:REV[:PATH]."),
    ] = None,
    seed: Seed = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Look at 5,000 samples of each set at most.")] = False,
    show_real: Annotated[bool, typer.Option("--show-real", help="Name and show real records in the output.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Print what would be computed, and stop.")] = False,
) -> int:
    """Measure synthetic data against real data, and write the audit to a folder.

    Prints a line per metric, with the same metric on fresh real data beside it (the yardstick). Exits 0 whatever the
    scores are: `auditkit check DIR` judges them.
    """
    from auditkit.auditing.reference import open_reference  # noqa: PLC0415 - heavy
    from auditkit.auditing.run import audit, plan_audit  # noqa: PLC0415
    from auditkit.data import Dataset  # noqa: PLC0415
    from auditkit.gates.baseline_file import read_baseline  # noqa: PLC0415
    from auditkit.pipeline.sets import load_set, quick_note, quick_sample  # noqa: PLC0415
    from auditkit.pipeline.writing import check_folder, roles_of, uninterrupted  # noqa: PLC0415

    if out is not None:
        check_folder(out)
    elif not plan:
        raise ConfigError("there is no folder for the audit: name one with --out, or see what it costs with --plan.")
    places = {"real": real, "reference": reference, "synthetic": synthetic, "holdout": holdout}
    given = {name: place for name, place in places.items() if place is not None}
    _check_real_side(given)
    columns: dict[str, Any] = {"label": label, "groups": group, "key": key, "order": order, "modality": modality}
    columns |= {"text": text, "rate": rate}
    sets: dict[str, Any]
    if reference is None:
        roles = data_config(**columns, kinds=column)
        sets = _load(given, roles)
    else:
        if column:
            raise ConfigError("a reference knows the kinds of its columns: leave --column out.")
        known = open_reference(reference)
        roles = reference_roles(known, **columns)
        sets = {"real": known, "synthetic": load_set(synthetic, roles, like=known.template)}
        sets["groups"] = group
    full = {name: item for name, item in sets.items() if isinstance(item, Dataset)}
    note = quick_note(full, alike=reference is None) if quick else None
    if quick:
        sets |= {name: quick_sample(item, seed=seed) for name, item in full.items()}
    whole = full if note is not None and reference is None else None
    asked: dict[str, Any] = {**sets, "metrics": metric or "default", "embedder": embedder, "seed": seed}
    asked["baseline"] = None if baseline is None else read_baseline(baseline)
    if baseline is not None and asked["baseline"] is None:
        session.log(f"note: there is no baseline {baseline!r} yet, so sets are compared at their own sizes.")
    if plan or out is None:
        session.say(str(plan_audit(**asked)))
        return 0
    with session.progress() as progress:
        found = audit(**asked, show_real=show_real, constraints=constraint or (), whole=whole, progress=progress)
    inputs = {name: str(place.resolve()) for name, place in given.items()}
    about = {**found.about, "quick": quick, "notes": [*found.about["notes"], *([] if note is None else [note])]}
    found = replace(found, about=about, run={**found.run, "inputs": inputs, "roles": roles_of(roles), "quick": quick})
    with uninterrupted():
        drop_stale(out, found.about["hashes"])
        found.save(out)
    _tell(found, out)
    if any(score.value is not None for score in found.scores):
        return 0
    session.fail("nothing could be scored: do what the reason beside each metric says.")
    return 3


def report_command(
    folder: AuditFolder,
    config: ConfigPath = None,
    out: Annotated[Path | None, typer.Option(metavar="PATH", help="The page; DIR/report.html by default.")] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Heading of the page.")] = None,
    timings: Annotated[bool, typer.Option("--timings", help="Say where the time went on this machine.")] = False,
) -> int:
    """Write the report of an audit, one self-contained HTML page, and print its path.

    It holds the verdict, the scores, the groups, and where they lie beside the audit what was filtered
    (selection.json), the ablation (ablation.json) and what people decided (decisions.json).
    """
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy
    from auditkit.config import load_config  # noqa: PLC0415

    chosen = config_in_use(config)
    known = None if chosen is None else load_config(chosen)
    found, ablation = open_audit(folder), saved_ablation(folder)
    verdict = found.check(known, ablation=ablation)
    selection = saved_selection(folder)
    heading = title if title is not None or known is None else known.report.title
    later: dict[str, Any] = {"selection": selection, "ablation": ablation, "decisions": saved_decisions(folder, found)}
    later["rescored"] = saved_rescored(folder)
    path = found.report(out or folder / REPORT, verdict=verdict, **later, title=heading, timings=timings)
    session.say(str(path))
    return 0


def _check_real_side(given: Mapping[str, Path]) -> None:
    """Refuse an audit with no real side, or with two."""
    if ("real" in given) == ("reference" in given):
        message = "an audit needs --real R, or --reference F that was built from it, and not both."
        raise ConfigError(message)
    if "reference" in given and "holdout" in given:
        message = "a reference brings its own holdout: leave --holdout out, or build the reference with it."
        raise ConfigError(message)


def _load(given: dict[str, Path], roles: DataConfig) -> dict[str, Dataset]:
    """Sets by role, the real one first, whose schema the others are read with."""
    from auditkit.pipeline.sets import load_set  # noqa: PLC0415 - heavy

    real = load_set(given["real"], roles)
    others = {name: place for name, place in given.items() if name != "real"}
    return {"real": real} | {name: load_set(place, roles, like=real, name=name) for name, place in others.items()}


def _tell(found: Audit, out: Path) -> None:
    session.say(str(found))
    for note in found.about["notes"]:
        session.log(f"note: {note}")
    place = shlex.quote(str(out))
    session.log(f"written to {place}; judge it with: auditkit check {place}")
