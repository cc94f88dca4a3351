"""Foreign keys between tables: closed forms, slow loops, and figures measured with SDMetrics."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from auditkit.errors import AuditkitError, SampleSizeError, UnknownNameError
from auditkit.metrics.tables.links import cardinality_agreement, links_of
from auditkit.metrics.tables.relations import relations_report

OWNER = [("thing", "owner", "person", "id")]


def shop(n: int, step: int, *, missing: bool = False) -> dict[str, pd.DataFrame]:
    """People with nought to six things each, without a random draw."""
    i = np.arange(n)
    person = pd.DataFrame(
        {
            "id": [f"p{k}" for k in i * 3],
            "city": np.where(i % 3 == 0, "Bern", "Rom"),
            "income": (i * 37) % 101 / 2.0,
        }
    )
    who = np.repeat(i, (i * step) % 7)
    j = np.arange(len(who))
    thing = pd.DataFrame(
        {
            "no": j,
            "owner": [f"p{k}" for k in who * 3],
            "kind": np.where(who % 3 == 0, "car", "bike"),
            "price": (j * 11) % 17 + who,
        }
    )
    thing.loc[j % 29 == 0, "owner"] = "lost"
    if missing:
        thing.loc[j % 23 == 1, "owner"] = None
    return {"person": person, "thing": thing}


@pytest.mark.parametrize(
    ("real_missing", "missing", "cardinality", "adherence"),
    [
        (False, False, 0.8194444444444444, 0.9626168224299065),
        (False, True, 0.8194444444444444, 0.9205607476635514),
        (True, True, 0.8277777777777777, 0.9656862745098039),
    ],
)
def test_figures_are_those_measured_with_sdmetrics(real_missing, missing, cardinality, adherence):
    real, synthetic = shop(120, 1, missing=real_missing), shop(90, 2, missing=missing)
    synthetic["thing"] = synthetic["thing"][synthetic["thing"].index % 5 != 0]
    found = relations_report(real=real, synthetic=synthetic, keys=OWNER, quality=None).relations[0]
    assert found.cardinality == pytest.approx(cardinality, abs=1e-9)
    assert found.adherence == pytest.approx(adherence, abs=1e-9)
    assert found.within_bounds == 1.0


def test_children_per_parent_are_counted_as_a_slow_loop_does():
    child = ["b", "a", "z", "b", None, "b", "a"]
    links = links_of(pd.Series(child), pd.Series(["a", "b", "c", "b", None]))
    assert links.parent.tolist() == [1, 0, -1, 1, -1, 1, 0]
    assert links.children.tolist() == [2, 3, 0, 3]
    assert links.orphans.tolist() == [False, False, True, False, False, False, False]
    assert (links.repeated, links.keyless) == (1, 1)


def test_agreement_of_counts_is_that_of_two_samples():
    rng = np.random.default_rng(0)
    one, two = rng.poisson(3, 200), rng.poisson(4, 90)
    assert cardinality_agreement(one, two) == pytest.approx(1 - ks_2samp(one, two).statistic, abs=1e-12)


def test_keys_of_other_types_meet_by_what_they_say():
    whole = links_of(pd.Series([1.0, np.nan, 2.0]), pd.Series([1, 2, 3]))
    assert whole.parent.tolist() == [0, -1, 1]
    broken = links_of(pd.Series(["a", "2"]), pd.Series([1, 2]))
    assert broken.parent.tolist() == [-1, 1]
    large = links_of(pd.Series([2**53 + 1]), pd.Series([2**53, 2**53 + 1]))
    assert large.parent.tolist() == [1]
    named = links_of(pd.Series(["NA", None]), pd.Series(["b", "NA"]))
    assert named.parent.tolist() == [1, -1]


def family(n: int, seed: int) -> dict[str, pd.DataFrame]:
    """Rich parents have many children, and of one kind."""
    rng = np.random.default_rng(seed)
    rich = rng.random(n) < 0.5
    parent = pd.DataFrame(
        {"id": rng.permutation(n), "rich": np.where(rich, "yes", "no"), "age": rng.integers(20, 90, n)}
    )
    counts = np.where(rich, rng.integers(4, 8, n), rng.integers(0, 2, n))
    who = np.repeat(np.arange(n), counts)
    kind = np.where(rich[who], "car", "bike")
    child = pd.DataFrame({"owner": parent["id"].to_numpy()[who], "kind": kind, "price": rng.normal(size=len(who))})
    return {"person": parent, "thing": child}


def test_fresh_tables_are_at_the_ceiling_and_dealt_children_at_the_floor():
    real, holdout, fresh = (family(1500, seed) for seed in (0, 1, 2))
    rng = np.random.default_rng(3)
    dealt = {"person": fresh["person"], "thing": fresh["thing"].assign(owner=lambda t: rng.choice(1500, len(t)))}
    good, bad = (
        relations_report(real=real, synthetic=item, holdout=holdout, keys=OWNER, quality=None)
        for item in (fresh, dealt)
    )
    assert good.relations[0].matched == pytest.approx(good.relations[0].ceiling, abs=0.05)
    assert bad.relations[0].matched == pytest.approx(bad.relations[0].floor, abs=0.05)
    assert bad.relations[0].floor < 0.75
    places = [report.frame().iloc[0] for report in (good, bad)]
    assert places[0]["normalised"] > 0.9
    assert places[1]["normalised"] < 0.1
    pairs = [report.across().set_index(["column_a", "column_b"])["normalised"] for report in (good, bad)]
    assert pairs[0]["kind", "rich"] == pytest.approx(1.0, abs=0.1)
    assert pairs[1]["kind", "rich"] < 0.1


def test_without_a_holdout_halves_of_the_parents_are_the_ceiling():
    found = relations_report(real=family(400, 0), synthetic=family(300, 1), keys=OWNER, quality=None).relations[0]
    assert found.ceiling > 0.85
    assert found.floor < 0.75


def test_orphans_are_named_row_by_row():
    real, synthetic = shop(30, 1), shop(30, 1)
    report = relations_report(real=real, synthetic=synthetic, keys=OWNER, quality=None)
    expected = (synthetic["thing"]["owner"] == "lost").to_numpy()
    assert report.relations[0].orphans.tolist() == expected.tolist()
    assert report.relations[0].orphan_share == pytest.approx(expected.mean())
    assert report.relations[0].real_orphan_share == report.relations[0].orphan_share


def test_each_table_goes_to_the_quality_without_its_keys():
    called = {}

    def quality(*, seed, **parts):
        assert seed == 7
        called[tuple(parts)] = [*called.get(tuple(parts), []), list(parts["real"].columns)]
        return len(parts["synthetic"])

    tables = {**shop(20, 1), "link": pd.DataFrame({"one": ["p0"], "two": ["p3"]}), "note": pd.DataFrame({"x": [1.0]})}
    synthetic = {name: table for name, table in tables.items() if name != "note"}
    keys = [*OWNER, ("link", "one", "person", "id"), ("link", "two", "person", "id")]
    report = relations_report(real=tables, synthetic=synthetic, keys=keys, quality=quality, seed=7)
    assert called == {("real", "synthetic"): [["city", "income"], ["no", "kind", "price"]]}
    assert report.tables == {"person": 20, "thing": len(tables["thing"])}
    assert report.left_out == {"link": "it has no column but its keys", "note": "the synthetic set lacks it"}
    assert report.relations[1].across is None
    assert report.frame()["child"].tolist() == ["thing", "link", "link"]


def test_the_quality_report_is_the_default():
    tables = family(80, 0)
    report = relations_report(real=tables, synthetic=family(60, 1), keys=OWNER)
    assert {type(item).__name__ for item in report.tables.values()} == {"QualityReport"}


def test_one_row_and_no_children_have_values():
    real = {"p": {"id": [1]}, "c": {"p": [1]}}
    synthetic = {"p": {"id": [1, 2]}, "c": {"p": [None]}}
    found = relations_report(real=real, synthetic=synthetic, keys=[("c", "p", "p", "id")], quality=None).relations[0]
    assert (found.cardinality, found.within_bounds, found.adherence) == (0.0, 0.0, 0.0)
    assert (found.matched, found.ceiling, found.floor) == (None, None, None)
    assert (found.missing_share, found.orphan_share, found.childless_share) == (1.0, 0.0, 1.0)


def test_one_child_has_pairs_and_no_ceiling():
    tables = {"p": {"id": [1, 2], "x": [1.0, 2.0]}, "c": {"p": [1], "y": [3.0]}}
    found = relations_report(real=tables, synthetic=tables, keys=[("c", "p", "p", "id")], quality=None)
    assert found.across()["value"].tolist() == [1.0]
    assert "ceiling" not in found.across()


def test_a_set_whose_parents_have_no_key_agrees_with_nothing():
    real = {"p": {"id": ["a", "b"]}, "c": {"p": ["a", "b"]}}
    synthetic = {"p": {"id": [None, None]}, "c": {"p": ["a", "b"]}}
    found = relations_report(real=real, synthetic=synthetic, keys=[("c", "p", "p", "id")], quality=None).relations[0]
    assert found.cardinality == 0.0
    assert found.orphan_share == 1.0


def test_a_table_may_name_its_own_rows():
    table = pd.DataFrame({"id": [1, 2, 3, 4], "boss": [None, 1, 1, 2], "pay": [4.0, 3.0, 2.0, 1.0]})
    report = relations_report(
        real={"staff": table}, synthetic={"staff": table}, keys=[("staff", "boss", "staff", "id")]
    )
    assert report.relations[0].cardinality == 1.0
    assert report.relations[0].adherence == 1.0


def test_a_seed_gives_the_same_report():
    given = {"real": family(90, 0), "synthetic": family(60, 1), "keys": OWNER, "quality": None}
    one, two = (relations_report(**given, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(one.frame(), two.frame(), check_exact=True)
    pd.testing.assert_frame_equal(one.across(), two.across(), check_exact=True)


def test_frames_are_left_as_they_are():
    real, synthetic = shop(30, 1, missing=True), shop(20, 2)
    before = {name: table.copy() for name, table in real.items()}
    relations_report(real=real, synthetic=synthetic, keys=OWNER, quality=None)
    for name, table in before.items():
        pd.testing.assert_frame_equal(real[name], table)


def test_mistakes_are_said_in_a_sentence():
    tables = shop(10, 1)
    given = {"real": tables, "synthetic": tables, "quality": None}
    with pytest.raises(AuditkitError, match="`keys` is empty"):
        relations_report(**given, keys=[])
    with pytest.raises(AuditkitError, match="a key is four names"):
        relations_report(**given, keys=[("thing", "owner")])
    with pytest.raises(UnknownNameError, match=r"unknown table 'persons'; did you mean 'person'\? \(in `real`\)"):
        relations_report(**given, keys=[("thing", "owner", "persons", "id")])
    with pytest.raises(UnknownNameError, match="unknown column 'own'"):
        relations_report(**given, keys=[("thing", "own", "person", "id")])
    with pytest.raises(AuditkitError, match="`real` must be a mapping of table names"):
        relations_report(real=tables["thing"], synthetic=tables, keys=OWNER)
    with pytest.raises(SampleSizeError):
        relations_report(real=tables, synthetic={**tables, "thing": tables["thing"][:0]}, keys=OWNER)
