"""What an audit reads of units of several rows: closed forms, a slow loop, and what shuffling does."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.run import plan_audit
from auditkit.errors import DataError, UndefinedError
from auditkit.metrics import registry
from auditkit.metrics.side import Side
from auditkit.metrics.tables import unit_traits
from auditkit.metrics.tables.sequence_parts import sequence_length_similarity, step_similarity, transition_similarity
from auditkit.metrics.tables.sequences import coherence
from auditkit.metrics.tables.unit_sides import unit_rows, unit_sides

METRICS = ("coherence", "transition_similarity", "step_similarity", "sequence_length_similarity")
ROLES = {"key": "who", "order": "day"}


def stays(n_units, seed, *, longest=12):
    """Units that mostly stay in a state, a number that drifts, and a level that each unit keeps."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(4, longest, n_units)
    who = np.repeat(np.arange(n_units), lengths)
    day = np.concatenate([np.arange(length) for length in lengths])
    state = rng.integers(0, 4, len(who))
    for row in range(1, len(who)):
        if day[row] and rng.random() < 0.8:
            state[row] = state[row - 1]
    x = rng.normal(0, 2, n_units)[who] + 0.4 * day + rng.normal(0, 0.3, len(who))
    sex = rng.choice(["f", "m"], n_units)[who]
    return pd.DataFrame({"who": who, "day": day, "state": [f"s{k}" for k in state], "x": x.round(2), "sex": sex})


