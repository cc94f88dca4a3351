"""A rich report made of small parts: every section has something in it, and some of it is bad."""

from __future__ import annotations

import base64
import fcntl
import io
import math
import os
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from auditkit.ablation.result import Ablation, ArmVerdict
from auditkit.exhibits import Exhibit
from auditkit.filtering.rescoring import Change, Rescored
from auditkit.filtering.selection import SelectionRecord
from auditkit.gates.outcome import Finding, GateResult, Verdict
from auditkit.layout import REPORT
from auditkit.metrics import registry
from auditkit.results import Estimate, Score, Scores
from tests.reports.planted import KINDS, Loop, loop_of, sets_of


@dataclass
class Inputs:
    """What `summarise` and `write_report` take."""

    audit: Any
    verdict: Verdict | None = None
    selection: Any = None
    ablation: Ablation | None = None
    rescored: Rescored | None = None

    @property
    def options(self) -> dict[str, Any]:
        later = {"selection": self.selection, "ablation": self.ablation, "rescored": self.rescored}
        return {"verdict": self.verdict, **later}


def score(metric, value, *, where=None, yardstick=None, width=0.02, unit="", reason="", **other):
    """Score with a plain interval around its value, and an excess when there is a yardstick."""
    unit = unit or (registry.get(metric).unit if metric in registry.names() else "")
    direction = other.pop("direction", "higher")
    n = other.pop("n", (600, 1000))
    estimate = None if value is None else Estimate(value, value - width, value + width, "blocks", n)
    references, excess = {}, None
    if yardstick is not None and value is not None:
        references["yardstick"] = Estimate(yardstick, yardstick - width, yardstick + width, "blocks", (600, 200))
        worse = {"higher": yardstick - value, "lower": value - yardstick, "match": abs(value - yardstick)}[direction]
        excess = Estimate(worse, worse - 1.4 * width, worse + 1.4 * width, "mover", (600, 200))
    status = "ok" if value is not None else "undefined"
    base = {
        "target": None,
        "bounds": (0.0, 1.0),
        "embedder": "mixed",
        "parameters": {"k": 5},
        "n_dropped": 0,
        "seed": 0,
        "details": {},
    }
    return Score(
        metric,
        where or {},
        estimate,
        references,
        excess,
        direction,
        unit=unit,
        status=status,
        reason=reason,
        **base | other,
    )


def rich_scores():
    rows = [
        score("frechet_distance", 3.21, yardstick=1.04, width=0.4, unit="", direction="lower", bounds=(0.0, None)),
        score("precision", 0.903, yardstick=0.931),
        score("density", 0.87, yardstick=0.96, unit="", direction="match"),
        score("classifier_two_sample", 0.764, yardstick=0.52, unit="", direction="lower"),
        score("coverage", 0.712, yardstick=0.885),
        score("recall", 0.84, yardstick=0.91),
        score("mode_coverage", 0.9, yardstick=1.0),
        score("duplicate_share", 0.012, yardstick=0.008, direction="match", width=0.004),
        score("copy_excess", 0.0634, yardstick=0.0, direction="lower", width=0.018),
        score("holdout_share", 0.536, yardstick=0.5, direction="lower"),
        score("authenticity", 0.61, yardstick=0.66, unit="", direction="match"),
        score("distance_to_closest_record", 0.42, yardstick=0.45, unit="", direction="match"),
        score("missing_groups", 1.0, unit="", direction="lower", width=0.0, details={"missing": ["race=Eskimo"]}),
        score("label_rate_gap", -0.021, yardstick=0.0, where={"class": "bad"}, direction="match"),
    ]
    groups = {
        "sex=Female": (-0.124, -0.071, 0.66),
        "sex=Male": (0.124, 0.012, 0.73),
        "race=Black": (-0.031, 0.024, 0.7),
    }
    for part, (share, rate, covered) in groups.items():
        where = dict([part.split("=")])
        shares = {"real": 0.31, "synthetic": 0.31 + share}
        rows += [
            score("representation_gap", share, yardstick=0.0, where=where, direction="match", details=shares),
            score("label_rate_gap", rate, yardstick=0.0, where={**where, "class": "bad"}, direction="match"),
            score("coverage", covered, yardstick=0.86, where=where, n=(210, 300)),
        ]
    small = {"race": "Other"}
    rows += [
        score("representation_gap", -0.004, yardstick=0.0, where=small, direction="match"),
        score("label_rate_gap", None, where={**small, "class": "bad"}, reason="only 3 real records of this group"),
        score("coverage", None, where=small, reason="k = 5 needs at least 6 records, the group has 3"),
    ]
    return rows


