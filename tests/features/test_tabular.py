from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore

from auditkit.data import Dataset
from auditkit.errors import AuditkitError, DataError
from auditkit.features.tabular import MAX_LEVELS, MixedEmbedder


def changed(dataset, **cells):
    frame = dataset.frame
    for name, value in cells.items():
        frame[name] = value
    return replace(dataset, table=frame)


def test_numbers_become_mid_ranks_of_the_training_data(table):
    features = MixedEmbedder().fit(table, seed=0).transform(table)
    heights = table.table["height"].to_numpy()
    present = heights[~np.isnan(heights)]
    expected = [percentileofscore(present, h, kind="mean") / 100 for h in present]
    assert features[~np.isnan(heights), 0] == pytest.approx(expected)


def test_a_missing_number_is_the_middle_with_an_indicator(table):
    features = MixedEmbedder().fit(table, seed=0).transform(table)
    assert features[3, :2].tolist() == [0.5, 1.0]
    assert features[0, 1] == 0.0


def test_a_number_that_is_never_missing_stands_apart_when_it_is(table):
    embedder = MixedEmbedder().fit(table, seed=0)
    ages = table.table["age"].astype(float).where(table.table.index != 2)
    assert embedder.transform(changed(table, age=ages))[2, 2] == -0.5


def test_a_differing_category_adds_one_to_the_squared_distance(table):
    embedder = MixedEmbedder().fit(table, seed=0)
    features = embedder.transform(table)
    flipped = embedder.transform(changed(table, sex="f"))
    assert ((features - flipped) ** 2).sum(axis=1) == pytest.approx([0, 1] * 4, abs=1e-6)


def test_an_unseen_category_has_zeros(table):
    embedder = MixedEmbedder().fit(table, seed=0)
    features = embedder.transform(changed(table, sex="x"))
    assert not features[:, 3:5].any()


def test_columns_left_out_are_noted(table):
    embedder = MixedEmbedder().fit(table, seed=0)
    assert [note for note in embedder.notes if "'id'" in note]
    assert [note for note in embedder.notes if "'planet'" in note]
    assert embedder.transform(table).shape == (8, 2 + 1 + 3 + 1)


def test_rare_levels_share_a_column():
    many = [f"c{i}" for i in range(60) for _ in range(60 - i)]
    frame = pd.DataFrame({"city": many, "x": np.arange(len(many)) % 7})
    data = Dataset.of_table(frame, columns={"city": "category", "x": "integer"})
    embedder = MixedEmbedder().fit(data, seed=0)
    features = embedder.transform(data)
    assert features.shape[1] == MAX_LEVELS + 2
    assert "'city'" in embedder.notes[0]
    rare = features[[many.index("c55"), many.index("c59")], :MAX_LEVELS]
    assert rare[0].tolist() == rare[1].tolist()
    assert rare[0].max() > 0


def test_units_of_several_rows_have_mean_last_and_count():
    frame = pd.DataFrame({"who": ["a", "b", "a", "a"], "t": [2, 0, 0, 1], "x": [3.0, 9.0, 1.0, 2.0]})
    kinds = {"x": "numeric", "t": "integer"}
    data = Dataset.of_table(frame, key="who", order="t", columns=kinds)
    embedder = MixedEmbedder().fit(data, seed=0)
    features = embedder.transform(data)
    single = MixedEmbedder().fit(Dataset.of_table(frame.drop(columns="who"), columns=kinds), seed=0)
    rows = single.transform(Dataset.of_table(frame.drop(columns="who"), columns=kinds))
    a = np.concatenate([rows[[2, 3, 0]].mean(axis=0), rows[0], [np.log(4)]])
    place = data.ids.tolist().index("a")
    assert features[place] == pytest.approx(a)
    assert features.shape == (2, 2 * rows.shape[1] + 1)


def test_features_are_finite_float32_and_data_stay(table):
    before = table.frame
    features = MixedEmbedder().fit(table, seed=0).transform(table)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    pd.testing.assert_frame_equal(table.table, before)


def test_wrong_use_is_said(table, make_images):
    with pytest.raises(AuditkitError, match="fitted before"):
        MixedEmbedder().transform(table)
    with pytest.raises(DataError, match="needs tabular data"):
        MixedEmbedder().fit(make_images(5, (4, 4, 1)), seed=0)
    bare = Dataset.of_table(pd.DataFrame({"id": ["a", "b", "c"]}), columns={"id": "id"})
    with pytest.raises(DataError, match="has none"):
        MixedEmbedder().fit(bare, seed=0)


