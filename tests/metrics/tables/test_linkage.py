"""Linkability and inference against loops over all pairs, closed forms, and figures of anonymeter 1.1.0."""

# ruff: noqa: S106 - a secret is a column here

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import AuditkitError, DataError, SampleSizeError, UndefinedError, UnknownNameError
from auditkit.metrics import inference_risk, linkability_risk


def people(seed, n):
    """Numbers without ties, so that one row is nearest."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 12, n)
    return pd.DataFrame(
        {
            "age [years]": age,
            "pay": rng.normal(30, 8, n) + age / 4,
            "height": rng.normal(170, 9, n),
            "ill": rng.choice(["yes", "no", "NA"], n, p=[0.2, 0.7, 0.1]),
            "debt": np.where(rng.random(n) < 0.3, 0.0, rng.normal(0, 20, n)),
        }
    )


def copied(real, seed):
    """Half copies with a little noise, half strangers."""
    made = people(seed, len(real))
    made.iloc[::2] = real.iloc[::2].to_numpy()
    made = made.astype(real.dtypes)
    made["age [years]"] += np.random.default_rng(seed).normal(0, 0.01, len(made))
    return made


REAL, HOLDOUT = people(0, 120), people(1, 90)
MADE = copied(REAL, 2)


def nearest_rows(targets, made, names, *others, k=1):
    """Positions of the k nearest rows by a loop over columns, ranges over all sets."""
    every = pd.concat([targets, made, *others])
    between = np.zeros((len(targets), len(made)))
    for name in names:
        a, b = targets[name].to_numpy(), made[name].to_numpy()
        if made[name].dtype.kind == "f":
            between += np.minimum(np.abs(a[:, None] - b[None, :]) / (every[name].max() - every[name].min()), 1)
        else:
            between += a[:, None] != b[None, :]
    return np.argsort(between, axis=1, kind="stable")[:, :k]


HALVES = (["age [years]", "ill"], ["pay", "height"])


@pytest.mark.parametrize("k", [1, 4])
def test_joined_records_are_those_of_a_loop_over_all_pairs(k):
    found = linkability_risk(real=REAL, synthetic=MADE, holdout=HOLDOUT, known=HALVES, k=k)
    for targets, hits in ((REAL, found.hits), (HOLDOUT, found.control_hits)):
        other = HOLDOUT if targets is REAL else REAL
        one, two = (nearest_rows(targets, MADE, half, other, k=k) for half in HALVES)
        expected = [bool(set(a) & set(b)) for a, b in zip(one.tolist(), two.tolist(), strict=True)]
        assert hits.tolist() == expected
        if targets is REAL:
            joining = [
                next((row for row in a if row in b), -1) for a, b in zip(one.tolist(), two.tolist(), strict=True)
            ]
            assert found.rows.tolist() == joining
    a, c = found.hits.mean(), found.control_hits.mean()
    assert found.value == pytest.approx((a - c) / (1 - c), abs=1e-12)
    assert found.low < found.value < found.high
    assert found.n_attacks == 120


def test_the_baseline_of_joining_is_that_of_rows_drawn_at_random():
    found = linkability_risk(real=REAL, synthetic=MADE[:10], known=HALVES, k=3)
    assert found.baseline == pytest.approx(1 - math.comb(7, 3) / math.comb(10, 3), abs=1e-12)
    assert linkability_risk(real=REAL, synthetic=MADE[:10], known=HALVES, k=6).baseline == 1.0
    assert found.frame().loc["baseline", "value"] == found.baseline


def test_without_a_holdout_the_risk_is_the_rate_itself():
    found = linkability_risk(real=REAL, synthetic=MADE, known=HALVES)
    assert found.control is None
    assert found.control_hits is None
    assert found.value == found.hits.mean()


def test_ties_are_broken_alike_for_both_sources_and_in_any_order_of_the_rows():
    rng = np.random.default_rng(0)
    made = pd.DataFrame({"a": rng.choice(list("xyz"), 400), "b": rng.choice(list("uvw"), 400)})
    real = pd.DataFrame({"a": rng.choice(list("xyz"), 3000), "b": rng.choice(list("uvw"), 3000)})
    # Rows tied for nearest in both sources, over rows tied in either: the chance that a random order puts one first.
    counts = pd.crosstab(made["a"], made["b"])
    both = np.array([counts.loc[a, b] for a, b in zip(real["a"], real["b"], strict=True)])
    either = counts.sum(axis=1)[real["a"]].to_numpy() + counts.sum(axis=0)[real["b"]].to_numpy() - both
    rates = [
        linkability_risk(real=real, synthetic=rows, known=(["a"], ["b"]), seed=seed).value
        for seed in range(20)
        for rows in (made, made.sort_values(["a", "b"]))
    ]
    assert np.mean(rates) == pytest.approx((both / either).mean(), abs=0.03)
    again = linkability_risk(real=real, synthetic=made, known=(["a"], ["b"]), seed=3)
    assert (
        again.hits.tobytes() == linkability_risk(real=real, synthetic=made, known=(["a"], ["b"]), seed=3).hits.tobytes()
    )


def test_by_default_all_columns_are_dealt_out():
    found = linkability_risk(real=REAL, synthetic=MADE, holdout=HOLDOUT)
    assert sorted([*found.known[0], *found.known[1]]) == sorted(REAL.columns)
    assert abs(len(found.known[0]) - len(found.known[1])) == 1
    assert found.low > 0


def right(guess, true, *, tolerance=0.05):
    if isinstance(true, str):
        return guess == true
    return abs(guess - true) <= tolerance * abs(true)


@pytest.mark.parametrize("secret", ["ill", "pay", "debt"])
def test_guessed_secrets_and_both_baselines_are_those_of_loops(secret):
    found = inference_risk(real=REAL, synthetic=MADE, holdout=HOLDOUT, secret=secret)
    names = [name for name in REAL.columns if name != secret]
    made = MADE[secret].tolist()
    for targets, hits in ((REAL, found.hits), (HOLDOUT, found.control_hits)):
        rows = nearest_rows(targets, MADE, names, HOLDOUT if targets is REAL else REAL)[:, 0]
        expected = [right(made[row], true) for row, true in zip(rows, targets[secret], strict=True)]
        assert hits.tolist() == expected
        if targets is REAL:
            assert found.rows.tolist() == rows.tolist()
    chance = np.mean([[right(guess, true) for guess in made] for true in REAL[secret]])
    assert found.chance == pytest.approx(chance, abs=1e-12)
    best = max(sorted(set(made)), key=lambda guess: sum(right(guess, true) for true in made))
    assert found.baseline.value == pytest.approx(np.mean([right(best, true) for true in REAL[secret]]), abs=1e-12)
    assert found.frame().index.tolist() == ["risk", "attack", "control", "baseline", "chance"]


def test_copies_are_guessed_and_strangers_are_not():
    copies = inference_risk(real=REAL, synthetic=MADE, holdout=HOLDOUT, secret="ill")
    assert copies.low > 0.1
    assert copies.beats_baseline
    fresh = inference_risk(real=people(3, 400), synthetic=people(4, 400), holdout=people(5, 400), secret="ill")
    assert fresh.low < 0 < fresh.high
    assert not fresh.beats_baseline


def test_a_guess_below_zero_is_not_always_right():
    real, made = {"x": [1.0, 2.0], "debt": [100.0, 7.0]}, {"x": [1.0, 2.0], "debt": [-5.0, -5.0]}
    assert inference_risk(real=real, synthetic=made, secret="debt").value == 0.0
    peers = inference_risk(real=real, synthetic=made, secret="debt", compatible="anonymeter")
    assert peers.hits.tolist() == [True, True]


def test_a_missing_secret_is_guessed_by_a_missing_one():
    real = {"x": [1.0, 2.0, 3.0], "s": [None, "a", None], "v": [np.nan, 1.0, np.nan]}
    made = {"x": [1.0, 2.0, 3.0], "s": [None, None, "b"], "v": [np.nan, np.nan, 4.0]}
    for secret in ("s", "v"):
        found = inference_risk(real=real, synthetic=made, secret=secret, known=["x"])
        assert found.hits.tolist() == [True, False, False]
        assert found.baseline.value == pytest.approx(2 / 3)
        assert found.chance == pytest.approx(2 / 3 * 2 / 3)


def test_large_integers_and_moments_are_secrets_too():
    day = pd.Timestamp("2020-01-01")
    real = pd.DataFrame({"x": [1.0, 2.0], "n": [2**53, 2**62], "day": [day, day + pd.Timedelta(days=100)]})
    made = pd.DataFrame(
        {"x": [1.0, 2.0], "n": [2**53 + 1, 2**62], "day": [day + pd.Timedelta(days=n) for n in (4, 94)]}
    )
    exact = inference_risk(real=real, synthetic=made, secret="n", known=["x"], tolerance=0)
    assert exact.hits.tolist() == [False, True]
    assert inference_risk(real=real, synthetic=made, secret="day", known=["x"]).hits.tolist() == [True, False]


def test_no_risk_is_left_where_every_stranger_is_hit():
    one = {"x": [1.0, 2.0], "c": ["a", "a"]}
    found = inference_risk(real=one, synthetic=one, holdout=one, secret="c")
    assert found.risk is None
    with pytest.raises(UndefinedError, match="succeeds on all fresh records"):
        float(found)


def peer_limits(hits, control):
    z = NormalDist().inv_cdf(0.975)

    def centre(success, n):
        return (success + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(success * (n - success) / n + z * z / 4)

    (a, ea), (c, ec) = centre(hits.sum(), len(hits)), centre(control.sum(), len(control))
    error = math.hypot(ea / (1 - c), ec * (a - 1) / (1 - c) ** 2)
    return [min(max(v, 0), 1) for v in ((a - c) / (1 - c), (a - c) / (1 - c) - error, (a - c) / (1 - c) + error)]


# anonymeter 1.1.0 with all 90 records attacked and the first 90 of the training records: n_success, n_control.
ANONYMETER_LINKED = (49, 6)
# The number with regression=True and by default, where it is taken for a category.
ANONYMETER_GUESSED = {("ill", 0.05): (71, 43), ("debt", 0.05): (66, 46), ("debt", 0): (46, 3)}


def test_compatible_rates_and_limits_are_those_of_anonymeter():
    real = REAL[:90]
    found = linkability_risk(real=real, synthetic=MADE, holdout=HOLDOUT, known=HALVES, k=2, compatible="anonymeter")
    assert (found.hits.sum(), found.control_hits.sum()) == ANONYMETER_LINKED
    assert [found.value, found.low, found.high] == pytest.approx(peer_limits(found.hits, found.control_hits), abs=1e-9)
    for (secret, tolerance), expected in ANONYMETER_GUESSED.items():
        guessed = inference_risk(
            real=real, synthetic=MADE, holdout=HOLDOUT, secret=secret, tolerance=tolerance, compatible="anonymeter"
        )
        assert (guessed.hits.sum(), guessed.control_hits.sum()) == expected
    uneven = linkability_risk(real=REAL, synthetic=MADE, holdout=HOLDOUT, known=HALVES, compatible="anonymeter")
    assert [uneven.value, uneven.low] == pytest.approx(peer_limits(uneven.hits, uneven.control_hits)[:2], abs=1e-9)


@pytest.mark.parametrize(
    ("known", "error", "message"),
    [
        ((["pay"], ["pay", "ill"]), AuditkitError, "names 'pay' in both sources"),
        ((["pay"], ["pya"]), UnknownNameError, "did you mean 'pay'"),
        ((["pay"], []), AuditkitError, "at least one column"),
        ((["pay"],), AuditkitError, "two lists of columns"),
        ("pay", AuditkitError, "two lists of columns"),
        (("pay", ["ill"]), AuditkitError, "a list of columns"),
        ((["gone"], ["pay"]), DataError, "'gone' of `known` cannot be compared"),
    ],
)
def test_sources_that_cannot_be_are_refused(known, error, message):
    with pytest.raises(error, match=message):
        linkability_risk(real=REAL.assign(gone=1), synthetic=MADE, known=known)


def test_arguments_that_cannot_be_are_refused():
    with pytest.raises(AuditkitError, match="names the secret 'ill'"):
        inference_risk(real=REAL, synthetic=MADE, secret="ill", known=["ill", "pay"])
    with pytest.raises(UnknownNameError, match="il"):
        inference_risk(real=REAL, synthetic=MADE, secret="il")
    with pytest.raises(AuditkitError, match="`tolerance` must be a number"):
        inference_risk(real=REAL, synthetic=MADE, secret="pay", tolerance=1.0)
    with pytest.raises(AuditkitError, match="`k` must be a whole number from 1 to 120"):
        linkability_risk(real=REAL, synthetic=MADE, k=121)
    with pytest.raises(UnknownNameError, match="anonymeter"):
        linkability_risk(real=REAL, synthetic=MADE, compatible="anonymiter")
    with pytest.raises(AuditkitError, match="two columns"):
        linkability_risk(real={"x": [1.0]}, synthetic={"x": [1.0]})
    with pytest.raises(AuditkitError, match="nothing to guess it from"):
        inference_risk(real={"x": [1.0]}, synthetic={"x": [1.0]}, secret="x")
    with pytest.raises(SampleSizeError, match="`holdout` has 0 rows"):
        inference_risk(real=REAL, synthetic=MADE, holdout=HOLDOUT[:0], secret="ill")


def test_a_flipped_copy_of_adults_is_told_from_an_honest_set(shared_data):
    folder = shared_data("pairs_adult")
    names = ("real_trn", "real_hol", "syn_2021_flip10", "syn_2024_mostlyai")
    real, holdout, flipped, honest = (pd.read_csv(folder / f"{name}.csv.gz") for name in names)
    sets = {"real": real, "holdout": holdout}
    assert linkability_risk(synthetic=flipped.head(8000), **sets).low > 0.005
    assert inference_risk(synthetic=flipped.head(8000), secret="age", **sets).low > 0.05
    joined = linkability_risk(synthetic=honest, **sets)
    assert joined.low < 0 < joined.high
    guessed = inference_risk(synthetic=honest, secret="income", **sets)
    assert guessed.low < 0 < guessed.high
