"""What every registered metric of tables keeps, as a function and in an audit."""

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.data.joint import encode_frames
from auditkit.errors import UndefinedError
from auditkit.metrics import registry
from auditkit.metrics.products import Side
from auditkit.metrics.registry import evaluate

TABULAR = [name for name in registry.names() if registry.get(name).modalities == ("tabular",)]
# Those that ask for units of several rows stand in test_sequence_parts.py.
ROWS = [name for name in TABULAR if "key" not in registry.get(name).asks]
NAMES = [name for name in ROWS if registry.get(name).family != "copying" and name != "validity"]
ATTACKS = [name for name in TABULAR if name.endswith("_risk")]
PERFECT = dict.fromkeys(NAMES, 1.0) | {"rare_category_loss": 0.0}
PAIRS = {"correlation_similarity", "contingency_similarity", "association_similarity"}
UNPARTED = {"association_retention"}
CATEGORIES = {"tv_complement", "category_coverage", "category_adherence", "rare_category_loss"}
ALL_KINDS = {"missing_value_similarity", "contingency_similarity", "association_similarity"}

each = pytest.mark.parametrize("name", NAMES)
each_with_parts = pytest.mark.parametrize("name", [name for name in NAMES if name not in UNPARTED])


def make_frame(n, seed):
    """Columns that hang together, with missing cells and rare levels."""
    rng = np.random.default_rng(seed)
    age = 18 + np.minimum(rng.gamma(2.0, 8.0, n), 62).astype(int)
    pay = np.round(age * 30.0 + rng.normal(0, 120, n), 2)
    town = np.where(np.arange(n) % 300 == 1, "Rare", np.where(age > 45, "North", "South")).astype(object)
    since = pd.Timestamp("2020-01-01") + pd.to_timedelta(age * 10 + rng.integers(0, 50, n), unit="D")
    return pd.DataFrame(
        {
            "age": age,
            "pay": np.where(rng.random(n) < 0.1, np.nan, pay),
            "town": pd.Series(town).mask(rng.random(n) < 0.05),
            "member": rng.random(n) < age / 100,
            "since": since,
        }
    )


REAL, SYNTHETIC, HOLDOUT = make_frame(900, 0), make_frame(700, 1), make_frame(800, 2)


def sides(real, synthetic):
    cells = encode_frames({"real": real, "synthetic": synthetic})
    return {role: Side(np.zeros((len(item), 0)), cells=item) for role, item in cells.items()}


def read(name, real, synthetic):
    metric = registry.get(name)
    return evaluate(metric.reads, sides(real, synthetic), **metric.parameters)


def columns_of(name):
    if name in ALL_KINDS:
        return list(REAL.columns)
    return ["town", "member"] if name in CATEGORIES else ["age", "pay", "since"]


@each_with_parts
def test_the_whole_table_is_the_mean_of_the_public_function(name):
    function = registry.get(name).function
    columns = columns_of(name)
    wanted = (
        {f"{a}, {b}": [a, b] for place, a in enumerate(columns) for b in columns[place + 1 :]}
        if name in PAIRS
        else {column: column for column in columns}
    )
    expected, undefined = {}, set()
    for part, chosen in wanted.items():
        try:
            expected[part] = function(real=REAL[chosen], synthetic=SYNTHETIC[chosen])
        except UndefinedError:
            undefined.add(part)
    reading = read(name, REAL, SYNTHETIC)
    found = {next(iter(part.where.values())): part.reading for part in reading.parts}
    assert {part for part, item in found.items() if item.value is None} == undefined
    assert all(found[part].reason.endswith(".") for part in undefined)
    assert {part: item.value for part, item in found.items() if item.value is not None} == pytest.approx(
        expected, abs=1e-12
    )
    assert reading.value == pytest.approx(np.mean(list(expected.values())), abs=1e-12)
    assert reading.details == {"averaged": len(expected), "of": len(wanted)}


@each
def test_a_table_is_like_itself(name):
    assert read(name, REAL, REAL).value == PERFECT[name]


@each
def test_a_set_without_a_table_has_no_value(name):
    with pytest.raises(UndefinedError, match="no table"):
        evaluate(
            registry.get(name).reads,
            {"real": Side(np.zeros((5, 1))), "synthetic": Side(np.zeros((5, 1)))},
            **registry.get(name).parameters,
        )


@each
def test_neither_order_of_rows_nor_of_columns_matters(name):
    rng = np.random.default_rng(5)
    moved = SYNTHETIC.iloc[rng.permutation(len(SYNTHETIC))][list(reversed(SYNTHETIC.columns))]
    assert read(name, REAL, moved).value == pytest.approx(read(name, REAL, SYNTHETIC).value, abs=1e-12)


