"""What generators and people do to tables: each ends in a violation of the samples, or in one sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import AuditkitError, DataError

METRICS = ["identical_match_share", "classifier_two_sample"]
COUNTRIES = ["NA", "FR", "DE"]


def table(n, seed):
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 400, n), unit="D")
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "pay [€]": np.round(rng.lognormal(3, 0.5, n), 2),
            "country": rng.choice(COUNTRIES, n),
            "since": days.strftime("%Y-%m-%d"),
            "serial": 2**53 + rng.integers(0, 10**4, n),
            "label": rng.choice(["yes", "no"], n),
        }
    )


REAL, MADE = table(120, 0), table(90, 1)
SETS = {"real": REAL, "made": MADE}


def audited(real, synthetic, holdout=None, metrics=METRICS):
    known = ak.load(real, label="label")
    made, fresh = (None if item is None else ak.load(item, schema=known.schema) for item in (synthetic, holdout))
    return ak.audit(real=known, synthetic=made, holdout=fresh, metrics=metrics)


def change(column, cells, rows=slice(None)):
    changed = MADE.copy()
    changed[column] = changed[column].astype(object)
    changed.loc[MADE.index[rows], column] = cells
    return changed.infer_objects()


@pytest.mark.parametrize(
    ("synthetic", "sentence", "n"),
    [
        (change("age", 30), "", 0),
        (change("age", np.nan), "age: missing, which it never is in the real data", 90),
        (change("country", None), "country: missing, which it never is in the real data", 90),
        (change("pay [€]", None, slice(5)), "pay [€]: missing, which it never is in the real data", 5),
        (change("country", "ZZ", slice(1)), "country: a level that the real data do not have", 1),
        (MADE.assign(age=(MADE["age"] // 2 + 20.5).clip(upper=80)), "age: a fraction in a column of whole numbers", 90),
        (MADE.assign(age=MADE["age"].astype(str).where(MADE.index > 2, "old")), "age: not a number", 3),
        (change("since", "01/02/2020", slice(4)), "since: not a date", 4),
        (MADE.assign(serial=2**53 - 1), "serial: below the real range", 90),
        (MADE[MADE.columns[::-1]], "", 0),
        (MADE.iloc[:1], "", 0),
        (pd.concat([MADE, MADE], ignore_index=True), "", 0),
    ],
    ids=[
        "constant", "all-missing number", "all-missing category", "missing on one side", "unseen level", "fractions",
        "text among numbers", "two formats of dates", "long integers", "reordered", "one row", "another size",
    ],
)  # fmt: skip
def test_an_odd_synthetic_table_is_told_by_its_rows(synthetic, sentence, n):
    found = audited(REAL, synthetic).samples["violations"]
    if sentence:
        assert found.str.contains(sentence, regex=False).sum() == n
    else:
        assert "a level" not in " ".join(found)


@pytest.mark.parametrize(
    ("synthetic", "message"),
    [
        (MADE.drop(columns="age"), "synthetic lacks 'age': give both sets the same columns"),
        (MADE.assign(more=1), "synthetic has 'more' that real has not: give both sets the same columns"),
        (
            MADE.rename(columns={"age": "Age"}),
            r"synthetic lacks 'age' and synthetic has 'Age'.*'Age' may be 'age': rename it",
        ),
        (pd.concat([MADE, MADE[["age"]]], axis=1), "has more than one column named 'age'"),
        (change("since", "01/02/2020"), "column 'since' holds dates in real and only other values in synthetic"),
        (change("pay [€]", np.inf, slice(2)), r"column 'pay \[€\]' of the table has 2 infinite value"),
        (MADE.assign(label="maybe"), r"no label of synthetic \('maybe'\) is one of real's \('no', 'yes'\)"),
        (MADE.iloc[:0], "empty|no rows"),
    ],
    ids=[
        "absent", "extra", "renamed", "repeated name", "another format of dates", "infinite",
        "other labels", "empty",
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_one_sentence(synthetic, message):
    with pytest.raises(AuditkitError, match=message) as caught:
        audited(REAL, synthetic)
    assert str(caught.value).endswith((".", "?"))


def test_mixed_types_are_refused_where_no_schema_says_what_they_are():
    with pytest.raises(DataError, match="column 'age' of the table mixes number and text: convert it to one type"):
        ak.load(change("age", "old", slice(3)))


@pytest.mark.parametrize("as_text", [False, True])
def test_cells_that_are_not_read_are_named_in_a_note_for_each_set_and_column(as_text):
    made, fresh = change("age", "old", slice(3)), change("since", "unknown", slice(1))
    found = audited(REAL, made.astype({"age": str}) if as_text else made, fresh)
    words = "count as missing"
    assert [note for note in found.about["notes"] if words in note.replace("counts", "count")] == [
        f"3 of {len(made)} cells of column 'age' of the synthetic set are no number and count as missing.",
        (
            f"1 of {len(fresh)} cells of column 'since' of the holdout set is no ISO 8601 date, as 2020-01-31, "
            "and counts as missing."
        ),
    ]


@pytest.mark.parametrize("bad", ["unknown", "31.12.2020"])
def test_one_unreadable_date_of_any_set_hardly_moves_a_score(bad):
    real, fresh, made = table(300, 0), table(300, 5), table(300, 6)
    broken = [item.assign(since=item["since"].where(item.index > 0, bad)) for item in (made, fresh)]
    names = ["precision", "coverage", "holdout_share"]
    plain, *others = (
        audited(real, one, two, names).scores for one, two in ((made, fresh), (broken[0], fresh), (made, broken[1]))
    )
    for found in others:
        for name in names:
            assert found[name].value == pytest.approx(plain[name].value, abs=0.03)


@pytest.mark.parametrize("column", ["age", "pay [€]", "country", "since"])
def test_an_all_missing_real_column_allows_nothing_else(column):
    found = audited(REAL.assign(**{column: None}), MADE)
    said = found.samples["violations"]
    assert said.str.contains(f"{column}: a level that the real data do not have", regex=False).all()
    assert found.scores["classifier_two_sample"].value is not None


def test_an_all_missing_column_of_both_says_nothing():
    found = audited(REAL.assign(age=None), MADE.assign(age=None))
    assert not found.samples["violations"].str.contains("age").any()


def test_a_column_with_a_cell_or_two_trains_classifiers():
    few = REAL.assign(age=REAL["age"].where(REAL.index < 2))
    assert audited(few, MADE.assign(age=np.nan)).scores["classifier_two_sample"].value is not None


def test_an_arm_without_a_cell_in_a_column_is_trained_on():
    real, test = (ak.load(table(150, seed), label="label") for seed in (0, 2))
    arm = ak.load(MADE.assign(**{"pay [€]": np.nan}), label="label", schema=real.schema)
    found = ak.ablate(real=real, test=test, arms={"all": arm}, repeats=1, models=["boosting", "logistic"])
    assert not [score for score in found.scores if score.status == "error"]


def test_namibia_is_a_country_of_both():
    real = ak.load(REAL, label="label")
    assert real.schema["country"].levels == tuple(sorted(COUNTRIES))
    with pytest.raises(DataError, match="real is tabular data"):
        ak.audit(real=real, synthetic=ak.load(np.zeros((4, 8, 8), np.uint8)))


def test_a_date_that_stands_for_never_is_a_date():
    never = {
        name: item.assign(since=item["since"].where(item.index % 3 > 0, "9999-12-31")) for name, item in SETS.items()
    }
    found = audited(never["real"], never["made"])
    assert not found.samples["violations"].str.contains("since").any()
    assert found.scores["classifier_two_sample"].value is not None


def test_dates_before_1677_are_compared_day_by_day(tmp_path):
    def born(first, last, n, seed):
        rng = np.random.default_rng(seed)
        span = np.arange(np.datetime64(first, "us"), np.datetime64(last, "us"), np.timedelta64(1, "D"))
        return pd.DataFrame({"born": rng.choice(span, n), "pay": rng.normal(size=n)})

    real, holdout = (ak.load(born("1500", "1670", 200, seed)) for seed in (0, 1))
    once = ak.load(born("1603", "1604", 150, 2), schema=real.schema)
    options = {"metrics": ["ks_complement", "classifier_two_sample"]}
    found = ak.audit(real=real, synthetic=once, holdout=holdout, **options)
    assert found.scores["ks_complement"].value < 0.9  # 1 where both are clipped to one date; the mean of two columns
    (item,) = [
        item
        for shown in found.exhibits
        if shown.name == "columns"
        for item in shown.data["items"]
        if item["name"] == "born"
    ]
    assert item["bins"][0].startswith("below 15")
    assert item["bins"][-1].startswith("from 16")
    ak.build_reference(real=real, holdout=holdout).save(tmp_path / "reference")
    again = ak.audit(real=ak.open_reference(tmp_path / "reference"), synthetic=once, **options)
    assert again.scores["ks_complement"].value == found.scores["ks_complement"].value


def test_the_share_of_possible_records_stands_beside_that_of_fresh_ones():
    def frame(n, seed):
        rng = np.random.default_rng(seed)
        return pd.DataFrame({"x": rng.integers(0, 90, n), "y": rng.integers(0, 90, n), "c": rng.choice(["a", "b"], n)})

    real, holdout = ak.load(frame(400, 0)), ak.load(frame(300, 1))
    synthetic = ak.load(frame(200, 2).assign(c=lambda made: made["c"].where(np.arange(200) % 4 > 0, "new")))
    audit = ak.audit(real=real, synthetic=synthetic, holdout=holdout, constraints=["x >= 0"], metrics=["validity"])
    score = audit.scores["validity"]
    expected = float((audit.samples["violations"] == "").mean())
    assert score.value == expected == 0.75
    assert score.low < 0.75 < score.high
    assert score.yardstick > 0.95
    assert score.excess.low > 0.15


@pytest.mark.parametrize("cells", [[1e308, -1e308], [5e-324, 0.0], [1.7e308, -1.7e308, 1.0, -1e300]])
def test_numbers_near_the_ends_of_float64_are_audited(cells):
    def made(seed):
        rng = np.random.default_rng(seed)
        return pd.DataFrame({"t": rng.choice(cells, 400), "x": rng.normal(size=400)})

    found = ak.audit(real=ak.load(made(0)), synthetic=ak.load(made(1)), holdout=ak.load(made(2)))
    assert not [score for score in found.scores if score.status == "error"]
