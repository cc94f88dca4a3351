"""The page: one HTML file that needs no network and runs nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from auditkit.exhibits import Exhibit
from auditkit.reports import bars, words
from auditkit.reports.curves import curve_drawing
from auditkit.reports.figures import DRAWN, GROUPS, ablation_drawing, exhibit_drawing
from auditkit.reports.gallery import KINDS, galleries_of
from auditkit.reports.judgement import PER_GATE, WORDS, GateRow, cut_comparisons, fold_undecided
from auditkit.reports.scores import ScoreRow
from auditkit.reports.spots import COLUMNS, SPOTS, spot_table
from auditkit.reports.summary import Summary, summarise
from auditkit.reports.svg import Drawing
from auditkit.reports.trades import trade_drawing
from auditkit.results import base_name
from auditkit.store import write_text

if TYPE_CHECKING:
    from auditkit.ablation import Ablation
    from auditkit.auditing import Audit
    from auditkit.filtering.decisions import Decisions
    from auditkit.filtering.rescoring import Rescored
    from auditkit.filtering.selection import Selection, SelectionRecord
    from auditkit.gates import Verdict

__all__ = ["environment", "is_difference", "render_page", "value_text", "write_report"]

_MOST_TRADES = 4
_BREAKS = re.compile(r"(\"[^\"]*\")|\n\s*|(?<=[;:{,>])[ ]|[ ](?=[{}>])")
"""What a style sheet can do without, and what stands in quotes, which stays."""
_BEFORE_BLOCKS = re.compile(r"\n+(?=</?(?:d[dlt]|details|div|fig|h\d|[ou]l|li|p|section|summary|t[adhr])\b)")
"""Line breaks that stand before a block, where nothing is seen of them."""
_PLACES = {
    "associations": "realistic",
    "columns": "realistic",
    "giveaways": "realistic",
    "projection": "realistic",
    "occupancy": "varied",
    "distances": "copied",
}


def render_page(summary: Summary) -> str:
    """HTML of a report.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    str
        A whole document: no script that runs, no address outside itself; the same summary gives the same text.
    """
    templates = environment()
    written = templates.get_template("style.css").render()
    style = _BREAKS.sub(r"\1", written)
    charts, sound, broken = _evidence(summary)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = templates.get_template("report.html.j2").render(
        summary=summary,
        data=_data(summary),
        style_hash=f"sha256-{digest}",
        charts=charts,
        contents=_contents(summary),
        trials=_trials(summary),
        trades=_trades(summary),
        curves=_curves(summary),
        galleries=galleries_of(sound, shows_real=summary.shows_real),
        spots=[spot_table(item, shows_real=summary.shows_real) for item in sound if item.kind == SPOTS],
        columns=COLUMNS,
        others=[item for item in sound if item.kind not in {*DRAWN, *KINDS, SPOTS}],
        broken=broken,
    )
    return _BEFORE_BLOCKS.sub("", page.replace(written, style, 1))


def write_report(
    path: str | Path,
    audit: Audit,
    *,
    verdict: Verdict | None = None,
    selection: Selection | SelectionRecord | None = None,
    ablation: Ablation | None = None,
    decisions: Decisions | None = None,
    rescored: Rescored | None = None,
    title: str | None = None,
    timings: bool = False,
) -> Path:
    """Write the page of an audit to a file.

    Parameters
    ----------
    path : str or Path
        The HTML file; its folder is made where missing.
    audit : Audit
    verdict, selection, ablation, decisions, rescored : optional
        What later steps found; their sections are left out where absent.
    title : str, optional
        Heading, by default made from the synthetic set's name.
    timings : bool, default False
        Whether it says where the time went.

    Returns
    -------
    Path
        The file written.
    """
    target = Path(path)
    later: dict[str, Any] = {"selection": selection, "ablation": ablation, "decisions": decisions}
    later["rescored"] = rescored
    summary = summarise(audit, verdict=verdict, **later, title=title, timings=timings)
    write_text(target, render_page(summary))
    return target


@cache
def environment() -> jinja2.Environment:
    """Templates of pages, with what they call; all of them escape whatever they are given."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("auditkit.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.policies["json.dumps_kwargs"] = {"sort_keys": True, "allow_nan": False, "separators": (",", ":")}
    found.filters |= {
        name: getattr(words, name) for name in ("number", "signed", "interval", "count", "halves", "inert")
    }
    found.globals |= {
        "DASH": words.DASH,
        "WORDS": WORDS,
        "PER_GATE": PER_GATE,
        "cut_comparisons": cut_comparisons,
        "BAR_WIDTH": bars.WIDTH,
        "fold_undecided": fold_undecided,
        "gate_bar": bars.gate_bar,
        "score_bar": bars.score_bar,
        "is_difference": is_difference,
        "value_text": value_text,
    }
    return found


