"""Whatever the rules: kept and rejected are the set, in its order, and nothing that was given is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditkit.data import Dataset
from auditkit.filtering import filter as keep

numbers = st.floats(0, 1, allow_nan=False)
rules = st.one_of(
    st.sampled_from(["exact-copies", "duplicates", "violations", "outside", "label", "rejection-sampling"]),
    st.fixed_dictionaries({"column": st.sampled_from(["realism", "density", "discriminator"]), "min": numbers}),
    st.fixed_dictionaries({"column": st.just("realism"), "max": st.sampled_from(["synthetic:0.1", "synthetic:0.5"])}),
    st.fixed_dictionaries({"rule": st.just("best"), "keep": st.integers(1, 50), "prefer": st.just("-realism")}),
    st.fixed_dictionaries({"rule": st.just("rejection-sampling"), "accept": st.floats(0.1, 0.9)}),
    st.fixed_dictionaries({"by": st.sampled_from(["sex", "good"]), "target": st.just("equal")}),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(rules, max_size=4), seed=st.integers(0, 5), drawn=st.integers(0, 2**16))
def test_kept_and_rejected_are_the_set_in_its_order(
    make_set: Callable[..., Dataset], make_audit: Callable[..., Any], chosen: list[Any], seed: int, drawn: int
) -> None:
    rng = np.random.default_rng(drawn)
    synthetic = make_set().take(rng.permutation(40))
    audit = make_audit(make_set())
    for name in ("realism", "density", "discriminator", "label_agreement"):
        audit.samples[name] = np.where(rng.random(40) < 0.1, np.nan, rng.random(40).round(1))
    audit.samples["copy"] = rng.random(40) < 0.2
    audit.samples["duplicate_cluster"] = audit.samples["duplicate_cluster"].mask(rng.random(40) < 0.2, 3)
    before, ids = audit.samples.copy(deep=True), synthetic.ids.tolist()
    selection = keep(synthetic, audit, chosen, seed=seed)
    kept, rejected = selection.kept.ids.tolist(), selection.rejected.ids.tolist()
    assert sorted(kept + rejected) == sorted(ids)
    for part in (kept, rejected):
        assert part == [name for name in ids if name in set(part)]
    assert set(selection.reasons["id"]) == set(rejected)
    assert selection.decisions()["id"].tolist() == ids
    assert selection.decisions().query("kept")["id"].tolist() == kept
    assert audit.samples.equals(before)
    assert synthetic.ids.tolist() == ids
    assert keep(synthetic, audit, chosen, seed=seed).kept.ids.tolist() == kept
    assert 0 <= selection.effective_n <= len(kept) + 1e-9
    for name in kept[:3]:
        mine, theirs = selection.kept.ids.tolist().index(name), ids.index(name)
        assert selection.kept.table.iloc[mine].equals(synthetic.table.iloc[theirs])
