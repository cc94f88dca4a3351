"""Words of single training records in synthetic ones, beyond what words of fresh records explain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import AuditkitError, ConfigError, UndefinedError, UnknownNameError
from auditkit.metrics import registry, verbatim_leak_share, verbatim_leaks
from auditkit.metrics.products import Side
from auditkit.metrics.registry import evaluate
from auditkit.metrics.tables.scanned import keys_of, scanned_words
from auditkit.metrics.tables.words import word_columns, words_of
from auditkit.spreads import p_above


def mails(start, n):
    return [f"user{number}@mail.example.org" for number in range(start, start + n)]


def reading_of(sets, **parameters):
    tables = {role: ak.load(frame).table for role, frame in sets.items()}
    kinds = word_columns(tables["real"], ak.load(sets["real"]).schema)
    sides = {role: Side(np.zeros((len(table), 0)), words=words_of(table, kinds)) for role, table in tables.items()}
    return evaluate(registry.get("verbatim_leak_share").reads, sides, **parameters)


def by_loops(real, synthetic, holdout, rare=3):
    """Mean over all ways to cut train to the holdout's size, as in `copy_excess`, by single rows."""
    size = min(len(real), len(holdout))

    def kept(value, column):
        copies = column.count(value)
        missed = 1.0
        for drawn in range(copies):
            missed *= max(len(column) - size - drawn, 0) / (len(column) - drawn)
        return 1 - missed

    total = 0.0
    for value in synthetic:
        if value is None or real.count(value) + holdout.count(value) > rare:
            continue
        train, fresh = kept(value, real), kept(value, holdout)
        total += train * (1 - fresh) - fresh * (1 - train)
    return total / len(synthetic) * len(real) / size


def test_the_share_is_what_train_explains_beyond_the_holdout():
    real, holdout = mails(0, 60), mails(60, 60)
    synthetic = mails(0, 12) + mails(60, 3) + mails(500, 45)
    value = verbatim_leak_share(real={"mail": real}, synthetic={"mail": synthetic}, holdout={"mail": holdout})
    assert value == pytest.approx((12 - 3) / 60, abs=1e-15)


@pytest.mark.parametrize("rare", [1, 3])
def test_it_is_that_of_a_loop_over_rows(rare):
    rng = np.random.default_rng(0)
    pool = [*mails(0, 150), None]
    for _ in range(5):
        sets = {
            role: [pool[i] for i in rng.integers(len(pool), size=n)]
            for role, n in (("real", 120), ("synthetic", 70), ("holdout", 50))
        }
        found = verbatim_leak_share(**{role: {"mail": cells} for role, cells in sets.items()}, rare=rare)
        assert found == pytest.approx(by_loops(**sets, rare=rare), abs=1e-12)


def test_words_of_a_list_that_all_draw_from_are_chance():
    rng = np.random.default_rng(5)
    names = np.array([f"Name Number {number}" for number in range(2000)])
    accused = 0
    for _ in range(60):
        drawn = {
            role: {"name": rng.choice(names, n)} for role, n in (("real", 600), ("synthetic", 400), ("holdout", 300))
        }
        reading = reading_of({role: pd.DataFrame(table) for role, table in drawn.items()})
        assert reading.details["leaked_share"] > 0.05
        accused += p_above(reading.value, reading.spread, margin=0.0) < 0.05
    assert accused <= 6  # 3 are expected; more than 6 have a chance of 3 %


def test_real_messages_split_again_are_not_accused(shared_data):
    messages = pd.read_json(shared_data("text_sms_spam/sms_spam.jsonl.gz"), lines=True)[["text"]]
    values, accused = [], 0
    for seed in range(50):
        order = np.random.default_rng(seed).permutation(len(messages))[:900]
        cut = dict(zip(("real", "synthetic", "holdout"), np.split(order, [400, 650]), strict=True))
        words = {
            role: words_of(messages.iloc[rows].reset_index(drop=True).astype("str"), {"text": "text"})
            for role, rows in cut.items()
        }
        sides = {role: Side(np.zeros((len(rows), 0)), words=words[role]) for role, rows in cut.items()}
        reading = evaluate(registry.get("verbatim_leak_share").reads, sides)
        values.append(reading.value)
        accused += p_above(reading.value, reading.spread, margin=0.01) < 0.01
    assert accused == 0
    assert abs(np.mean(values)) < 0.005


