from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from auditkit.data import Dataset, load
from auditkit.errors import AuditkitError, DataError, UnknownNameError
from auditkit.generators import Budget, NotFittedError, ShortfallWarning, create
from auditkit.generators.tabular.cart import CartGenerator
from auditkit.generators.tabular.leading import LeadingBlock
from auditkit.generators.tabular.trees import grow


@pytest.fixture(scope="module")
def fitted(people) -> CartGenerator:
    return CartGenerator().fit(people, seed=0)


def test_leaves_are_those_of_the_tree_it_was_grown_from():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 9, size=(300, 3)).astype(np.float32)
    y = (x[:, 0] > 4).astype(np.int32) + (x[:, 2] > 6)
    tree = grow(x, y, y.astype(np.int32), classify=True, min_samples_leaf=7, seed=4)
    oracle = DecisionTreeClassifier(min_samples_leaf=7, random_state=4).fit(x, y)
    new = rng.random((100, 3)).astype(np.float32) * 9
    assert tree.leaves(new).tolist() == oracle.apply(new).tolist()
    assert tree.count[tree.leaves(x)].min() >= 7


def test_draws_are_donors_of_the_leaf():
    x = np.repeat([0.0, 1.0], 50).astype(np.float32)[:, None]
    pool = np.arange(100, dtype=np.int32)
    tree = grow(x, x[:, 0], pool, classify=False, min_samples_leaf=50, seed=0)
    drawn = tree.draw(x, np.random.default_rng(0).random(100))
    assert (drawn[:50] < 50).all()
    assert (drawn[50:] >= 50).all()


def test_leading_columns_stop_before_their_combinations_are_too_many():
    codes = {"a": np.arange(20, dtype=np.int32) % 2, "b": np.arange(20, dtype=np.int32), "c": np.zeros(20, np.int32)}
    block = LeadingBlock.of(codes, ("a", "b", "c"), max_cells=4)
    assert block.names == ("a", "c")
    assert block.counts.tolist() == [10, 10]


def test_structure_is_kept(people, fitted):
    made = fitted.sample(4000, seed=1).table
    real = people.table
    for name in ("sex", "income", "city"):
        shares = [t[name].value_counts(normalize=True, dropna=False).sort_index() for t in (made, real)]
        assert shares[0].to_numpy() == pytest.approx(shares[1].to_numpy(), abs=0.05)
    rates = [pd.crosstab(t["sex"], t["income"], normalize="index").to_numpy() for t in (made, real)]
    assert rates[0] == pytest.approx(rates[1], abs=0.05)
    gaps = [t.groupby("income")["hours"].mean().diff().iloc[-1] for t in (made, real)]
    assert gaps[0] == pytest.approx(gaps[1], abs=1.0)


def test_values_and_types_are_those_of_the_real_data(people):
    made = CartGenerator(smoothing=False).fit(people, seed=0).sample(200, seed=1).table
    for name in people.table:
        assert made[name].dtype == people.table[name].dtype
        if name != "name":
            assert set(made[name].dropna()) <= set(people.table[name].dropna())


def test_names_of_records_are_new(people, fitted):
    made = fitted.sample(50, seed=1).table["name"]
    assert not set(made) & set(people.table["name"])
    assert any("'name'" in note for note in fitted.fit_report.notes)


@pytest.mark.parametrize("start", [0, 1000])
def test_numbers_that_name_records_are_new_also_after_saving(start, tmp_path):
    frame = pd.DataFrame({"id": np.arange(start, start + 60), "y": ["a", "b"] * 30})
    generator = CartGenerator().fit(Dataset.of_table(frame, label="y", columns={"id": "id"}))
    made = generator.sample(20, seed=0)
    assert not set(made.table["id"]) & set(frame["id"])
    generator.save(tmp_path)
    assert CartGenerator.load(tmp_path).sample(20, seed=0).hash == made.hash


def test_groups_and_label_are_exact_conditions(people, fitted):
    made = fitted.sample(500, conditions={"sex": "Female", "married": "True"}, seed=2)
    assert set(made.group_values("sex")) == {"Female"}
    assert set(made.group_values("married")) == {"True"}
    women = people.table[(people.table["sex"] == "Female") & people.table["married"]]
    rate = (women["income"] == ">50K").mean()
    assert (made.table["income"] == ">50K").mean() == pytest.approx(rate, abs=0.06)
    assert fitted.shortfall is None


def test_label_stands_for_the_label_column(fitted):
    made = fitted.sample(30, conditions={"label": {">50K": 10, "<=50K": 20}}, seed=0)
    assert made.label_values.tolist() == [">50K"] * 10 + ["<=50K"] * 20