def gate(name, metric, verdict, *, level="error", where=None, excess=None, limit=0.1, kind="max_excess", **other):
    spread = other.pop("spread", 0.03)
    return GateResult(
        name,
        metric,
        where or {},
        level,
        verdict,
        excess=excess,
        excess_low=None if excess is None else excess - spread,
        excess_high=None if excess is None else excess + spread,
        limit=limit,
        limit_kind=kind,
        sentence=other.pop("sentence", f"{metric} is {verdict}."),
        **other,
    )


def rich_verdict():
    results = (
        gate("realism", "precision", "pass", value=0.903, low=0.88, high=0.92, yardstick=0.931, excess=0.028),
        gate(
            "copies",
            "copy_excess",
            "fail",
            value=0.0634,
            low=0.045,
            high=0.081,
            yardstick=0.0,
            excess=0.0634,
            limit=0.01,
            spread=0.02,
            p_value=0.0004,
            why="Synthetic records that equal training records more often than unseen real ones give real people away.",
            sentence="6.3 % of the records equal a training record beyond what unseen ones would; 1 % is allowed.",
        ),
        gate(
            "closer",
            "holdout_share",
            "undecided",
            excess=0.036,
            limit=0.03,
            power={"detectable": 0.05, "n_needed": 4200},
        ),
        gate(
            "variety",
            "coverage",
            "fail",
            value=0.712,
            yardstick=0.885,
            excess=0.173,
            sentence="Coverage is 17 points short.",
        ),
        gate(
            "duplicates",
            "duplicate_share",
            "pass",
            value=0.012,
            yardstick=0.008,
            excess=0.004,
            limit=0.05,
            spread=0.006,
        ),
        gate(
            "missing-groups", "missing_groups", "fail", value=1.0, limit=0.0, kind="max", sentence="1 group is missing."
        ),
        gate(
            "group-shares",
            "representation_gap",
            "fail",
            where={"sex": "Female"},
            value=-0.124,
            excess=0.124,
            limit=0.10,
        ),
        gate(
            "label-rates",
            "label_rate_gap",
            "undecided",
            where={"sex": "Female", "class": "bad"},
            excess=0.071,
            limit=0.05,
        ),
        gate(
            "group-close", "representation_gap", "fail", where={"sex": "Male"}, level="warn", excess=0.124, limit=0.03
        ),
        gate(
            "detectable",
            "classifier_two_sample",
            "pass",
            level="warn",
            value=0.764,
            low=0.74,
            high=0.78,
            limit=0.8,
            kind="max",
        ),
        gate(
            "small", "label_rate_gap", "error", where={"race": "Other", "class": "bad"}, sentence="Only 3 real records."
        ),
        gate("utility", "ablation_difference", "not_applicable", limit=None, sentence="No ablation was run."),
    )
    findings = (
        Finding(
            "copying",
            "The synthetic set repeats training records: 6.3 % beyond chance.",
            {"gate": "copies"},
            ("Train for fewer steps or with more regularisation.", "Filter the copies and audit again."),
        ),
        Finding("missing_group", "The group race = Eskimo is missing.", {}, ("Sample it with conditions.",)),
        Finding("group_share", "Men are over-represented by 12 points.", {}, ("Weight the groups.",), "warn"),
    )
    return Verdict(False, 1, results, findings, ("12 gates were judged as one family.",))