def test_a_column_is_looked_at_beside_others_and_pays_for_it():
    note = [f"the guest in room {number} wrote a long note" for number in range(300)]
    sets = {
        "real": pd.DataFrame({"mail": mails(0, 100), "note": note[:100]}),
        "synthetic": pd.DataFrame({"mail": mails(500, 60) + mails(0, 40), "note": note[200:]}),
        "holdout": pd.DataFrame({"mail": mails(100, 100), "note": note[100:200]}),
    }
    reading = reading_of(sets)
    assert {part.where["column"]: part.reading.value for part in reading.parts} == {"mail": 0.4, "note": 0.0}
    assert (reading.value, reading.details["column"], reading.details["looks"]) == (0.4, "mail", 2)
    alone = next(part.reading for part in reading.parts if part.where == {"column": "mail"})
    assert p_above(0.4, reading.spread, margin=0.0) == 2 * p_above(0.4, alone.spread, margin=0.0)


def test_what_stands_inside_free_text_is_a_part():
    def notes(start, inside):
        return [f"note number {start + i} by a guest, answer to {mail} or nobody" for i, mail in enumerate(inside)]

    sets = {
        "real": pd.DataFrame({"note": notes(0, mails(0, 80))}),
        "synthetic": pd.DataFrame({"note": notes(9000, mails(0, 20) + mails(5000, 60))}),
        "holdout": pd.DataFrame({"note": notes(3000, mails(1000, 80))}),
    }
    reading = reading_of(sets)
    assert {(part.where["column"], part.where.get("part")): part.reading.value for part in reading.parts} == {
        ("note", None): 0.0,
        ("note", "email"): 0.25,
    }
    assert (reading.details["column"], reading.details["part"]) == ("note", "email")


def test_a_value_that_is_repeated_often_has_one_vote():
    sets = {
        "real": pd.DataFrame({"mail": mails(0, 60)}),
        "synthetic": pd.DataFrame({"mail": mails(0, 1) * 50 + mails(500, 10)}),
        "holdout": pd.DataFrame({"mail": mails(60, 60)}),
    }
    reading = reading_of(sets)
    assert reading.value == pytest.approx(50 / 60)
    assert p_above(reading.value, reading.spread, margin=0.0) == 0.5


def test_columns_can_be_named():
    codes = {"real": ["alpha", "beta1"] * 9, "synthetic": ["alpha", "gamma"], "holdout": ["delta", "omega"]}
    sets = {role: {"code": cells} for role, cells in codes.items()}
    with pytest.raises(UndefinedError, match="no column of free text or personal data was recognised"):
        verbatim_leak_share(**sets)
    assert verbatim_leak_share(**sets, columns=["code"], rare=9) == pytest.approx(by_loops(**codes, rare=9))
    with pytest.raises(UnknownNameError, match="did you mean 'code'"):
        verbatim_leak_share(**sets, columns=["cod"])
    with pytest.raises(ConfigError, match="put it in brackets"):
        verbatim_leak_share(**sets, columns="code")
    with pytest.raises(AuditkitError, match="`rare` must be a whole number"):
        verbatim_leak_share(**sets, columns=["code"], rare=0)


def test_columns_that_a_set_lacks_are_left_out():
    sets = {"real": {"mail": mails(0, 40)}, "synthetic": {"x": [1, 2]}, "holdout": {"mail": mails(40, 40)}}
    with pytest.raises(UndefinedError, match="is in every set"):
        verbatim_leak_share(**sets)


def test_rare_means_rows_of_train_and_holdout_here_and_of_train_in_the_list_of_leaks():
    said, rest = ["a.b@example.org"] * 2, [f"person{number}@example.org" for number in range(60)]
    sets = {
        "real": {"mail": said + rest[:20]},
        "synthetic": {"mail": said + rest[40:]},
        "holdout": {"mail": said + rest[20:40]},
    }
    (column,) = verbatim_leaks(**sets, rare=3).columns
    assert column.n_leaked == 2
    frames = {role: pd.DataFrame(columns) for role, columns in sets.items()}
    shares = [reading_of(frames, rare=rare).parts[0].reading.details["leaked_share"] for rare in (3, 4)]
    assert shares == [0.0, pytest.approx(2 / 22)]


def test_both_look_at_the_same_columns():
    mails = [f"person{number}@example.org" for number in range(60)]
    real = {"mail": mails[:20], "phone": [f"+49 30 {number:07d}" for number in range(20)]}
    synthetic = {"mail": mails[20:40], "phone": real["phone"]}
    sets = {"real": real, "synthetic": synthetic, "holdout": {"mail": mails[40:]}}
    found = scanned_words(**sets, rare=1)
    assert found.lacking == ["phone"]
    assert [key[0] for key in keys_of(found.words)] == ["mail"]
    assert [item.column for item in verbatim_leaks(**sets).columns] == ["mail"]
    assert verbatim_leak_share(**sets) == 0.0
