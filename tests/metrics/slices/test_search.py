"""The search against all conjunctions written out as masks, and what it takes for one finding."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from auditkit.data.joint import encode_frames
from auditkit.metrics.slices.conditions import Axis, axes_of_cells, slice_words
from auditkit.metrics.slices.search import Candidate, Sample, effect_of, find_candidates
from auditkit.metrics.slices.slice_tiles import FIXED, REFERENCE, REST, SHARES


def people(n: int, rng: np.random.Generator) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], n),
            "work": rng.choice(["a", "b", "c", "d"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "age": rng.integers(18, 80, n),
            "gain": rng.lognormal(3.0, 1.0, n),
        }
    )
    frame.loc[rng.random(n) < 0.2, "gain"] = np.nan
    return frame


def coded(*frames: pd.DataFrame, least: int = 20, bins: int = 4):
    cells = encode_frames(dict(zip(("real", "synthetic"), frames, strict=False)))
    return axes_of_cells(list(cells.values()), least=least, bins=bins)


def z_of(sample: Sample, held: np.ndarray) -> tuple[float, float] | None:
    """z and effect of a slice, written out; None without the support."""
    ours, theirs = held[: sample.n_target], held[sample.n_target :]
    n, m, n_all, m_all = ours.sum(), theirs.sum(), len(ours), len(theirs)
    if n < sample.least_rows or m < sample.least_reference or n == n_all:
        return None
    if sample.mode == SHARES:
        p = (n + m) / (n_all + m_all)
        effect = 1 - (m / m_all) / (n / n_all)
        return (n / n_all - m / m_all) / np.sqrt(p * (1 - p) * (1 / n_all + 1 / m_all)), effect
    scores = np.asarray(sample.values)
    values = scores[: sample.n_target]
    x, others = values[ours], values[~ours]
    if sample.mode == FIXED:
        effect = x.mean() - sample.shift
        return effect / np.sqrt(((x - sample.shift) ** 2).sum() / n**2), effect
    if sample.mode == REST:
        effect = x.mean() - others.mean()
        return effect / np.sqrt(max(values.var(), x.var()) / n + values.var() / len(others)), effect
    y = scores[sample.n_target :][theirs]
    p = (x.sum() + y.sum()) / (n + m)
    effect = x.mean() - y.mean() - sample.shift
    return effect / np.sqrt(p * (1 - p) * (1 / n + 1 / m)), effect


def strongest(axes, sample: Sample, depth: int) -> dict[int, tuple[float, int]]:
    """Largest z per depth, and how many conjunctions had the support."""
    found = {}
    for size in range(1, depth + 1):
        best, looked = -np.inf, 0
        for chosen in itertools.combinations(range(len(axes)), size):
            for places in itertools.product(*(range(len(axes[axis].words)) for axis in chosen)):
                held = Candidate(tuple(zip(chosen, places, strict=True)), 0.0).holds(axes, sample.codes)
                told = z_of(sample, held)
                if told is not None:
                    looked += 1
                    if told[1] >= sample.least_effect:
                        best = max(best, told[0])
        found[size] = (best, looked)
    return found


@pytest.mark.parametrize("mode", [REST, FIXED, REFERENCE, SHARES])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_first_slice_is_the_strongest_of_all_conjunctions(mode, depth):
    rng = np.random.default_rng(mode)
    real, synthetic = people(700, rng), people(500, rng)
    bad = (synthetic["sex"] == "f") & (synthetic["age"] >= 50)
    if mode == SHARES:
        synthetic = synthetic[~bad | (rng.random(500) < 0.1)]
    axes, codes = coded(real, synthetic)
    target, other = (codes[1], codes[0]) if mode == REFERENCE else (codes[0], codes[1])
    both = np.ascontiguousarray(np.concatenate([target, other], axis=1))
    values = (rng.random(both.shape[1]) < 0.2).astype(float)
    if mode in (REST, FIXED):
        both, values = np.ascontiguousarray(codes[0]), rng.normal(0.1, 1.0, 700)
        values[((real["sex"] == "f") & (real["age"] >= 50)).to_numpy()] += 1.0
    elif mode == REFERENCE:
        values[: len(synthetic)][bad.to_numpy()] = 1.0
    n_target = both.shape[1] if mode in (REST, FIXED) else target.shape[1]
    sample = Sample(
        both, values, n_target, mode, shift=0.1 if mode in (FIXED, REFERENCE) else 0.0, least_effect=0.05,
        least_rows=20, least_reference=20 if mode == REFERENCE else 0,
    )  # fmt: skip
    expected = strongest(axes, sample, depth)
    found = find_candidates(axes, sample, depth=depth)
    assert sum(looked for _, looked in expected.values()) == found.n_looked_at
    first = found.candidates[0]
    # Its z where it was found, before conditions that explain little were dropped.
    assert first.z == pytest.approx(next(z for z, _ in expected.values() if abs(z - first.z) < 1e-9), rel=1e-9)
    held = first.holds(axes, sample.codes)
    told = z_of(sample, held)
    assert told is not None
    assert effect_of(sample, held) == pytest.approx(told[1], rel=1e-12)


def test_a_planted_slice_is_named_and_its_parents_and_children_are_not():
    rng = np.random.default_rng(0)
    frame = people(4000, rng)
    scores = rng.random(4000) * 0.2
    scores[((frame["sex"] == "f") & (frame["work"] == "b")).to_numpy()] += 0.5
    axes, (codes,) = coded(frame)
    found = find_candidates(axes, Sample(codes, scores, 4000, REST, least_effect=0.1))
    assert [slice_words(axes[a].words[c] for a, c in item.conditions) for item in found.candidates] == [
        "sex is f and work is b"
    ]


def test_two_planted_slices_are_both_named():
    rng = np.random.default_rng(1)
    frame = people(4000, rng)
    scores = rng.random(4000) * 0.2
    scores[(frame["work"] == "d").to_numpy()] += 0.8
    scores[frame["gain"].isna().to_numpy()] += 0.4
    axes, (codes,) = coded(frame)
    found = find_candidates(axes, Sample(codes, scores, 4000, REST))
    names = [slice_words(axes[a].words[c] for a, c in item.conditions) for item in found.candidates]
    assert names[:2] == ["work is d", "gain is missing"]


def test_columns_beyond_the_bound_on_work_are_left_out_of_threes_only():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({f"c{place}": rng.choice(["a", "b"], 600) for place in range(8)})
    scores = rng.random(600) + (frame["c7"] == "a") * 1.0
    axes, (codes,) = coded(frame)
    found = find_candidates(axes, Sample(codes, scores.to_numpy(), 600, REST), steps=10 * (600 + 5000 + 3 * 8))
    assert found.n_left_out == 3
    assert [axes[a].words[c] for a, c in found.candidates[0].conditions] == ["c7 is a"]


def test_without_a_condition_or_rows_there_is_nothing_to_find():
    axes, (codes,) = coded(pd.DataFrame({"only": ["a"] * 50}))
    assert axes == ()
    assert find_candidates(axes, Sample(codes, np.ones(50), 50, REST)).candidates == ()


def test_few_conjunctions_without_a_difference_give_no_candidate():
    frame = pd.DataFrame({"team": ["a", "b"] * 100, "same": ["c"] * 200})
    axes, (codes,) = coded(frame)
    assert len(axes) == 1
    bare = Axis("bare", 1, np.empty(0, np.int64), np.empty(0, np.int64), ())
    both = np.concatenate([codes, np.zeros((1, 200), np.int32)])
    scores = np.tile([0.0, 0.0, 1.0, 1.0], 50)
    assert find_candidates(axes, Sample(codes, scores, 200, REST)).candidates == ()
    assert find_candidates((*axes, bare), Sample(both, scores, 200, REST)).candidates == ()


def test_rows_that_are_left_must_be_worse_than_all_rows_were():
    rng = np.random.default_rng(3)
    frame = people(4000, rng)
    scores = rng.normal(0.0, 0.1, 4000)
    scores[(frame["work"] == "a").to_numpy()] += 1.0
    # Below the mean of all, though far above what remains once the worst are set aside.
    scores[(frame["work"] == "c").to_numpy()] += 0.2
    axes, (codes,) = coded(frame)
    found = find_candidates(axes, Sample(codes, scores, 4000, REST))
    assert [slice_words(axes[a].words[c] for a, c in item.conditions) for item in found.candidates] == ["work is a"]
