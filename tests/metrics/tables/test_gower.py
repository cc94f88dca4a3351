"""The search for nearest rows of mixed type against a loop over all pairs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from auditkit.data.joint import encode_frames
from auditkit.errors import DataError, SampleSizeError
from auditkit.metrics.tables.gower import nearest, spans


def cell_distance(a, b, span):
    """Distance of two cells; `span` None for a category."""
    gone = (a is None, b is None)
    if any(gone):
        return 0.0 if all(gone) else 1.0
    if span is None or span == 0:
        return float(a != b)
    return min(abs(a - b) / span, 1.0)


def plain(frame):
    """Rows of plain Python values: whole numbers stay whole."""
    columns = [column.astype(object).where(column.notna(), None).tolist() for _, column in frame.items()]
    columns = [[cell.value if isinstance(cell, pd.Timestamp) else cell for cell in column] for column in columns]
    return list(zip(*columns, strict=True))


def ranges(*frames):
    """Range of each column over all rows of some frames; None for a category."""
    whole = pd.concat(frames, ignore_index=True)
    found = []
    for name in whole.columns:
        cells = [cell for cell in [row[0] for row in plain(whole[[name]])] if cell is not None]
        if whole[name].dtype == object or isinstance(whole[name].dtype, pd.StringDtype):
            found.append(None)
        else:
            found.append(max(cells) - min(cells) if cells else 0)
    return found


def brute_force(queries, reference, span):
    rows = plain(reference)
    return np.array([[math.fsum(map(cell_distance, q, r, span)) / len(span) for r in rows] for q in plain(queries)])


def mixed(rng, n, *, missing=0.1):
    """Few levels and round numbers, so that many distances are tied; missing cells, dates, and large integers."""
    frame = pd.DataFrame(
        {
            "colour": pd.Series(rng.choice(["red", "green", "NA", "blue"], n), dtype=object),
            "shape [cm]'": pd.Series(rng.choice(["round", "flat"], n), dtype=object),
            "x": rng.normal(size=n),
            "level": rng.integers(0, 4, n).astype(float),
            "constant": 7.0,
            "serial": pd.array(2**53 + rng.integers(0, 6, n), dtype="Int64"),
            "nano": pd.array(rng.integers(0, 2**62, n), dtype="Int64"),
            "day": pd.Timestamp("2020-01-31") + pd.to_timedelta(rng.integers(0, 40, n), unit="D"),
        }
    )
    for name in frame.columns:
        frame[name] = frame[name].mask(rng.random(n) < missing)
    return frame


MAKERS = {
    "mixed": mixed,
    "mixed, nothing missing": lambda rng, n: mixed(rng, n, missing=0.0),
    "numbers": lambda rng, n: pd.DataFrame(rng.normal(size=(n, 3)), columns=list("abc")),
    "a lattice": lambda rng, n: pd.DataFrame(rng.integers(0, 3, (n, 3)).astype(float), columns=list("abc")),
    "categories": lambda rng, n: pd.DataFrame(rng.choice(list("uvw"), (n, 5)), columns=list("abcde")).astype(object),
    "many categories": lambda rng, n: pd.DataFrame(rng.choice(list("uvwxy"), (n, 40))).astype(object),
    "names of records": lambda rng, n: pd.DataFrame(
        {"name": pd.Series([f"{int(v)}" for v in rng.integers(0, 10**6, n)], dtype=object), "x": rng.normal(size=n)}
    ),
    "one column": lambda rng, n: pd.DataFrame({"x": rng.integers(0, 20, n).astype(float)}),
}
each_maker = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def ask(queries, references, *, measured=None, **options):
    sets = {"real": references[0], **{f"reference {i}": item for i, item in enumerate(references[1:])}}
    cells = encode_frames({**sets, "synthetic": queries})
    chosen = [cells[role] for role in sets]
    return nearest(cells["synthetic"], chosen, measure=spans(*(measured or chosen)), **options)


@each_maker
@pytest.mark.parametrize("k", [1, 3])
def test_neighbours_votes_and_ties_are_those_of_a_loop_over_all_pairs(make, k):
    rng = np.random.default_rng(5)
    real, holdout, synthetic = make(rng, 90), make(rng, 60), make(rng, 70)
    synthetic.iloc[:10] = real.iloc[5:15].to_numpy()
    found = ask(synthetic, [real, holdout], k=k, votes=True)
    span = ranges(real, holdout)
    every = [brute_force(synthetic, item, span) for item in (real, holdout)]
    for place, between in enumerate(every):
        np.testing.assert_allclose(found.distances[place], np.sort(between, axis=1)[:, :k], rtol=0, atol=1e-14)
        chosen = np.take_along_axis(between, found.rows[place], axis=1)
        np.testing.assert_allclose(chosen, found.distances[place], rtol=0, atol=1e-14)
        assert all(len(set(row)) == k for row in found.rows[place].tolist())
    pooled = np.concatenate(every, axis=1)
    tied = np.abs(pooled - pooled.min(axis=1, keepdims=True)) <= 1e-12
    np.testing.assert_array_equal(found.tied, [tied[:, :90].sum(axis=1), tied[:, 90:].sum(axis=1)])
    votes = (tied / tied.sum(axis=1, keepdims=True)).sum(axis=0)
    np.testing.assert_allclose(np.concatenate(found.votes), votes, rtol=0, atol=1e-12)


@each_maker
def test_the_lowest_row_comes_first_among_equal_distances(make):
    rng = np.random.default_rng(8)
    real = make(rng, 40)
    found = ask(real, [pd.concat([real, real], ignore_index=True)], k=2)
    np.testing.assert_array_equal(found.distances, 0.0)
    first = real.astype(object).where(real.notna(), None).apply(tuple, axis=1).tolist()
    expected = [[i for i, other in enumerate(first + first) if other == row][:2] for row in first]
    np.testing.assert_array_equal(found.rows[0], expected)


def test_groups_large_enough_for_boxes_give_the_same():
    rng = np.random.default_rng(2)
    real = pd.DataFrame({"c": rng.choice(["a", "b"], 700), **{f"x{i}": rng.normal(size=700) for i in range(4)}})
    synthetic = pd.DataFrame({"c": rng.choice(["a", "b"], 300), **{f"x{i}": rng.normal(size=300) for i in range(4)}})
    span = [None, *(real.iloc[:, 1:].max() - real.iloc[:, 1:].min())]
    found = ask(synthetic, [real], k=4)
    columns = [
        (synthetic["c"].to_numpy()[:, None] != real["c"].to_numpy()).astype(float),
        *(
            np.minimum(np.abs(synthetic[f"x{i}"].to_numpy()[:, None] - real[f"x{i}"].to_numpy()) / span[i + 1], 1)
            for i in range(4)
        ),
    ]
    between = sum(columns) / 5
    np.testing.assert_array_equal(found.rows[0], np.argsort(between, axis=1)[:, :4])
    np.testing.assert_allclose(found.distances[0], np.sort(between, axis=1)[:, :4], rtol=0, atol=1e-15)


def test_bytes_do_not_depend_on_threads(monkeypatch):
    rng = np.random.default_rng(0)
    real, holdout, synthetic = mixed(rng, 300), mixed(rng, 200), mixed(rng, 250)
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(ask(synthetic, [real, holdout], k=2, votes=True))
    one, two = found
    assert one.distances.tobytes() == two.distances.tobytes()
    assert one.rows.tobytes() == two.rows.tobytes()
    assert [item.tobytes() for item in one.votes] == [item.tobytes() for item in two.votes]


def test_integers_beyond_the_reach_of_floats_are_not_equal():
    real = pd.DataFrame({"serial": [2**53, 2**62]})
    found = ask(pd.DataFrame({"serial": [2**53 + 1, 2**53]}), [real])
    assert found.distances[0, 1, 0] == 0
    assert found.distances[0, 0, 0] == pytest.approx(1 / (2**62 - 2**53), rel=1e-12)


def test_a_range_of_another_set_cuts_distances_at_one():
    found = ask(pd.DataFrame({"x": [10.0, 0.5]}), [pd.DataFrame({"x": [0.0, 2.0]})])
    assert found.distances[0, :, 0].tolist() == [1.0, 0.25]


def test_a_constant_column_counts_as_equal_or_not():
    found = ask(pd.DataFrame({"x": [3.0, 4.0, np.nan]}), [pd.DataFrame({"x": [3.0, 3.0]})])
    assert found.distances[0, :, 0].tolist() == [0.0, 1.0, 1.0]


def test_an_all_missing_column_matches_what_is_missing():
    found = ask(pd.DataFrame({"x": [3.0, np.nan]}), [pd.DataFrame({"x": [np.nan, np.nan]})])
    assert found.distances[0, :, 0].tolist() == [1.0, 0.0]


def test_a_row_of_nothing_but_missing_cells_has_neighbours():
    rng = np.random.default_rng(1)
    real = mixed(rng, 30, missing=0.2)
    nothing = real.iloc[:1].mask(np.ones((1, real.shape[1]), bool))
    found = ask(pd.concat([nothing, real.iloc[1:3]]).astype(real.dtypes), [real])
    assert found.distances[0, 0, 0] == real.notna().sum(axis=1).min() / real.shape[1]


def test_one_row_on_each_side():
    one = pd.DataFrame({"x": [1.0], "c": ["a"]})
    assert ask(one, [one]).distances.tolist() == [[[0.0]]]


@pytest.mark.parametrize("k", [0, 4, True, 2.0])
def test_an_impossible_k_is_refused(k):
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    with pytest.raises(SampleSizeError, match="k"):
        ask(frame, [frame], k=k)


def test_numbers_that_overflow_are_refused():
    frame = pd.DataFrame({"x": [1.0, 1e200]})
    with pytest.raises(DataError, match="'x' holds numbers beyond"):
        ask(frame, [frame])
    with pytest.raises(DataError, match="'x' holds numbers beyond"):
        ask(frame, [pd.DataFrame({"x": [1.0, 2.0]})])


def test_rows_that_lack_a_moment_are_measured_by_the_range_of_others():
    day = pd.Timestamp("2020-01-01")
    whole = pd.DataFrame({"day": [day, day + pd.Timedelta(days=1), None], "x": [0.0, 1.0, 1.0]})
    cells = encode_frames({"real": whole, "synthetic": whole})
    without = cells["real"].take(np.array([2]))
    found = nearest(without, [without], measure=spans(cells["real"]))
    assert found.distances.tolist() == [[[0.0]]]
