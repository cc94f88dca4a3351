"""Membership inference on tables of mixed type: a slow loop, leaks, honest sets and odd tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from auditkit.errors import DataError, UndefinedError, UnknownNameError
from auditkit.metrics import membership_inference
from auditkit.metrics.tables.members import mixed_suspicion


def people(n, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n).astype(float),
            "pay": np.exp(rng.normal(size=n)),
            "job": rng.choice(list("abcdef"), n).astype(object),
            "since [y]": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 2000, n), unit="D"),
        }
    )
    frame.loc[rng.random(n) < 0.1, "job"] = None
    frame.loc[rng.random(n) < 0.1, "age"] = np.nan
    return frame


def gower(a, b, ranges):
    total = 0.0
    for name, span in ranges.items():
        x, y = a[name], b[name]
        if pd.isna(x) or pd.isna(y):
            total += pd.isna(x) != pd.isna(y)
        elif span is None:
            total += x != y
        else:
            total += min(abs(x - y) / span, 1.0)
    return total / len(ranges)


@pytest.mark.parametrize("attack", ["density_ratio", "distance"])
def test_a_slow_loop_gives_the_same_area(attack):
    real, synthetic, holdout = people(25, 0), people(20, 1), people(15, 2)
    both = pd.concat([real, holdout], ignore_index=True)
    ranges = {name: None if name == "job" else both[name].max() - both[name].min() for name in both.columns}
    scores = []
    records, made = both.to_dict("records"), synthetic.to_dict("records")
    for place, row in enumerate(records):
        score = min(gower(row, other, ranges) for other in made)
        if attack == "density_ratio":
            score /= min(gower(row, other, ranges) for other in records[:place] + records[place + 1 :])
        scores.append(score)
    area = roc_auc_score(np.arange(40) < 25, -np.array(scores))
    asked = {"real": real, "synthetic": synthetic, "holdout": holdout, "attack": attack}
    assert membership_inference(**asked, space="mixed") == pytest.approx(area, abs=1e-12)
    found = mixed_suspicion(**asked)
    np.testing.assert_allclose(np.concatenate([found.members, found.strangers]), scores, atol=1e-12)
    assert found.reading.interval[0] <= area <= found.reading.interval[1]


def test_a_copy_tells_everybody_and_fresh_people_nobody():
    real, holdout = people(400, 0), people(400, 1)
    assert membership_inference(real=real, synthetic=real, holdout=holdout, space="mixed") == 1.0
    honest = mixed_suspicion(real=real, synthetic=people(400, 2), holdout=holdout)
    assert honest.reading.interval[0] < 0.5 < honest.reading.interval[1]


def test_a_leaking_set_is_told_from_an_honest_one_on_adult(shared_data):
    names = ("real_trn", "real_hol", "syn_2021_flip10", "syn_2024_mostlyai")
    train, holdout, leaking, honest = (
        pd.read_csv(shared_data("pairs_adult", f"{name}.csv.gz"), nrows=8000) for name in names
    )
    # What is trained on a record is a little nearer to it, so an honest set need not be at chance exactly.
    leak = mixed_suspicion(real=train, synthetic=leaking, holdout=holdout).reading
    none = mixed_suspicion(real=train, synthetic=honest, holdout=holdout).reading
    assert leak.interval[0] > 0.55
    assert none.value < 0.52
    assert none.details["true_positive_rate"] < 0.02
    assert leak.details["true_positive_rate"] > 0.05


def test_odd_tables():
    real = pd.DataFrame(
        {"same": [1, 1, 1], "none": [None] * 3, "land": ["NA", None, "DE"], "big": 2**53 + np.arange(3)}
    )
    synthetic = real.iloc[[0]][["big", "land", "none", "same"]].assign(more=1)
    strangers = real.assign(big=real["big"] + 500, land="ZZ")
    assert membership_inference(real=real, synthetic=synthetic, holdout=strangers, space="mixed") > 0.5
    with pytest.raises(UndefinedError, match="2 records of each kind"):
        membership_inference(real=real.head(1), synthetic=synthetic, holdout=strangers.head(1), space="mixed")
    with pytest.raises(DataError, match="no column can be compared"):
        membership_inference(real=real, synthetic=pd.DataFrame({"x": [1]}), holdout=strangers, space="mixed")


def test_an_unknown_space_or_attack_is_named():
    frame = people(9, 0)
    with pytest.raises(UnknownNameError, match="mixed"):
        membership_inference(real=frame, synthetic=frame, holdout=frame, space="mix")
    with pytest.raises(UnknownNameError, match="distance"):
        membership_inference(real=frame, synthetic=frame, holdout=frame, space="mixed", attack="distances")
