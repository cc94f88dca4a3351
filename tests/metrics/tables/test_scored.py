"""Limits of what is averaged over columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.data.joint import encode_frames
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.intervals import wilson
from auditkit.metrics import association_retention, registry
from auditkit.metrics.side import Side
from auditkit.metrics.tables.scored import (
    ColumnScores,
    PairScores,
    mean_over_columns,
    mean_over_pairs,
    reading_of_columns,
)


def holed(n, share, seed):
    rng = np.random.default_rng(seed)
    numbers = pd.DataFrame({"a": rng.normal(size=n).round(2), "b": rng.normal(size=n).round(2)})
    return numbers.assign(a=numbers["a"].mask(rng.random(n) < share))


@pytest.fixture(scope="module")
def score():
    sets = {"real": holed(400, 0.1, 0), "synthetic": holed(300, 0.3, 1), "holdout": holed(300, 0.1, 2)}
    audit = ak.audit(**{role: ak.load(table) for role, table in sets.items()}, metrics=["missing_value_similarity"])
    return sets, audit.scores["missing_value_similarity"]


def test_rates_of_missing_cells_have_the_limits_of_two_rates(score):
    sets, whole = score
    shares = [sets[role]["a"].isna().mean() for role in ("real", "synthetic")]
    widths = [np.diff(wilson(round(share * n), n))[0] for share, n in zip(shares, (400, 300), strict=True)]
    found = whole.at(column="a").estimate
    assert found.value == pytest.approx(1 - abs(shares[0] - shares[1]), abs=1e-12)
    # Wilson's width is 3.92 standard errors, as is the whole interval's.
    assert found.high - found.low == pytest.approx(np.hypot(*widths), rel=1e-9)
    assert whole.at(column="b").estimate.low < 1.0


def test_the_mean_over_columns_errs_as_if_all_erred_together(score):
    _, whole = score
    arms = [whole.at(column=name).estimate for name in ("a", "b")]
    assert whole.value - whole.low == pytest.approx(np.mean([item.value - item.low for item in arms]), rel=1e-9)


def test_an_excess_of_rates_is_normal(score):
    _, whole = score
    assert whole.at(column="a").details["spread"]["kind"] == "normal"
    assert whole.at(column="a").excess.low > 0.05


def mixed(n, seed):
    rng = np.random.default_rng(seed)
    level = rng.choice(list("abcdef"), n, p=[0.5, 0.3, 0.1, 0.06, 0.03, 0.01])
    return pd.DataFrame({"x": rng.normal(size=n) ** 3, "y": rng.gamma(2, size=n), "level": level})


REAL, SYNTHETIC = mixed(300, 3), mixed(150, 4)


def read(name, real=REAL, synthetic=SYNTHETIC):
    cells = encode_frames({"real": real, "synthetic": synthetic})
    sides = {role: Side(np.zeros((len(item), 0)), cells=item) for role, item in cells.items()}
    return registry.read_all(sides, {"it": registry.get(name)})["it"]


@pytest.mark.parametrize(
    ("metric", "names", "parameters"),
    [
        ("statistic_similarity", ("x", "y"), {"statistic": "mean"}),
        ("statistic_similarity", ("x", "y"), {"statistic": "median"}),
        ("statistic_similarity", ("x", "y"), {"statistic": "std"}),
        ("rare_category_loss", ("level",), {"rare": 0.01}),
        ("rare_category_loss", ("level",), {"rare": 0.05}),
        ("contingency_similarity", ("x, y", "x, level", "y, level"), {"bins": 10}),
        ("contingency_similarity", ("x, y", "x, level", "y, level"), {"bins": 3}),
        ("contingency_similarity", ("x, y", "x, level", "y, level"), {"edges": "width"}),
        ("contingency_similarity", ("x, y", "x, level", "y, level"), {"bins": 4, "edges": "width"}),
        ("association_similarity", ("x, y", "x, level", "y, level"), {"bins": 10}),
        ("association_similarity", ("x, y", "x, level", "y, level"), {"bins": 3}),
    ],
)
def test_a_reading_takes_the_parameters_of_its_function(metric, names, parameters):
    function = registry.get(metric).function
    parts = [name.split(", ") if ", " in name else name for name in names]
    expected = [function(real=REAL[part], synthetic=SYNTHETIC[part], **parameters) for part in parts]
    reading = read(f"{metric}[{','.join(f'{key}={value}' for key, value in parameters.items())}]")
    assert [next(iter(part.where.values())) for part in reading.parts] == list(names)
    assert [part.reading.value for part in reading.parts] == pytest.approx(expected, abs=1e-15)
    assert reading.value == pytest.approx(np.mean(expected), abs=1e-15)


@pytest.mark.parametrize("bins", [10, 3])
def test_what_is_left_of_associations_takes_bins_in_its_name(bins):
    real, synthetic = (item.assign(y=item["x"] + item["y"]) for item in (REAL, SYNTHETIC))
    found = read(f"association_retention[bins={bins}]", real, synthetic).value
    assert found == association_retention(real=real, synthetic=synthetic, bins=bins)


@pytest.mark.parametrize(
    "name",
    [
        "statistic_similarity[statistic=mode]",
        "rare_category_loss[rare=0]",
        "contingency_similarity[bins=0]",
        "association_similarity[bins=0]",
        "correlation_similarity[coefficient=tau]",
    ],
)
def test_an_impossible_parameter_is_refused_in_a_name_too(name):
    with pytest.raises(AuditkitError, match=r"`(rare|bins|statistic|coefficient)`"):
        read(name)
    audit = ak.audit(real=ak.load(REAL), synthetic=ak.load(SYNTHETIC), metrics=[name])
    assert audit.scores[name].status == "undefined"


def test_a_reading_of_an_unknown_metric_is_not_made():
    with pytest.raises(
        UnknownNameError, match=r"unknown metric of columns 'ks_complemint'; did you mean 'ks_complement'\?"
    ):
        reading_of_columns("ks_complemint")
    scores = PairScores((1, 1), {"contingency_similarity": {}}, {}, {}, None)
    assert mean_over_pairs(scores, "contingency_similarity").value is None
    with pytest.raises(UnknownNameError, match="unknown metric of pairs"):
        mean_over_pairs(scores, "contingency_similarty")
    with pytest.raises(UnknownNameError, match="unknown metric of columns"):
        mean_over_columns(ColumnScores((1, 1), {"tv_complement": {}}, {}), "tv_complemint")


@pytest.mark.parametrize("kind", ["number", "category"])
def test_a_table_without_columns_of_a_kind_has_no_score_of_them(kind):
    cells = encode_frames(
        {role: {"a": ["u", "v", "u"]} if kind == "category" else {"a": [1, 2, 3]} for role in ("real", "synthetic")}
    )
    sides = {role: Side(np.zeros((3, 0)), cells=item) for role, item in cells.items()}
    other = "ks_complement" if kind == "category" else "tv_complement"
    assert registry.read_all(sides, {"it": registry.get(other)})["it"].reason == "no column of this kind has a value."
