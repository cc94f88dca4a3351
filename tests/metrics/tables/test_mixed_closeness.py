"""Closeness in mixed space against loops over all pairs, permuted labels, and figures of SDMetrics 0.32.0."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import auditkit as ak
from auditkit import metrics
from auditkit.data.joint import encode_frames
from auditkit.errors import SampleSizeError, UndefinedError, UnknownNameError
from auditkit.metrics import (
    baseline_protection,
    copy_excess,
    distance_to_closest_record,
    holdout_share,
    identical_match_share,
    nearest_neighbour_distance_ratio,
    overfitting_protection,
    registry,
)
from auditkit.metrics.tables.closeness import closeness_of, share_reading
from auditkit.metrics.tables.distance_protection import peer_random_rows
from auditkit.metrics.tables.sides import table_sides


def closeness(**sets):
    return closeness_of(**table_sides(sets))


def people(rng, n, *, missing=0.0):
    """Few levels and whole numbers, so that records repeat and distances are tied."""
    frame = pd.DataFrame(
        {
            "age [years]": rng.integers(20, 30, n).astype(float),
            "country": rng.choice(["NA", "FR", "IT"], n).astype(object),
            "joined": pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 5, n), unit="D"),
        }
    )
    for name in frame.columns:
        frame[name] = frame[name].mask(rng.random(n) < missing)
    return frame


def spans_of(*frames):
    """Range of each column; 0 for a category."""
    joined = pd.concat(frames)
    return [joined[name].max() - joined[name].min() if name != "country" else 0 for name in joined.columns]


def distances(synthetic, real, spans):
    """Mean over the columns, pair by pair."""
    between = np.zeros((len(synthetic), len(real)))
    for name, span in zip(real.columns, spans, strict=True):
        for i, a in enumerate(synthetic[name]):
            for j, b in enumerate(real[name]):
                if pd.isna(a) or pd.isna(b):
                    between[i, j] += not (pd.isna(a) and pd.isna(b))
                elif name == "country":
                    between[i, j] += a != b
                else:
                    between[i, j] += min(abs(a - b) / span, 1.0)
    return between / len(spans)


@pytest.fixture(scope="module", params=[0.0, 0.2], ids=["complete", "with missing cells"])
def sets(request):
    rng = np.random.default_rng(4)
    real, holdout, synthetic = (people(rng, n, missing=request.param) for n in (40, 25, 30))
    synthetic.iloc[:6] = real.iloc[:6]
    return real, holdout, synthetic


def test_distance_and_ratio_are_medians_over_all_pairs(sets):
    real, _, synthetic = sets
    nearest = np.sort(distances(synthetic, real, spans_of(real)), axis=1)
    value = distance_to_closest_record(real=real, synthetic=synthetic, space="mixed")
    assert value == pytest.approx(np.median(nearest[:, 0]), abs=1e-14)
    ratios = np.where(nearest[:, 1] > 0, nearest[:, 0] / np.where(nearest[:, 1] > 0, nearest[:, 1], 1), 1.0)
    value = nearest_neighbour_distance_ratio(real=real, synthetic=synthetic, space="mixed")
    assert value == pytest.approx(np.median(ratios), abs=1e-12)


def test_holdout_share_splits_votes_and_measures_both_sets_with_one_range(sets):
    real, holdout, synthetic = sets
    spans = spans_of(real, holdout)
    between = np.concatenate([distances(synthetic, item, spans) for item in (real, holdout)], axis=1)
    tied = between <= between.min(axis=1, keepdims=True) + 1e-12
    votes = tied / tied.sum(axis=1, keepdims=True)
    value = holdout_share(real=real, synthetic=synthetic, holdout=holdout, space="mixed")
    assert value == pytest.approx(votes[:, :40].sum() / 30, abs=1e-12)
    reading = share_reading(closeness(real=real, synthetic=synthetic, holdout=holdout))
    assert reading.null == 40 / 65
    np.testing.assert_allclose(reading.contributions, votes[:, :40].sum(axis=1), atol=1e-12)
    # The variance of the share when 40 of the 65 labels, drawn at random, are called train.
    weights = votes.sum(axis=0)
    rng = np.random.default_rng(0)
    drawn = [weights[rng.permutation(65)[:40]].sum() / 30 for _ in range(20_000)]
    assert reading.spread["se"] == pytest.approx(reading.scale * np.std(drawn), rel=0.03)
    assert reading.details["effective_sample_size"] == pytest.approx(30**2 / (weights @ weights), rel=1e-12)


def test_matches_are_rows_equal_in_every_cell_missing_ones_too(sets):
    real, holdout, synthetic = sets

    def rows(frame):
        return list(frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None))

    train, fresh, made = set(rows(real)), set(rows(holdout)), rows(synthetic)
    value = identical_match_share(real=real, synthetic=synthetic, space="mixed")
    assert value == sum(row in train for row in made) / 30
    equal = copy_excess(real=real[:25], synthetic=synthetic, holdout=holdout, space="mixed")
    first = set(rows(real[:25]))
    expected = sum(row in first - fresh for row in made) - sum(row in fresh - first for row in made)
    assert equal == pytest.approx(expected / 30, abs=1e-12)


def test_copies_are_told_from_fresh_rows():
    rng = np.random.default_rng(1)
    real, holdout, fresh = (
        pd.DataFrame({"x": rng.normal(size=400), "y": rng.normal(size=400), "c": rng.choice(["a", "b"], 400)})
        for _ in range(3)
    )
    copied = real.assign(x=real["x"] + 1e-6)
    read = {
        name: share_reading(closeness(real=real, synthetic=made, holdout=holdout))
        for name, made in {"copied": copied, "fresh": fresh}.items()
    }
    assert read["copied"].value == 1.0
    assert abs(read["fresh"].value - 0.5) < 3 * read["fresh"].spread["se"]
    assert copy_excess(real=real, synthetic=real, holdout=holdout, space="mixed") == 1.0


def test_per_row_frames_name_the_nearest_records():
    real, holdout = pd.DataFrame({"x": [0.0, 10.0]}), pd.DataFrame({"x": [4.0, 5.0]})
    rows = closeness(real=real, synthetic={"x": [4.5, 9.0, 0.0]}, holdout=holdout).frame()
    assert rows["nearest_real"].tolist() == [0, 1, 0]
    assert rows["nearest_holdout"].tolist() == [0, 1, 0]
    assert rows["distance_real"].tolist() == [0.45, 0.1, 0.0]
    assert rows["distance_holdout"].tolist() == [0.05, 0.4, 0.4]
    assert rows["train_share"].tolist() == [0.0, 1.0, 1.0]


def test_tables_that_do_not_fit_each_other_are_compared_where_they_do():
    real = pd.DataFrame({"x": [0.0, 1.0], "y": [5.0, 5.0], "only here": [1, 2]})
    made = pd.DataFrame({"extra": [1], "y": [5.0], "x": [0.25]})
    assert distance_to_closest_record(real=real, synthetic=made, space="mixed") == 0.125


def test_any_kind_of_table_is_taken_and_left_as_it_is(sets):
    real, holdout, synthetic = sets
    before = [frame.copy(deep=True) for frame in sets]
    value = holdout_share(real=real, synthetic=synthetic, holdout=holdout, space="mixed")
    tables = {"real": real, "synthetic": synthetic, "holdout": holdout}
    arrow = {role: pa.Table.from_pandas(frame, preserve_index=False) for role, frame in tables.items()}
    assert holdout_share(**arrow, space="mixed") == value
    reordered = {role: frame[frame.columns[::-1]] for role, frame in tables.items()}
    assert holdout_share(**reordered, space="mixed") == pytest.approx(value, abs=1e-12)
    for frame, copy in zip(sets, before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_whole_numbers_that_floats_cannot_tell_apart_are_no_copies():
    real, made = {"id": [2**53, 2**53 + 2]}, {"id": [2**53 + 1, 2**53 + 2]}
    assert identical_match_share(real=real, synthetic=made, space="mixed") == 0.5


def test_one_training_row_has_no_ratio():
    with pytest.raises(UndefinedError, match="no second closest"):
        nearest_neighbour_distance_ratio(real={"x": [1.0]}, synthetic={"x": [1.0, 2.0]}, space="mixed")


@pytest.mark.parametrize("function", [distance_to_closest_record, identical_match_share])
def test_a_space_that_there_is_not_is_refused(function):
    with pytest.raises(UnknownNameError, match="space"):
        function(real=[[1.0]], synthetic=[[1.0]], space="mixd")


def test_an_empty_table_is_refused():
    with pytest.raises(SampleSizeError, match="`synthetic` has 0 rows"):
        distance_to_closest_record(real={"x": [1.0]}, synthetic={"x": []}, space="mixed")


def adults(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "pay": np.round(rng.lognormal(10, 1, n), 2),
            "sex": rng.choice(["f", "m"], n),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
        }
    )


# sdmetrics 0.32.0 on adults(60, 1), adults(50, 2), adults(40, 3): DCROverfittingProtection; DCRBaselineProtection with
# _seed = 7: score, median of the synthetic and of the random rows.
SDMETRICS_OVERFITTING = (0.6799999999999999, 0.66)
SDMETRICS_BASELINE = (0.5022737522765136, 0.05811445549395694, 0.11570275219550703)


def test_protection_is_that_of_sdmetrics():
    real, made, holdout = adults(60, 1), adults(50, 2), adults(40, 3)
    found = overfitting_protection(real=real, synthetic=made, holdout=holdout, compatible="sdmetrics")
    assert (found.score, found.closer_to_real) == pytest.approx(SDMETRICS_OVERFITTING, abs=1e-9)
    baseline = baseline_protection(real=real, synthetic=made, seed=7)
    found = (baseline.score, baseline.synthetic_median, baseline.random_median)
    assert found == pytest.approx(SDMETRICS_BASELINE, abs=1e-9)


def test_overfitting_protection_minds_the_sizes():
    rng = np.random.default_rng(3)
    real, holdout, made = ({"x": rng.normal(size=n)} for n in (3000, 300, 1000))
    assert float(overfitting_protection(real=real, synthetic=made, holdout=holdout)) > 0.8
    assert float(overfitting_protection(real=real, synthetic=made, holdout=holdout, compatible="sdmetrics")) < 0.3
    with pytest.raises(UndefinedError, match="without a holdout"):
        overfitting_protection(real=real, synthetic=made, holdout=None)


def test_random_rows_keep_ranges_levels_whole_numbers_and_missing_shares():
    rng = np.random.default_rng(0)
    real = pd.DataFrame(
        {
            "n": rng.integers(0, 9, 500).astype(float),
            "x": rng.normal(size=500),
            "c": rng.choice(["NA", "b"], 500),
            "day": pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 9, 500), unit="D"),
            "never": np.nan,
            "long": 2**60 + rng.integers(0, 5, 500),
        }
    )
    real.loc[::4, ["n", "day"]] = None
    made = pd.DataFrame({name: column.iloc[:1] for name, column in real.items()})
    made["c"] = "unseen"
    cells = encode_frames({"real": real, "synthetic": made})
    drawn = peer_random_rows(cells["real"], 4000, np.random.default_rng(1))
    whole, floats, codes, days, never, long = drawn.values  # noqa: PD011 - no frame
    assert set(np.unique(whole[~np.isnan(whole)])) == set(range(9))
    assert np.isnan(whole).mean() == pytest.approx(0.25, abs=0.03)
    np.testing.assert_array_equal(drawn.missing[0], np.isnan(whole))
    assert real["x"].min() <= floats.min() < floats.max() <= real["x"].max()
    assert len(np.unique(floats)) == 4000
    assert set(np.unique(codes)) == {1, 2}
    assert drawn.missing[3].mean() == pytest.approx(0.25, abs=0.03)
    assert len(np.unique(days[~drawn.missing[3]])) > 1000
    assert np.isnan(never).all()
    assert set(np.unique(long)) == set(range(2**60, 2**60 + 5))


def test_random_rows_that_are_training_rows_leave_no_score():
    real = {"c": ["a", "b"]}
    with pytest.raises(UndefinedError, match="half of the random rows are training rows"):
        baseline_protection(real=real, synthetic=real)


def test_baseline_protection_of_whole_numbers_beyond_64_bits():
    x = np.arange(1, 101)
    found = baseline_protection(real={"x": 1e19 * x}, synthetic={"x": 1e19 * (x + 0.25)})
    assert 0 < found.score <= 1
    assert found.synthetic_median == pytest.approx(0.25 / 99)


def test_planted_copies_among_real_adults(shared_data):
    folder = shared_data("pairs_adult")
    real, holdout, flipped = (
        pd.read_csv(folder / name, nrows=6000)
        for name in ("real_trn.csv.gz", "real_hol.csv.gz", "syn_2021_flip30.csv.gz")
    )
    cells = encode_frames({"real": real, "synthetic": flipped, "holdout": holdout})
    reading = share_reading(closeness_of(*cells.values()))
    assert reading.value > reading.null + 4 * reading.spread["se"]
    fresh = encode_frames({"real": real[:3000], "synthetic": holdout[3000:], "holdout": holdout[:3000]})
    reading = share_reading(closeness_of(*fresh.values()))
    assert abs(reading.value - 0.5) < 3 * reading.spread["se"]


MIXED = (
    "distance_to_closest_record",
    "nearest_neighbour_distance_ratio",
    "holdout_share",
    "copy_excess",
    "identical_match_share",
    "membership_inference",
)


def test_audits_read_the_mixed_space_by_name_as_the_functions_do():
    def people(seed):
        rng = np.random.default_rng(seed)
        return pd.DataFrame({"a": rng.normal(size=90).round(1), "c": rng.choice(list("xyz"), 90)})

    frames = {"real": people(0), "synthetic": people(1), "holdout": people(2)}
    audit = ak.audit(
        **{role: ak.load(frame) for role, frame in frames.items()}, metrics=[f"{name}[space=mixed]" for name in MIXED]
    )
    for name in MIXED:
        score = audit.scores[f"{name}[space=mixed]"]
        given = {role: frames[role] for role in registry.get(name).roles}
        assert score.value == pytest.approx(getattr(metrics, name)(**given, space="mixed"), abs=1e-12)
        assert score.parameters["space"] == "mixed"


def test_the_mixed_space_is_of_tables_and_takes_no_other_word():
    found = registry.get("distance_to_closest_record[space=mixed]")
    assert found.modalities == ("tabular",)
    both = registry.get("membership_inference[space=mixed, attack=distance]")
    assert both.name == "membership_inference[attack=distance,space=mixed]"
    assert both.parameters == {"attack": "distance", "space": "mixed"}
    assert registry.get("distance_to_closest_record[space=features]").name == "distance_to_closest_record"
    with pytest.raises(UnknownNameError, match="'mixd'; did you mean 'mixed'"):
        registry.get("copy_excess[space=mixd]")
    with pytest.raises(UnknownNameError, match="unknown parameter of coverage 'space'"):
        registry.get("coverage[space=mixed]")
