"""What ties groups to the label, on the page: rows in words, and a section only where something was measured."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.reports.amplification import tie_rows
from auditkit.reports.page import value_text
from auditkit.reports.subgroups import group_table
from auditkit.results import Estimate, Score


def tie(metric, value, *, where=None, low=None, high=None, details=None, chance=None, unit="share"):
    return Score(
        metric=metric,
        where=where or {"attribute": "sex"},
        estimate=None if value is None else Estimate(value, low, high, "test", (900, 900)),
        references={} if chance is None else {"chance": Estimate(chance)},
        excess=None,
        direction="match",
        target=0.0,
        bounds=(None, None),
        unit=unit,
        status="ok" if value is not None else "undefined",
        reason="" if value is not None else "too few.",
        embedder="",
        parameters={},
        n_dropped=0,
        seed=0,
        details=details or {},
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.01, 0.03, "amplified"), (-0.03, -0.01, "weakened"), (-0.01, 0.03, "no change beyond chance")],
)
def test_a_change_is_told_only_beyond_its_limits(low, high, said):
    (row,) = tie_rows([tie("bias_amplification", (low + high) / 2, low=low, high=high)])
    assert row.said == said


def test_each_question_says_what_stands_beside_it():
    way = {"attribute": "sex", "way": "label to attribute"}
    pair = {"real": 1.1, "synthetic": 1.6, "pair": ["Male", "Female"], "class": ">50K"}
    rows = tie_rows(
        [
            tie("bias_amplification", 0.02, where=way, low=0.01, high=0.03, details={"raw": 0.05, "left_out": 2}),
            tie("differential_fairness_amplification", 0.5, low=0.1, high=0.9, details=pair, unit=""),
            tie("joint_drift", 0.12, low=0.1, high=0.14, details={"p": 0.001}, chance=0.02),
            tie("leakage", -0.2, low=-0.3, high=-0.1, details={"real": 0.8, "synthetic": 0.6}, unit=""),
            tie("bias_amplification", None, where=way),
        ]
    )
    assert [row.beside for row in rows] == [
        "as the data are: +5\u00a0points; 2 small levels left out",
        "1.10 in the real data, 1.60 in the synthetic; most apart there: >50K of Male and Female",
        "by chance 2\u00a0%, p below 0.003",
        "area 0.800 in the real data, 0.600 in the synthetic",
    ]
    assert [row.said for row in rows] == ["amplified", "farther apart", "moved", "harder to tell"]
    assert rows[0].question == "From label to group, at the real shares of the groups"


def test_rows_of_one_attribute_stand_together():
    scores = [
        tie(metric, 0.1, where={"attribute": name}, low=0.0, high=0.2)
        for metric in ("bias_amplification", "leakage")
        for name in ("sex", "race")
    ]
    assert [row.attribute for row in tie_rows(scores)] == ["sex", "sex", "race", "race"]


def test_amplification_has_a_sign_and_is_in_points():
    row = SimpleNamespace(metric="bias_amplification", limit=None, value=-0.063, unit="share", part="x")
    assert value_text(row) == "\u22126.3\u00a0points"


def test_names_are_made_harmless():
    (row,) = tie_rows([tie("leakage", 0.1, where={"attribute": "a\nb\u202e"})])
    assert row.attribute == "a b⟨U+202E⟩"


def people(n, seed, high):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    race = rng.choice(["b", "w"], n)
    good = np.where(rng.random(n) < np.where(sex == "m", high, 0.1), "y", "n")
    return pd.DataFrame({"sex": sex, "race": race, "good": good, "age": rng.normal(size=n)})


def test_the_page_has_a_row_for_each_attribute_and_pair(tmp_path):
    synthetic = people(900, 1, 0.7)
    synthetic = synthetic[(synthetic["sex"] != "f") | (synthetic["race"] != "b")]
    frames = {"real": people(900, 0, 0.4), "synthetic": synthetic, "holdout": people(400, 2, 0.4)}
    sets = {role: ak.load(frame, label="good", groups=["sex", "race"]) for role, frame in frames.items()}
    names = ["missing_groups", "representation_gap", "label_rate_gap", "bias_amplification", "joint_drift"]
    audit = ak.audit(**sets, metrics=names)
    page = audit.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Groups and label together" in page
    assert "From group to label" in page
    assert "amplified" in page
    assert '<th scope="row">sex and race</th>' in page
    without = ak.audit(**sets, metrics=["duplicate_share"])
    assert "Groups and label together" not in without.report(tmp_path / "b.html").read_text(encoding="utf-8")
    # The intersection that is missing stands first among the groups.
    table = group_table(audit.scores, groups=["sex", "race"], gates=())
    assert table.rows[0].missing
    assert table.rows[0].name == "race = b, sex = f"
    assert [row.name for row in table.rows].count("race = b, sex = f") == 1
