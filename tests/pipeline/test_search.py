"""Generators are tried on an inner split, and the best is told on records that no try has seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import generators
from auditkit.data import Dataset
from auditkit.errors import AuditkitError, SampleSizeError, UnknownNameError
from auditkit.pipeline.search import Try, _candidates, search_generators


@pytest.fixture(scope="module")
def people() -> Dataset:
    rng = np.random.default_rng(2)
    n = 400
    sex = rng.choice(["f", "m"], n)
    age = rng.integers(18, 80, n)
    pay = np.round(900 + 40 * age + 600 * (sex == "m") + rng.normal(0, 150, n), 1)
    rich = np.where(pay > np.median(pay), "yes", "no")
    return Dataset.of_table(pd.DataFrame({"sex": sex, "age": age, "pay": pay, "rich": rich}), label="rich")


@pytest.fixture(scope="module")
def found(people):
    return search_generators(people, names=["marginals", "cart"], tries=2, seed=0)


def test_the_better_generator_wins_and_is_told_on_untouched_records(found):
    assert [item.name for item in found.tries] == ["cart", "marginals"]
    assert found.tries[0].failed < found.tries[1].failed
    assert found.best.excess < found.tries[1].excess
    assert len(found.synthetic) == 320
    inner = set(found.audit.inputs["real"].ids)
    assert not inner & set(found.audit.inputs["holdout"].ids)
    assert len(inner) == 320
    assert found.generator.fit_report.n_train == 320
    assert found.frame()["generator"].tolist() == ["cart", "marginals"]
    assert "put aside" in found.notes[0]


def test_every_generator_is_tried_with_its_defaults_before_other_settings():
    tries = list(_candidates("tabular", None, tries=100, seed=0))
    plain = [name for name, params in tries if not params]
    assert plain[0] == generators.default("tabular")
    assert len(plain) == len(set(plain))
    assert not {"bootstrap", "marginals", "external", "smote"} & set(plain)
    assert [bool(params) for _, params in tries] == sorted(bool(params) for _, params in tries)
    for name, params in tries:
        assert set(params) <= set(generators.describe(name, modality="tabular").params)
    assert tries == list(_candidates("tabular", None, tries=100, seed=0))


def test_a_try_that_fails_comes_last_with_its_reason(people, monkeypatch):
    def refuse(*_, **__):
        raise AuditkitError("it cannot be made.")

    monkeypatch.setattr(generators, "create", refuse)
    with pytest.raises(AuditkitError, match="none of 1 tries succeeded; the first: it cannot be made"):
        search_generators(people, names=["cart"], tries=1)
    assert Try("cart", {"min_samples_leaf": 10}).title == "cart[min_samples_leaf=10]"
    assert Try("cart", {}, reason="no").rank > Try("vae", {}, 9, 3.0).rank


def test_what_cannot_be_searched_is_told(people):
    with pytest.raises(UnknownNameError, match="did you mean 'cart'"):
        search_generators(people, names=["carts"])
    with pytest.raises(SampleSizeError, match="at least 40"):
        search_generators(people.take(np.arange(30)))
    with pytest.raises(AuditkitError, match="at least 1 try"):
        search_generators(people, tries=0)
