"""The gallery of what a filter rejected: seeded, bounded, with copies and rare cells hidden."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.data import Dataset, TextSamples
from auditkit.filtering.selection import SelectionRecord
from auditkit.reports import render_page, summarise

CANARY = "Zyxwvut"


def people(n, seed, *, rare=()):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "pay": np.round(rng.normal(1000, 200, n), 2),
            "age": rng.integers(18, 80, n),
            "town": rng.choice(["North", "South", "East"], n),
            "label": rng.choice(["a", "b"], n),
        }
    )
    table.loc[list(rare), "town"] = CANARY
    return table


TRAIN, HOLDOUT = people(200, 0, rare=[3, 7]), people(100, 1)
MADE = pd.concat([people(60, 2, rare=range(0, 60, 2)), TRAIN.iloc[:20]], ignore_index=True)
RULES = ["exact-copies", {"column": "realism", "min": 0.9, "reason": "far out"}]


def audited(**other):
    sets = {"real": TRAIN, "synthetic": MADE, "holdout": HOLDOUT}
    loaded = {role: ak.load(item, label="label") for role, item in sets.items()}
    return loaded, ak.audit(**loaded, metrics=["copy_excess"], **other)


@pytest.fixture(scope="module")
def hidden():
    sets, audit = audited()
    return sets, audit, ak.filter(sets["synthetic"], audit, rules=RULES)


def reasons(selection):
    return {item["reason"]: item for item in selection.gallery.data["reasons"]}


def test_of_each_reason_some_are_shown_and_some_that_were_kept(hidden):
    _, _, selection = hidden
    far = reasons(selection)["far out"]
    assert (len(far["rejected"]), len(far["kept"])) == (4, 3)
    assert far["n"] == (selection.reasons["reason"] == "far out").sum()
    limits = [float(item["value"].split()[1]) for item in far["kept"]]
    assert limits == sorted(limits)
    assert min(limits) >= 0.9
    evidence = selection.evidence
    kept = evidence.loc[evidence["id"].isin(selection.kept.ids) & ~evidence["copy"], "realism"].sort_values()
    assert limits == pytest.approx(kept.head(3).tolist(), abs=1e-3)


def test_copies_are_counted_and_not_shown(hidden):
    _, _, selection = hidden
    found = next(item for item in reasons(selection).values() if item["limit"] == "= False")
    assert (found["n"], found["n_hidden"], found["rejected"]) == (20, 20, [])


def test_a_rare_real_level_is_told_nowhere(hidden):
    _, audit, selection = hidden
    told = json.dumps([selection.to_json(), *(item.to_json() for item in audit.exhibits)])
    assert CANARY not in told
    assert CANARY not in render_page(summarise(audit, selection=selection))


def test_all_is_shown_where_the_audit_shows_real_records():
    sets, audit = audited(show_real=True)
    selection = ak.filter(sets["synthetic"], audit, rules=RULES)
    assert CANARY in json.dumps(selection.gallery.to_json())
    found = next(item for item in reasons(selection).values() if item["limit"] == "= False")
    assert (found["n_hidden"], len(found["rejected"])) == (0, 4)


def test_the_page_is_the_same_from_memory_and_from_what_was_saved(hidden):
    _, audit, selection = hidden
    record = SelectionRecord.from_json(json.loads(json.dumps(selection.to_json())))
    assert render_page(summarise(audit, selection=record)) == render_page(summarise(audit, selection=selection))


def test_the_same_seed_shows_the_same_and_another_one_others(hidden):
    sets, audit, selection = hidden
    again = ak.filter(sets["synthetic"], audit, rules=RULES)
    other = ak.filter(sets["synthetic"], audit, rules=RULES, seed=5)
    assert again.gallery == selection.gallery
    assert other.gallery != selection.gallery


def test_rows_are_not_shown_where_no_real_ones_are_at_hand(hidden):
    sets, audit, _ = hidden
    opened = replace(audit, inputs={})
    gallery = ak.filter(sets["synthetic"], opened, rules=RULES).gallery
    assert "cells" not in json.dumps(gallery.to_json())
    given = ak.filter(sets["synthetic"], opened, rules=RULES, real=sets["real"]).gallery
    assert "cells" in json.dumps(given.to_json())


def test_nothing_rejected_or_nothing_gathered_has_no_gallery(hidden):
    sets, audit, _ = hidden
    assert ak.filter(sets["synthetic"], audit, rules=[{"column": "realism", "min": 0}]).gallery is None
    assert ak.filter(sets["synthetic"], replace(audit, exhibits=()), rules=RULES).gallery is None


def test_texts_that_repeat_real_words_are_not_among_them():
    words = ["gate", "dinner", "train", "money", "prize", "late", "home", "call", "week", "ticket", "sun", "tea"]
    rng = np.random.default_rng(0)

    def sayings(n, secret=""):
        texts = [" ".join([*rng.choice(words, 9), f"{secret}{place}"]) for place in range(n)]
        return Dataset.of_table(
            pd.DataFrame({"label": ["a", "b"] * (n // 2)}), label="label", samples=TextSamples.of(texts)
        )

    real, fresh = sayings(60, CANARY), sayings(30)
    parts = [real.take(np.arange(20)).samples, fresh.samples]
    made = Dataset.of_table(
        pd.DataFrame({"label": ["a", "b"] * 25}),
        label="label",
        samples=TextSamples.of([f"so {text}" for part in parts for text in part.take(np.arange(len(part)))]),
    )
    audit = ak.audit(real=real, synthetic=made, holdout=sayings(40, CANARY), metrics=["copy_excess"])
    selection = ak.filter(made, audit, rules=[{"column": "realism", "min": 1e9, "reason": "all"}])
    told = json.dumps([selection.to_json(), *(item.to_json() for item in audit.exhibits)])
    assert CANARY not in told
    assert '"text"' in told
