"""Rates per group and gaps between groups, against fairlearn and against plain counting."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.errors import DataError, SampleSizeError, ShapeError, UndefinedError, UnknownNameError
from auditkit.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
    group_rates,
)

GAPS = [
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
]
RATES = ["selection_rate", "tpr", "fpr", "tnr", "fnr", "accuracy"]


@st.composite
def tables(draw):
    """Random truths, predictions and groups in which every group has positives and negatives."""
    n_groups = draw(st.integers(1, 5))
    cells = draw(st.lists(st.lists(st.integers(0, 7), min_size=4, max_size=4), min_size=n_groups, max_size=n_groups))
    rows = []
    for group, (tp, fn, fp, tn) in enumerate(cells):
        counts = (tp, fn or (tp == 0), fp, tn or (fp == 0))
        for (truth, predicted), count in zip(((1, 1), (1, 0), (0, 1), (0, 0)), counts, strict=True):
            rows += [(truth, predicted, f"g{group}")] * int(count)
    order = np.random.default_rng(draw(st.integers(0, 99))).permutation(len(rows))
    return pd.DataFrame([rows[place] for place in order], columns=["truth", "predicted", "group"])


def fairlearns(name, table, **options):
    import fairlearn.metrics

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(fairlearn.metrics, name)(
            table["truth"], table["predicted"], sensitive_features=table["group"], **options
        )


@settings(deadline=None, max_examples=60)
@given(tables())
def test_rates_are_fairlearns_where_every_denominator_exists(table):
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_negative_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score

    asked = [selection_rate, true_positive_rate, false_positive_rate, true_negative_rate, false_negative_rate]
    theirs = MetricFrame(
        metrics=dict(zip(RATES, [*asked, accuracy_score], strict=True)),
        y_true=table["truth"],
        y_pred=table["predicted"],
        sensitive_features=table["group"],
    ).by_group
    ours = group_rates(y_true=table["truth"], y_pred=table["predicted"], groups=table["group"])
    assert list(ours.index) == list(theirs.index)
    np.testing.assert_allclose(ours[RATES], theirs[RATES].astype(float), atol=1e-9)
    assert ours["n"].tolist() == table.groupby("group").size().tolist()


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.__name__)
@settings(deadline=None, max_examples=60)
@given(
    table=tables(),
    method=st.sampled_from(["between_groups", "to_overall"]),
    agg=st.sampled_from(["worst_case", "mean"]),
)
def test_gaps_are_fairlearns_where_every_denominator_exists(gap, table, method, agg):
    options = {"method": method} | ({"agg": agg} if "odds" in gap.__name__ else {})
    theirs = fairlearns(gap.__name__, table, **options)
    given_ = {"y_true": table["truth"], "y_pred": table["predicted"], "groups": table["group"]}
    rates = group_rates(**given_)
    used = ["selection_rate"] if "parity" in gap.__name__ else ["tpr", "fpr"] if "odds" in gap.__name__ else ["tpr"]
    if "ratio" in gap.__name__ and (rates[used].max() == 0).any():
        return  # 0 to 0
    assert gap(**given_, **options) == pytest.approx(theirs, abs=1e-9)


def test_a_group_without_positives_has_no_true_positive_rate_and_decides_nothing():
    # Group c has no positives: fairlearn gives it a true positive rate of 0.
    table = pd.DataFrame(
        {
            "truth": [1, 1, 0, 0] * 2 + [0, 0],
            "predicted": [1, 1, 0, 1, 1, 0, 0, 0, 0, 1],
            "group": list("aaaabbbbcc"),
        }
    )
    given_ = {"y_true": table["truth"], "y_pred": table["predicted"], "groups": table["group"]}
    assert np.isnan(group_rates(**given_).loc["c", ["tpr", "fnr"]]).all()
    assert equalized_odds_difference(**given_) == 0.5
    assert fairlearns("equalized_odds_difference", table) == 1.0
    assert equal_opportunity_difference(**given_) == 0.5


def test_a_group_without_negatives_has_no_false_positive_rate():
    given_ = {"y_true": [1, 1, 1, 0, 1, 0], "y_pred": [1, 1, 1, 1, 0, 1], "groups": list("aabbcc")}
    assert np.isnan(group_rates(**given_).loc["a", ["fpr", "tnr"]]).all()
    assert equalized_odds_difference(**given_) == 1.0
    with pytest.raises(UndefinedError, match="1 of 2 groups has negatives"):
        equalized_odds_difference(y_true=[1, 1, 1, 0], y_pred=[1, 1, 1, 1], groups=list("aabb"), agg="mean")


def test_a_gap_that_has_no_two_groups_is_undefined_and_says_why():
    given_ = {"y_true": [1, 1, 0, 0], "y_pred": [1, 0, 1, 0], "groups": list("aabb")}
    with pytest.raises(
        UndefinedError, match=r"equal_opportunity_difference is undefined: 1 of 2 groups has positives\."
    ):
        equal_opportunity_difference(**given_)
    with pytest.raises(UndefinedError, match="0 of 2 groups have at least 3 units"):
        demographic_parity_difference(**given_, min_support=3)
    with pytest.raises(UndefinedError, match="0 to 0"):
        demographic_parity_ratio(y_true=[1, 0], y_pred=[0, 0], groups=list("ab"))


def test_rates_over_few_units_are_missing_and_leave_the_gap():
    given_ = {"y_true": [1, 0, 1, 0, 1], "y_pred": [1, 0, 1, 0, 0], "groups": list("aabbc")}
    assert group_rates(**given_, min_support=2)["selection_rate"].isna().tolist() == [False, False, True]
    assert group_rates(**given_, min_support=2)["tpr"].isna().all()
    assert demographic_parity_difference(**given_, min_support=2) == 0.0
    assert demographic_parity_difference(**given_) == 0.5


def test_text_labels_are_not_silently_zero():
    truth = ["no", "no", "yes", "no", "yes", "no", "no"]
    predicted = ["yes", "no", "yes", "no", "no", "no", "no"]
    groups = list("aaabbbb")
    as_numbers = [[int(value == "yes") for value in values] for values in (truth, predicted)]
    assert demographic_parity_difference(y_true=truth, y_pred=predicted, groups=groups) == pytest.approx(2 / 3)
    pd.testing.assert_frame_equal(
        group_rates(y_true=truth, y_pred=predicted, groups=groups),
        group_rates(y_true=as_numbers[0], y_pred=as_numbers[1], groups=groups),
    )
    other = group_rates(y_true=truth, y_pred=predicted, groups=groups, positive="no")
    assert other["selection_rate"].tolist() == pytest.approx([1 / 3, 1.0])


@pytest.mark.parametrize(
    ("truth", "predicted"),
    [
        ([True, False, True, False], [1, 0, 0, 0]),
        (["1", "0", "1", "0"], [1.0, 0.0, 0.0, 0.0]),
        (np.array([1, -1, 1, -1]), np.array([1, -1, -1, -1])),
        (pd.Categorical(["1", "0", "1", "0"]), pd.Series([1, 0, 0, 0], dtype="Int64")),
        (np.array([[1], [0], [1], [0]]), [1, 0, 0, 0]),
    ],
)
def test_types_of_labels_do_not_matter(truth, predicted):
    rates = group_rates(y_true=truth, y_pred=predicted, groups=["a", "a", "b", "b"])
    assert rates["tpr"].tolist() == [1.0, 0.0]
    assert rates["selection_rate"].tolist() == [0.5, 0.0]


def test_among_zero_and_one_the_one_is_positive_though_it_be_commoner():
    assert group_rates(y_true=[1, 1, 1, 0], y_pred=[1, 1, 1, 1], groups=["a"] * 4)["selection_rate"].item() == 1.0
    assert group_rates(y_true=[0, 0], y_pred=[0, 0], groups=["a"] * 2)["selection_rate"].item() == 0.0


def test_several_classes_are_read_one_against_the_rest():
    rng = np.random.default_rng(0)
    truth, predicted = rng.choice(list("xyz"), 300), rng.choice(list("xyz"), 300)
    groups = rng.choice(["a", "b"], 300)
    rates = group_rates(y_true=truth, y_pred=predicted, groups=groups)
    assert rates.index.names == ["group", "class"]
    for name in "xyz":
        alone = group_rates(y_true=truth == name, y_pred=predicted == name, groups=groups)
        np.testing.assert_allclose(rates.xs(name, level="class")[RATES[:5]], alone[RATES[:5]])
    right = pd.Series(truth == predicted).groupby(groups).mean()
    assert rates["accuracy"].xs("x", level="class").tolist() == pytest.approx(right.tolist())
    given_ = {"y_true": truth, "y_pred": predicted, "groups": groups}
    each = [equalized_odds_difference(**given_, positive=name) for name in "xyz"]
    assert equalized_odds_difference(**given_) == pytest.approx(max(each))
    assert list(group_rates(**given_, positive="y").index) == ["a", "b"]


def test_several_columns_are_intersections_and_missing_values_a_level():
    groups = pd.DataFrame({"sex": ["f", "m", "f", None], "age": [1, 1, 2, 1]})
    rates = group_rates(y_true=[1, 0, 1, 0], y_pred=[1, 0, 0, 1], groups=groups)
    assert rates.index.names == ["sex", "age"]
    assert rates.index.tolist() == [("f", 1), ("f", 2), ("m", 1), ("(missing)", 1)]
    assert rates["n"].tolist() == [1, 1, 1, 1]
    same = group_rates(y_true=[1, 0, 1, 0], y_pred=[1, 0, 0, 1], groups=groups.to_dict("list"))
    pd.testing.assert_frame_equal(rates, same)


def test_group_values_keep_their_type_and_mixed_ones_are_no_error():
    assert group_rates(y_true=[1, 0], y_pred=[1, 0], groups=np.array([10, 2])).index.tolist() == [2, 10]
    mixed = group_rates(y_true=[1, 0, 1], y_pred=[1, 0, 1], groups=[1, "a", np.nan])
    assert [str(level) for level in mixed.index] == ["1", "a", "(missing)"]
    rows = group_rates(y_true=[1, 0], y_pred=[1, 0], groups=[("a", 1), ("b", 2)])
    assert rows.index.names == ["group_0", "group_1"]


def test_tables_and_arrays_of_other_packages_are_read():
    import pyarrow as pa
    import torch

    expected = group_rates(y_true=[1, 0, 1], y_pred=[1, 1, 0], groups={"sex": ["f", None, "m"], "age": [1, 2, 1]})
    table = pa.table({"sex": ["f", None, "m"], "age": [1, 2, 1]})
    arrow = group_rates(y_true=pa.chunked_array([[1, 0], [1]]), y_pred=pa.array([1, 1, 0]), groups=table)
    pd.testing.assert_frame_equal(arrow, expected, check_index_type=False)
    tensors = group_rates(y_true=torch.tensor([1, 0, 1]), y_pred=torch.tensor([1, 1, 0]), groups=table.to_pandas())
    pd.testing.assert_frame_equal(tensors, expected, check_index_type=False)


@settings(deadline=None, max_examples=20)
@given(table=tables(), seed=st.integers(0, 99))
def test_intersections_are_fairlearns(table, seed):
    from fairlearn.metrics import MetricFrame, selection_rate
    from sklearn.metrics import accuracy_score

    groups = pd.DataFrame({"group": table["group"], "half": np.random.default_rng(seed).integers(0, 2, len(table))})
    theirs = MetricFrame(
        metrics={"selection_rate": selection_rate, "accuracy": accuracy_score},
        y_true=table["truth"], y_pred=table["predicted"], sensitive_features=groups,
    ).by_group.dropna()  # fmt: skip
    ours = group_rates(y_true=table["truth"], y_pred=table["predicted"], groups=groups)
    assert list(ours.index) == list(theirs.index)
    np.testing.assert_allclose(ours[theirs.columns], theirs.astype(float), atol=1e-9)


def test_the_order_of_units_does_not_matter_and_nothing_is_changed():
    rng = np.random.default_rng(1)
    truth, predicted, groups = rng.integers(0, 2, 50), rng.integers(0, 2, 50), rng.choice(list("abc"), 50)
    before = [item.copy() for item in (truth, predicted, groups)]
    order = rng.permutation(50)
    pd.testing.assert_frame_equal(
        group_rates(y_true=truth, y_pred=predicted, groups=groups),
        group_rates(y_true=truth[order], y_pred=predicted[order], groups=groups[order]),
    )
    assert all((old == new).all() for old, new in zip(before, (truth, predicted, groups), strict=True))


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"y_pred": [1, 0]}, ShapeError, "`y_true` has 4 units and `y_pred` 2"),
        ({"groups": ["a"]}, ShapeError, "`groups` has 1 units, the labels have 4"),
        ({"y_true": [1, None, 0, 0]}, DataError, "`y_true` has 1 missing labels"),
        ({"y_pred": [0.3, 0.7, 0.2, 0.1]}, DataError, "not probabilities"),
        ({"y_true": np.ones((4, 2))}, ShapeError, r"`y_true` must have one column, got shape \(4, 2\)"),
        ({"y_true": "yes"}, ShapeError, "`y_true` must be an array"),
        ({"positive": 3}, UnknownNameError, "unknown positive class '3'"),
        ({"y_true": ["u"] * 4, "y_pred": ["u"] * 4}, DataError, "say so by positive="),
        ({"y_true": [], "y_pred": [], "groups": []}, SampleSizeError, "has no units"),
        ({"groups": {}}, ShapeError, "`groups` has no column"),
        ({"min_support": 0}, DataError.__base__, "`min_support` must be a whole number"),
    ],
)
def test_mistakes_are_told_in_one_sentence(changed, error, said):
    given_ = {"y_true": [1, 0, 1, 0], "y_pred": [1, 0, 0, 0], "groups": list("aabb")} | changed
    with pytest.raises(error, match=said) as caught:
        group_rates(**given_)
    assert str(caught.value).endswith((".", "?"))


def test_an_unknown_method_is_refused():
    with pytest.raises(UnknownNameError, match="to_overall"):
        demographic_parity_difference(y_true=[1, 0], y_pred=[1, 0], groups=["a", "b"], method="to_overal")


def test_classes_that_are_spelt_differently_are_refused():
    asked = {"y_true": ["yes", "no", "yes"], "groups": list("aab")}
    with pytest.raises(DataError, match="`y_pred` holds 'N' and `y_true` 'no', and no class is in both: spell"):
        group_rates(y_pred=["Y", "N", "Y"], **asked)
    # A model that is always wrong about one class is wrong, not misspelt.
    assert group_rates(y_true=[0, 0, 0], y_pred=[1, 1, 1], groups=list("aab"))["accuracy"].tolist() == [0, 0]