NEED_A_RANGE = {"wasserstein_complement", "statistic_similarity", "range_coverage", "correlation_similarity"}
LACKING = {
    "empty synthetic": NEED_A_RANGE,
    "constant synthetic": {"correlation_similarity"},
    # A column without cells is one of categories.
    "empty": {"category_coverage", "rare_category_loss", "association_similarity"},
    "constant": NEED_A_RANGE | {"rare_category_loss", "association_similarity"},
}


@pytest.mark.parametrize("column", ["town", "pay", "since", "age"])
@pytest.mark.parametrize("case", LACKING)
@each_with_parts
def test_a_constant_or_empty_column_lacks_a_value_exactly_where_it_has_none(name, case, column):
    value = None if "empty" in case else REAL[column].dropna().iloc[0]
    made = REAL.assign(**{column: value})
    reading = read(name, REAL if "synthetic" in case else made, made)
    parts = {next(iter(part.where.values())): part.reading for part in reading.parts}
    barred = name in LACKING[case] or (name, case, column) == ("boundary_adherence", "empty synthetic", "pay")
    expected = {part for part in parts if barred and column in part.split(", ")}
    expected |= {"member"} if name == "rare_category_loss" else set()  # neither of its levels is rare
    assert {part for part, item in parts.items() if item.value is None} == expected
    assert all(item.reason for part, item in parts.items() if part in expected)
    assert all(0 <= item.value <= 1 for part, item in parts.items() if part not in expected)
    assert (reading.value is None) == (expected == set(parts))


def audited(synthetic, **options):
    sets = {"real": REAL, "synthetic": synthetic, "holdout": HOLDOUT}
    loaded = {role: ak.load(frame, label="member") for role, frame in sets.items()}
    return ak.audit(**loaded, **{"metrics": NAMES} | options)


def test_every_column_has_its_yardstick_and_what_can_fall_has_a_floor():
    audit = audited(SYNTHETIC)
    for name in NAMES:
        score = audit.scores[name]
        assert score.yardstick is not None
        assert score.excess is not None
        assert ("floor" in score.references) == (registry.get(name).floor is not None)
    part = audit.scores["ks_complement"].at(column="pay")
    assert part.low < part.value < part.high
    assert part.references["floor"].value < part.yardstick
    assert 0.8 < part.details["normalised"] <= 1.0


def test_shuffled_columns_are_at_the_floor_of_pairs_and_at_the_ceiling_of_shapes():
    rng = np.random.default_rng(3)
    shuffled = pd.DataFrame({name: rng.permutation(SYNTHETIC[name]) for name in SYNTHETIC})
    shuffled = shuffled.astype(dict(SYNTHETIC.dtypes))
    audit = audited(shuffled)
    assert audit.scores["correlation_similarity"].details["normalised"] < 0.1
    assert audit.scores["contingency_similarity"].details["normalised"] < 0.15
    assert audit.scores["association_similarity"].details["normalised"] < 0.1
    assert audit.scores["association_retention"].details["normalised"] < 0.1
    assert audit.scores["ks_complement"].details["normalised"] > 0.9


def test_a_column_in_other_units_is_not_like_the_real_one():
    audit = audited(SYNTHETIC.assign(age=SYNTHETIC["age"] * 1000 + 5))
    for name in ("ks_complement", "boundary_adherence", "range_coverage", "wasserstein_complement"):
        assert audit.scores[name].at(column="age").value < 0.1
    pairs = [score for score in audit.scores if score.metric == "contingency_similarity" and "age" in str(score.where)]
    assert all(score.value < 0.1 for score in pairs)


def test_lost_cells_count():
    lost = SYNTHETIC.assign(pay=SYNTHETIC["pay"].mask(np.arange(len(SYNTHETIC)) % 2 == 0))
    audit = audited(lost)
    assert audit.scores["missing_value_similarity"].at(column="pay").excess.low > 0.3
    assert audit.scores["ks_complement"].at(column="pay").excess.low > 0.2


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_in_an_audit_is_the_public_function_beside_the_holdout(name):
    rng = np.random.default_rng(9)
    taken = rng.random(len(SYNTHETIC)) < 0.5
    copied = pd.concat([REAL.iloc[: len(SYNTHETIC)][taken], SYNTHETIC[~taken]]).sort_index()
    audit = audited(copied, metrics=[name])
    score = audit.scores[name]
    secret = {"secret": "member"} if name == "inference_risk" else {}
    loaded = {role: ak.load(frame, label="member") for role, frame in
              {"real": REAL, "synthetic": copied, "holdout": HOLDOUT}.items()}  # fmt: skip
    found = registry.get(name).function(**loaded, **secret)
    assert (score.value, score.low, score.high) == (found.value, found.low, found.high)
    assert score.excess.value == score.value
    assert score.details["attacks"] == found.n_attacks
    assert score.value > 0
    assert (
        ak.audit(real=loaded["real"], synthetic=loaded["synthetic"], metrics=[name]).scores[name].status
        == "insufficient"
    )
