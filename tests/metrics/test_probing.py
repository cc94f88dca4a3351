"""Impossible values of parameters are refused by name alone."""

from __future__ import annotations

import numpy as np
import pytest

import auditkit as ak
from auditkit.auditing.run import plan_audit
from auditkit.errors import AuditkitError
from auditkit.metrics import registry
from auditkit.metrics.probing import check_values

IMPOSSIBLE = {
    "vendi_score[q=0]": "`q` must be a number",
    "alpha_precision[variant=boris]": "unknown `variant` 'boris'",
    "coverage[k=0]": "`k` must be a whole number from 1 on, got 0",
    "coverage[k=many]": "`k` must be a whole number from 1 on, got 'many'",
    "coverage[ties=no]": "unknown `ties` 'no'",
    "frechet_distance_infinity[points=2]": "`points` must be a whole number from",
    "kernel_distance[subsets=0]": "`subsets` must be",
    "cmmd[sigma=-1]": "`sigma` must be a number",
    "data_copying[cells=0]": "`cells` must be",
    "near_duplicate_share[quantile=1]": "`quantile` must be",
    "membership_inference[attack=guess]": "unknown `attack` 'guess'",
    "local_intrinsic_dimension[average=mean]": "unknown `average` 'mean'",
    "sliced_wasserstein[projections=0]": "`projections` must be",
    "reverse_kl[pseudocount=-1]": "`pseudocount` must be",
    "feature_likelihood_divergence[seed=-1]": "`seed` must be",
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_impossible_value_is_refused(name):
    with pytest.raises(AuditkitError, match=IMPOSSIBLE[name]):
        check_values(name)


def test_the_defaults_of_every_metric_pass_as_values():
    for name in registry.names():
        given = {key: value for key, value in registry.get(name).parameters.items() if value is not None}
        check_values(name)
        for key, value in given.items():
            check_values(f"{name}[{key}={str(value).lower() if isinstance(value, bool) else value}]")
    check_values("coverage[k=5000]")


def test_an_audit_refuses_them_before_it_computes():
    rows = ak.load(np.random.default_rng(0).normal(size=(50, 2)))
    with pytest.raises(AuditkitError, match="`q` must be a number"):
        ak.audit(real=rows, synthetic=rows, metrics=["coverage", "vendi_score[q=0]"])


def test_names_may_stand_for_many():
    rows = ak.load(np.random.default_rng(0).normal(size=(40, 2)))
    planned = plan_audit(real=rows, synthetic=rows, metrics=["default", "vendi_score[q=2]", "coverage"])
    assert planned.metrics == (*plan_names(rows, "default"), "vendi_score[q=2]")
    assert plan_names(rows, ["all"]) == plan_names(rows, "all")


def plan_names(rows, metrics):
    return plan_audit(real=rows, synthetic=rows, metrics=metrics).metrics
