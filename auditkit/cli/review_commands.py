"""Commands around people: write the page on which they judge samples, and take in what they decided."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from auditkit.cli.folder import audited_data, audited_real
from auditkit.cli.options import AuditFolder, ConfigPath, Seed, config_in_use
from auditkit.cli.selecting import config_at, selected
from auditkit.cli.session import session
from auditkit.layout import DECISIONS, REVIEW

__all__ = ["register"]


PAGE = "page"
"""What the command without a name is called until it has none: typer wants a name."""


class _Reviews(TyperGroup):
    """`review DIR` writes a page, `review apply` takes decisions in: what is no command's name is a folder."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        if PAGE in self.commands:
            self.commands[""] = self.commands.pop(PAGE)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if named else ["", *args])


class _Page(TyperCommand):
    """The command without a name of its own: help and errors call it what was typed, `auditkit review`."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        named = parent.info_name if parent is not None else info_name
        return super().make_context(named, args, parent=parent.parent if parent is not None else None, **extra)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(cls=_Reviews, help="Let people judge samples, one at a time.")
    group.command(PAGE, cls=_Page, hidden=True)(review_command)
    group.command("apply", short_help="Take in what people decided.")(apply_command)
    app.add_typer(group, name="review")


def review_command(
    folder: AuditFolder,
    out: Annotated[Path | None, typer.Option(metavar="PATH", help="The page; DIR/review.html by default.")] = None,
    n: Annotated[int, typer.Option("--n", min=1, metavar="N", help="Samples to show.")] = 100,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="WAY",
            help="suspicion, random, filter (kept and rejected), a number as realism, the label or a group.",
        ),
    ] = None,
    config: ConfigPath = None,
    seed: Seed = 0,
    repeats: Annotated[
        float, typer.Option(min=0.0, max=0.33, metavar="X", help="Share of samples that are shown twice.")
    ] = 0.1,
    blind: Annotated[bool, typer.Option("--blind", help="Hide ids, scores and what is real.")] = False,
    reason: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="Reason to choose from; repeatable, nine at most.")
    ] = None,
    with_real: Annotated[
        int, typer.Option(min=0, metavar="N", help="Mix in real samples; needs --show-real, and is blind.")
    ] = 0,
    show_real: Annotated[
        bool, typer.Option("--show-real", help="Allow real samples and copies of them on the page.")
    ] = False,
    synthetic: Annotated[
        Path | None, typer.Option(metavar="S", help="The audited data, where they have moved since.")
    ] = None,
    generator: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The trained generator, whose own scores --by filter reads as own_score."),
    ] = None,
) -> None:
    """Write a page on which people accept and reject samples, one at a time.

    The page is one file that works offline: A accepts, R rejects, S skips, U undoes. It gives a file of decisions to
    save, which `auditkit review apply FILE --audit DIR` takes in; the filter and the report read them from there.
    """
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy
    from auditkit.reports.review_page import review  # noqa: PLC0415

    found = open_audit(folder)
    samples = audited_data(found, synthetic)
    allowed = True if show_real else None
    chosen = None
    if by == "filter":
        known = config_at(config_in_use(config))
        chosen = selected(folder, found, samples, known, synthetic=synthetic, generator=generator)
    made = review(
        chosen if chosen is not None else found,
        samples,
        out or folder / REVIEW,
        n=n,
        by=by,
        seed=seed,
        repeats=repeats,
        blind=blind,
        reasons=reason or (),
        real=audited_real(found, synthetic) if with_real else None,
        with_real=with_real,
        show_real=allowed,
    )
    for note in made.notes:
        session.log(f"note: {note}")
    session.say(str(made.path))
    real = f", {made.n_real} of them real," if made.n_real else ""
    parts = ", ".join(f"{part['drawn']} of {part['size']:,} {part['name']}" for part in made.design["strata"])
    session.log(f"{made.n} samples{real} on {made.n_showings} screens ({parts}); the page holds them in full.")
    session.log(f"open it in a browser, then: auditkit review apply FILE --audit {shlex.quote(str(folder))}")


def apply_command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Decisions that review pages gave to save, of one or more people."),
    ],
    audit: Annotated[Path, typer.Option("--audit", metavar="DIR", help="Folder of the audit that was reviewed.")],
) -> None:
    """Check what people decided, merge it, and put it beside the audit as decisions.json.

    Decisions that are there already stay; the same person's later file for the same page replaces the earlier one.
    Prints the share of the set that people accept and how well they agree.
    """
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy
    from auditkit.filtering.decisions import read_decisions  # noqa: PLC0415
    from auditkit.reports.review_section import review_lines, review_summary  # noqa: PLC0415

    found, place = open_audit(audit), audit / DECISIONS
    earlier = [place] if place.is_file() else []
    merged = read_decisions(*earlier, *files)
    merged.check(found)
    merged.save(place)
    for line in review_lines(review_summary(merged)):
        session.say(line)
    for note in merged.notes:
        session.log(f"note: {note}")
    where = shlex.quote(str(audit))
    session.log(f"written to {place}; next: auditkit filter {where} --out kept.csv, or auditkit report {where}")
