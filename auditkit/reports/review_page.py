"""The page on which people accept and reject samples, one at a time: one file, no network, its own script only."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.checks import check_dataset
from auditkit.errors import AuditkitError, DataError, SampleSizeError
from auditkit.filtering.decision_files import FORMAT, KIND
from auditkit.filtering.selection import Selection
from auditkit.reports import review_cards
from auditkit.reports.review_cards import cards_of, seen
from auditkit.reports.review_sampling import Part, draw_parts, parts_of, showing_order
from auditkit.reports.words import count, inert, number
from auditkit.store import dump_json, write_text

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset

__all__ = ["REASONS", "ReviewPage", "review"]

REASONS: Mapping[str, tuple[str, ...]] = {
    "tabular": ("impossible together", "implausible value", "wrong label", "could be a real person"),
    "image": ("blurred", "artefact", "wrong class", "not what it should be"),
    "text": ("makes no sense", "wrong label", "repeats itself", "names somebody"),
    "audio": ("noise", "wrong class", "cut off", "nothing to hear"),
    "series": ("wrong shape", "noise", "jumps", "flat"),
}
"""Reasons that a page offers where none are given."""

_MOST_REASONS = 9
_LONGEST_REASON = 60
_MOST_REPEATS = 1 / 3
_NUMBERS = (
    ("discriminator", "looks synthetic to a classifier"),
    ("realism", "realism"),
    ("density", "density"),
    ("label_agreement", "probability of its label"),
)


@dataclass(frozen=True)
class ReviewPage:
    """A review page that was written.

    Attributes
    ----------
    path : Path
    review_id : str
        Of the page; the same data and options give the same one.
    n : int
        Samples on it.
    n_real : int
        How many of them are real.
    n_showings : int
        Screens; more than the samples by those shown twice.
    design : mapping
        How the samples were drawn: by, seed, blind, parts with their sizes, samples left out.
    notes : tuple of str
    """

    path: Path
    review_id: str
    n: int
    n_real: int
    n_showings: int
    design: Mapping[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Item:
    """One sample of a page: where it comes from, and with which chance it was drawn."""

    id: str
    origin: str
    stratum: str
    inclusion: float
    card: dict[str, Any]
    facts: list[tuple[str, str]]


def review(  # noqa: PLR0913 - each says one thing about the page
    found: Audit | Selection,
    synthetic: Dataset,
    path: str | PathLike[str],
    *,
    n: int = 100,
    by: str | None = None,
    seed: int = 0,
    repeats: float = 0.1,
    blind: bool = False,
    reasons: Sequence[str] = (),
    real: Dataset | None = None,
    with_real: int = 0,
    show_real: bool | None = None,
    title: str | None = None,
) -> ReviewPage:
    """Write a page on which people accept and reject samples.

    Parameters
    ----------
    found : Audit or Selection
        What is known about the samples; with a selection, kept and rejected samples are drawn from apart.
    synthetic : Dataset
        The set that was audited.
    path : path
        The HTML file. It holds samples in full: share it as you would share the data.
    n : int, default 100
        Samples to show, fewer where the set is smaller.
    by : str, optional
        How to choose them: "suspicion" (half from the most suspicious fifth, half from the others; the default for an
        audit), "filter" (kept and rejected; the default for a selection), "random", a number of `audit.samples`
        ("realism", "density", "discriminator", "label_agreement"), or the label or a group (as many of each level).
    seed : int, default 0
        The same seed gives the same page.
    repeats : float in [0, 1/3], default 0.1
        Share of the samples that are shown a second time, so that agreement can be measured.
    blind : bool, default False
        Hide ids, scores, and what is real; always so with real samples.
    reasons : sequence of str, optional
        At most nine reasons to choose from; by default a few that fit the modality.
    real : Dataset, optional
        Where real samples are taken from; by default the audit's, where it was not opened from a folder.
    with_real : int, default 0
        Real samples to mix in, to see how many of them people accept.
    show_real : bool, optional
        Whether real samples, and synthetic ones that are copies of them, may be on the page. By default as was said
        when auditing.
    title : str, optional

    Returns
    -------
    ReviewPage

    Raises
    ------
    DataError
        If the set is not the one that was audited, or an option cannot be.
    SampleSizeError
        If there is nothing to show.
    AuditkitError
        If real samples are asked for without consent, or there are none.

    Notes
    -----
    Every part of the set is drawn from at random, and the page's decisions carry each sample's part and its chance to
    be shown, so that the rate of acceptance is that of the set although suspicious samples are shown more often (see
    `auditkit.filtering.acceptance`).
    """
    check_dataset("synthetic", synthetic)
    audit, selection = (found.audit, found) if isinstance(found, Selection) else (found, None)
    allowed = bool(audit.about.get("show_real", False)) if show_real is None else show_real
    offered = _reasons(reasons, synthetic.modality)
    _check_options(n, repeats, with_real, allowed=allowed)
    samples = _rows(audit, synthetic)
    rng = np.random.default_rng(seed)
    hidden = np.zeros(len(synthetic), dtype=np.bool_) if allowed else _copies(samples)
    way = by or ("filter" if selection is not None else "suspicion")
    parts = parts_of(way, synthetic, samples, n=n, hidden=hidden, selection=selection)
    drawn = draw_parts(parts, n=n, rng=rng)
    items = _synthetic_items(synthetic, samples, parts, drawn)
    source = real if real is not None else audit.inputs.get("real")
    items += _real_items(source, with_real, rng)
    order = showing_order(len(items), repeats=repeats, rng=rng)
    design = {
        "by": way,
        "seed": seed,
        "blind": blind or bool(with_real),
        "left_out": int(hidden.sum()),
        "real_size": len(source) if with_real and source is not None else 0,
        "strata": [
            {"name": part.name, "size": len(part), "drawn": len(places)}
            for part, places in zip(parts, drawn, strict=True)
        ],
    }
    head = {"kind": KIND, "format_version": FORMAT, "data_hash": synthetic.hash, "design": design}
    review_id = _identity(head, items, order, offered)
    name = inert(title or f"Review of {audit.about.get('names', {}).get('synthetic', synthetic.source)}", limit=80)
    page = _render(name, head | {"review_id": review_id}, items, order, offered, modality=synthetic.modality)
    target = Path(path)
    write_text(target, page)
    return ReviewPage(target, review_id, len(items), with_real, len(order), design, _notes(design, n, len(page)))


def _check_options(n: int, repeats: float, with_real: int, *, allowed: bool) -> None:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise DataError(f"a review shows at least 1 sample, got n={n!r}.")
    if isinstance(repeats, bool) or not math.isfinite(repeats) or not 0 <= repeats <= _MOST_REPEATS:
        raise DataError(f"repeats is a share from 0 to 1/3 of the samples, got {repeats!r}.")
    if isinstance(with_real, bool) or not isinstance(with_real, (int, np.integer)) or with_real < 0:
        raise DataError(f"with_real counts real samples, from 0 on, got {with_real!r}.")
    if with_real and not allowed:
        raise AuditkitError(
            "real samples are private unless you say otherwise: allow them on the page with show_real=True "
            "(--show-real), or leave with_real (--with-real) out."
        )


def _reasons(given: Sequence[str], modality: str) -> tuple[str, ...]:
    if isinstance(given, str):
        raise DataError(f"reasons is a list of texts, got the text {given[:40]!r}: put it in a list.")
    found = tuple(inert(reason, limit=_LONGEST_REASON) for reason in given) or REASONS[modality]
    if len(found) > _MOST_REASONS:
        raise DataError(f"a review offers at most {_MOST_REASONS} reasons, one per key, got {len(found)}.")
    if len(set(found)) < len(found) or "" in found or any(";" in reason for reason in found):
        raise DataError("reasons must differ, say something, and have no semicolon, which parts them in files.")
    return found


def _rows(audit: Audit, synthetic: Dataset) -> pd.DataFrame:
    """The audit's row of each sample, in the set's order."""
    wanted = audit.about.get("hashes", {}).get("synthetic")
    known = {str(name): place for place, name in enumerate(audit.samples["id"])}
    rows = [known.get(str(name), -1) for name in synthetic.ids]
    if -1 in rows or len(rows) != len(known) or (wanted is not None and wanted != synthetic.hash):
        raise DataError("the set to review is not the one that was audited: pass the audited synthetic set.")
    return audit.samples.iloc[rows].reset_index(drop=True)


def _copies(samples: pd.DataFrame) -> NDArray[np.bool_]:
    found = np.zeros(len(samples), dtype=np.bool_)
    for name in ("copy", "near_copy"):
        if name in samples:
            found |= samples[name].fillna(value=False).to_numpy(dtype=np.bool_)
    return found


def _synthetic_items(
    synthetic: Dataset, samples: pd.DataFrame, parts: Sequence[Part], drawn: Sequence[NDArray[np.intp]]
) -> list[_Item]:
    items = []
    for part, places in zip(parts, drawn, strict=True):
        told = _facts(samples.iloc[places])
        for place, card, more in zip(places, cards_of(synthetic, places.tolist()), told, strict=True):
            name = str(synthetic.ids[place])
            facts = [("sample", seen(name, limit=120)), ("drawn from", part.name), *more]
            items.append(_Item(name, "synthetic", part.name, len(places) / len(part), card, facts))
    return items


def _real_items(real: Dataset | None, wanted: int, rng: np.random.Generator) -> list[_Item]:
    if not wanted:
        return []
    if real is None:
        raise AuditkitError("there are no real samples to mix in, the audit holds none: pass real=, or leave them out.")
    if wanted > len(real):
        raise SampleSizeError(f"{wanted} real samples were asked for, {real.source} has {len(real)}: ask for fewer.")
    places = np.sort(rng.permutation(len(real))[:wanted])
    cards = cards_of(real, places.tolist())
    return [
        _Item(str(real.ids[place]), "real", "", wanted / len(real), card, [])
        for place, card in zip(places, cards, strict=True)
    ]


def _facts(samples: pd.DataFrame) -> list[list[tuple[str, str]]]:
    """What the audit found out about each sample, in words."""
    facts: list[list[tuple[str, str]]] = [[] for _ in range(len(samples))]
    for name, words in _NUMBERS:
        if name in samples:
            for place, value in enumerate(samples[name]):
                if pd.notna(value):
                    facts[place].append((words, number(float(value))))
    if "violations" in samples:
        for place, value in enumerate(samples["violations"].fillna("")):
            if value:
                facts[place].append(("breaks the schema", seen(value, limit=300)))
    return facts


def _identity(
    head: Mapping[str, Any], items: Sequence[_Item], order: Sequence[tuple[int, int]], reasons: Sequence[str]
) -> str:
    shown = [[item.origin, item.id] for item in items]
    told = dump_json({**head, "shown": shown, "order": [list(item) for item in order], "reasons": list(reasons)})
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _notes(design: Mapping[str, Any], n: int, size: int) -> tuple[str, ...]:
    notes = []
    drawn = sum(part["drawn"] for part in design["strata"])
    if drawn < n:
        notes.append(f"the set has {drawn} samples to show, fewer than {n}.")
    if design["left_out"]:
        notes.append(
            f"{count(design['left_out'], 'sample')} equal or nearly equal a real record and are not shown; "
            "--show-real (show_real=True) shows them."
        )
    if size > 50_000_000:  # noqa: PLR2004 - slow to open on a phone
        notes.append(f"the page has {size / 1e6:.0f} MB: fewer samples (--n) make it lighter.")
    return tuple(notes)


def _render(
    title: str,
    head: Mapping[str, Any],
    items: Sequence[_Item],
    order: Sequence[tuple[int, int]],
    reasons: Sequence[str],
    *,
    modality: str,
) -> str:
    templates = _templates()
    blind = bool(head["design"]["blind"])
    style, script = (templates.get_template(f"review.{kind}").render() for kind in ("css", "js"))
    # Out of sight, not secret: a blind page does not show in its source what is real.
    design = [
        {"id": item.id, "origin": item.origin, "stratum": item.stratum, "inclusion": item.inclusion} for item in items
    ]
    sealed = base64.b64encode(json.dumps({"head": head, "samples": design}, sort_keys=True).encode()).decode()
    data = {"review_id": head["review_id"], "showings": [list(item) for item in order], "sealed": sealed}
    return templates.get_template("review.html.j2").render(
        title=title,
        data=data | {"reasons": list(reasons)},
        items=items,
        blind=blind,
        modality=modality,
        n_showings=len(order),
        reasons=reasons,
        style_hash=_digest(style),
        script_hash=_digest(script),
        sizes=review_cards,
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _templates() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("auditkit.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.policies["json.dumps_kwargs"] = {"sort_keys": True, "allow_nan": False, "separators": (",", ":")}
    found.filters["count"] = count
    return found
