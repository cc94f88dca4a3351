from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, spearmanr

from auditkit.data import Dataset
from auditkit.generators import create
from auditkit.generators.tabular.coded import Codes
from auditkit.generators.tabular.copula import CopulaGenerator
from auditkit.generators.tabular.normal_margins import Margin, latent_correlations


def normal_pair(correlation: float, n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], size=n)


def test_scores_are_means_of_a_cut_normal_variable():
    margin = Margin("x", np.array([0, 1], dtype=np.int32), np.array([0.0, 0.5, 1.0]))
    assert margin.scores() == pytest.approx([-np.sqrt(2 / np.pi), np.sqrt(2 / np.pi)])


def test_coefficients_are_those_of_a_sign():
    margin = Margin("x", np.array([0, 1], dtype=np.int32), np.array([0.0, 0.5, 1.0]))
    found = margin.coefficients()
    # E[sign(z) h_r(z)] sqrt(2/pi) with h_1 = z and h_2 = (z^2 - 1) / sqrt(2)
    assert found[:3] == pytest.approx([2 / np.pi, 0.0, -2 / np.pi / np.sqrt(6)], abs=1e-12)


@pytest.mark.parametrize("wanted", [-0.8, -0.3, 0.0, 0.5, 0.9])
def test_cut_variables_give_back_the_correlation_they_were_cut_from(wanted):
    drawn = normal_pair(wanted, 60_000)
    codes: Codes = {
        "a": (drawn[:, 0] > 1.0).astype(np.int32),
        "b": np.digitize(drawn[:, 1], [-0.5, 0.8]).astype(np.int32),
    }
    margins = tuple(
        Margin(name, np.unique(cells), np.concatenate([[0], np.cumsum(np.bincount(cells)) / len(cells)]))
        for name, cells in codes.items()
    )
    assert latent_correlations(margins, codes)[0, 1] == pytest.approx(wanted, abs=0.02)


def test_two_halves_agree_with_the_closed_form_of_a_quadrant():
    drawn = normal_pair(0.6, 40_000)
    codes: Codes = {name: (drawn[:, place] > 0).astype(np.int32) for place, name in enumerate("ab")}
    half = Margin("a", np.array([0, 1], dtype=np.int32), np.array([0.0, 0.5, 1.0]))
    found = latent_correlations((half, Margin("b", half.codes, half.edges)), codes)[0, 1]
    both = (codes["a"] & codes["b"]).mean()
    assert multivariate_normal([0, 0], [[1, found], [found, 1]]).cdf([0, 0]) == pytest.approx(both, abs=0.01)


def test_a_matrix_that_cannot_be_is_moved_to_one_that_can():
    rng = np.random.default_rng(0)
    cells = rng.integers(2, size=40).astype(np.int32)
    codes: Codes = {"a": cells, "b": cells, "c": 1 - cells}
    edges = np.array([0.0, (cells == 0).mean(), 1.0])
    margins = (
        Margin("a", np.array([0, 1], dtype=np.int32), edges),
        Margin("b", np.array([0, 1], dtype=np.int32), edges),
        Margin("c", np.array([0, 1], dtype=np.int32), 1 - edges[::-1]),
    )
    found = latent_correlations(margins, codes)
    assert np.linalg.eigvalsh(found)[0] > 0
    assert np.diag(found) == pytest.approx(1.0)
    assert found[0, 1] > 0.99
    assert found[0, 2] < -0.99


def test_ranks_and_margins_are_kept():
    drawn = normal_pair(0.7, 3000)
    frame = pd.DataFrame({"x": np.exp(drawn[:, 0]).round(3), "y": np.maximum(drawn[:, 1], 0).round(3)})
    made = CopulaGenerator().fit(Dataset.of_table(frame)).sample(3000, seed=1).table
    assert spearmanr(made["x"], made["y"])[0] == pytest.approx(spearmanr(frame["x"], frame["y"])[0], abs=0.04)
    assert (made["y"] == 0).mean() == pytest.approx((frame["y"] == 0).mean(), abs=0.03)
    assert made["x"].quantile([0.1, 0.5, 0.9]).to_numpy() == pytest.approx(
        frame["x"].quantile([0.1, 0.5, 0.9]).to_numpy(), rel=0.1
    )


def test_a_condition_is_exact_and_moves_what_hangs_on_it(people):
    generator = CopulaGenerator().fit(people)
    for level in ("<=50K", ">50K"):
        made = generator.sample(800, conditions={"income": level}, seed=0)
        assert set(made.label_values) == {level}
        real = people.table[people.table["income"] == level]
        assert made.table["hours"].mean() == pytest.approx(real["hours"].mean(), abs=1.0)
        assert (made.table["sex"] == "Male").mean() == pytest.approx((real["sex"] == "Male").mean(), abs=0.07)
    assert generator.shortfall is None


def test_an_observed_number_is_a_condition(people):
    age = int(people.table["age"].iloc[0])
    generator = CopulaGenerator().fit(people)
    made = generator.sample(50, conditions={"age": str(age), "sex": "Male"}, seed=0)
    assert set(made.table["age"]) == {age}
    assert set(made.table["sex"]) == {"Male"}
    hours = float(people.table["hours"].dropna().iloc[0])
    assert set(generator.sample(20, conditions={"hours": hours and str(int(hours))}).table["hours"]) == {hours}


def test_gaps_come_as_often_and_with_the_same_rows():
    rng = np.random.default_rng(0)
    label = np.repeat(["a", "b"], 500)
    x = rng.normal(size=1000).round(3)
    x[rng.random(1000) < np.where(label == "a", 0.5, 0.1)] = np.nan
    data = Dataset.of_table(pd.DataFrame({"x": x, "y": label}), label="y")
    made = create("copula").fit(data).sample(2000, seed=0).table
    gaps = made.groupby("y")["x"].apply(lambda cells: cells.isna().mean())
    assert gaps.to_numpy() == pytest.approx([0.5, 0.1], abs=0.05)