def rich_exhibits():
    rng = np.random.default_rng(0)
    x = np.linspace(0, 3, 60)
    picture = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (8, 8), dtype=np.uint8)).save(picture, format="PNG")
    png = base64.b64encode(picture.getvalue()).decode()
    cells = np.histogram2d(*rng.normal(5, 2, (2, 400)), bins=10, range=((0, 10), (0, 10)))[0] / 400
    return (
        Exhibit(
            "classes",
            "occupancy",
            "Class shares",
            {
                "levels": ["good", "bad", "a rather long name of a class that nobody wants", "other"],
                "real": [0.55, 0.25, 0.15, 0.05],
                "synthetic": [0.7, 0.2, 0.1, 0.0],
                "holdout": [0.56, 0.24, 0.14, 0.06],
            },
        ),
        Exhibit(
            "distances",
            "distances",
            "Distance to the nearest training record",
            {
                "x": x.tolist(),
                "synthetic": [1 - math.exp(-1.4 * value) for value in x],
                "holdout": [1 - math.exp(-(value**1.4)) for value in x],
            },
        ),
        Exhibit(
            "projection",
            "projection",
            "Two principal directions",
            {
                "real_cells": cells.round(4).tolist(),
                "synthetic": rng.integers(100, 900, (400, 2)).tolist(),
                "holdout_cells": cells.round(2).tolist(),
                "n": {"real": 400, "synthetic": 400, "holdout": 150},
                "n_hidden": 3,
            },
        ),
        Exhibit(
            "samples",
            "thumbnails",
            "Synthetic samples",
            {"items": [{"id": f"s{i}", "png_base64": png, "caption": f"s{i}, class {i}"} for i in range(8)]},
        ),
        Exhibit("cells", "differences", "Differing cells", {"rows": []}),
        Exhibit(
            "pairs",
            "pairs",
            "Synthetic samples nearest to a training record",
            {
                "items": [
                    {"synthetic": "s4", "real": "row-981", "distance": 0.0, "copy": True},
                    {
                        "synthetic": "s9",
                        "real": "row-17",
                        "distance": 0.25,
                        "copy": False,
                        "cells": [{"column": "age", "synthetic": "31", "real": "canary-age"}],
                    },
                ]
            },
        ),
    )


def rich_audit():
    return SimpleNamespace(
        scores=Scores.of(rich_scores()),
        samples=pd.DataFrame({"id": ["s1", "s2"], "realism": [None, None], "rarity": [None, 0.5]}),
        exhibits=rich_exhibits(),
        about={
            "modality": "tabular",
            "label": "risk",
            "groups": ["sex", "race"],
            "embedder": "mixed",
            "seed": 7,
            "show_real": False,
            "n": {"real": 600, "synthetic": 1000, "holdout": 200},
            "names": {"real": "german_credit.csv", "synthetic": "cart", "holdout": "german_credit.csv"},
            "notes": ["Holdout and training data were split from one file."],
            "skipped": {"nearest_neighbour_accuracy": "it needs at least 1,000 held-out records"},
            "versions": {"auditkit": "0.1.0", "numpy": "2.3.1", "python": "3.11.9", "scikit-learn": "1.9.0"},
            "sample_reasons": {"realism": "it needs 20 real records", "rarity": "the sample is outside"},
        },
    )


