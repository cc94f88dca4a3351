"""The command that says what there is: metrics, generators, embedders, gates, for one kind of data or all."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli.session import session
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.kinds import MODALITIES

if TYPE_CHECKING:
    from auditkit.plugins import Entry

__all__ = ["register"]

_NAME = 26
"""Longer names stand on a line of their own."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("list", short_help="List metrics, generators, embedders or gates.")(list_command)


def list_command(
    what: Annotated[str, typer.Argument(metavar="metrics|generators|embedders|gates", help="What to list.")],
    modality: Annotated[
        str | None,
        typer.Option("--modality", metavar="M", help="Only what serves tabular, image, text, audio or series data."),
    ] = None,
) -> None:
    """List the metrics, generators, embedders or gates that there are; a star marks what is used by default."""
    kinds: dict[str, Callable[[str | None], list[tuple[str, str]]]] = {
        "metrics": _metrics,
        "generators": _generators,
        "embedders": _embedders,
        "gates": _gates,
    }
    if what not in kinds:
        raise UnknownNameError.of("list", what, kinds)
    if modality is not None and modality not in MODALITIES:
        raise UnknownNameError.of("modality", modality, MODALITIES)
    session.say("\n".join(_lines(kinds[what](modality))))


def _lines(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Names on the left, their words on the right, in lines that a terminal shows whole."""
    column = min(max((len(name) for name, _ in rows), default=0), _NAME) + 2
    lines = []
    for name, about in rows:
        beside = len(name) <= column - 2
        told = textwrap.wrap(
            about,
            session.width,
            initial_indent=name.ljust(column) if beside else " " * column,
            subsequent_indent=" " * column,
            break_on_hyphens=False,
        )
        lines += told if beside else [name, *told]
    return [line.rstrip() for line in lines]


def _metrics(modality: str | None) -> list[tuple[str, str]]:
    from auditkit.metrics import registry  # noqa: PLC0415 - heavy

    found = [registry.get(name) for name in registry.names()]
    return [
        (
            item.name,
            f"{_all_or(item.modalities)}{'*' if item.default else ''}, {_better(item.direction)}: {item.meaning}",
        )
        for item in found
        if modality is None or modality in item.modalities
    ]


def _better(direction: str) -> str:
    return "no direction" if direction == "none" else direction


def _generators(modality: str | None) -> list[tuple[str, str]]:
    from auditkit.generators import registry  # noqa: PLC0415 - heavy

    return _by_name(registry.entries(modality), modality, default=registry.default)


def _embedders(modality: str | None) -> list[tuple[str, str]]:
    from auditkit.features.registry import default_embedder, embedder_entries  # noqa: PLC0415 - heavy

    return _by_name(embedder_entries(modality), modality, default=default_embedder)


def _by_name(entries: Iterable[Entry], modality: str | None, *, default: Callable[[str], str]) -> list[tuple[str, str]]:
    """Row per name and origin: the data that it serves, the star of a default, its few words."""
    grouped: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        grouped.setdefault((entry.name, entry.origin), []).append(entry)
    rows = []
    for (name, origin), group in grouped.items():
        serves = [f"{_all_or([item.modality])}{'*' if _is_first(item, modality, default) else ''}" for item in group]
        words = "; ".join(dict.fromkeys(item.about for item in group if item.about))
        brought = "" if origin == "auditkit" else f" ({origin})"
        rows.append((name, f"{', '.join(serves)}{f': {words}' if words else ''}{brought}"))
    return rows


def _is_first(entry: Entry, modality: str | None, default: Callable[[str], str]) -> bool:
    """Whether it is the one that is used where none is named."""
    try:
        return default(modality or entry.modality) == entry.name
    except AuditkitError:  # no modality of its own, or one without a default
        return False


def _all_or(modalities: Sequence[str]) -> str:
    return "all" if "any" in modalities or set(modalities) == set(MODALITIES) else ", ".join(modalities)


def _gates(modality: str | None) -> list[tuple[str, str]]:
    """Presets, and then the gates that they hold, each told as it stands in the first of them."""
    from auditkit.gates.extending import PRESETS  # noqa: PLC0415 - heavy
    from auditkit.gates.rules import preset  # noqa: PLC0415

    rows = [(name, f"preset{'*' if name == 'recommended' else ''}: {about}") for name, about in PRESETS.items()]
    told: dict[str, str] = {}
    for name in PRESETS:
        held = "" if name == "recommended" else f" (preset {name})"
        for rule in preset(name):
            if _judges(rule.metric, modality) and (not rule.modalities or modality in (None, *rule.modalities)):
                told.setdefault(rule.id, f"{rule.level}, {rule.metric}: {rule.why}{held}")
    return [*rows, *told.items()]


def _judges(metric: str, modality: str | None) -> bool:
    """Whether a gate's metric is read on data of a modality; an ablation is run on all of them."""
    from auditkit.metrics import registry  # noqa: PLC0415 - heavy

    try:
        return modality is None or modality in registry.get(metric).modalities
    except UnknownNameError:
        return True
