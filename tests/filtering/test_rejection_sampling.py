"""Discriminator rejection sampling: the formula, what it makes of a distribution, and lots that the seed decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import ks_2samp

from auditkit.data import Dataset
from auditkit.errors import DataError
from auditkit.filtering import RejectionSampling
from auditkit.filtering import filter as keep
from auditkit.filtering.rejection_sampling import acceptance


def by_the_paper(logits: np.ndarray, gamma: float) -> np.ndarray:
    """Azadi et al. 2019, equation 8, as it stands."""
    behind = logits - logits.max()
    return 1.0 / (1.0 + np.exp(-(behind - np.log(1.0 - np.exp(behind - 1e-8)) - gamma)))


def test_probabilities_are_those_of_the_paper() -> None:
    logits = np.random.default_rng(0).normal(size=200)
    chance, gamma = acceptance(logits, percentile=80)
    np.testing.assert_allclose(chance, by_the_paper(logits, gamma), rtol=1e-6)
    assert chance.argmax() == logits.argmax()
    assert np.all(np.diff(chance[np.argsort(logits)]) >= 0)


def test_with_gamma_0_the_odds_decide() -> None:
    # sigmoid(F) = exp(D - D_M) where gamma and eps are 0: plain rejection sampling with the largest ratio as bound.
    logits = np.array([-3.0, -1.0, 0.5, 1.0])
    np.testing.assert_allclose(by_the_paper(logits, 0.0)[:3], np.exp(logits - 1.0)[:3], rtol=1e-6)


@pytest.mark.parametrize("accept", [0.05, 0.5, 0.9])
def test_the_share_that_is_asked_for_is_met(accept: float) -> None:
    chance, _ = acceptance(np.random.default_rng(0).normal(scale=3, size=500), accept=accept)
    assert chance.mean() == pytest.approx(accept, abs=1e-6)


def test_equal_logits_are_equally_likely_to_stay() -> None:
    chance, _ = acceptance(np.zeros(10), accept=0.3)
    assert np.ptp(chance) == 0
    assert acceptance(np.zeros(0))[0].shape == (0,)


def test_what_stays_is_distributed_like_real_data() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(1.0, 1.0, size=4000)  # synthetic: shifted by one
    fresh = rng.normal(0.0, 1.0, size=4000)
    odds_of_synthetic = x - 0.5  # log p_syn / p_real of two normals with unit variance
    frame = pd.DataFrame({"id": np.arange(4000).astype(str), "discriminator": expit(odds_of_synthetic)})
    real = {f"{share:g}": value for share, value in _tails(fresh - 0.5).items()}
    rule = RejectionSampling(accept=0.1)
    gone = rule.choose(frame, np.ones(4000, dtype=bool), rng=np.random.default_rng(1), real=real)
    told = gone.about["rejection_sampling"]
    assert told["calibration"] == pytest.approx(1.0, abs=0.1)
    assert ks_2samp(x[~gone.mask], fresh).statistic < 0.5 * ks_2samp(x, fresh).statistic
    assert abs((~gone.mask).mean() - 0.1) < 0.02
    assert not gone.notes


def test_overconfident_logits_are_calibrated() -> None:
    rng = np.random.default_rng(0)
    x, fresh = rng.normal(1.0, 1.0, size=3000), rng.normal(0.0, 1.0, size=3000)
    frame = pd.DataFrame({"id": np.arange(3000).astype(str), "discriminator_logit": 4 * (x - 0.5)})
    frame["discriminator"] = expit(frame["discriminator_logit"])
    real = {f"{share:g}": value for share, value in _tails(4 * (fresh - 0.5)).items()}
    told = RejectionSampling().choose(frame, np.ones(3000, dtype=bool), rng=rng, real=real).about
    assert told["rejection_sampling"]["calibration"] == pytest.approx(0.25, abs=0.03)


def _tails(values: np.ndarray) -> dict[float, float]:
    shares = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995)
    return {share: float(np.quantile(values, 1 - share)) for share in shares}


def test_saturated_probabilities_do_not_break_it() -> None:
    frame = pd.DataFrame({"id": ["a", "b", "c"], "discriminator": [0.0, 1.0, 0.5]})
    gone = RejectionSampling(accept=0.5).choose(frame, np.ones(3, dtype=bool), rng=np.random.default_rng(0))
    assert gone.about["rejection_sampling"]["expected_share"] == pytest.approx(0.5)
    assert "could not be calibrated" in gone.notes[0]


def test_lots_come_from_the_seed_and_reasons_tell_the_odds(synthetic: Dataset, audit: Any) -> None:
    audit.samples["discriminator"] = np.linspace(0.1, 0.9, 40)
    audit.samples.loc[39, "discriminator"] = np.nan
    rules = [{"rule": "rejection-sampling", "accept": 0.4}]
    first, again, other = (keep(synthetic, audit, rules, seed=seed) for seed in (1, 1, 2))
    assert first.kept.ids.tolist() == again.kept.ids.tolist() != other.kept.ids.tolist()
    assert first.reasons["limit"].str.startswith("kept with probability").all()
    assert "39" in set(first.kept.ids)
    assert any("could not judge 1 of 40" in note for note in first.notes)
    assert first.about["rejection_sampling"]["column"] == "discriminator"


def test_a_generators_own_logits_are_read_as_they_are(synthetic: Dataset, audit: Any) -> None:
    own = np.where(np.arange(40) < 20, 5.0, -5.0)
    rules = [{"rule": "rejection-sampling", "column": "own_score", "accept": 0.45}]
    selection = keep(synthetic, audit, rules, evidence={"own_score": own})
    stay = np.isin(synthetic.ids, selection.kept.ids)
    assert stay[:20].mean() > 0.6
    assert stay[20:].mean() < 0.2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"accept": 0.5, "percentile": 80}, "accept or percentile, not both"),
        ({"accept": 1.5}, "between 0 and 1"),
        ({"percentile": 101}, "from 0 to 100"),
    ],
)
def test_wrong_parameters_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(DataError, match=said):
        RejectionSampling(**options)


def test_a_column_without_numbers_is_refused(synthetic: Dataset, audit: Any) -> None:
    audit.samples["discriminator"] = np.nan
    with pytest.raises(DataError, match="holds no number"):
        keep(synthetic, audit, "rejection-sampling")
