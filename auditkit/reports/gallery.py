"""What the page shows of samples: some at random, some beside their nearest training record, some rejected ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditkit.reports import words

if TYPE_CHECKING:
    from auditkit.exhibits import Exhibit

__all__ = ["KINDS", "Cell", "Galleries", "Pair", "Pairs", "Reason", "Rejected", "Sample", "Samples", "galleries_of"]

KINDS = frozenset({"thumbnails", "texts", "pairs", "rejected"})
_LONG_WORDS, _LONG_CAPTION, _LONG_NAME = 400, 160, 60
_PNG = re.compile(r"iVBORw0KGgo[A-Za-z0-9+/]*={0,2}")
_NOT_TOLD = "not told"


@dataclass(frozen=True)
class Cell:
    """One cell of a row; what is not told says so."""

    column: str
    value: str
    told: bool


@dataclass(frozen=True)
class Sample:
    """A synthetic sample: a picture, a text or cells; or why it is not shown."""

    id: str
    caption: str = ""
    value: str = ""
    png: str = ""
    text: str = ""
    cells: tuple[Cell, ...] = ()
    n_more: int = 0
    hidden: str = ""


@dataclass(frozen=True)
class Samples:
    """Samples drawn at random; `n_left_out` could not be shown."""

    title: str
    items: tuple[Sample, ...]
    n_left_out: int = 0
    wide: bool = False


@dataclass(frozen=True)
class Pair:
    """A synthetic sample and its nearest training record, and what is shown of both.

    Attributes
    ----------
    synthetic, real : str
        Names; real records are R1, R2 in order of appearance.
    distance, ratio : float or None
    nearer : str
        Share of holdout units at least that near, in words.
    why : str
    hidden : str
        Why the synthetic side is not shown.
    pictures : tuple of (str, str)
        PNG and what it shows.
    texts : tuple of (str, tuple of (str, bool))
        Side, and its parts with whether they differ.
    differing, equal : tuple of (str, str, str)
        Column, synthetic and real cell; of equal cells the real one is left out.
    cells : tuple of Cell
        The synthetic row alone.
    """

    synthetic: str
    real: str
    distance: float | None
    ratio: float | None
    nearer: str
    why: str
    hidden: str = ""
    pictures: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...] = ()
    differing: tuple[tuple[str, str, str], ...] = ()
    equal: tuple[tuple[str, str], ...] = ()
    cells: tuple[Cell, ...] = ()
    n_more: int = 0


@dataclass(frozen=True)
class Pairs:
    """The nearest pairs, and in a sentence what is hidden."""

    title: str
    items: tuple[Pair, ...]
    sentence: str
    shows_real: bool
    form: str = "pictures"
    """`"pictures"`, `"wide"`, `"texts"` or `"cells"`."""


@dataclass(frozen=True)
class Reason:
    """Samples rejected for one reason, and those kept that came nearest to it."""

    reason: str
    limit: str
    n: int
    n_hidden: int
    rejected: tuple[Sample, ...]
    kept: tuple[Sample, ...]

    @property
    def columns(self) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
        """Rows of a table with a column per sample that is shown: a column's name and its cells."""
        shown = [item for item in (*self.rejected, *self.kept) if item.cells]
        return tuple((cells[0].column, cells) for cells in zip(*(item.cells for item in shown), strict=False))


@dataclass(frozen=True)
class Rejected:
    """Rejected samples by reason."""

    reasons: tuple[Reason, ...]
    n_reasons: int
    form: str
    """`"pictures"`, `"wide"`, `"texts"` or `"cells"`."""


@dataclass(frozen=True)
class Galleries:
    """All galleries of a page."""

    random: tuple[Samples, ...]
    pairs: tuple[Pairs, ...]
    rejected: tuple[Rejected, ...]


def galleries_of(exhibits: Sequence[Exhibit], *, shows_real: bool) -> Galleries:
    """Galleries from the exhibits of an audit and of a filter.

    Parameters
    ----------
    exhibits : sequence of Exhibit
    shows_real : bool
        Whether real records may be among them; where not, none is taken from an exhibit that holds some.

    Returns
    -------
    Galleries
    """
    return Galleries(
        tuple(_random(item) for item in exhibits if item.kind in ("thumbnails", "texts")),
        tuple(_pairs(item, shows_real=shows_real) for item in exhibits if item.kind == "pairs"),
        tuple(_rejected(item) for item in exhibits if item.kind == "rejected"),
    )


def _random(exhibit: Exhibit) -> Samples:
    given = list(exhibit.data.get("items", ()))
    items = tuple(item for item in map(_sample, given) if item.png or item.text or exhibit.kind == "texts")
    wide = bool(exhibit.data.get("wide"))
    return Samples(words.inert(exhibit.title), items, len(given) - len(items), wide)


def _sample(item: Mapping[str, Any]) -> Sample:
    cells = tuple(_cell(cell.get("column", ""), cell.get("value")) for cell in item.get("cells", ()))
    return Sample(
        id=words.inert(item.get("id", ""), limit=_LONG_NAME),
        caption=words.inert(item.get("caption", ""), limit=_LONG_CAPTION),
        value=words.inert(item.get("value", ""), limit=_LONG_CAPTION),
        png=item["png_base64"] if _is_png(item.get("png_base64")) else "",
        text=words.inert(item.get("text", ""), limit=_LONG_WORDS),
        cells=cells,
        n_more=max(0, int(item.get("n_columns", 0)) - len(cells)),
        hidden=words.inert(item.get("hidden", ""), limit=_LONG_CAPTION),
    )


