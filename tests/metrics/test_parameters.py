"""Parameters of metrics: what is taken, and the sentence for what is not."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest

from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.metrics import (
    cmmd,
    data_copying,
    inception_score,
    kernel_distance,
    memorization_informed_frechet_distance,
    near_duplicate_share,
    precision,
    vendi_score,
)
from auditkit.metrics.parameters import LEGACY_SEED, check_seed, flag, number, one_of, whole

RNG = np.random.default_rng(0)
REAL, SYNTHETIC, HOLDOUT = (RNG.normal(size=(40, 3)) for _ in range(3))


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.intp(3)])
def test_whole_numbers_of_python_and_numpy_are_taken(value):
    assert type(whole("k", value, 1)) is int
    assert whole("k", value, 3, 3) == 3


@pytest.mark.parametrize("value", [True, np.True_, 3.0, np.float64(3), "3", None, [3], np.array([3]), math.nan])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(AuditkitError, match=r"^`k` must be a whole number from 1 on, got .*: give k=5\.$"):
        whole("k", value, 1, give=5)


@pytest.mark.parametrize("value", [0, 8, -(10**30), np.int64(9)])
def test_whole_numbers_outside_their_limits_are_refused(value):
    with pytest.raises(AuditkitError, match=r"^`k` must be a whole number from 1 to 7, got .*: give k=1\.$"):
        whole("k", value, 1, 7)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.float16(0.5), np.float64(0.5)])
def test_numbers_of_python_and_numpy_are_taken(value):
    assert type(number("share", value, above=0, below=1, give=0.1)) is float
    assert number("share", value, least=0.5, most=0.5, give=0.1) == 0.5


@pytest.mark.parametrize("value", [1, np.int64(1)])
def test_whole_numbers_are_numbers(value):
    assert number("share", value, above=0, most=1, give=0.1) == 1.0


@pytest.mark.parametrize("value", [0, 1, -0.1, 2, math.nan, math.inf, True, np.False_, "0.5", None, [0.5], 0.5j])
def test_what_is_no_number_within_its_limits_is_refused(value):
    match = r"^`share` must be a number above 0 and below 1, got .*: give share=0\.1, say\.$"
    with pytest.raises(AuditkitError, match=match):
        number("share", value, above=0, below=1, give=0.1)


def test_limits_that_are_allowed_are_said():
    with pytest.raises(AuditkitError, match="a number from 0 on and at most 1, got -1"):
        number("share", -1, least=0, most=1, give=0.1)


@pytest.mark.parametrize("value", ["b", ["a"], None, 1, np.array(["a"]), ("a",)])
def test_what_is_none_of_the_choices_is_refused(value):
    with pytest.raises(UnknownNameError, match=r"^unknown `way` .*; known: aaa, zzz"):
        one_of("way", value, Literal["aaa", "zzz"])


def test_a_choice_is_taken_and_the_nearest_one_offered():
    one_of("way", np.str_("aaa"), Literal["aaa", "zzz"])
    with pytest.raises(UnknownNameError, match="did you mean 'aaa'"):
        one_of("way", "aab", Literal["aaa", "zzz"])


@pytest.mark.parametrize("value", ["no", 1, 0.0, None, np.int64(1), [True]])
def test_yes_or_no_is_neither_a_number_nor_a_word(value):
    with pytest.raises(AuditkitError, match=r"^`normalise` must be True or False, got .*\.$"):
        flag("normalise", value)


def test_truth_of_python_and_numpy_is_taken():
    assert [flag("x", value) for value in (True, False, np.True_, np.False_)] == [True, False, True, False]


def test_seeds_have_the_limits_of_their_generator():
    assert check_seed(2**40) == 2**40
    assert check_seed(np.uint32(LEGACY_SEED), LEGACY_SEED) == LEGACY_SEED
    with pytest.raises(AuditkitError, match="`seed` must be a whole number from 0 to 4294967295, got 4294967296"):
        check_seed(LEGACY_SEED + 1, LEGACY_SEED)


@pytest.mark.parametrize(
    ("function", "parameters", "name"),
    [
        (precision, {"ties": ["strict"]}, "ties"),
        (precision, {"k": "5"}, "k"),
        (cmmd, {"normalise": "no"}, "normalise"),
        (cmmd, {"sigma": -1}, "sigma"),
        (kernel_distance, {"degree": 2.5}, "degree"),
        (memorization_informed_frechet_distance, {"variant": None}, "variant"),
        (near_duplicate_share, {"quantile": 1}, "quantile"),
    ],
    ids=lambda item: getattr(item, "__name__", None),
)
def test_metrics_name_the_parameter_that_is_wrong(function, parameters, name):
    with pytest.raises(AuditkitError, match=f"`{name}`"):
        function(real=REAL, synthetic=SYNTHETIC, **parameters)


def test_metrics_take_numbers_of_numpy():
    sets = {"real": REAL, "synthetic": SYNTHETIC}
    assert precision(**sets, k=np.int16(3)) == precision(**sets, k=3)
    assert near_duplicate_share(**sets, quantile=np.float32(0.5)) == near_duplicate_share(**sets, quantile=0.5)
    assert cmmd(**sets, sigma=np.float32(2), normalise=np.False_) == cmmd(**sets, sigma=2, normalise=False)
    assert vendi_score(features=REAL, q=np.int64(2)) == vendi_score(features=REAL, q=2)
    assert vendi_score(features=REAL, q=np.inf) == vendi_score(features=REAL, q="inf")
    cells = (data_copying(**sets, holdout=HOLDOUT, cells=count) for count in (np.int64(1), 1))
    assert len(set(cells)) == 1
    table = np.full((6, 3), 1 / 3)
    assert inception_score(probabilities=table, splits=np.int8(2)) == inception_score(probabilities=table, splits=2)
