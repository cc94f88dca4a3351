"""Blind spots and slices of scores: planted ones are found and named, and where there is none none is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import AuditkitError, ShapeError, UnknownNameError
from auditkit.metrics import blind_spots, find_slices


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], n),
            "work": rng.choice(["a", "b", "c", "d"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "age": rng.integers(18, 80, n),
            "gain": rng.lognormal(3.0, 1.0, n),
        }
    )


def test_a_corner_that_is_nearly_empty_is_named_with_its_shares():
    real, synthetic = people(3000, 0), people(3000, 1)
    corner = (synthetic["sex"] == "f") & (synthetic["work"] == "c")
    synthetic = synthetic[~corner | (np.arange(3000) % 10 == 0)]
    found = blind_spots(real=real, synthetic=synthetic, holdout=people(1000, 2))
    assert [item.name for item in found.slices] == ["sex is f and work is c"]
    worst = found.slices[0]
    real_corner = (real["sex"] == "f") & (real["work"] == "c")
    assert (worst.kind, worst.n_real) == ("rare", int(real_corner.sum()))
    np.testing.assert_array_equal(worst.real_rows, np.flatnonzero(real_corner))
    assert worst.synthetic_share == pytest.approx(
        ((synthetic["sex"] == "f") & (synthetic["work"] == "c")).mean(), rel=1e-12
    )
    assert worst.p <= worst.p_adjusted <= 0.01
    assert "of the real records" in worst.sentence
    assert found.frame().loc[0, "slice"] == worst.name


def test_samples_like_no_real_one_are_found_where_they_are():
    rng = np.random.default_rng(3)
    real, holdout, synthetic = (people(3000, seed) for seed in (0, 1, 2))
    for frame in (real, holdout, synthetic):
        frame["half"] = frame["age"] / 2 + rng.normal(0, 0.5, 3000)
        frame["third"] = frame["age"] / 3 + rng.normal(0, 0.5, 3000)
    wrong = (synthetic["work"] == "b").to_numpy()
    for name in ("half", "third"):
        synthetic.loc[wrong, name] = rng.permutation(synthetic.loc[wrong, name].to_numpy())
    found = blind_spots(real=real, synthetic=synthetic, holdout=holdout)
    worst = next(item for item in found.slices if item.kind == "unlike")
    assert worst.name == "work is b"
    assert worst.precision is not None
    assert worst.fresh_precision is not None
    assert worst.precision < worst.fresh_precision - 0.1
    assert wrong[worst.synthetic_rows].all()


def test_real_rows_without_a_counterpart_are_found_though_no_corner_of_three_is_rare():
    rng = np.random.default_rng(4)

    def points(n: int, *, even: bool) -> pd.DataFrame:
        """Corners of a cube; with `even`, one kind has those alone whose signs multiply to 1."""
        kinds, signs = rng.choice(["a", "b", "c"], n), rng.choice([-1.0, 1.0], (n, 5))
        if even:
            signs[kinds == "b", 0] *= signs[kinds == "b"].prod(axis=1)
        return pd.DataFrame(signs.astype(str)).add_prefix("x").assign(kind=kinds, size=rng.random(n))

    found = blind_spots(
        real=points(3000, even=False), synthetic=points(3000, even=True), holdout=points(3000, even=False)
    )
    assert [(item.kind, item.name) for item in found.slices] == [("uncovered", "kind is b")]
    worst = found.slices[0]
    assert worst.coverage == pytest.approx(0.5, abs=0.05)
    assert worst.fresh_coverage == pytest.approx(0.97, abs=0.05)


def test_fresh_real_data_have_no_blind_spot_over_many_seeds():
    alarms = [
        bool(
            blind_spots(
                real=people(600, 3 * seed), synthetic=people(500, 3 * seed + 1), holdout=people(400, 3 * seed + 2)
            ).slices
        )
        for seed in range(20)
    ]
    assert sum(alarms) <= 1


def test_a_set_that_is_bad_everywhere_has_no_spot_that_is_worse():
    rng = np.random.default_rng(5)
    real, holdout = (pd.DataFrame(rng.normal(size=(1500, 3)), columns=list("abc")) for _ in range(2))
    holdout["g"], real["g"] = (rng.choice(["u", "v"], 1500) for _ in range(2))
    synthetic = pd.DataFrame(rng.normal(size=(1500, 3)) * 0.0 + 9.0, columns=list("abc"))
    synthetic["g"] = rng.choice(["u", "v"], 1500)
    found = blind_spots(real=real, synthetic=synthetic, holdout=holdout, fewer=0.999)
    assert [item.kind for item in found.slices if item.kind != "rare"] == []


def test_clusters_of_features_are_slices():
    rng = np.random.default_rng(6)
    centres = rng.normal(size=(6, 8)) * 10

    def points(n: int, kinds: list[int]) -> np.ndarray:
        return centres[rng.choice(kinds, n)] + rng.normal(size=(n, 8))

    found = blind_spots(
        real=points(1500, [*range(6)]), synthetic=points(1500, [*range(5)]), holdout=points(500, [*range(6)]),
        space="features",
    )  # fmt: skip
    assert found.slices
    assert all(item.kind == "rare" and item.conditions[0].startswith("cluster ") for item in found.slices)
    assert sum(item.n_real for item in found.slices) == pytest.approx(250, abs=60)


def test_without_a_holdout_half_of_the_real_rows_stand_for_fresh_ones():
    real, synthetic = people(2000, 0), people(2000, 1)
    assert blind_spots(real=real, synthetic=synthetic).slices == ()
    assert blind_spots(real=real, synthetic=synthetic[synthetic["work"] != "c"]).slices[0].name == "work is c"


def test_the_same_seed_gives_the_same_slices_on_any_number_of_threads(monkeypatch):
    real, synthetic = people(1500, 0), people(1500, 1)
    synthetic = synthetic[(synthetic["work"] != "c") | (synthetic["sex"] != "f")]
    told = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        told.append(blind_spots(real=real, synthetic=synthetic, seed=3).frame())
    pd.testing.assert_frame_equal(*told)


def test_large_scores_are_found_and_equal_scores_are_not():
    frame = people(3000, 0)
    rng = np.random.default_rng(0)
    wrong = rng.random(3000) < np.where((frame["sex"] == "m") & (frame["work"] == "a"), 0.5, 0.1)
    found = find_slices(data=frame, scores=wrong)
    assert [item.name for item in found.slices] == ["sex is m and work is a"]
    assert found.slices[0].effect == pytest.approx(0.4, abs=0.1)
    assert find_slices(data=frame, scores=rng.random(3000) < 0.1).slices == ()
    assert find_slices(data=frame, scores=np.ones(3000)).slices == ()


def test_columns_that_the_deepest_conjunctions_leave_out_are_told():
    rng = np.random.default_rng(1)
    data = {f"c{place}": rng.choice(["a", "b"], 400) for place in range(60)}
    scores = rng.random(400)
    found = find_slices(data=data, scores=scores)
    assert 0 < found.n_left_out < 57
    assert f"{found.n_left_out} columns were left out" in str(found)
    few = find_slices(data={name: data[name] for name in ("c0", "c1", "c2")}, scores=scores)
    assert few.n_left_out == 0
    assert "left out" not in str(few)


def test_differences_of_two_models_are_held_against_nothing():
    frame = people(3000, 0)
    loss = np.random.default_rng(1).normal(0.0, 1.0, 3000)
    assert find_slices(data=frame, scores=loss, against=0).slices == ()
    loss += 0.5
    found = find_slices(data=frame, scores=loss, against=0, worse=0.1)
    assert found.slices
    assert find_slices(data=frame, scores=loss).slices == ()


def test_rows_of_one_person_count_as_one():
    frame = people(60, 0).loc[np.repeat(np.arange(60), 50)].reset_index(drop=True)
    persons = np.repeat(np.arange(60), 50)
    scores = np.random.default_rng(2).normal(size=60)[persons]
    assert find_slices(data=frame, scores=scores, records=persons).slices == ()
    assert find_slices(data=frame, scores=scores, records=np.zeros(3000)).slices == ()


def test_mistakes_are_told():
    frame = people(100, 0)
    with pytest.raises(ShapeError, match="one finite number per row"):
        find_slices(data=frame, scores=np.ones(99))
    with pytest.raises(AuditkitError, match="`depth` must be a whole number from 1 to 3"):
        blind_spots(real=frame, synthetic=frame, depth=4)
    with pytest.raises(UnknownNameError, match="space"):
        blind_spots(real=frame, synthetic=frame, space="image")
    with pytest.raises(AuditkitError, match="`worse`"):
        blind_spots(real=frame, synthetic=frame, worse=2)


def test_columns_that_a_set_lacks_are_told():
    rng = np.random.default_rng(0)
    real = pd.DataFrame({"sex": rng.choice(["f", "m"], 300), "age": rng.integers(18, 80, 300)})
    found = blind_spots(real=real, synthetic=real.drop(columns="age"))
    assert found.unread == {"age": "the synthetic set lacks it"}
    assert "not looked at: age, the synthetic set lacks it" in str(found)
    assert not blind_spots(real=real, synthetic=real).unread
