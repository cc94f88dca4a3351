"""The tabular autoencoder: schema kept, values from the training data, same seed same bytes, bounded conditions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.data import load
from auditkit.errors import DataError, UnknownNameError
from auditkit.generators.interface import Budget, NotFittedError, ShortfallWarning
from auditkit.generators.tabular.pools import MAX_PLACES, Pool
from auditkit.generators.tabular.vae import TabularVae


def people(n=300, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["Female", "Male"], size=n, p=[0.3, 0.7])
    pay = np.where(sex == "Male", 3.0, 2.0) + rng.normal(0, 0.1, n)
    return pd.DataFrame(
        {
            "pay": pay.round(3),
            "gain": np.where(rng.random(n) < 0.8, 0, rng.integers(1, 2000, n)),
            "tax": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n).round(2)),
            "sex": sex,
            "city": np.where(rng.random(n) < 0.2, None, rng.choice(["Oslo", "Rome"], n)),
            "owner": rng.random(n) < 0.5,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "unit": "kg",
            "income": np.where(pay > 2.9, "high", "low"),
        }
    )


@pytest.fixture(scope="module")
def data():
    return load(people(), label="income", groups=["sex"])


@pytest.fixture(scope="module")
def vae(data):
    return TabularVae(steps=300, hidden=64, latent=8).fit(data, seed=0)


def test_samples_have_the_schema_types_and_roles_of_the_training_data(data, vae):
    made = vae.sample(200, seed=1)
    assert made.schema == data.schema
    assert list(made.table.columns) == list(data.table.columns)
    assert (made.table.dtypes == data.table.dtypes).all()
    assert (made.label, made.groups, len(made)) == ("income", ("sex",), 200)


def test_cells_are_observed_values_or_lie_between_rare_ones_and_atoms_keep_their_share(data, vae):
    made = vae.sample(1000, seed=1).table
    vae.smoothing = False
    plain = vae.sample(1000, seed=1).table
    vae.smoothing = True
    for name in data.table.columns:
        assert set(plain[name].dropna()) <= set(data.table[name].dropna())
    assert not set(made["pay"]) <= set(data.table["pay"])
    assert made["pay"].between(data.table["pay"].min(), data.table["pay"].max()).all()
    assert (made["pay"].round(3) == made["pay"]).all()
    assert (made["gain"] == 0).mean() == pytest.approx((data.table["gain"] == 0).mean(), abs=0.08)
    assert made["tax"].isna().mean() == pytest.approx(data.table["tax"].isna().mean(), abs=0.08)
    assert made["city"].isna().mean() == pytest.approx(data.table["city"].isna().mean(), abs=0.08)


def test_columns_stay_tied_to_each_other(vae):
    made = vae.sample(1000, seed=1).table
    pay = made.groupby("sex")["pay"].median()
    assert pay["Male"] - pay["Female"] > 0.5
    high = (made["income"] == "high").groupby(made["sex"]).mean()
    assert high["Male"] - high["Female"] > 0.3


def test_same_seeds_give_the_same_bytes_and_others_do_not(data, vae):
    again = TabularVae(steps=300, hidden=64, latent=8).fit(data, seed=0)
    pd.testing.assert_frame_equal(vae.sample(50, seed=3).table, again.sample(50, seed=3).table)
    assert not vae.sample(50, seed=4).table.equals(vae.sample(50, seed=3).table)


def test_a_sample_begins_with_the_smaller_sample(vae):
    small, large = vae.sample(30, seed=2), vae.sample(700, seed=2)
    pd.testing.assert_frame_equal(small.table, large.table.head(30))
    assert list(small.ids) == list(large.ids[:30])


def test_a_saved_generator_gives_the_same_samples_and_bytes(vae, tmp_path):
    vae.save(tmp_path / "a")
    loaded = TabularVae.load(tmp_path / "a")
    pd.testing.assert_frame_equal(loaded.sample(60, seed=5).table, vae.sample(60, seed=5).table)
    loaded.save(tmp_path / "b")
    for name in ("generator.json", "arrays.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_threads_and_global_random_states_play_no_part(data):
    threads, state, numpy_state = torch.get_num_threads(), torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    try:
        made = []
        for count in (1, 2):
            torch.set_num_threads(count)
            made.append(TabularVae(steps=20, hidden=64).fit(data).sample(40, seed=1).table)
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)
    pd.testing.assert_frame_equal(made[0], made[1])
    assert torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002


def test_conditions_on_label_and_groups_are_exact_and_counts_come_in_order(vae):
    women = vae.sample(40, conditions={"sex": "Female"}, seed=1)
    assert set(women.table["sex"]) == {"Female"}
    assert len(women) == 40
    assert vae.shortfall is None
    counted = vae.sample(15, conditions={"label": {"low": 5, "high": 10}}, seed=1).table["income"]
    assert list(counted) == ["low"] * 5 + ["high"] * 10
    prefix = vae.sample(10, conditions={"sex": "Female"}, seed=1).table
    pd.testing.assert_frame_equal(prefix, women.table.head(10))


def test_too_rare_a_condition_ends_with_a_structured_shortfall(vae, monkeypatch):
    monkeypatch.setattr("auditkit.generators.conditions.MAX_DRAWS", 1)
    with pytest.warns(ShortfallWarning, match="asked for 12000 samples"):
        made = vae.sample(12_000, conditions={"city": "Oslo"}, seed=0)
    assert vae.shortfall.got == len(made) < 12_000
    assert vae.shortfall.requested == 12_000
    assert vae.shortfall.accept_rate == pytest.approx(0.4, abs=0.15)
    vae.sample(1)
    assert vae.shortfall is None


def test_unknown_conditions_and_early_samples_are_errors(vae):
    with pytest.raises(UnknownNameError, match="did you mean 'Female'"):
        vae.sample(1, conditions={"sex": "Femal"})
    with pytest.raises(NotFittedError, match="call fit"):
        TabularVae().sample(1)
    with pytest.raises(NotFittedError, match="fitted"):
        TabularVae().save("nowhere")


def test_the_report_says_what_was_done_and_from_what(data, vae):
    report = vae.fit_report
    assert (report.steps, report.stopped_by, report.n_train) == (300, "steps", 300)
    assert report.data_hash == data.hash
    assert len(report.curve) == 3
    assert all(loss < 10 for _, loss in report.curve)


def test_budgets_in_steps_and_seconds(data):
    seen = []
    by_steps = TabularVae(hidden=32).fit(data, budget=Budget(steps=7), progress=lambda *step: seen.append(step))
    assert by_steps.fit_report.steps == 7
    assert seen[-1][:2] == (7, 7)
    by_time = TabularVae(hidden=32).fit(data, budget=Budget(seconds=0.4))
    assert by_time.fit_report.stopped_by == "seconds"
    assert "repeat the run" in by_time.fit_report.notes[0]


@pytest.mark.parametrize(
    "frame",
    [
        people(5),
        pd.DataFrame({"x": [1.5]}),
        pd.DataFrame({"x": np.linspace(0, 1, 150), "y": "one"}),
        pd.DataFrame({"x": [np.nan, 1.0] * 120, "y": [None, "a"] * 120}),
        pd.DataFrame({"c": list("abcd") * 10}),
        pd.DataFrame({"x": [1e300, -1e300, 0.0] * 60 + list(np.arange(150.0))}),
    ],
    ids=["five rows", "one row", "constant column", "gaps", "categories only", "huge numbers"],
)
def test_degenerate_tables_train_and_sample(frame):
    data = load(frame)
    made = TabularVae(steps=5, hidden=16, latent=2).fit(data).sample(20, seed=0)
    assert len(made) == 20
    assert made.schema == data.schema
    assert len(TabularVae(steps=5, hidden=16, latent=2).fit(data).sample(0)) == 0


def test_ids_are_new_and_texts_observed():
    n = 120
    words = [f"a long enough remark about thing number {i} in the house" for i in range(n)]
    frame = pd.DataFrame({"row_id": np.arange(n) + 50, "note": words, "c": list("ab") * (n // 2)})
    data = load(frame, columns={"row_id": "id", "note": "text"})
    vae = TabularVae(steps=5, hidden=16, latent=2).fit(data)
    made = vae.sample(30, seed=0).table
    assert not set(made["row_id"]) & set(frame["row_id"])
    assert made["row_id"].is_unique
    assert set(made["note"]) <= set(words)
    assert len(vae.fit_report.notes) == 2


def test_several_rows_per_unit_and_nothing_to_learn_are_refused():
    frame = pd.DataFrame({"who": ["a", "a", "b"], "x": [1.0, 2.0, 3.0]})
    with pytest.raises(DataError, match="one row per unit"):
        TabularVae().fit(load(frame, key="who"))
    with pytest.raises(DataError, match="only ids and texts"):
        TabularVae().fit(load(pd.DataFrame({"name": ["a", "b", "c"]}), columns={"name": "id"}))


def test_rare_levels_share_a_place_and_come_back_by_their_counts():
    cells = pd.Series([f"v{i}" for i in range(300) for _ in range(1 + (i < 10) * 20)], dtype="str")
    data = load(pd.DataFrame({"c": cells}), columns={"c": "category"})
    pool, codes = Pool.of(data.table["c"], data.schema["c"])
    places = pool.places(codes)
    assert places.max() == MAX_PLACES - 1
    back = pool.codes_of_places(places, np.random.default_rng(0).random(len(places)))
    common = places < MAX_PLACES - 1
    np.testing.assert_array_equal(back[common], codes[common])
    assert (pool.counts[back[~common]] == 1).all()


def test_many_distinct_numbers_are_thinned_to_observed_ones():
    cells = pd.DataFrame({"x": np.random.default_rng(0).normal(size=25_000)})
    data = load(cells)
    pool, codes = Pool.of(data.table["x"], data.schema["x"])
    assert 9_000 < len(pool.counts) <= 10_000
    assert pool.counts.sum() == 25_000
    assert np.isin(pool.values, cells["x"]).all()
    assert np.abs(np.take(pool.values, codes) - cells["x"].to_numpy()).mean() < 0.01
