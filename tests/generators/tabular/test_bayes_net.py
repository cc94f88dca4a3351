from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mutual_info_score

from auditkit.data import Dataset
from auditkit.errors import AuditkitError
from auditkit.generators.tabular.bayes_net import BayesNetGenerator
from auditkit.generators.tabular.bins import Bins
from auditkit.generators.tabular.conditional_table import ConditionalTable
from auditkit.generators.tabular.pools import Pool
from auditkit.generators.tabular.structure import learn_structure, mutual_information


def test_information_is_that_of_the_oracle_less_what_chance_gives():
    rng = np.random.default_rng(0)
    left = rng.integers(4, size=500)
    right = (left + rng.integers(2, size=500)) % 5
    expected = mutual_info_score(left, right) - 3 * 4 / 1000
    assert mutual_information(left, right, 4, 5) == pytest.approx(expected)


def test_independent_columns_have_no_information_on_average():
    rng = np.random.default_rng(0)
    found = [mutual_information(rng.integers(6, size=400), rng.integers(7, size=400), 6, 7) for _ in range(60)]
    assert np.mean(found) == pytest.approx(0.0, abs=0.005)


def test_parents_are_those_that_a_column_was_made_from():
    rng = np.random.default_rng(0)
    n = 2000
    a, b, other = (rng.integers(2, size=n) for _ in range(3))
    binned = {"a": a, "b": b, "other": other, "both": a ^ b}
    found = learn_structure(binned, dict.fromkeys(binned, 2), first=("a",), n_parents=2)
    assert set(found["both"]) | {"both"} == {"a", "b", "both"} or set(found["b"]) == {"a", "both"}
    assert all(mutual_information(other, binned[parent], 2, 2) < 0.003 for parent in found["other"])
    assert all(len(parents) <= 2 for parents in found.values())


@pytest.mark.parametrize("parents", [1, 2])
def test_no_column_has_more_parents_and_none_comes_before_its_own(people, parents):
    structure = BayesNetGenerator(parents=parents).fit(people).structure
    seen: set[str] = set()
    for place, (name, chosen) in enumerate(structure.items()):
        assert len(chosen) <= parents
        assert set(chosen) <= seen
        assert chosen == () or place
        seen.add(name)
    assert next(iter(structure)) == "income"
    assert seen == set(people.schema.names) - {"name"}


def test_a_relation_of_three_columns_is_kept():
    rng = np.random.default_rng(1)
    a, b = rng.choice(["x", "y"], 1500), rng.choice(["x", "y"], 1500)
    frame = pd.DataFrame({"a": a, "b": b, "same": np.where(a == b, "yes", "no")})
    data = Dataset.of_table(frame, label="a", groups=["b"])
    made = BayesNetGenerator().fit(data).sample(1000, seed=0).table
    assert ((made["a"] == made["b"]) == (made["same"] == "yes")).mean() > 0.98


def test_leading_columns_are_exact_conditions(people):
    generator = BayesNetGenerator().fit(people)
    made = generator.sample(400, conditions={"sex": "Female", "income": ">50K"}, seed=0)
    assert set(made.table["sex"]) == {"Female"}
    assert set(made.label_values) == {">50K"}
    assert made.table["hours"].mean() == pytest.approx(
        people.table[people.table["income"] == ">50K"]["hours"].mean(), abs=1.0
    )
    assert set(generator.sample(30, conditions={"city": "Oslo"}).group_values("city")) == {"Oslo"}


def test_draws_follow_the_counts_and_help_where_rows_are_few():
    combinations = np.repeat([3, 7], [95, 5])
    bins = np.concatenate([np.repeat([0, 1], [19, 76]), np.full(5, 4)])
    table = ConditionalTable.of(combinations, bins)
    drawn = table.draw(np.full(1000, 3), np.linspace(0, 1, 1000, endpoint=False))
    assert np.bincount(drawn).tolist() == [200, 800]
    assert set(table.draw(np.full(5, 7), np.linspace(0, 0.99, 5))) == {4}
    assert table.trust(np.array([3, 7, 5])) == pytest.approx([0.95, 0.5, 0.0])


def test_bins_hold_equal_counts_and_frequent_values_alone():
    values = np.concatenate([np.zeros(400), np.arange(1, 601)])
    column = Dataset.of_table(pd.DataFrame({"x": values})).schema["x"]
    pool, cells = Pool.of(pd.Series(values), column)
    bins = Bins.of(pool, cells.astype(np.int32), n_bins=10)
    counts = np.bincount(bins.of_codes(cells.astype(np.int32)))
    assert counts[0] == 400
    assert counts[1:].max() <= 101
    drawn = bins.draw(np.zeros(20, dtype=np.int64), np.linspace(0, 0.99, 20))
    assert set(drawn) == {0}
    inner = bins.draw(np.full(500, 3), np.linspace(0, 0.999, 500))
    assert set(bins.of_codes(inner)) == {3}


@pytest.mark.parametrize("wrong", [{"parents": 3}, {"bins": 1}])
def test_wrong_parameters_are_said(wrong):
    with pytest.raises(AuditkitError, match=next(iter(wrong))):
        BayesNetGenerator(**wrong)
