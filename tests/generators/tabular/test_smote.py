from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.neighbors import NearestNeighbors

from auditkit.data import Dataset
from auditkit.errors import AuditkitError
from auditkit.generators import balance, create
from auditkit.generators.tabular.interpolation import hot_levels, nearest_of_class
from auditkit.generators.tabular.smote import SmoteGenerator


def wine() -> Dataset:
    loaded = load_wine(as_frame=True)
    frame = loaded.data.assign(target=loaded.target.map({0: "a", 1: "b", 2: "c"}))
    return Dataset.of_table(frame, label="target")


def on_a_segment(row: np.ndarray, train: np.ndarray, tolerance: np.ndarray) -> bool:
    start, way = train[:, None], train[None] - train[:, None]
    place = (row - start) / np.where(way == 0, np.inf, way)
    widest = np.abs(way) / tolerance
    share = np.take_along_axis(place, widest.argmax(axis=2)[:, :, None], axis=2).clip(0, 1)
    return bool((np.abs(start + share * way - row) <= tolerance).all(axis=2).any())


def test_neighbours_are_those_of_the_oracle_within_the_class():
    rng = np.random.default_rng(0)
    places, classes = rng.normal(size=(700, 3)).astype(np.float32), rng.integers(3, size=700).astype(np.int32)
    found = nearest_of_class(places, classes, k=4)
    for name in range(3):
        rows = np.flatnonzero(classes == name)
        oracle = NearestNeighbors(n_neighbors=5).fit(places[rows]).kneighbors(places[rows])[1][:, 1:]
        assert found[rows].tolist() == rows[oracle].tolist()


def test_small_classes_repeat_their_neighbours():
    found = nearest_of_class(np.arange(4, dtype=np.float32)[:, None], np.array([0, 0, 0, 1], np.int32), k=5)
    assert found[0].tolist() == [1, 2, 1, 2, 1]
    assert found[3].tolist() == [3] * 5


def test_levels_that_differ_are_one_apart():
    codes = np.array([0, 1, -1, 1], dtype=np.int32)
    hot = hot_levels(codes)
    squared = ((hot[:, None] - hot[None]) ** 2).sum(axis=2)
    assert squared == pytest.approx((codes[:, None] != codes[None]).astype(float), abs=1e-6)


def test_every_row_lies_between_two_rows_of_its_class():
    data = wine()
    made = SmoteGenerator().fit(data).sample(40, seed=0)
    numbers = [name for name in data.table if name != "target"]
    tolerance = np.array([0.51 * 10.0 ** -(data.schema[name].decimals or 0) for name in numbers])
    for row, label in zip(made.table[numbers].to_numpy(), made.label_values, strict=True):
        train = data.table.loc[data.table["target"] == label, numbers].to_numpy(dtype=float)
        low, high = train.min(axis=0), train.max(axis=0)
        assert ((row >= low - tolerance) & (row <= high + tolerance)).all()
        assert on_a_segment(row, train, 2 * tolerance)


def test_imbalanced_learn_puts_rows_on_the_same_segments():
    over = pytest.importorskip("imblearn.over_sampling", reason="the oracle imbalanced-learn is not installed")
    data = wine()
    numbers = [name for name in data.table if name != "target"]
    values = data.table[numbers].to_numpy(dtype=float)
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    made, labels = over.SMOTE(k_neighbors=5, random_state=0).fit_resample(scaled, data.table["target"].astype(str))
    generator = SmoteGenerator().fit(data)
    for row, label in list(zip(made, labels, strict=True))[len(data) :][:20]:
        found = False
        for base in np.flatnonzero(data.table["target"] == label):
            ends = scaled[generator._neighbours[base]]
            way = ends - scaled[base]
            share = ((row - scaled[base]) * way).sum(axis=1) / (way**2).sum(axis=1)
            found |= bool((np.abs(scaled[base] + share[:, None] * way - row) < 1e-6).all(axis=1).any())
        assert found


def test_categories_are_votes_and_roles_stay(people):
    made = SmoteGenerator().fit(people).sample(3000, seed=0)
    for name in ("sex", "married", "income"):
        shares = [table[name].value_counts(normalize=True).sort_index() for table in (made.table, people.table)]
        assert shares[0].to_numpy() == pytest.approx(shares[1].to_numpy(), abs=0.04)
    assert set(made.table["city"].dropna()) <= set(people.table["city"].dropna())


def test_label_and_groups_are_exact_conditions(people):
    wanted = balance(people, by=["sex", "income"], to="max")
    made = SmoteGenerator().fit(people).sample(len(wanted), conditions=wanted, seed=0)
    both = pd.concat([people.table, made.table])
    counts = both.groupby(["sex", "income"]).size()
    assert counts.min() == counts.max()


def test_numbers_and_moments_stay_on_their_grid(people):
    made = SmoteGenerator().fit(people).sample(500, seed=0).table
    assert made["age"].dtype == people.table["age"].dtype
    assert (made["pay"].round(2) == made["pay"]).all()
    assert (made["since"].dt.normalize() == made["since"]).all()
    assert made["since"].between(people.table["since"].min(), people.table["since"].max()).all()
    assert made["hours"].isna().mean() == pytest.approx(people.table["hours"].isna().mean(), abs=0.04)


@pytest.mark.parametrize("kind", ["categories", "numbers", "constant", "one row", "one of a class", "no label"])
def test_tables_of_any_kind(kind):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"p": rng.choice(list("abc"), 60), "q": rng.choice(list("xy"), 60)})
    if kind == "numbers":
        frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("pqr"))
    elif kind == "constant":
        frame = frame.assign(p=1.0, q="same")
    elif kind == "one row":
        frame = frame.head(1)
    elif kind == "one of a class":
        frame = frame.assign(q=["only"] + ["x"] * 59)
    data = Dataset.of_table(frame, label=None if kind in {"no label", "numbers"} else "q")
    generator = create("smote", modality="tabular").fit(data)
    assert len(generator.sample(30, seed=0)) == 30
    if kind == "one of a class":
        assert any("single row" in note for note in generator.fit_report.notes)


def test_wrong_neighbours_are_said():
    with pytest.raises(AuditkitError, match="k of at least 1"):
        SmoteGenerator(k=0)
