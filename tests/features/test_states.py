from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore

from auditkit.data import Dataset
from auditkit.errors import AuditkitError
from auditkit.features import EmbedderState, StorableEmbedder, create_embedder, restore_embedder
from auditkit.features.tabular import MixedEmbedder


def people(n: int, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "pay": rng.lognormal(3, 1, n),
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10_000, n), unit="h"),
            "town": [f"only {number}" if number < 3 else ["a", "b", "c"][number % 3] for number in range(n)],
        }
    )
    frame.loc[:9, "pay"] = np.nan
    frame.loc[:2, "when"] = pd.NaT
    return Dataset.of_table(frame)


def images(n: int, seed: int = 0) -> Dataset:
    from auditkit.data.samples import ArraySamples

    rng = np.random.default_rng(seed)
    base = rng.integers(0, 255, (4, 8, 8, 1))
    pixels = (base[rng.integers(0, 4, n)] * 0.5 + rng.integers(0, 100, (n, 8, 8, 1))).astype(np.uint8)
    frame = pd.DataFrame({"kind": ["x"] * n})
    return Dataset.of_table(frame, samples=ArraySamples(pixels))


@pytest.mark.parametrize("name", ["mixed", "mixed[grid=20]", "mixed[grid=9,blur=2]", "pixels", "pixels[carriers=5]"])
def test_an_embedder_made_again_from_its_state_gives_the_same_features(name):
    make, modality = (people, "tabular") if name.startswith("mixed") else (images, "image")
    fitted = create_embedder(name, modality=modality).fit(make(200), seed=0)
    assert isinstance(fitted, StorableEmbedder)
    again = restore_embedder(name, fitted.state(), modality=modality)
    assert (again.name, again.notes) == (name, fitted.notes)
    assert fitted.transform(make(50, 1)).tobytes() == again.transform(make(50, 1)).tobytes()


def test_a_state_of_another_version_is_refused():
    state = create_embedder("mixed", modality="tabular").fit(people(50), seed=0).state()
    with pytest.raises(AuditkitError, match="is version 0 and this auditkit has version 2"):
        restore_embedder("mixed", EmbedderState({**state.about, "version": 0}, state.arrays), modality="tabular")


@pytest.mark.parametrize("name", ["mixed", "pixels"])
def test_an_embedder_that_is_not_fitted_has_no_state(name):
    with pytest.raises(AuditkitError, match="must be fitted"):
        create_embedder(name, modality="tabular" if name == "mixed" else "image").state()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mixed[grid=0]", "whole number from 1 on, got grid=0"),
        ("mixed[grid]", "cannot read the embedder 'mixed\\[grid\\]'"),
        ("mixed[grid=3", "cannot read the embedder"),
        ("mixed[gird=3]", "no parameter 'gird'; did you mean 'grid'?"),
        ("mixed[grid=many]", "does not take grid='many': give a whole number"),
        ("mixed[grid=9,blur=true]", "does not take blur=True: give a whole number"),
    ],
)
def test_parameters_in_a_name_are_checked(name, said):
    with pytest.raises(AuditkitError, match=said):
        create_embedder(name, modality="tabular")


def test_a_grid_holds_no_number_that_a_single_record_has():
    data = people(400)
    state = create_embedder("mixed[grid=50]", modality="tabular").fit(data, seed=0).state()
    pays = data.table["pay"].dropna().to_numpy()
    assert not np.isin(state.arrays["1.values"], pays).any()
    assert np.isin(state.arrays["0.values"], np.arange(18, 90)).any()  # an age that many share
    assert "only 1" not in str(state.about)


def test_whole_numbers_that_follow_each_other_are_not_on_their_grid():
    data = Dataset.of_table(pd.DataFrame({"code": np.random.default_rng(0).permutation(1000) * 2 + 77_000}))
    state = create_embedder("mixed[grid=50]", modality="tabular").fit(data, seed=0).state()
    assert not np.isin(state.arrays["0.values"], data.table["code"]).any()


def test_a_missing_cell_of_a_few_records_leaves_no_trace_on_a_grid():
    state = create_embedder("mixed[grid=50]", modality="tabular").fit(people(400), seed=0).state()
    nullable = {column["name"]: column["nullable"] for column in state.about["columns"] if "nullable" in column}
    assert nullable == {"age": False, "pay": True, "when": False}


def test_a_fine_grid_gives_nearly_the_ranks_of_all_numbers():
    data = people(3000)
    coarse = create_embedder("mixed[grid=100]", modality="tabular").fit(data, seed=0).transform(data)
    pays = data.table["pay"].dropna().to_numpy()
    expected = np.array([percentileofscore(pays, pay, kind="mean") / 100 for pay in pays])
    inner = (expected > 0.01) & (expected < 0.99)
    assert coarse[10:, 1][inner] == pytest.approx(expected[inner], abs=0.011)


def test_a_blur_sees_one_direction_for_several_columns():
    data = people(300)
    sharp, blurred = (
        create_embedder(name, modality="tabular").fit(data, seed=4) for name in ("mixed", "mixed[blur=3]")
    )
    features, directions = sharp.transform(data), blurred.state().arrays["directions"]
    assert directions.shape == (features.shape[1], features.shape[1] // 3)
    assert directions.T @ directions == pytest.approx(np.eye(directions.shape[1]), abs=1e-12)
    assert blurred.transform(data) == pytest.approx(features @ directions, abs=1e-5)
    assert any("seen through" in note for note in blurred.notes)


def test_the_coarse_form_of_an_embedder_has_a_name_of_its_own():
    assert MixedEmbedder().coarse().name == "mixed[grid=100,blur=3]"
    assert MixedEmbedder(grid=7).coarse().name == "mixed[grid=7,blur=3]"
    assert create_embedder("pixels", modality="image").coarse().name == "pixels[carriers=5]"


def test_an_image_that_makes_up_a_component_leaves_none_behind():
    pixels = images(300).arrays() // 8
    pixels[0] = 0
    pixels[0, 3, 3] = 255
    pixels[1:, 3, 3] = 0
    data = Dataset.of_table(pd.DataFrame({"kind": ["x"] * 300}), samples=_array(pixels))
    kept = {
        name: create_embedder(name, modality="image").fit(data, seed=0).state().arrays["components"]
        for name in ("pixels", "pixels[carriers=5]")
    }
    strongest = {name: np.abs(found[3 * 8 + 3]).max() for name, found in kept.items()}
    assert strongest["pixels"] > 0.5
    assert strongest["pixels[carriers=5]"] < 0.5
    assert kept["pixels[carriers=5]"].shape[1] < kept["pixels"].shape[1]


def _array(pixels):
    from auditkit.data.samples import ArraySamples

    return ArraySamples(pixels)
