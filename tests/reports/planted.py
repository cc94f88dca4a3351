"""Small sets of five kinds of data whose real records bear a mark each, and all that the loop writes about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import auditkit as ak
from auditkit.data import Dataset
from auditkit.data.recordings import RecordingSamples
from auditkit.data.samples import ArraySamples
from auditkit.data.series import SeriesSamples
from auditkit.data.texts import TextSamples
from auditkit.gates.formats import FORMATS, render
from auditkit.reports import write_report
from auditkit.reports.review_page import review
from auditkit.store import write_json

__all__ = ["CANARY", "COPIES", "EXTREME", "KINDS", "Loop", "loop_of", "sets_of"]

CANARY = "canary"
KINDS = ("tabular", "image", "text", "audio", "series")
COPIES = 6
EXTREME = (7, 98765.4321)
"""Place and pay of the real record that earns far more than any other."""
_N = {"real": 60, "synthetic": 50, "holdout": 40}
_RATE = 8000
_WORDS = ["call", "me", "now", "free", "win", "prize", "hello", "dear", "friend", "meeting", "lunch", "money"]


@dataclass(frozen=True)
class Loop:
    """What an audit and the steps after it left in a folder, and the sets that they read."""

    folder: Path
    page: Path
    sets: dict[str, Dataset]


def _ids(role: str, n: int) -> list[str]:
    return [f"{CANARY if role != 'synthetic' else 'made'}-{role}-{number:04d}" for number in range(n)]


def _table(role: str, rng: np.random.Generator) -> pd.DataFrame:
    """Labels, a group, and the name of each sample."""
    n = _N[role]
    return pd.DataFrame(
        {"id": _ids(role, n), "label": rng.choice(["no", "yes"], n, p=[0.6, 0.4]), "sex": rng.choice(["f", "m"], n)}
    )


def _values(role: str, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Columns of a table: a number with many digits, words, and a level that few real records have."""
    n, high = len(frame), (frame["label"] == "yes").to_numpy()
    mine = CANARY if role != "synthetic" else "made"
    towns = [f"{mine}ville" if number in (3, 4) else town for number, town in enumerate(rng.choice(["Ay", "Bo"], n))]
    pay = 1000.0 + 400 * high + 90 * rng.standard_normal(n)
    if role == "real":
        pay[EXTREME[0]] = EXTREME[1]
    return frame.assign(
        pay=pay,
        age=rng.integers(18, 80, n),
        town=towns,
        note=[f"{mine} {role} number {number} said {' '.join(rng.choice(_WORDS, 5))}" for number in range(n)],
    )


def _pictures(frame: pd.DataFrame, rng: np.random.Generator) -> list[Any]:
    pixels = rng.integers(0, 90, (len(frame), 8, 8, 1))
    pixels[(frame["label"] == "yes").to_numpy(), 2:6, 2:6] += 120
    return list(pixels.astype(np.uint8))


def _texts(frame: pd.DataFrame, rng: np.random.Generator) -> list[Any]:
    ends = {"no": "see you at home", "yes": "win cash now"}
    return [
        f"{' '.join(rng.choice(_WORDS, 6))} {name.replace('-', '')} {ends[label]}"
        for name, label in zip(frame["id"], frame["label"], strict=True)
    ]


def _sounds(frame: pd.DataFrame, rng: np.random.Generator) -> list[Any]:
    steps = np.arange(1200) / _RATE
    pitch = np.where(frame["label"] == "yes", 600, 250) + 40 * rng.standard_normal(len(frame))
    return [0.4 * np.sin(2 * np.pi * hertz * steps) + 0.05 * rng.standard_normal(len(steps)) for hertz in pitch]


def _series(frame: pd.DataFrame, rng: np.random.Generator) -> list[Any]:
    drift = np.where(frame["label"] == "yes", 0.2, -0.1)
    return [(step + rng.standard_normal((40, 2))).cumsum(axis=0) for step in drift]


_MADE: dict[str, Callable[[pd.DataFrame, np.random.Generator], list[Any]]] = {
    "image": _pictures,
    "text": _texts,
    "audio": _sounds,
    "series": _series,
}
_WRAPPED: dict[str, Callable[[list[Any]], Any]] = {
    "tabular": lambda _: None,
    "image": lambda items: ArraySamples(np.stack(items)),
    "text": TextSamples.of,
    "audio": lambda items: RecordingSamples.of(items, rate=_RATE),
    "series": SeriesSamples.of,
}


def sets_of(kind: str, *, folder: str = f"/{CANARY}/") -> dict[str, Dataset]:
    """Real, synthetic and held-out sets; the first synthetic samples are copies of training records."""
    tables, items = {}, {}
    for seed, role in enumerate(_N, start=5):
        rng = np.random.default_rng(seed)
        tables[role] = _table(role, rng)
        if kind == "tabular":
            tables[role] = _values(role, tables[role], rng)
        items[role] = _MADE[kind](tables[role], rng) if kind in _MADE else []
    names = tables["synthetic"]["id"]
    copies, own = tables["real"].head(COPIES), tables["synthetic"].tail(-COPIES)
    tables["synthetic"] = pd.concat([copies, own], ignore_index=True).assign(id=names)
    items["synthetic"][:COPIES] = items["real"][:COPIES]
    roles: dict[str, Any] = {"label": "label", "groups": ["sex"], "key": "id"}
    return {
        role: Dataset.of_table(tables[role], samples=_WRAPPED[kind](items[role]), source=f"{folder}{role}.csv", **roles)
        for role in _N
    }


def loop_of(kind: str, folder: Path) -> Loop:
    """Audit, check in every format, filter, train with and without, report and review, all into a folder."""
    sets = sets_of(kind)
    real, synthetic, holdout = sets["real"], sets["synthetic"], sets["holdout"]
    audit = ak.audit(real=real, synthetic=synthetic, holdout=holdout, seed=0)
    audit.save(folder)
    selection = ak.filter(synthetic, audit)
    write_json(folder / "selection.json", selection.record().to_json())
    arms = {"synthetic": synthetic}
    ablation = ak.ablate(real=real, test=holdout, arms=arms, repeats=2, models=["logistic"])
    ablation.save(folder / "ablation.json")
    verdict = audit.check(ablation=ablation)
    for name in FORMATS:
        (folder / f"check.{name}").write_text(render(verdict, name), encoding="utf-8")
    page = write_report(folder / "report.html", audit, verdict=verdict, selection=selection, ablation=ablation)
    review(selection, synthetic, folder / "review.html", n=80)
    return Loop(folder, page, sets)