def test_what_real_data_cannot_hold_lies_far_away():
    frame = pd.DataFrame({"age": [20.0, 40.0, 60.0, 80.0], "job": ["a", "b", "a", "b"]})
    data = Dataset.of_table(frame, columns={"job": "category"})
    odd = pd.DataFrame({"age": [-5000.0, 140.0, 90.0, 40.0], "job": ["a", "a", "a", "wizard"]})
    embedder = MixedEmbedder().fit(data, seed=0)
    real = embedder.transform(data)
    beyond = embedder.transform(Dataset.of_table(odd, schema=data.schema))
    assert beyond[:3, 0] == pytest.approx([-2.0, 2.0, 1.0 + 10 / 60])
    squared = ((real[:, 1:] - beyond[3, 1:]) ** 2).sum(axis=1)
    assert squared == pytest.approx([2.0, 2.0, 2.0, 2.0])


@pytest.mark.parametrize("values", [[1e308, -1e308, 0.0], [0.0, 1e-320, 1e-310]])
def test_ranges_at_the_ends_of_what_a_float_holds(values):
    data = Dataset.of_table(pd.DataFrame({"x": values, "y": [1.5, 2.5, 4.0]}))
    wide = Dataset.of_table(pd.DataFrame({"x": [1.7e308, -1.7e308, 5.0], "y": [1.5, 2.5, 4.0]}), schema=data.schema)
    assert np.isfinite(MixedEmbedder().fit(data, seed=0).transform(wide)).all()


def dated(n, seed):
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D")
    return pd.DataFrame({"x": rng.normal(size=n), "when": days.strftime("%Y-%m-%d")})


@pytest.mark.parametrize("bad", ["unknown", "31.12.2020"])
@pytest.mark.parametrize("make", [MixedEmbedder, lambda: MixedEmbedder(grid=20)])
def test_one_unreadable_date_is_the_only_one_that_is_missing(make, bad):
    real, frame = Dataset.of_table(dated(300, 0)), dated(300, 1)
    embedder = make().fit(real, seed=0)
    whole = embedder.transform(Dataset.of_table(frame, schema=real.schema))
    broken = frame.assign(when=frame["when"].where(frame.index != 7, bad))
    features = embedder.transform(Dataset.of_table(broken, schema=real.schema))
    assert features[7, 1] == -0.5
    assert np.array_equal(np.delete(features, 7, axis=0), np.delete(whole, 7, axis=0))


def test_dates_that_are_written_two_ways_count_where_they_are_iso():
    real, frame = Dataset.of_table(dated(300, 0)), dated(300, 1)
    embedder = MixedEmbedder().fit(real, seed=0)
    whole = embedder.transform(Dataset.of_table(frame, schema=real.schema))
    other = pd.to_datetime(frame["when"]).dt.strftime("%d.%m.%Y")
    half = frame.assign(when=frame["when"].where(frame.index % 2 == 0, other))
    features = embedder.transform(Dataset.of_table(half, schema=real.schema))
    assert np.array_equal(features[::2], whole[::2])
    assert (features[1::2, 1] == -0.5).all()


@pytest.mark.parametrize("make", [MixedEmbedder, lambda: MixedEmbedder(grid=2)])
@pytest.mark.parametrize("start", [2**53, 2**60, -(2**60) - 1])
def test_integers_that_no_float_tells_apart_have_features_of_their_own(make, start):
    cells = np.arange(100) % 2
    large, small = ({"a": pd.Series(base + cells), "x": np.arange(100.0)} for base in (start, 0))
    found, expected = (
        make().fit(data, seed=0).transform(data)
        for data in (Dataset.of_table(pd.DataFrame(cells)) for cells in (large, small))
    )
    assert found[:, 0].tolist() == expected[:, 0].tolist()
    assert found[0, 0] != found[1, 0]


def test_large_integers_are_counted_alike_whatever_type_holds_them():
    real = Dataset.of_table(pd.DataFrame({"a": 2**53 + np.arange(100) % 2, "x": np.arange(100.0)}))
    embedder = MixedEmbedder().fit(real, seed=0)
    kept = embedder.transform(real)[:, 0]
    frame = real.table.assign(a=[*map(str, real.table["a"][:-1]), "none"])
    assert embedder.transform(Dataset.of_table(frame, schema=real.schema))[:-1, 0].tolist() == kept[:-1].tolist()
    far = real.table.assign(a=np.full(100, -(2**62)))
    assert (embedder.transform(Dataset.of_table(far, schema=real.schema))[:, 0] == -2.0).all()


def test_a_table_that_does_not_vary_says_which_columns_hold_one_value_or_none():
    frame = pd.DataFrame({"a": [7] * 5, "b": [None] * 5})
    with pytest.raises(DataError, match=r"'a': one value only; 'b': no value at all\)"):
        MixedEmbedder().fit(Dataset.of_table(frame), seed=0)