def test_other_columns_are_met_by_drawing(fitted):
    made = fitted.sample(40, conditions={"city": "Oslo", "sex": "Male"}, seed=0)
    assert set(made.group_values("city")) == {"Oslo"}
    assert len(made) == 40
    fewer = fitted.sample(10, conditions={"city": "Oslo", "sex": "Male"}, seed=0)
    pd.testing.assert_frame_equal(fewer.table, made.table.head(10))


def test_what_cannot_be_met_is_a_shortfall():
    frame = pd.DataFrame({"y": ["a"] * 60 + ["b"] * 60, "x": ["p"] * 60 + ["q"] * 60})
    generator = CartGenerator().fit(Dataset.of_table(frame, label="y", columns={"x": "category"}))
    with pytest.warns(ShortfallWarning, match="got 0"):
        made = generator.sample(5, conditions={"y": "a", "x": "q"})
    assert len(made) == 0
    assert (generator.shortfall.requested, generator.shortfall.got, generator.shortfall.accept_rate) == (5, 0, 0.0)
    generator.sample(5)
    assert generator.shortfall is None


def test_leading_combinations_never_seen_are_a_shortfall():
    frame = pd.DataFrame({"y": ["a"] * 60 + ["b"] * 60, "x": ["p"] * 60 + ["q"] * 60})
    generator = CartGenerator().fit(Dataset.of_table(frame, label="y", groups=["x"]))
    with pytest.warns(ShortfallWarning):
        assert len(generator.sample(5, conditions={"y": "a", "x": "q"})) == 0


@pytest.mark.parametrize(
    ("conditions", "error", "sentence"),
    [
        ({"sex": "Femal"}, UnknownNameError, "did you mean 'Female'"),
        ({"sexx": "Female"}, UnknownNameError, "did you mean 'sex'"),
        ({"age": "40"}, AuditkitError, "category or boolean"),
        ({"sex": {"Female": 3}}, AuditkitError, "add up to n=5"),
        ({"sex": {"Female": 5}, "city": {"Oslo": 5}}, AuditkitError, "one column only"),
    ],
)
def test_wrong_conditions_are_said(fitted, conditions, error, sentence):
    with pytest.raises(error, match=sentence):
        fitted.sample(5, conditions=conditions)


def test_smoothing_keeps_decimals_range_and_common_values(people, fitted):
    made = fitted.sample(500, seed=1).table
    assert made["pay"].isin(set(people.table["pay"])).mean() < 0.1
    assert made["pay"].round(2).tolist() == made["pay"].tolist()
    assert made["pay"].between(people.table["pay"].min(), people.table["pay"].max()).all()
    assert made["age"].dtype == np.int64
    assert (made["since"].dt.normalize() == made["since"]).all()


def test_steps_of_a_scale_and_shared_values_are_not_smoothed():
    rng = np.random.default_rng(0)
    gains = np.where(rng.random(600) < 0.9, 0, rng.choice([114, 3103, 99999, 7688], size=600))
    sums = np.where(rng.random(600) < 0.5, 10.5, rng.normal(size=600).round(6) * 1e3)
    data = Dataset.of_table(pd.DataFrame({"gain": gains, "sum": sums}))
    made = CartGenerator().fit(data).sample(600, seed=0).table
    assert set(made["gain"]) <= set(gains)
    assert (made["sum"] == 10.5).mean() == pytest.approx(0.5, abs=0.06)
    others = made["sum"][made["sum"] != 10.5]
    assert others.isin(set(sums)).mean() < 0.05


def test_levels_of_single_records_are_told():
    frame = pd.DataFrame({"job": ["judge", *["clerk", "cook"] * 30], "x": range(61)})
    notes = CartGenerator().fit(Dataset.of_table(frame, columns={"job": "category"})).fit_report.notes
    assert any("'job' (1)" in note for note in notes)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": ["a", "b"] * 20, "y": ["c", "d", "e", "f"] * 10}),
        pd.DataFrame({"x": np.arange(40.0) / 7, "y": np.arange(40)[::-1] * 3}),
        pd.DataFrame({"x": [1, 2, 3, 4], "y": ["a", "b", "a", "b"]}),
        pd.DataFrame({"x": [1.5, None] * 20, "y": [None, "a", "b", "a"] * 10}),
        pd.DataFrame({"x": ["same"] * 30, "y": range(30)}),
    ],
    ids=["only categories", "only numbers", "four rows", "gaps", "a constant"],
)
def test_odd_tables_can_be_learnt(frame):
    data = Dataset.of_table(frame)
    made = CartGenerator().fit(data).sample(20, seed=0)
    assert len(made) == 20
    assert list(made.table.columns) == list(frame.columns)


