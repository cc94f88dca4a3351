from __future__ import annotations

import numpy as np
import pytest

from auditkit.generators.noise import CHUNK, normal_noise, stage_rng, uniform_noise


@pytest.mark.parametrize("noise", [uniform_noise, normal_noise])
def test_rows_do_not_depend_on_how_many_are_asked(noise):
    whole = noise(3 * CHUNK + 7, 2, seed=5)
    assert noise(10, 2, seed=5).tolist() == whole[:10].tolist()
    part = noise(CHUNK, 2, seed=5, start=CHUNK - 3)
    assert part.tolist() == whole[CHUNK - 3 : 2 * CHUNK - 3].tolist()


def test_noise_is_uniform_and_normal():
    assert uniform_noise(5000, 1, seed=0).mean() == pytest.approx(0.5, abs=0.02)
    assert normal_noise(5000, 1, seed=0).std() == pytest.approx(1.0, abs=0.03)


def test_stages_are_independent():
    draws = {stage_rng(0, stage, key).random() for stage in ("init", "sample") for key in (0, 1)}
    assert len(draws) == 4
    assert np.allclose(stage_rng(0, "init").random(), stage_rng(0, "init").random())
