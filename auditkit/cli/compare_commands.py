"""Commands over several audits: compare, history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditkit.cli.options import (
    ColumnKinds,
    ConfigPath,
    Groups,
    Key,
    Label,
    ModalityName,
    Order,
    Rate,
    Seed,
    TextColumn,
    config_in_use,
    data_config,
)
from auditkit.cli.outputs import output_targets
from auditkit.cli.session import session
from auditkit.errors import ConfigError, UnknownNameError, did_you_mean
from auditkit.layout import SCORES

if TYPE_CHECKING:
    from auditkit.auditing.comparison import Comparison
    from auditkit.auditing.result import Audit

_FORMATS = ("text", "json", "markdown", "html")
_TABLES = ("text", "json", "csv")


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("compare", short_help="Set audits, synthetic sets or generators beside each other.")(compare_command)
    app.command("history", short_help="Follow scores over saved audits.")(history_command)


def compare_command(
    entries: Annotated[
        list[str],
        typer.Argument(metavar="A B", help="Two or more: folders of audits, synthetic data, names of generators."),
    ],
    real: Annotated[
        Path | None,
        typer.Option(metavar="R", help="Real data, for entries that are not audits: they are audited against these."),
    ] = None,
    holdout: Annotated[Path | None, typer.Option(metavar="H", help="Real data that no generator saw.")] = None,
    label: Label = None,
    group: Groups = None,
    key: Key = None,
    order: Order = None,
    text: TextColumn = None,
    rate: Rate = None,
    column: ColumnKinds = None,
    modality: ModalityName = None,
    n: Annotated[
        int | None, typer.Option("--n", min=1, metavar="N", help="Units that generators make; else as many as real.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="What an entry is called, in their order; repeatable.")
    ] = None,
    parts: Annotated[bool, typer.Option("--parts", help="Compare groups, classes and columns too.")] = False,
    seed: Seed = 0,
    format: Annotated[  # noqa: A002 - the option's name
        str | None, typer.Option(metavar="FMT", help="text, json, markdown or html; text by default.")
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(metavar="FMT=PATH", help="Write a format to a file, as html=compare.html; repeatable."),
    ] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Heading of the page.")] = None,
) -> None:
    """Set audits of the same real data beside each other, and say which is better for what.

    Entries are folders of audits. With --real they may also be synthetic data, or names of generators, which are
    fitted on the real data; both are then audited alike.
    """
    from auditkit.auditing.comparing import compare  # noqa: PLC0415 - heavy
    from auditkit.store import write_text  # noqa: PLC0415

    shown, targets = output_targets(format, output or [], _FORMATS, example="html=compare.html")
    if len(entries) < 2:  # noqa: PLR2004 - a pair
        raise ConfigError("a comparison needs two entries: folders of audits, synthetic data or generators.")
    columns: dict[str, Any] = {"label": label, "groups": group, "key": key, "order": order, "text": text}
    columns |= {"rate": rate, "modality": modality, "kinds": column}
    given = _audits(entries, real, holdout, columns, n=n, seed=seed)
    called = name or (_short(entries) if len(set(_short(entries))) == len(entries) else list(entries))
    found = compare(*given, names=called, parts=parts)
    for path, wanted in targets.items():
        write_text(path, _told(found, wanted, title))
        session.log(f"written: {path}")
    session.say(_told(found, shown, title).rstrip("\n"))


def _told(found: Comparison, wanted: str, title: str | None) -> str:
    """A comparison in one format."""
    from auditkit.reports.compare_page import compare_page  # noqa: PLC0415 - heavy
    from auditkit.store import dump_json  # noqa: PLC0415

    if wanted == "json":
        return dump_json(found.to_json())
    if wanted == "html":
        return compare_page(found, title=title)
    return f"{found.text()}\n" if wanted == "text" else found.markdown()


def history_command(
    folder: Annotated[
        list[Path] | None, typer.Argument(metavar="DIR", help="Audits, or folders of audits; by default this folder.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Score to follow, or all; repeatable; else the main ones.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="PLACE", help="A file, git:REV or git:REV:PATH; else that of the config."),
    ] = None,
    config: ConfigPath = None,
    plot: Annotated[Path | None, typer.Option(metavar="PATH", help="Draw it as well, as .svg or .png.")] = None,
    format: Annotated[str, typer.Option(metavar="FMT", help="text, json or csv.")] = "text",  # noqa: A002 - the option's name
) -> None:
    """Print scores of saved audits in the order in which they were made, with the baseline beside them."""
    from auditkit.config import load_config  # noqa: PLC0415 - heavy
    from auditkit.gates.baseline_file import chosen_baseline  # noqa: PLC0415
    from auditkit.reports.history import history  # noqa: PLC0415
    from auditkit.store import dump_json  # noqa: PLC0415

    if format not in _TABLES:
        raise UnknownNameError.of("format", format, _TABLES)
    chosen = config_in_use(config)
    kept, name = chosen_baseline(None if chosen is None else load_config(chosen), baseline)
    if kept is None and name:
        session.log(f"note: there is no baseline {name!r} yet.")
    found = history(*(folder or []), metrics=metric, baseline=kept)
    drawn = None
    if plot is not None:
        from auditkit.reports.history_plot import plot_history  # noqa: PLC0415 - draws

        drawn = plot_history(found, plot)
    if format == "text":
        session.say(found.text())
    elif format == "json":
        session.say(dump_json(found.to_json()).rstrip("\n"))
    else:
        session.say(found.frame.to_csv(index=False, lineterminator="\n").rstrip("\n"))
    if drawn is not None:
        session.log(f"drawn: {drawn}")


def _audits(
    entries: list[str],
    real: Path | None,
    holdout: Path | None,
    columns: dict[str, Any],
    *,
    n: int | None,
    seed: int,
) -> list[Path | Audit]:
    """Folders of audits as they are; audits of everything else."""
    others = [entry for entry in entries if not (Path(entry) / SCORES).is_file()]
    if not others:
        if real is not None or holdout is not None:
            raise ConfigError("every entry is an audit already: leave --real and --holdout out.")
        return [Path(entry) for entry in entries]
    if len(set(others)) < len(others):
        raise ConfigError(f"{others[0]!r} is named twice: compare it with something else.")
    if real is None:
        message = (
            f"{others[0]!r} is no folder with an {SCORES}: give folders of audits, or --real R to audit synthetic data "
            "or generators against."
        )
        raise ConfigError(message)
    made = _audited(others, real, holdout, columns, n=n, seed=seed)
    return [made.get(entry, Path(entry)) for entry in entries]


def _audited(
    entries: list[str],
    real: Path,
    holdout: Path | None,
    columns: dict[str, Any],
    *,
    n: int | None,
    seed: int,
) -> dict[str, Audit]:
    from auditkit import generators  # noqa: PLC0415 - heavy
    from auditkit.pipeline.contest import audits_of  # noqa: PLC0415
    from auditkit.pipeline.sets import load_set  # noqa: PLC0415

    roles = data_config(**columns)
    train = load_set(real, roles)
    known = generators.names(modality=train.modality)
    sets: dict[str, Any] = {}
    for entry in entries:
        if Path(entry).exists():
            sets[entry] = load_set(Path(entry), roles, like=train)
        elif entry in known:
            sets[entry] = entry
        else:
            near = did_you_mean(entry, known)
            message = (
                f"{entry!r} is neither an audit's folder, nor data, nor a generator for {train.modality} data{near}"
            )
            raise ConfigError(message if near.endswith("?") else f"{message}.")
    fresh = None if holdout is None else load_set(holdout, roles, like=train)
    with session.progress() as progress:
        return audits_of(sets, real=train, holdout=fresh, n=n, seed=seed, progress=progress)


def _short(entries: list[str]) -> list[str]:
    return [Path(entry).name or entry for entry in entries]
