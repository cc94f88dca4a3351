"""Commands around the baseline: update, show."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli.folder import saved_ablation
from auditkit.cli.options import AuditFolder, ConfigPath, config_in_use
from auditkit.cli.session import session
from auditkit.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from auditkit.gates.baseline import Baseline

BaselinePath = Annotated[
    Path | None,
    typer.Option("--baseline", metavar="PATH", help="The file; that of the config, or .auditkit/baseline.json."),
]
_MOST_MOVES = 10
_FORMATS = ("text", "json")


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Keep scores that later checks compare with.")
    group.command("update", short_help="Keep the scores of an audit as the baseline.")(update_baseline)
    group.command("show", short_help="Print the baseline and its log.")(show_baseline)
    app.add_typer(group, name="baseline")


def update_baseline(
    folder: AuditFolder,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why these scores are the ones to keep; goes in the log.")
    ],
    baseline: BaselinePath = None,
    config: ConfigPath = None,
) -> None:
    """Keep the scores of an audit, and of the ablation beside it, as the baseline of later checks.

    The file belongs in git: a line per score shows in a review which ones moved, and its log says why.
    """
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy
    from auditkit.gates.baseline import Baseline  # noqa: PLC0415
    from auditkit.gates.baseline_file import read_baseline, write_baseline  # noqa: PLC0415
    from auditkit.gates.table import printable  # noqa: PLC0415

    path = _path(baseline, config)
    found, ablation = open_audit(folder), saved_ablation(folder)
    earlier = read_baseline(path)
    scores = [*found.scores, *(() if ablation is None else ablation.scores)]
    today = datetime.now(UTC).date().isoformat()
    made = Baseline.of(scores, found.about, reason=reason, date=today, earlier=earlier)
    write_baseline(path, made)
    left = len(scores) - len(made.scores)
    session.say(f"{path}: {len(made.scores)} scores of {printable(found.about['names']['synthetic'])}")
    if left:
        session.log(f"note: {left} scores without a value were left out.")
    if earlier is not None:
        for line in _moves(earlier, made):
            session.say(line)
    session.log(f"keep it in git: git add {path}")


def show_baseline(
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="PLACE", help="A file, git:REV or git:REV:PATH; else that of the config."),
    ] = None,
    config: ConfigPath = None,
    format: Annotated[str, typer.Option(metavar="FMT", help="text or json.")] = "text",  # noqa: A002 - the option's name
) -> None:
    """Print the baseline: its scores of the whole set, what they were measured on, and why it was updated."""
    from auditkit.gates.baseline_file import baseline_text, read_baseline  # noqa: PLC0415 - heavy

    if format not in _FORMATS:
        raise UnknownNameError.of("format", format, _FORMATS)
    place, start = (baseline, Path()) if baseline is not None else _named(config)
    found = read_baseline(place, folder=start)
    if found is None:
        message = f"there is no baseline {place!r} yet: `auditkit baseline update DIR --reason TEXT` writes one."
        raise DataError(message)
    session.say(baseline_text(found).rstrip("\n") if format == "json" else _told(found))


def _named(config: Path | None) -> tuple[str, Path]:
    """The baseline that the config names, or the usual one, and the folder that it is relative to."""
    from auditkit.config import load_config  # noqa: PLC0415 - heavy
    from auditkit.gates.baseline_file import DEFAULT_BASELINE  # noqa: PLC0415

    chosen = config_in_use(config)
    named: str | None = None if chosen is None else load_config(chosen).baseline
    return named or DEFAULT_BASELINE, Path() if chosen is None else chosen.parent


def _path(given: Path | None, config: Path | None) -> Path:
    """File to write: of a baseline in git the one that is to be committed."""
    from auditkit.gates.baseline_file import DEFAULT_BASELINE  # noqa: PLC0415 - heavy

    if given is not None:
        return given
    named, folder = _named(config)
    if named.startswith("git:"):
        named = named.removeprefix("git:").partition(":")[2] or DEFAULT_BASELINE
    return folder / named


def _told(baseline: Baseline) -> str:
    lines = [f"{len(baseline.scores)} scores of {baseline.modality} data, measured on "]
    lines[0] += ", ".join(f"{n:,} {role}" for role, n in sorted(baseline.n.items()))
    whole = [kept for kept in baseline.scores if not kept.where]
    width = max((len(kept.metric) for kept in whole), default=0)
    for kept in whole:
        item = kept.estimate
        lines.append(f"  {kept.metric:<{width}}  {item}  at {item.n[1]:,} units, {kept.direction}")
    lines += [f"{update.date}  {update.reason}" for update in baseline.updates]
    return "\n".join(lines)


def _moves(earlier: Baseline, made: Baseline) -> list[str]:
    """Scores of the whole set that moved, the largest change first, and what came and went."""
    then = {kept.key: kept for kept in earlier.scores}
    now = {kept.key: kept for kept in made.scores}
    pairs = [(then[key].estimate.value, now[key].estimate.value, now[key]) for key in now if key in then]
    moved = [pair for pair in pairs if pair[0] != pair[1] and not pair[2].where]
    moved.sort(key=lambda pair: (-abs(pair[1] - pair[0]) / (abs(pair[0]) or 1.0), pair[2].key))
    lines = [f"  {kept.metric} {before:.4f} -> {after:.4f}" for before, after, kept in moved[:_MOST_MOVES]]
    if len(moved) > _MOST_MOVES:
        lines.append(f"  and {len(moved) - _MOST_MOVES} more scores of the whole set moved")
    come, gone = len(now.keys() - then.keys()), len(then.keys() - now.keys())
    return [*lines, *([f"  {come} scores are new, {gone} are gone"] if come or gone else [])]
