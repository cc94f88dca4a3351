"""New rows against a loop over all pairs, and figures of SDMetrics 0.32.0."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.data.joint import encode_frames
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.metrics import new_row_synthesis
from auditkit.metrics.tables.novelty import matched_rows


def people(rng, n, *, missing=0.1):
    frame = pd.DataFrame(
        {
            "age [years]": rng.integers(0, 12, n).astype(float),
            "pay": np.round(rng.normal(0, 20, n)),
            "it's": rng.choice(["NA", "b", "c"], n).astype(object),
            "adult": rng.random(n) < 0.5,
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 200, n), unit="D"),
            "serial": 2**60 + rng.integers(0, 4, n),
        }
    )
    for name in ("age [years]", "it's", "day"):
        frame[name] = frame[name].mask(rng.random(n) < missing)
    return frame


def fits(real, made, name, tolerance, spans, compatible):
    if pd.isna(real) or pd.isna(made):
        return pd.isna(real) and pd.isna(made)
    if name == "day":
        allowed = tolerance * (made.value if compatible else spans)
        return abs(real.value - made.value) <= allowed
    return real == made if name in {"it's", "adult"} else abs(real - made) <= abs(tolerance * made)


def by_loop(real, made, tolerance, compatible):
    spans = (real["day"].max() - real["day"].min()).value
    rows = list(real.itertuples(index=False, name=None))
    return [
        any(
            all(fits(a, b, name, tolerance, spans, compatible) for a, b, name in zip(r, s, real.columns, strict=True))
            for r in rows
        )
        for s in made.itertuples(index=False, name=None)
    ]


@pytest.mark.parametrize("compatible", [None, "sdmetrics"])
@pytest.mark.parametrize("tolerance", [0.0, 0.01, 0.2, 5])
def test_matches_are_those_of_a_loop_over_all_pairs(tolerance, compatible):
    rng = np.random.default_rng(0)
    real, made = people(rng, 150), people(rng, 80)
    made.iloc[:20] = real.iloc[10:30].to_numpy()
    made = made.astype(real.dtypes)
    made.loc[:9, "pay"] *= 1.0101
    cells = encode_frames({"real": real, "synthetic": made})
    found = matched_rows(*cells.values(), tolerance=tolerance, compatible=compatible)
    assert found.tolist() == by_loop(real, made, tolerance, compatible)
    assert 0 < found.sum() < 80
    share = new_row_synthesis(real=real, synthetic=made, tolerance=tolerance, compatible=compatible)
    assert share == np.count_nonzero(~found) / 80


@pytest.mark.parametrize(
    "columns", [["it's"], ["age [years]"], ["serial"], ["day"], ["it's", "adult"], ["serial", "pay"]], ids=str
)
def test_tables_of_one_kind_of_column(columns):
    rng = np.random.default_rng(3)
    real, made = people(rng, 12)[columns], people(rng, 30)[columns]
    rows, spans = list(real.itertuples(index=False, name=None)), 0
    if "day" in columns:
        spans = (real["day"].max() - real["day"].min()).value
    expected = [
        any(all(fits(a, b, name, 0.01, spans, None) for a, b, name in zip(r, s, columns, strict=True)) for r in rows)
        for s in made.itertuples(index=False, name=None)
    ]
    cells = encode_frames({"real": real, "synthetic": made})
    assert matched_rows(*cells.values()).tolist() == expected


def test_bytes_do_not_depend_on_threads(monkeypatch):
    rng = np.random.default_rng(1)
    cells = encode_frames({"real": people(rng, 4000), "synthetic": people(rng, 5000)})
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(matched_rows(*cells.values(), tolerance=0.1).tobytes())
    assert found[0] == found[1]


def test_whole_numbers_beyond_the_reach_of_floats_are_told_apart():
    assert new_row_synthesis(real={"id": [2**53, 2**62]}, synthetic={"id": [2**53 + 1, 2**62]}, tolerance=0) == 0.5


def test_an_unseen_category_and_a_constant_column():
    real = {"c": ["a", "b"], "x": [3.0, 3.0]}
    assert new_row_synthesis(real=real, synthetic={"c": ["a", "z"], "x": [3.0, 3.0]}) == 0.5


def test_an_all_missing_column_matches_only_itself():
    real = {"c": ["a", "b"], "x": [None, np.nan]}
    assert new_row_synthesis(real=real, synthetic={"c": ["a", "b"], "x": [None, 1.0]}) == 0.5


def planted(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 24, n),
            "pay": np.round(rng.normal(100, 40, n)),
            "sex": rng.choice(["f", "m"], n),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
        }
    )


# sdmetrics 0.32.0: NewRowSynthesis on planted(300, 1) and planted(200, 2).
SDMETRICS = 0.92


def test_the_share_is_that_of_sdmetrics():
    value = new_row_synthesis(real=planted(300, 1), synthetic=planted(200, 2), compatible="sdmetrics")
    assert value == pytest.approx(SDMETRICS, abs=1e-9)


def test_a_tolerance_below_zero_is_refused():
    with pytest.raises(AuditkitError, match="`tolerance` must be a number"):
        new_row_synthesis(real={"x": [1.0]}, synthetic={"x": [1.0]}, tolerance=-1)


def test_a_peer_that_there_is_not_is_refused():
    with pytest.raises(UnknownNameError, match="sdmetrics"):
        new_row_synthesis(real={"x": [1.0]}, synthetic={"x": [1.0]}, compatible="sdmetric")


def test_an_audit_reads_it_beside_fresh_rows():
    rng = np.random.default_rng(4)
    frames = [pd.DataFrame({"x": rng.normal(100, 20, n), "c": rng.choice(["a", "b"], n)}) for n in (300, 200, 250)]
    frames[1].iloc[:100] = frames[0].iloc[:100]
    real, synthetic, holdout = (ak.load(frame) for frame in frames)
    score = ak.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=["new_row_synthesis"]).scores[
        "new_row_synthesis"
    ]
    assert score.value == new_row_synthesis(real=real, synthetic=synthetic)
    assert score.value < score.yardstick
