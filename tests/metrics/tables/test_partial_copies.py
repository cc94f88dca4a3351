import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.data.joint import encode_frames
from auditkit.errors import UndefinedError
from auditkit.metrics import copy_excess, partial_copy_excess, registry
from auditkit.metrics.products import Side
from auditkit.metrics.registry import evaluate
from auditkit.spreads import limits, p_above, smallest_detectable


def make_frame(n, seed):
    """Records that a weight makes unique, of levels that otherwise often meet."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "weight": rng.normal(size=n),
            "score": rng.integers(0, 10, n).astype(float),
            "job": rng.choice(list("abcdefgh"), n),
            "town": rng.choice(list("stuvwxyz"), n),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 30, n), unit="D"),
        }
    )


TRAIN, HOLDOUT, FRESH = make_frame(1500, 0), make_frame(1500, 1), make_frame(1500, 2)


def with_copies(share, column="weight", seed=5):
    rng = np.random.default_rng(seed)
    taken = rng.random(len(FRESH)) < share
    rows = TRAIN.sample(frac=1, random_state=seed).reset_index(drop=True)
    copied = pd.concat([FRESH[~taken], rows[taken]]).sort_index()
    return copied.assign(**{column: FRESH[column]})


def audited(synthetic, **options):
    sets = {"real": TRAIN, "synthetic": synthetic, "holdout": HOLDOUT}
    return ak.audit(
        **{role: ak.load(frame) for role, frame in sets.items()}, metrics=["partial_copy_excess"], **options
    )


def test_a_small_holdout_counts_for_as_many_records_as_train_has():
    one = TRAIN[:1]
    found = partial_copy_excess(real=pd.concat([one] * 40), synthetic=pd.concat([one] * 10), holdout=HOLDOUT[:10])
    assert found == pytest.approx(40 / 10)
    assert "in [-n / s, n / s] with s = min(n, h)" in str(partial_copy_excess.__doc__)


@pytest.mark.parametrize(("n_distinct", "left_out"), [(20, False), (21, True)])
def test_columns_with_more_distinct_values_than_half_the_rows_are_left_out_together(n_distinct, left_out):
    rows = np.arange(40)
    frames = {
        role: pd.DataFrame({"a": rows + start, "b": rows % n_distinct, "c": rows % 3})
        for role, start in (("real", 0), ("synthetic", 100), ("holdout", 200))
    }
    cells = encode_frames(frames)
    sides = {role: Side(np.zeros((40, 0)), cells=item) for role, item in cells.items()}
    parts = evaluate(registry.get("partial_copy_excess").reads, sides).parts
    assert ("a, b" in {part.where["without"] for part in parts}) is left_out


@pytest.mark.parametrize("column", ["weight", "score", "town", "day"])
def test_each_subset_is_the_excess_of_copies_without_that_column(column):
    synthetic = with_copies(0.1, column)
    codes = {
        name: pd.factorize(pd.concat([TRAIN[name], synthetic[name], HOLDOUT[name]]))[0]
        for name in TRAIN.columns
        if name != column
    }
    parts = np.split(np.column_stack(list(codes.values())).astype(float), [1500, 3000])
    expected = copy_excess(real=parts[0], synthetic=parts[1], holdout=parts[2])
    score = audited(synthetic).scores["partial_copy_excess"]
    assert score.at(without=column).value == pytest.approx(expected, abs=1e-12)


def test_copies_with_the_weight_redrawn_are_found_and_the_column_is_named():
    audit = audited(with_copies(0.1))
    score = audit.scores["partial_copy_excess"]
    assert score.details["without"] == "weight"
    assert score.details["looks"] == 5
    assert score.value == pytest.approx(0.1, abs=0.03)
    verdict = audit.check()
    (result,) = [item for item in verdict.results if item.metric == "partial_copy_excess"]
    assert result.verdict == "fail"
    assert partial_copy_excess(real=TRAIN, synthetic=with_copies(0.1), holdout=HOLDOUT) == score.value


def test_columns_that_name_records_together_are_left_out_together():
    extra = {role: frame.assign(amount=np.arange(len(frame)) * 1.25 + shift) for shift, (role, frame) in enumerate(
        {"real": TRAIN, "synthetic": with_copies(0.2), "holdout": HOLDOUT}.items()
    )}  # fmt: skip
    audit = ak.audit(**{role: ak.load(frame) for role, frame in extra.items()}, metrics=["partial_copy_excess"])
    score = audit.scores["partial_copy_excess"]
    assert score.details["without"] == "weight, amount"
    assert score.details["looks"] == 7
    assert score.value == pytest.approx(0.2, abs=0.03)


def test_fresh_records_are_not_accused():
    rejected = 0
    for seed in range(60):
        frame = make_frame(600, 100 + seed)
        sets = {"real": frame.iloc[:200], "synthetic": frame.iloc[200:400], "holdout": frame.iloc[400:]}
        cells = encode_frames(sets)
        sides = {role: Side(np.zeros((len(item), 0)), cells=item) for role, item in cells.items()}
        reading = evaluate(registry.get("partial_copy_excess").reads, sides)
        rejected += p_above(reading.value, reading.spread, margin=0.0) < 0.05
    assert rejected <= 7  # of 60 at level 5 %, more has a chance of 1 %


def test_integers_beyond_the_digits_of_a_float_are_told_apart():
    big = [2**53 + step for step in range(4)]
    real = {"key": big, "x": [1, 2, 3, 4], "y": list("abcd")}
    synthetic = {"key": [value + 10 for value in big], "x": [1, 2, 3, 4], "y": list("abcd")}
    holdout = {"key": [value + 20 for value in big], "x": [5, 6, 7, 8], "y": list("abcd")}
    assert partial_copy_excess(real=real, synthetic=synthetic, holdout=holdout) == 1.0


def test_missing_cells_are_equal_and_so_are_both_zeros():
    real = {"w": [1.0, 2.0], "x": [0.0, np.nan], "y": ["a", None]}
    synthetic = {"w": [3.0, 4.0], "x": [-0.0, np.nan], "y": ["a", None]}
    holdout = {"w": [5.0, 6.0], "x": [7.0, 8.0], "y": ["b", "c"]}
    assert partial_copy_excess(real=real, synthetic=synthetic, holdout=holdout) == 1.0


def test_one_column_has_no_subset():
    with pytest.raises(UndefinedError, match="one column"):
        partial_copy_excess(real=[1, 2], synthetic=[1, 3], holdout=[4, 5])


def test_units_of_several_rows_are_records():
    frame = pd.DataFrame({"who": np.repeat(np.arange(80), 2), "x": np.arange(160) % 7, "y": np.arange(160) % 3})
    sets = {
        role: ak.load(frame.sample(frac=1, random_state=seed), key="who")
        for seed, role in enumerate(("real", "synthetic"))
    }
    audit = ak.audit(**sets, metrics=["partial_copy_excess", "association_similarity"])
    assert audit.about["skipped"] == {"association_similarity": "it is for tables of one row per unit"}
    assert "holdout" in audit.scores["partial_copy_excess"].reason


def test_evidence_is_corrected_for_what_was_looked_at():
    spread = {"kind": "sign", "train": 8.0, "holdout": 1.0, "scale": 0.1, "effective": 9.0}
    looked = spread | {"looks": 10}
    assert p_above(0.08, looked, margin=0.0) == pytest.approx(10 * p_above(0.08, spread, margin=0.0))
    assert p_above(0.0, looked, margin=0.05) == 1.0
    assert limits(0.08, looked, alpha=0.05) == limits(0.08, spread, alpha=0.005)
    assert smallest_detectable(looked, alpha=0.05) == smallest_detectable(spread, alpha=0.005)


def test_the_finding_names_the_column():
    findings = audited(with_copies(0.1)).check().findings
    assert any("equal a training record but for weight" in finding.sentence for finding in findings)
