"""Blind spots on the page: rows of plain, harmless text from the exhibit that an audit wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditkit.auditing.undeclared import SPOTS
from auditkit.exhibits import Exhibit
from auditkit.reports.words import inert

__all__ = ["COLUMNS", "SPOTS", "spot_name", "spot_table"]

COLUMNS = (
    ("real_share", "Real share"),
    ("synthetic_share", "Synthetic share"),
    ("coverage", "Covered"),
    ("fresh_coverage", "Covered, yardstick"),
    ("precision", "Like real ones"),
    ("fresh_precision", "Like real ones, yardstick"),
)
"""Rates of a blind spot, with what each is called."""
SAID = {
    "rare": "too few synthetic samples",
    "uncovered": "real samples without a synthetic counterpart",
    "unlike": "synthetic samples like no real one",
}


def spot_table(exhibit: Exhibit, *, shows_real: bool) -> dict[str, Any]:
    """What the template shows of the exhibit.

    Parameters
    ----------
    exhibit : Exhibit
    shows_real : bool
        Ids of real records are left out otherwise, whatever the exhibit holds.

    Returns
    -------
    dict
    """
    data = exhibit.data
    items = [_item(item, shows_real=shows_real) for item in data.get("items", ())]
    return {
        "name": "blind-spots",
        "title": inert(exhibit.title),
        "items": items,
        "n_looked_at": int(data.get("n_looked_at", 0)),
        "n_left_out": int(data.get("n_left_out", 0)),
        "least": int(data.get("least", 0)),
    }


def spot_name(item: Mapping[str, Any]) -> str:
    """A blind spot of the exhibit in words."""
    return " and ".join(inert(word, limit=80) for word in item.get("conditions", ()))


def _item(item: Mapping[str, Any], *, shows_real: bool) -> dict[str, Any]:
    return {
        "name": spot_name(item),
        "said": SAID.get(str(item.get("kind")), ""),
        "n_real": int(item.get("n_real", 0)),
        "n_synthetic": int(item.get("n_synthetic", 0)),
        "synthetic": [inert(name, limit=40) for name in item.get("synthetic", ())],
        "real": [inert(name, limit=40) for name in item.get("real", ())] if shows_real else [],
        **{name: item.get(name) for name, _ in COLUMNS},
    }