def rich_selection():
    parts = [("sex", "Female", 300, 240), ("sex", "Male", 700, 610), ("risk", "bad", 200, 180)]
    return SelectionRecord(
        about={"n": 1000, "kept": 850, "rejected": 150, "effective_n": 820.4},
        rules=(
            {"name": "copies", "limit": "= False", "columns": ["copy"], "rejected": 63, "false_rejections": 0.004},
            {"name": "age", "limit": ">= 18", "columns": ["age"], "rejected": 87},
        ),
        reasons={"copy of a training record": 63, "age below 18": 87},
        retention=tuple(dict(zip(("part", "level", "n", "kept"), part, strict=True)) for part in parts),
        notes=("The filter lowers the share of women from 30.0 % to 28.2 %.",),
    )


def rich_rescored():
    def change(metric, before, after, word, **where):
        found = [Estimate(value, value - 0.02, value + 0.02, "wilson", (200, 200)) for value in (before, after)]
        difference = Estimate(after - before, after - before - 0.03, after - before + 0.03, "mover", (200, 200))
        return Change(metric, where, "higher", "share", *found, 0.9, difference, word)

    changes = (
        Change("forest_two_sample", {}, "lower", "", Estimate(0.7), Estimate(0.6), None, None, "", "too few."),
        change("coverage", 0.8, 0.7, "worse"),
        change("precision", 0.7, 0.8, "better"),
        change("recall", 0.8, 0.8, "no difference seen"),
        change("coverage", 0.8, 0.6, "worse", sex="Female"),
    )
    return Rescored(changes, {"n_before": 1000, "n_after": 850}, ("Filtering made these worse: coverage.",))


def rich_ablation():
    values = {"real": 0.68, "synthetic": 0.64, "real+synthetic": 0.69, "real+kept": 0.70}
    scores = []
    for arm, value in values.items():
        for measure, shift in (("balanced_accuracy", 0.0), ("macro_f1", -0.02)):
            where = {"arm": arm, "measure": measure}
            scores.append(
                score("ablation_score", value + shift, where=where, unit="", parameters={"model": "boosting"})
            )
            if arm != "real":
                scores.append(
                    score("ablation_difference", value - 0.68, where=where, unit="", parameters={"model": "boosting"})
                )
    for measure, value, reason in (
        ("balanced_accuracy", 0.48, ""),
        ("macro_f1", None, "the set lacks the class 'bad'."),
    ):
        where, parameters = {"arm": "synthetic", "measure": measure}, {"model": "boosting"}
        tested = {"reason": reason, "parameters": parameters, "details": {"n_test": 900}}
        scores.append(score("ablation_transfer", value, where=where, yardstick=0.68, **tested))
    words = {"synthetic": "hurts", "real+synthetic": "cannot tell", "real+kept": "helps"}
    verdicts = tuple(
        ArmVerdict(arm, "boosting", "balanced_accuracy", word, 0.0, -0.01, 0.01, 0.01, f"Training on {arm}: {word}.")
        for arm, word in words.items()
    )
    return Ablation(Scores.of(scores), verdicts, {"repeats": 5, "n_test": 200, "notes": []})


@pytest.fixture(scope="session")
def rich() -> Inputs:
    return Inputs(rich_audit(), rich_verdict(), rich_selection(), rich_ablation(), rescored=rich_rescored())


@pytest.fixture(scope="session")
def loops(tmp_path_factory) -> dict[str, Loop]:
    """All that the loop writes, for every kind of data; made once, whichever worker asks first."""
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "loops"
    place.mkdir(exist_ok=True)
    found = {}
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for kind in KINDS:
            if not (place / f"{kind}.made").exists():
                loop_of(kind, place / kind)
                (place / f"{kind}.made").touch()
            found[kind] = Loop(place / kind, place / kind / REPORT, sets_of(kind))
    return found


@pytest.fixture(scope="session")
def poor() -> Inputs:
    """Audit without label, groups, holdout, verdict or anything after it."""
    audit = rich_audit()
    audit.scores = Scores.of([score("precision", 0.9)])
    audit.exhibits = ()
    audit.about = {"modality": "image", "n": {"real": 10, "synthetic": 10}, "names": {}, "seed": 0}
    return Inputs(audit)
