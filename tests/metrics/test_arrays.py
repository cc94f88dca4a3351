"""What may be given as features: tensors, frames, masked arrays, other layouts and scales."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.errors import ShapeError
from auditkit.metrics import frechet_distance, precision, registry
from auditkit.metrics.arrays import feature_side
from auditkit.metrics.points import LARGEST, SMALLEST, merge_rows

ROWS = np.random.default_rng(0).normal(size=(40, 3))


def taken(values):
    return feature_side(values, "real").features


def test_masked_values_are_refused_and_a_mask_that_hides_nothing_is_not():
    hidden = np.ma.masked_array(ROWS, mask=ROWS > 1)
    with pytest.raises(
        ShapeError, match=rf"`real` has {int((ROWS > 1).sum())} of 120 values masked: fill them or drop"
    ):
        taken(hidden)
    np.testing.assert_array_equal(taken(np.ma.masked_array(ROWS, mask=ROWS > 100)), ROWS)


@pytest.mark.parametrize("name", ["Float64", "Float32", "Int64", "boolean"])
def test_a_frame_of_nullable_numbers_is_taken_if_none_is_missing(name):
    frame = pd.DataFrame(np.round(np.abs(ROWS)) % 2).astype(name)
    np.testing.assert_array_equal(taken(frame), np.round(np.abs(ROWS)) % 2)
    frame.iloc[[2, 5], 1] = pd.NA
    frame.iloc[5, 0] = pd.NA
    with pytest.raises(ShapeError, match="`real` has 2 of 40 rows with missing features: fill or drop them first"):
        taken(frame)


def test_a_frame_with_words_is_refused():
    frame = pd.DataFrame(ROWS).convert_dtypes().assign(word="a")
    with pytest.raises(ShapeError, match="`real` must hold real numbers, got an array of object"):
        taken(frame)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_tensors_are_taken_without_their_gradients(dtype):
    tensor = torch.from_numpy(ROWS).to(dtype).requires_grad_()
    np.testing.assert_array_equal(taken(tensor), tensor.detach().to(torch.float64).numpy())
    assert tensor.requires_grad


@pytest.mark.parametrize("values", [ROWS, np.asfortranarray(ROWS), ROWS[::-1], ROWS[:, ::2], ROWS.astype(">f4")])
def test_rows_lie_in_memory_one_after_the_other(values):
    found = taken(values)
    assert found.flags.c_contiguous
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, values)


def test_numbers_of_more_than_eight_bytes_are_float64():
    assert taken(ROWS.astype(np.longdouble)).dtype == np.float64


NAMES = [
    name
    for name in registry.names()
    if len(registry.get(name).modalities) > 1 and not registry.get(name).asks and name != "vendi_score"
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layout", [np.asfortranarray, pd.DataFrame])
def test_layout_does_not_change_the_last_digit(name, layout):
    rng = np.random.default_rng(1)
    function = registry.get(name).function
    wanted = [role for role in ("real", "synthetic", "holdout") if role in function.__annotations__]
    sets = {role: np.round(rng.normal(size=(60, 7)), 1) + 0.3 for role in wanted}
    sets["synthetic"][1] = sets["synthetic"][0]  # for what is read off repetitions
    plain, other = (np.asarray(function(**given)) for given in (sets, {k: layout(v) for k, v in sets.items()}))
    assert plain.tobytes() == other.tobytes()


@pytest.mark.parametrize("scale", [1e-59, 1e-30, 1e15])
def test_scales_between_the_limits_are_as_good_as_any(scale):
    synthetic = ROWS + 0.5
    found = frechet_distance(real=ROWS * scale, synthetic=synthetic * scale) / scale**2
    assert found == pytest.approx(frechet_distance(real=ROWS, synthetic=synthetic), rel=1e-9)
    assert precision(real=ROWS * scale, synthetic=synthetic * scale) == precision(real=ROWS, synthetic=synthetic)


@pytest.mark.parametrize("scale", [1e-170, 1e-310, 1e19])
def test_scales_beyond_the_limits_are_refused(scale):
    with pytest.raises(ShapeError, match=r"`real` holds .*: rescale the features\."):
        taken(ROWS * scale)
    with pytest.raises(ShapeError, match=r"`real` holds .*: rescale the features\."):
        merge_rows(ROWS * scale, name="real")


def test_the_limits_themselves_and_rows_of_nothing_but_0_are_taken():
    assert taken([[0.0], [0.0]]).tolist() == [[0.0], [0.0]]
    assert merge_rows(np.zeros((3, 2))).n_distinct == 1
    assert taken([[SMALLEST], [-LARGEST]]).shape == (2, 1)