def test_a_column_of_gaps_stays_one(people):
    hollow = replace(people, table=people.table.assign(hours=np.nan))
    assert CartGenerator().fit(hollow).sample(9).table["hours"].isna().all()


def test_many_levels_are_drawn_as_themselves():
    rng = np.random.default_rng(0)
    city = rng.integers(0, 80, size=2000)
    frame = pd.DataFrame({"city": [f"c{i:02d}" for i in city], "region": (city // 40).astype(str)})
    data = Dataset.of_table(frame, label="region", columns={"city": "category", "region": "category"})
    made = CartGenerator().fit(data).sample(2000, seed=0).table
    assert made["city"].nunique() > 75
    regions = made["city"].str[1:].astype(int) // 40
    assert (regions.astype(str) == made["region"]).mean() > 0.97


def test_wrong_use_is_said(people, stripes):
    with pytest.raises(NotFittedError):
        CartGenerator().sample(3)
    with pytest.raises(NotFittedError):
        CartGenerator().save("never")
    with pytest.raises(DataError, match="needs tabular data"):
        CartGenerator().fit(stripes)
    with pytest.raises(AuditkitError, match="at least 1"):
        CartGenerator(min_samples_leaf=0)
    series = Dataset.of_table(pd.DataFrame({"who": ["a", "a", "b"], "x": [1, 2, 3]}), key="who")
    with pytest.raises(DataError, match="one row per unit"):
        CartGenerator().fit(series)
    bare = replace(people, schema=replace(people.schema, columns=people.schema.columns[:1]))
    with pytest.raises(DataError, match="no id"):
        CartGenerator().fit(bare)


def test_a_budget_is_noted_and_progress_is_said(people):
    steps = []
    report = CartGenerator().fit(people, budget=Budget(seconds=5), progress=lambda *step: steps.append(step)).fit_report
    assert "budget" in report.notes[-1]
    assert steps[-1][0] == steps[-1][1]
    assert report.steps == len(steps)


def test_saved_files_are_the_same_each_time(people, tmp_path):
    for name in ("one", "two"):
        CartGenerator().fit(people, seed=3).save(tmp_path / name)
    for file in ("generator.json", "arrays.safetensors"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    head = json.loads((tmp_path / "one" / "generator.json").read_text(encoding="utf-8"))
    assert head["report"]["data_hash"] == people.hash
    assert head["stores_real_values"] is True


def test_adult_is_followed_closely_and_hardly_copied(shared_data):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    whole = load(shared_data("pairs_adult", "real_trn.csv.gz"), label="income", groups=["sex", "race"])
    train, fresh = (whole.take(np.arange(start, start + 8000)) for start in (0, 8000))
    made = create("cart").fit(train, seed=0).sample(8000, seed=0)
    both = pd.concat([fresh.table, made.table], ignore_index=True)
    codes = np.column_stack([pd.factorize(both[name], sort=True)[0] for name in both])
    side = np.repeat([0, 1], 8000)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    model = HistGradientBoostingClassifier(random_state=0)
    scores = cross_val_predict(model, codes, side, cv=folds, method="predict_proba")[:, 1]
    assert roc_auc_score(side, scores) <= 0.60
    rows = set(train.table.astype(str).agg("|".join, axis=1))
    assert made.table.astype(str).agg("|".join, axis=1).isin(rows).mean() <= 0.01


def test_leaves_grow_where_whole_records_would_come_back():
    rng = np.random.default_rng(0)
    n = 1500
    age = rng.integers(40, size=n)
    frame = pd.DataFrame({"age": age, **{name: rng.poisson(age / 8 / part) for part, name in enumerate("abc", 1)}})
    coarse = CartGenerator().fit(Dataset.of_table(frame))
    assert any("would come back whole" in note for note in coarse.fit_report.notes)
    fine = frame + rng.random(frame.shape).round(3)
    notes = CartGenerator().fit(Dataset.of_table(fine)).fit_report.notes
    assert not any("come back whole" in note for note in notes)
    made = {leaf: CartGenerator(min_samples_leaf=leaf).fit(Dataset.of_table(frame)).sample(n) for leaf in (30, None)}
    rows = set(frame.itertuples(index=False, name=None))
    copied = {
        leaf: np.mean([row in rows for row in item.table.itertuples(index=False, name=None)])
        for leaf, item in made.items()
    }
    assert copied[None] < copied[30]


def test_small_tables_have_a_sixth_of_their_rows_in_a_leaf():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(96, 2)), columns=list("ab"))
    (tree,) = CartGenerator().fit(Dataset.of_table(frame))._model.trees.values()
    assert tree.count[tree.count > 0].min() >= 16