def _cell(column: object, value: object) -> Cell:
    name = words.inert(column, limit=_LONG_NAME)
    return Cell(name, _NOT_TOLD if value is None else words.inert(value, limit=_LONG_NAME), value is not None)


def _is_png(found: object) -> bool:
    return isinstance(found, str) and _PNG.fullmatch(found) is not None


def _pairs(exhibit: Exhibit, *, shows_real: bool) -> Pairs:
    names: dict[str, str] = {}
    items = []
    for item in sorted(exhibit.data.get("items", ()), key=lambda item: not item.get("hidden")):
        real = names.setdefault(str(item.get("real", "")), f"R{len(names) + 1}")
        items.append(_pair(item, real, shows_real=shows_real))
    sentence = _hidden_words(exhibit.data, shows_real=shows_real)
    return Pairs(words.inert(exhibit.title), tuple(items), sentence, shows_real, _form(exhibit))


def _pair(item: Mapping[str, Any], real: str, *, shows_real: bool) -> Pair:
    why = str(item.get("why") or ("copy" if item.get("copy") else "closest"))
    cells = list(item.get("cells", ()))
    known = {"cells": any("real" in cell for cell in cells), "texts": "real" in item.get("texts", {})}
    both = shows_real or not any(known.values())
    return Pair(
        synthetic=words.inert(item.get("synthetic", ""), limit=_LONG_NAME),
        real=real,
        distance=item.get("distance"),
        ratio=item.get("ratio"),
        nearer=_nearer(item),
        why=words.inert(why, limit=_LONG_NAME),
        hidden=words.inert(item.get("hidden", ""), limit=_LONG_CAPTION),
        pictures=_pictures(item, shows_real=shows_real),
        texts=_texts(item.get("texts", {})) if both else (),
        differing=tuple(_three(cell) for cell in cells if "real" in cell and cell.get("differs", True)) if both else (),
        equal=tuple(_three(cell)[:2] for cell in cells if "real" in cell and not cell.get("differs", True))
        if both
        else (),
        cells=tuple(_cell(cell.get("column", ""), cell.get("synthetic")) for cell in cells if "real" not in cell),
        n_more=max(0, int(item.get("n_columns", 0)) - len(cells)),
    )


def _three(cell: Mapping[str, Any]) -> tuple[str, str, str]:
    column, made, real = (words.inert(cell.get(name, ""), limit=_LONG_NAME) for name in ("column", "synthetic", "real"))
    return column, made, real


def _nearer(item: Mapping[str, Any]) -> str:
    """Share of holdout units at least that near; of one to four it is not told how many."""
    share = item.get("nearer")
    if share is None:
        return ""
    return f"{'under ' if item.get('fewer') else ''}{words.number(float(share), unit='share')}"


def _pictures(item: Mapping[str, Any], *, shows_real: bool) -> tuple[tuple[str, str], ...]:
    named = {"png_synthetic": "synthetic"}
    if shows_real:
        named |= {"png_real": "real", "png_both": "synthetic in vermillion, real in blue"}
    return tuple((item[name], says) for name, says in named.items() if _is_png(item.get(name)))


def _texts(sides: Mapping[str, Any]) -> tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]:
    return tuple(
        (
            side,
            tuple(
                (words.inert(part.get("words", ""), limit=_LONG_WORDS), bool(part.get("differs")))
                for part in sides[side]
            ),
        )
        for side in ("synthetic", "real")
        if sides.get(side)
    )


def _hidden_words(data: Mapping[str, Any], *, shows_real: bool) -> str:
    """What is flagged, and what is hidden, in a sentence or two."""
    found = [
        words.count(int(data[key]), one, many)
        for key, one, many in (
            ("n_copies", "copy of a training record", "copies of training records"),
            ("n_near_copies", "near copy", "near copies"),
        )
        if data.get(key)
    ]
    told = f"Among {int(data.get('n', 0)):,} samples there are {' and '.join(found)}. " if found else ""
    if shows_real:
        return f"{told}Both sides are shown, as was decided when auditing."
    hidden = int(data.get("n_hidden", 0))
    if hidden:
        verb = "is" if hidden == 1 else "are"
        told += (
            f"{words.count(hidden, 'sample')} {verb} hidden on this page like real records: copies, near copies and "
            "what lies nearer to a training record than 99 in 100 fresh ones. "
        )
    return f"{told}Real records are not shown; auditing with --show-real shows both sides."


def _rejected(exhibit: Exhibit) -> Rejected:
    data = exhibit.data
    reasons = tuple(
        Reason(
            reason=words.inert(item.get("reason", ""), limit=_LONG_CAPTION),
            limit=words.inert(item.get("limit", ""), limit=_LONG_CAPTION),
            n=int(item.get("n", 0)),
            n_hidden=int(item.get("n_hidden", 0)),
            rejected=tuple(map(_sample, item.get("rejected", ()))),
            kept=tuple(map(_sample, item.get("kept", ()))),
        )
        for item in data.get("reasons", ())
    )
    return Rejected(reasons, int(data.get("n_reasons", len(reasons))), _form(exhibit))


def _form(exhibit: Exhibit) -> str:
    """What samples look like, by what is known of them."""
    modality = str(exhibit.data.get("modality", ""))
    return {"image": "pictures", "text": "texts", "tabular": "cells"}.get(modality, "wide")
