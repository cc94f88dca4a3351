"""Real cells in a synthetic table: found, counted against fresh real rows, and never shown."""

from __future__ import annotations

import json
from dataclasses import fields
from math import comb

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import auditkit as ak
from auditkit.errors import AuditkitError, ConfigError, DataError, SampleSizeError, UnknownNameError
from auditkit.intervals import holm, wilson
from auditkit.metrics.tables.leaks import verbatim_leaks

N = 100


def mails(start, n=N):
    return [f"user{number}@mail.example.org" for number in range(start, start + n)]


def notes(start, n=N):
    return [f"the guest in room {number} wrote a long note to us" for number in range(start, start + n)]


REAL = pd.DataFrame({"e mail [1]": mails(0), "note": notes(0), "age": np.arange(N) % 50})
FRESH = pd.DataFrame({"e mail [1]": mails(1000), "note": notes(1000), "age": np.arange(N) % 50})
MADE = pd.DataFrame({"e mail [1]": mails(5000), "note": notes(5000), "age": np.arange(N) % 50})


def by_column(found):
    return {(item.column, item.part): item for item in found.columns}


def binomial_tail(k, n, p):
    """P(Bin(n, p) >= k), term by term."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


def test_a_table_of_its_own_leaks_nothing():
    found = verbatim_leaks(real=REAL, synthetic=MADE, holdout=FRESH)
    assert found.kinds == {"e mail [1]": "email", "note": "text"}
    assert {(item.n_leaked, item.n_cells, item.share.value, item.p) for item in found.columns} == {(0, N, 0.0, 1.0)}
    assert not found.rows.any()
    assert found.notes == ()


def test_rare_real_cells_are_counted_and_tested():
    leaky = MADE.assign(**{"e mail [1]": mails(0, 12) + mails(5000, 88)})
    found = verbatim_leaks(real=REAL, synthetic=leaky, holdout=FRESH)
    mail, note = (by_column(found)[name, "cell"] for name in ("e mail [1]", "note"))
    assert found.columns[0] is mail
    assert (mail.n_leaked, mail.n_values, mail.n_cells, mail.share.value) == (12, 12, N, 0.12)
    assert (mail.share.low, mail.share.high) == wilson(12, N)
    assert mail.holdout.value == 0
    assert mail.excess.value == 0.12
    assert mail.excess.low > 0
    assert mail.p == pytest.approx(0.5**12, rel=1e-12)
    assert (mail.p_adjusted, note.p_adjusted) == tuple(holm([mail.p, note.p]))
    assert found.rows.tolist() == [True] * 12 + [False] * 88
    assert mail.rows.tolist() == found.rows.tolist()


def test_what_fresh_rows_repeat_too_is_chance():
    shared = {"name": [f"Person Number {i}" for i in range(N)]}
    half = {"name": shared["name"][::2] + [f"Nobody At All {i}" for i in range(50)]}
    other = {"name": shared["name"][1::2] + [f"Somebody Else {i}" for i in range(50)]}
    (name,) = verbatim_leaks(real=shared, synthetic=half, holdout=other).columns
    assert (name.kind, name.share.value, name.holdout.value, name.excess.value) == ("name", 0.5, 0.5, 0)
    assert name.p == pytest.approx(binomial_tail(50, 100, 0.5), rel=1e-9)
    (copies,) = verbatim_leaks(real=shared, synthetic=shared, holdout=shared).columns
    assert copies.p == pytest.approx(binomial_tail(50, 100, 0.5), rel=1e-9)


def test_votes_allow_for_the_sizes_of_the_sets():
    synthetic = {"mail": mails(0, 9) + mails(5000, 291)}
    holdout = {"mail": mails(9, 1) + mails(1000, 99)}
    (mail,) = verbatim_leaks(real={"mail": mails(0)}, synthetic=synthetic, holdout=holdout).columns
    assert mail.p == pytest.approx(binomial_tail(9, 10, 0.75), rel=1e-12)


def test_one_leaked_cell_repeated_often_is_one_value():
    collapsed = {"mail": mails(0, 1) * 80 + mails(5000, 20)}
    (mail,) = verbatim_leaks(real={"mail": mails(0)}, synthetic=collapsed, holdout={"mail": mails(1000)}).columns
    assert (mail.n_leaked, mail.n_values, mail.share.value, mail.p) == (80, 1, 0.8, 0.5)


@pytest.mark.parametrize(("rare", "found"), [(1, 0), (2, 30), (3, 30)])
def test_only_rare_real_cells_count(rare, found):
    real = {"mail": mails(0, 30) * 2 + ["info@example.org"] * 40}
    synthetic = {"mail": [*mails(0, 30), *["info@example.org"] * 70]}
    (mail,) = verbatim_leaks(real=real, synthetic=synthetic, holdout={"mail": mails(1000)}, rare=rare).columns
    assert mail.n_leaked == found


def test_case_blanks_and_signs_make_no_difference():
    real = {"phone": [f"+49 151 23{i:05d}" for i in range(N)], "mail": mails(0)}
    synthetic = {
        "phone": [f"+49(151)23-{i:05d}" for i in range(20)] + [f"+44 20 99{i:05d}" for i in range(80)],
        "mail": [f" {mail.upper()} " for mail in mails(0, 15)] + mails(5000, 85),
    }
    found = by_column(verbatim_leaks(real=real, synthetic=synthetic))
    assert {name: item.n_leaked for (name, _), item in found.items()} == {"phone": 20, "mail": 15}


def test_addresses_inside_free_text_are_found():
    def texts(start, mail):
        return [f"note number {start + i} by a guest, answer to {mail[i]} or to nobody" for i in range(N)]

    found = verbatim_leaks(
        real={"note": texts(0, mails(0))},
        synthetic={"note": texts(9000, mails(0, 20) + mails(5000, 80))},
        holdout={"note": texts(3000, mails(1000))},
    )
    assert {key: item.n_leaked for key, item in by_column(found).items()} == {
        ("note", "cell"): 0,
        ("note", "email"): 20,
    }
    assert found.rows.tolist() == [True] * 20 + [False] * 80
    assert found.columns[0].part == "email"


def test_no_cell_is_ever_shown():
    leaky = REAL.copy()
    found = verbatim_leaks(real=REAL, synthetic=leaky, holdout=FRESH)
    held = json.dumps([str(getattr(item, field.name)) for item in found.columns for field in fields(item)])
    shown = [repr(found), str(found.columns), found.frame().to_csv(), held, " ".join(found.notes)]
    assert not any("user" in text or "wrote" in text for text in shown)


def test_without_a_holdout_there_is_a_share_and_no_p():
    found = verbatim_leaks(real=REAL, synthetic=REAL)
    assert {(item.share.value, item.holdout, item.excess, item.p, item.reason) for item in found.columns} == {
        (1.0, None, None, None, "no holdout was given")
    }
    assert found.notes == ("No holdout was given: how many cells chance explains is not known.",)
    assert found.frame()["p"].isna().all()


def test_missing_cells_are_no_cells():
    synthetic = MADE.assign(note=None)
    synthetic["e mail [1]"] = [*mails(0, 5), *[None] * 90, *mails(5000, 5)]
    found = by_column(verbatim_leaks(real=REAL, synthetic=synthetic, holdout=FRESH.assign(note=None)))
    assert (found["e mail [1]", "cell"].n_cells, found["e mail [1]", "cell"].share.value) == (10, 0.5)
    note = found["note", "cell"]
    assert (note.share, note.p, note.n_cells) == (None, None, 0)
    assert note.reason == "the synthetic column has no cell to compare; the holdout has no cell to compare"


def test_a_table_without_such_columns_says_so_and_others_can_be_named():
    rng = np.random.default_rng(0)
    real, fresh, made = ({"weight": rng.integers(1, 10**6, 400)} for _ in range(3))
    found = verbatim_leaks(real=real, synthetic=made, holdout=fresh)
    assert (found.columns, found.kinds) == ((), {})
    assert found.notes == ("No column of free text or personal data was recognised: name some by `columns`.",)
    assert list(found.frame().columns)[:3] == ["column", "kind", "part"]
    copied = {"weight": np.where(np.arange(400) < 300, real["weight"], made["weight"])}
    (weight,) = verbatim_leaks(real=real, synthetic=copied, holdout=fresh, columns=["weight"]).columns
    assert weight.share.value > 0.7
    assert weight.p < 1e-50
    (own,) = verbatim_leaks(real=real, synthetic=made, holdout=fresh, columns=["weight"]).columns
    assert own.p > 0.05


def test_columns_that_a_set_lacks_are_told():
    found = verbatim_leaks(real=REAL, synthetic=MADE.rename(columns={"note": "Note"})[["age", "Note", "e mail [1]"]])
    assert [item.column for item in found.columns] == ["e mail [1]"]
    assert found.notes[0] == "Column 'note' is not in every set and was not looked at."
    with pytest.raises(UnknownNameError, match="unknown column 'nota'; did you mean 'note'"):
        verbatim_leaks(real=REAL, synthetic=MADE, columns=["nota"])


def test_wrong_arguments_are_one_sentence():
    with pytest.raises(AuditkitError, match="`rare` must be a whole number from 1 on, got 0"):
        verbatim_leaks(real=REAL, synthetic=MADE, rare=0)
    with pytest.raises(ConfigError, match="`columns` must be a list of names, got 'note'"):
        verbatim_leaks(real=REAL, synthetic=MADE, columns="note")
    with pytest.raises(DataError, match="`synthetic` has more than one column named 'note'"):
        verbatim_leaks(real=REAL, synthetic=pd.concat([MADE, MADE[["note"]]], axis=1))
    with pytest.raises(SampleSizeError, match="`synthetic` has 0 rows"):
        verbatim_leaks(real=REAL, synthetic=MADE.iloc[:0])


def test_any_table_is_read_and_none_is_changed():
    leaky = pd.concat([REAL.iloc[:20], MADE.iloc[20:]])
    before = leaky.copy(deep=True)
    expected = verbatim_leaks(real=REAL, synthetic=leaky, holdout=FRESH).frame()
    pd.testing.assert_frame_equal(leaky, before)
    for make in (lambda frame: pa.Table.from_pandas(frame, preserve_index=False), dict, ak.load):
        found = verbatim_leaks(real=make(REAL), synthetic=make(leaky), holdout=make(FRESH)).frame()
        pd.testing.assert_frame_equal(found, expected)
    assert len(verbatim_leaks(real=REAL, synthetic=MADE.iloc[:1]).rows) == 1


def test_p_is_honest_for_generators_that_draw_afresh():
    rng = np.random.default_rng(0)

    def draw(n):
        return {"name": np.array([f"person number {value}" for value in np.minimum(rng.zipf(1.6, n), 10**9)])}

    found = [
        verbatim_leaks(real=draw(300), synthetic=draw(n), holdout=draw(300), columns=["name"]).columns[0].p
        for n in (100, 300, 900)
        for _ in range(40)
    ]
    assert np.mean(np.array(found) < 0.05) < 0.05


def test_weights_of_adult_tell_the_generators_that_copy_them(shared_data):
    real = ak.load(shared_data("pairs_adult", "real_trn.csv.gz"))
    names = ("real_hol", "syn_2021_synthpop", "syn_2024_mostlyai")
    sets = {name: ak.load(shared_data("pairs_adult", f"{name}.csv.gz"), schema=real.schema) for name in names}
    found = {
        name: verbatim_leaks(real=real, synthetic=item, holdout=sets["real_hol"], columns=["fnlwgt"]).columns[0]
        for name, item in sets.items()
    }
    assert found["syn_2021_synthpop"].share.value == pytest.approx(0.898, abs=5e-4)
    assert found["real_hol"].share.value == pytest.approx(0.406, abs=5e-4)
    assert {name for name, item in found.items() if item.p < 0.01} == {"syn_2021_synthpop"}
