"""What single rows break, in audits with the real data and against references: the same, or a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.kept_rules import crossed_breaks, unit_breaks
from auditkit.errors import UnknownNameError
from auditkit.store import dump_json

RULE = "end >= start"


def stays(n, seed, *, wrong=0, far=0, odd=0):
    """Stays of guests: some end before they start, cost more than any real one, or are of a kind that none is."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 300, n)
    frame = pd.DataFrame(
        {
            "stay id": [f"s{seed}-{number}" for number in range(n)],
            "start": start,
            "end": start + rng.integers(0, 9, n),
            "price": rng.lognormal(4, 0.4, n).round(2),
            "kind": rng.choice(["room", "flat", "tent"], n, p=[0.6, 0.3, 0.1]),
            "paid": rng.choice(["yes", "no"], n),
        }
    )
    frame.loc[: wrong - 1, "end"] = frame["start"] - 1
    frame.loc[n - far :, "price"] = 1e6
    frame.loc[n - far - odd : n - far - 1, "kind"] = "castle"
    return frame


REAL = ak.load(stays(300, 0), label="paid", groups=["kind"])
HOLDOUT = ak.load(stays(150, 1, wrong=6), schema=REAL.schema)
BAD = ak.load(stays(200, 2, wrong=20, far=30, odd=10), schema=REAL.schema)


def score_of(real, **others):
    return ak.audit(real=real, metrics=["validity"], **others)


def plain(audit):
    return dump_json([score.to_json() for score in audit.scores])


def test_an_audit_reads_it_without_being_asked():
    score = ak.audit(real=REAL, synthetic=BAD, holdout=HOLDOUT).scores["validity"]
    fresh = unit_breaks(HOLDOUT, REAL.schema)
    ours = unit_breaks(BAD, REAL.schema)
    assert score.value == 1 - ours.mean()
    assert score.references["yardstick"].value == 1 - fresh.mean()


def test_the_gate_says_what_most_records_break():
    checks = {
        name: ak.audit(real=REAL, synthetic=made, holdout=HOLDOUT, metrics=["validity"]).check()
        for name, made in (("bad", BAD), ("fresh", ak.load(stays(200, 9), schema=REAL.schema)))
    }
    found = {
        name: next(item for item in verdict.results if item.gate == "possible-records")
        for name, verdict in checks.items()
    }
    assert (found["bad"].verdict, found["bad"].level, found["fresh"].verdict) == ("fail", "error", "pass")
    assert (
        ", of the others most break this: price: far above the real range (15.0 %); the shortfall"
        in found["bad"].sentence
    )


@pytest.mark.parametrize("constraints", [(), (RULE,)])
@pytest.mark.parametrize("holdout", [HOLDOUT, None])
def test_a_reference_gives_the_scores_of_the_real_data(tmp_path, constraints, holdout):
    ak.build_reference(real=REAL, holdout=holdout, path=tmp_path / "ref", constraints=constraints)
    found = score_of(ak.open_reference(tmp_path / "ref"), synthetic=BAD)
    expected = score_of(REAL, synthetic=BAD, holdout=holdout, constraints=constraints)
    assert plain(found) == plain(expected)
    assert found.about["constraints"] == expected.about["constraints"]
    assert [note for note in found.about["notes"] if "onstraint" in note] == [
        note for note in expected.about["notes"] if "onstraint" in note
    ]
    pd.testing.assert_series_equal(found.samples["violations"], expected.samples["violations"])


def test_a_constraint_counts_for_both_sides():
    with_rule, without = (
        score_of(REAL, synthetic=BAD, holdout=HOLDOUT, constraints=rules).scores["validity"] for rules in ([RULE], [])
    )
    assert without.value - with_rule.value == pytest.approx(20 / 200)
    drop = without.references["yardstick"].value - with_rule.references["yardstick"].value
    assert drop == pytest.approx(6 / 150)


def test_without_a_holdout_each_half_is_held_against_the_other():
    table = REAL.table
    broken = crossed_breaks(REAL)
    first = np.zeros(len(REAL), bool)
    first[np.random.default_rng(0).permutation(len(REAL))[:150]] = True
    expected = []
    for number in range(len(REAL)):
        others = table[first != first[number]]
        row = table.loc[number]
        outside = [not others[name].min() <= row[name] <= others[name].max() for name in ("start", "end", "price")]
        expected.append(any(outside) or row["kind"] not in set(others["kind"]))
    assert broken.tolist() == expected
    assert 0 < broken.sum() < 12
    assert crossed_breaks(REAL, seed=1).tolist() != expected
    score = score_of(REAL, synthetic=BAD).scores["validity"]
    assert score.references["yardstick"].value < 1
    others = [
        ak.audit(real=REAL, synthetic=BAD, metrics=["validity"], seed=seed).scores["validity"] for seed in (1, 2, 3)
    ]
    assert len({item.references["yardstick"].value for item in [score, *others]}) > 1


def test_rare_levels_are_no_fault_without_a_holdout():
    town = pd.DataFrame({"town": [f"t{number % 400}" for number in range(600)], "x": np.arange(600.0)})
    town = town.sample(frac=1, random_state=0, ignore_index=True)
    real = ak.load(town.head(400), columns={"town": "category"})
    fresh = ak.load(town.tail(200), schema=real.schema)
    score = ak.audit(real=real, synthetic=fresh, metrics=["validity"]).scores["validity"]
    assert score.value < 0.8
    assert score.excess.value < 0.02


def test_several_rows_per_unit_break_a_rule_together():
    def visits(n, seed, odd=0):
        rng = np.random.default_rng(seed)
        pulse = rng.normal(70, 9, 3 * n).round(1)
        pulse[: 3 * odd : 3] = 900
        return ak.load(pd.DataFrame({"who": np.repeat(np.arange(n), 3), "pulse": pulse}), key="who")

    sets = {"real": visits(100, 0), "synthetic": visits(50, 1, odd=20), "holdout": visits(80, 2)}
    score = ak.audit(**sets, metrics=["validity"]).scores["validity"]
    assert score.value <= 30 / 50
    assert score.estimate.n[1] == 50


def test_a_private_reference_knows_levels_and_types_and_no_range(tmp_path):
    ak.build_reference(
        real=REAL, holdout=HOLDOUT, path=tmp_path / "ref", private=True, constraints=[RULE], metrics=["validity"]
    )
    reference = ak.open_reference(tmp_path / "ref")
    assert "validity" not in reference.unserved()
    found = ak.audit(real=reference, synthetic=BAD)
    score = found.scores["validity"]
    assert score.value == pytest.approx(1 - 30 / 200)  # 20 end too early, 10 are castles; no end of a range is known
    assert score.references["yardstick"].value == pytest.approx(1 - 6 / 150)
    assert found.about["constraints"][0]["holdout"] == {"broken": 6, "undecided": 0, "n": 150}


def test_few_fresh_rows_that_break_a_rule_are_not_told(tmp_path):
    few = ak.load(stays(150, 1, wrong=4), schema=REAL.schema)
    ak.build_reference(real=REAL, holdout=few, path=tmp_path / "ref", private=True, constraints=[RULE])
    found = ak.audit(real=ak.open_reference(tmp_path / "ref"), synthetic=BAD)
    assert found.scores["validity"].references["yardstick"].value == 1
    assert found.about["constraints"][0]["holdout"]["broken"] is None


def test_what_a_reference_cannot_be_built_with():
    with pytest.raises(UnknownNameError, match="unknown column 'edn'; did you mean 'end'"):
        ak.build_reference(real=REAL, constraints=["edn >= start"])