def shuffled_within(table, seed):
    """The same units, whose rows are in any order."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(places) for places in table.groupby("who").indices.values()])
    return table.assign(**{name: table[name].to_numpy()[rows] for name in ("state", "x", "sex")})


def shuffled_across(table, seed):
    """The same rows, dealt to any unit."""
    rows = np.random.default_rng(seed).permutation(len(table))
    return table.assign(**{name: table[name].to_numpy()[rows] for name in ("state", "x", "sex")})


@pytest.fixture(scope="module")
def sets():
    return {"real": stays(300, 0), "synthetic": stays(200, 1), "holdout": stays(220, 2)}


def audit_of(sets, **given):
    return ak.audit(**{role: ak.load(item, **ROLES) for role, item in sets.items()}, **given)


@pytest.mark.parametrize("function", [coherence, transition_similarity, step_similarity, sequence_length_similarity])
def test_a_set_agrees_with_itself_whatever_its_units_are_called(function, sets):
    table = sets["real"]
    renamed = table.assign(who=1000 - table["who"])
    assert function(real=table, synthetic=renamed, **ROLES) == 1.0


def slow_transitions(real, synthetic, name):
    """One minus the mean distance of the next level, over real rows that have a next one."""
    counts = []
    for table in (real, synthetic):
        found = {}
        for _, unit in table.groupby("who"):
            levels = unit[name].tolist()
            for one, two in pairwise(levels):
                found.setdefault(one, Counter())[two] += 1
        counts.append(found)
    distance = rows = 0.0
    for level, ours in counts[0].items():
        n = sum(ours.values())
        theirs = counts[1].get(level, Counter())
        m = sum(theirs.values())
        apart = sum(abs(ours[two] / n - theirs[two] / m) for two in {*ours, *theirs}) / 2 if m else 1.0
        distance, rows = distance + n * apart, rows + n
    return 1 - distance / rows


def test_transitions_are_those_of_a_slow_loop(sets):
    chosen = ["who", "day", "state"]
    real, synthetic = sets["real"][chosen], sets["synthetic"][chosen]
    expected = slow_transitions(real, synthetic, "state")
    assert transition_similarity(real=real, synthetic=synthetic, **ROLES) == pytest.approx(expected, abs=1e-12)
    rare = synthetic[synthetic["state"] != "s3"]  # a level that the synthetic units never leave
    expected = slow_transitions(real, rare, "state")
    assert transition_similarity(real=real, synthetic=rare, **ROLES) == pytest.approx(expected, abs=1e-12)


def test_lengths_are_compared_by_their_distribution_functions(sets):
    scipy_stats = pytest.importorskip("scipy.stats")
    lengths = [sets[role].groupby("who").size() for role in ("real", "synthetic")]
    expected = 1 - scipy_stats.ks_2samp(*lengths).statistic
    found = sequence_length_similarity(real=sets["real"], synthetic=sets["synthetic"], key="who")
    assert found == pytest.approx(expected, abs=1e-12)


def test_steps_are_compared_by_their_distribution_functions(sets):
    scipy_stats = pytest.importorskip("scipy.stats")
    real, synthetic = (sets[role].assign(x=sets[role]["x"].mask(sets[role]["x"] > 4)) for role in ("real", "synthetic"))
    synthetic = synthetic.assign(day=synthetic["day"] * (1 + synthetic["who"] % 2))
    expected = []
    for name in ("x", "day"):
        steps = [table.groupby("who")[name].diff().dropna() for table in (real, synthetic)]
        expected.append(1 - scipy_stats.ks_2samp(*steps).statistic)
    assert expected[1] == pytest.approx(0.5, abs=0.05)
    found = step_similarity(real=real, synthetic=synthetic, **ROLES)
    assert found == pytest.approx(np.mean(expected), abs=1e-12)
    parts = audit_of({"real": real, "synthetic": synthetic}, metrics=["step_similarity"]).scores.parts(
        "step_similarity"
    )
    assert [item.where["column"] for item in parts] == ["x", "day"]
    assert [item.value for item in parts] == pytest.approx(expected, abs=1e-12)


def test_numbers_that_never_change_to_another_score_nothing(sets):
    frozen = sets["synthetic"].assign(x=sets["synthetic"]["x"].mask(sets["synthetic"]["day"] > 0))
    audit = audit_of(sets | {"synthetic": frozen}, metrics=["step_similarity"])
    assert audit.scores["step_similarity"].at(column="x").value == 0.0
    alone = {role: table.assign(x=table["x"].mask(table["day"] > 0)) for role, table in sets.items()}
    parts = audit_of(alone, metrics=["step_similarity"]).scores.parts("step_similarity")
    assert [item.where["column"] for item in parts] == ["day"]


def test_times_between_rows_are_judged(sets):
    stretched = sets["synthetic"].assign(day=sets["synthetic"]["day"] ** 2)
    audit = audit_of(sets | {"synthetic": stretched}, metrics=list(METRICS))
    assert {item.gate for item in audit.check().results if item.verdict == "fail"} == {"steps"}
    assert audit.scores["step_similarity"].at(column="day").excess.low > 0.5


@pytest.mark.parametrize("name", METRICS)
def test_an_audit_reads_what_the_public_function_returns(name, sets):
    score = audit_of(sets, metrics=[name]).scores[name]
    expected = registry.get(name).function(real=sets["real"], synthetic=sets["synthetic"], **ROLES)
    assert score.value == pytest.approx(expected, abs=1e-12)
    assert score.estimate.n == (300, 200)
    assert score.low < score.value < score.high
    assert abs(score.excess.value) < 0.05


def test_each_column_is_a_part_with_a_yardstick_of_its_own(sets):
    audit = audit_of(sets, metrics=list(METRICS))
    for name in METRICS[:2]:
        parts = {item.where["column"]: item for item in audit.scores.parts(name)}
        assert set(parts) == {"state", "x", "sex"}
        assert np.mean([item.value for item in parts.values()]) == pytest.approx(audit.scores[name].value, abs=1e-12)
        assert all(item.excess.low < 0.05 for item in parts.values())
    one = coherence(**{role: sets[role][["who", "day", "x"]] for role in ("real", "synthetic")}, **ROLES)
    parts = {item.where["column"]: item for item in audit.scores.parts("coherence")}
    assert parts["x"].value == pytest.approx(one, abs=1e-12)


def test_rows_that_do_not_belong_together_score_like_the_floor(sets):
    for name in METRICS[:2]:
        audit = audit_of(sets | {"synthetic": shuffled_across(sets["synthetic"], 0)}, metrics=[name])
        score = audit.scores[name]
        assert score.excess.low > 0.05
        assert score.details["at_equal_size"] == pytest.approx(score.references["floor"].value, abs=0.05)
        assert score.details["normalised"] < 0.15


def test_rows_in_any_order_are_told_by_what_comes_next(sets):
    audit = audit_of(sets | {"synthetic": shuffled_within(sets["synthetic"], 0)}, metrics=list(METRICS))
    assert audit.scores["transition_similarity"].at(column="state").excess.low > 0.05
    assert audit.scores["transition_similarity"].at(column="x").excess.low > 0.1
    assert audit.scores["transition_similarity"].at(column="sex").value == 1.0
    assert audit.scores["sequence_length_similarity"].excess.high < 0.1


def test_the_order_of_a_file_is_no_fault_where_a_column_orders_rows(sets):
    table = sets["synthetic"]
    mixed = table.sample(frac=1.0, random_state=0)
    audits = [audit_of(sets | {"synthetic": item}, metrics=list(METRICS)) for item in (table, mixed)]
    assert [item.value for item in audits[0].scores] == pytest.approx([item.value for item in audits[1].scores])


def test_truncated_units_have_other_lengths(sets):
    short = sets["synthetic"][sets["synthetic"]["day"] < 6]
    score = audit_of(sets | {"synthetic": short}, metrics=["sequence_length_similarity"]).scores
    assert score["sequence_length_similarity"].excess.low > 0.2


def test_without_a_key_there_is_nothing_to_read():
    rng = np.random.default_rng(0)
    real, synthetic = (ak.load(pd.DataFrame({"x": rng.normal(size=80)})) for _ in range(2))
    skipped = plan_audit(real=real, synthetic=synthetic).skipped
    assert {skipped[name] for name in METRICS} == {"no key was declared that joins several rows to one sample"}
    with pytest.raises(DataError, match="need `key`"):
        transition_similarity(real={"x": [1, 2]}, synthetic={"x": [1, 2]})


def test_units_of_times_alone_have_lengths():
    table = {"who": np.repeat(np.arange(80), 3), "day": np.tile(np.arange(3), 80)}
    real, synthetic = (ak.load(pd.DataFrame(table), **ROLES) for _ in range(2))
    audit = ak.audit(real=real, synthetic=synthetic, metrics=list(METRICS))
    why = "units have no column to compare beside the key and the order"
    assert audit.about["skipped"] == dict.fromkeys(METRICS[:2], why)
    assert audit.scores["sequence_length_similarity"].value == audit.scores["step_similarity"].value == 1.0


def test_what_an_audit_holds_of_units_names_none(sets):
    loaded = ak.load(sets["real"].assign(who=sets["real"]["who"] + 7000), **ROLES)
    units = unit_rows(loaded, schema=loaded.schema, name="real")
    assert units is not None
    assert not set(units.ids) & set(loaded.ids)


def test_units_of_one_row_are_not_judged_by_what_comes_next(sets):
    ones = {role: table[table["day"] == 0] for role, table in sets.items()}
    verdict = audit_of(ones, metrics=list(METRICS)).check()
    found = {item.gate: item.verdict for item in verdict.results}
    assert found["next-rows"] == found["steps"] == "not_applicable"
    assert {found["sequences"], found["sequence-lengths"]} == {"pass"}


@pytest.mark.parametrize(
    ("damage", "gate"),
    [(shuffled_within, "next-rows"), (shuffled_across, "sequences"), (None, "")],
    ids=["any order", "any unit", "none"],
)
def test_the_gates_of_the_preset_fail_what_is_no_sequence(sets, damage, gate):
    synthetic = sets["synthetic"] if damage is None else damage(sets["synthetic"], 0)
    results = audit_of(sets | {"synthetic": synthetic}, metrics=list(METRICS)).check().results
    failed = {item.gate for item in results if item.verdict == "fail"}
    assert gate in failed if gate else not failed


def test_units_of_one_row_have_no_next_one():
    table = {"who": [1, 2, 3], "x": [1, 2, 3]}
    with pytest.raises(UndefinedError, match="next row"):
        transition_similarity(real=table, synthetic=table, key="who")
    assert sequence_length_similarity(real=table, synthetic=table, key="who") == 1.0
    with pytest.raises(UndefinedError, match="no column"):
        transition_similarity(real={"who": [1, 1], "day": [0, 1]}, synthetic={"who": [1, 1], "day": [0, 1]}, **ROLES)


@pytest.mark.parametrize("name", METRICS)
def test_a_side_without_units_is_refused(name):
    sides = {role: Side(np.zeros((3, 1))) for role in ("real", "synthetic")}
    with pytest.raises(UndefinedError, match="no units"):
        registry.value_of(registry.get(name).reads, sides)


def test_dates_order_rows_alike_whatever_their_unit_of_time():
    """A date that nanoseconds do not hold is kept in microseconds."""
    days = ["2020-01-01", "2020-01-03"]
    sets = {
        "real": pd.DataFrame({"who": [1, 1], "day": pd.to_datetime(days), "x": [1, 2]}),
        "synthetic": pd.DataFrame(
            {"who": [1, 1], "day": np.array(["9999-01-01", "9999-01-03"], "datetime64[s]"), "x": [1, 2]}
        ),
    }
    units = unit_sides(sets, key="who", order="day")
    assert np.diff(units["real"].steps).tolist() == np.diff(units["synthetic"].steps).tolist() == [172800.0]


def test_many_levels_are_compared_without_a_table_of_all_pairs(sets, monkeypatch):
    """The same numbers, whether cells that nobody has are counted or left out."""
    given = {role: sets[role] for role in ("real", "synthetic")} | ROLES
    dense = {name: registry.get(name).function(**given) for name in METRICS}
    monkeypatch.setattr(unit_traits, "DENSE", 0)
    for name, value in dense.items():
        assert registry.get(name).function(**given) == pytest.approx(value, abs=1e-12)


def test_a_column_of_codes_takes_no_more_memory_than_its_rows():
    rng = np.random.default_rng(0)
    codes = [f"c{code}" for code in rng.integers(0, 30_000, 40_000)]
    table = pd.DataFrame({"who": np.repeat(np.arange(4000), 10), "day": np.tile(np.arange(10), 4000), "code": codes})
    tracemalloc.start()
    value = transition_similarity(real=table, synthetic=table.iloc[:39_990], **ROLES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.9 < value <= 1.0
    assert peak < 200e6  # all pairs of codes would take 5 GB