def _data(summary: Summary) -> dict[str, Any]:
    """Numbers of the page; what gates say in words stands on the page itself."""
    shown = [replace(row, sentence="", why="") for row in _shown(summary)]
    return summary.to_json(gates=shown)


def _shown(summary: Summary) -> list[GateRow]:
    """Rows of the gates that the page shows: many groups make hundreds of comparisons, and the page must stay small."""
    passed = [row for row in summary.gates if row.state in ("pass", "skipped")]
    alone, folded = fold_undecided([row for row in summary.gates if row.state not in ("pass", "skipped")])
    cards = [row for rows in folded for row in rows[:PER_GATE]]
    return [*cut_comparisons(alone)[0], *cards, *cut_comparisons(passed, per_gate=1)[0]]


def is_difference(metric: str) -> bool:
    """Whether a metric is a difference between both sets, which has a sign."""
    return base_name(metric).endswith(("_gap", "_amplification"))


def value_text(row: GateRow | ScoreRow) -> str:
    """Value of a row: a gap with its sign; under a limit in as many digits as keep it on its side of the limit."""
    against = row.limit if isinstance(row, GateRow) and not row.on_difference else None
    if not is_difference(row.metric):
        return words.number(row.value, unit=row.unit, against=against)
    gap = words.signed(row.value, unit=row.unit, against=against)
    return gap if row.part else gap.removeprefix("+")


def _contents(summary: Summary) -> list[tuple[str, str]]:
    """Anchors and names of the sections beside the five questions, which have links of their own."""
    left = sum(row.state not in ("pass", "skipped") for row in summary.gates)
    found = {
        "facts": "What was compared",
        "findings": summary.findings and "Findings",
        "gates": summary.gates and (f"Gates ({left} open)" if left else "Gates"),
        "unmeasured": summary.unmeasured and "Not measured",
        "groups": summary.groups and "Groups",
        "other": any(question.key == "other" for question in summary.questions) and "Further scores",
        "filter": summary.filtering and "What the filter kept",
        "rescored": summary.rescored and "What filtering changed",
        "review": summary.review and "Human review",
        "timings": summary.timings and "Where the time went",
        "reproduce": "How to reproduce",
    }
    return [(anchor, str(title)) for anchor, title in found.items() if title]


def _evidence(summary: Summary) -> tuple[Mapping[str, list[Drawing]], list[Exhibit], list[str]]:
    """Drawings by the question they belong to, the exhibits that can be shown, and those that cannot, with why."""
    charts: dict[str, list[Drawing]] = {}
    sound, broken = [], []
    for index, exhibit in enumerate(summary.exhibits):
        try:
            drawing = exhibit_drawing(exhibit, name=f"chart{index}") if exhibit.kind in DRAWN else None
            if exhibit.kind == SPOTS:
                spot_table(exhibit, shows_real=summary.shows_real)
            galleries_of([exhibit], shows_real=summary.shows_real)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            broken.append(f"{exhibit.title} ({type(error).__name__} in its file, exhibits/{exhibit.name}.json)")
            continue
        sound.append(exhibit)
        if drawing is not None:
            place = "fair" if exhibit.name.startswith(GROUPS) else _PLACES[exhibit.kind]
            charts.setdefault(place, []).append(drawing)
    return charts, sound, broken


def _trials(summary: Summary) -> list[Drawing]:
    """Drawings of the ablation, one per model under the deciding measure."""
    if summary.ablation is None:
        return []
    tables = summary.ablation.tables
    main = [table for table in tables if table.measure == tables[0].measure]
    drawn = [ablation_drawing(table, name=f"trial{index}") for index, table in enumerate(main)]
    return [drawing for drawing in drawn if drawing is not None]


def _trades(summary: Summary) -> list[Drawing]:
    """Drawings of what arms cost and what they bring in gaps between groups."""
    found = () if summary.ablation is None else summary.ablation.trades
    return [trade_drawing(trade, name=f"trade{index}") for index, trade in enumerate(found[:_MOST_TRADES])]


def _curves(summary: Summary) -> list[Drawing]:
    """Learning curves of the ablation, a drawing per model."""
    found = () if summary.ablation is None else summary.ablation.curves
    return [curve_drawing(chart, name=f"curve{index}") for index, chart in enumerate(found)]
