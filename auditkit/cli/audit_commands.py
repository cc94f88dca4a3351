"""Commands around one audit: audit, check, report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli.options import (
    ConfigPath,
    Groups,
    Key,
    Label,
    ModalityName,
    Order,
    RealPath,
    Seed,
    SyntheticPath,
    data_config,
)
from auditkit.cli.session import session
from auditkit.errors import AuditkitError, DataError

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset

AuditFolder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `auditkit audit --out` wrote.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("audit")(audit_command)
    app.command("check")(check_command)
    app.command("report")(report_command)


def audit_command(
    real: RealPath,
    synthetic: SyntheticPath,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for audit.json, samples and exhibits.")],
    holdout: Annotated[
        Path | None,
        typer.Option(metavar="H", help="Real data that the generator never saw; without it copying cannot be judged."),
    ] = None,
    label: Label = None,
    group: Groups = None,
    key: Key = None,
    order: Order = None,
    modality: ModalityName = None,
    metric: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these metrics; repeatable.")] = None,
    embedder: Annotated[str | None, typer.Option(metavar="NAME", help="See `auditkit list embedders`.")] = None,
    seed: Seed = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Look at 5,000 samples of each set at most.")] = False,
    show_real: Annotated[bool, typer.Option("--show-real", help="Name and show real records in the output.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Print what would be computed, and stop.")] = False,
) -> int:
    """Measure synthetic data against real data, and write the audit to a folder."""
    from auditkit.auditing.run import audit, plan_audit  # noqa: PLC0415 - heavy
    from auditkit.pipeline import load_set, quick_sample  # noqa: PLC0415

    roles = data_config(label=label, groups=group, key=key, order=order, modality=modality)
    train = load_set(real, roles)
    sets: dict[str, Dataset] = {"real": train, "synthetic": load_set(synthetic, roles, like=train)}
    if holdout is not None:
        sets["holdout"] = load_set(holdout, roles, like=train)
    if quick:
        sets = {name: quick_sample(item, seed=seed) for name, item in sets.items()}
    asked = {
        "real": sets["real"],
        "synthetic": sets["synthetic"],
        "holdout": sets.get("holdout"),
        "metrics": metric or "default",
        "embedder": embedder,
        "seed": seed,
    }
    if plan:
        session.say(str(plan_audit(**asked)))  # type: ignore[arg-type] - the mapping above
        return 0
    with session.progress() as progress:
        found = audit(**asked, show_real=show_real, progress=progress)  # type: ignore[arg-type] - the mapping above
    places = {"real": real, "synthetic": synthetic, "holdout": holdout}
    inputs = {name: str(place.resolve()) for name, place in places.items() if place is not None}
    roles_given = roles.model_dump(mode="json", include={"label", "groups", "key", "order", "modality"})
    replace(found, run={**found.run, "inputs": inputs, "roles": roles_given, "quick": quick}).save(out)
    session.say(str(found))
    for note in found.about["notes"]:
        session.log(f"note: {note}")
    session.log(f"written to {out}; judge it with: auditkit check {out}")
    return 0 if any(score.value is not None for score in found.scores) else 3


def check_command(
    folder: AuditFolder,
    config: ConfigPath = None,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option(metavar="FMT", help="text, json, markdown, junit or github.")
    ] = "text",
    output: Annotated[
        list[str] | None, typer.Option(metavar="FMT=PATH", help="Write another format to a file; repeatable.")
    ] = None,
) -> int:
    """Judge an audit by gates; exits 1 if one fails and 3 if one could not be measured."""
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy
    from auditkit.gates.formats import render  # noqa: PLC0415
    from auditkit.store import write_text  # noqa: PLC0415

    verdict = open_audit(folder).check(config, ablation=_ablation(folder))
    named = "auditkit.toml" if config is None else str(config)
    wanted = [_format_and_path(item) for item in output or []]
    session.say(render(verdict, format, config=named).rstrip("\n"))
    for name, path in wanted:
        write_text(path, render(verdict, name, config=named))
    return verdict.exit_code


def report_command(
    folder: AuditFolder,
    config: ConfigPath = None,
    out: Annotated[Path | None, typer.Option(metavar="PATH", help="The page; DIR/report.html by default.")] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Heading of the page.")] = None,
) -> int:
    """Write the report of an audit, one self-contained HTML page."""
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy

    found: Audit = open_audit(folder)
    ablation = _ablation(folder)
    verdict = found.check(config, ablation=ablation)
    path = found.report(out or folder / "report.html", verdict=verdict, ablation=ablation, title=title)
    session.say(str(path))
    return 0


def _ablation(folder: Path) -> Ablation | None:
    """Ablation that was saved beside the audit, if any."""
    from auditkit.ablation.result import Ablation  # noqa: PLC0415 - heavy

    place = folder / "ablation.json"
    return Ablation.load(place) if place.is_file() else None


def _format_and_path(text: str) -> tuple[str, Path]:
    name, sign, path = text.partition("=")
    if not sign or not path:
        message = f"--output takes FORMAT=PATH, as junit=gates.xml, got {text!r}."
        raise DataError(message)
    from auditkit.gates.formats import FORMATS  # noqa: PLC0415 - heavy

    if name not in FORMATS:
        message = f"--output knows no format {name!r}: use one of {', '.join(FORMATS)}."
        raise AuditkitError(message)
    return name, Path(path)
