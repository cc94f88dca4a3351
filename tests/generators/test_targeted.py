"""Generation to a target: counts reached, and what is short."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, load
from auditkit.errors import DataError, SampleSizeError
from auditkit.generators import NotFittedError, Shortfall, create, sample_to_target


@pytest.fixture(scope="module")
def real():
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m"], 300, p=[0.2, 0.8])
    good = np.where(sex == "f", "no", rng.choice(["yes", "no"], 300))
    table = pd.DataFrame({"sex": sex, "good": good, "age": rng.integers(18, 80, 300)})
    return Dataset.of_table(table, label="good", groups=["sex"])


@pytest.fixture(scope="module")
def cart(real):
    return create("cart", modality="tabular").fit(real)


def counts(dataset, *by):
    return dataset.table[list(by)].astype(str).value_counts().to_dict()


def test_equal_shares_and_the_users_are_reached(real, cart):
    made = sample_to_target(cart, 40, by="sex", real=real)
    assert counts(made.dataset, "sex") == {("f",): 20, ("m",): 20}
    assert made.shortfall == 0
    assert made.notes == ()
    assert len(set(made.dataset.ids)) == 40
    assert made.dataset.origin is None
    assert counts(sample_to_target(cart, 40, by="sex", target={"f": 3, "m": 1}, real=real).dataset, "sex") == {
        ("f",): 30,
        ("m",): 10,
    }
    own = sample_to_target(cart, 300, by="sex", target="real", real=real).dataset
    assert counts(own, "sex") == counts(real, "sex")


def test_intersections_are_asked_for_one_by_one(real, cart):
    made = sample_to_target(cart, 30, by=["sex", "good"], real=real)
    assert set(counts(made.dataset, "sex", "good").values()) == {10}
    assert list(made.counts.columns) == ["sex", "good", "wanted", "got", "short", "reason"]


def test_what_cannot_be_had_is_short_with_its_reason(real, cart):
    made = sample_to_target(cart, 20, by="sex", target={"f": 1, "x": 1}, real=real)
    assert counts(made.dataset, "sex") == {("f",): 10}
    assert made.shortfall == 10
    assert made.counts.set_index("sex").loc["x", "got"] == 0
    assert "unknown value of column 'sex' 'x'" in made.counts.set_index("sex").loc["x", "reason"]
    assert made.notes[0].startswith("10 of 20 units with sex = x are short") or made.notes[0].startswith("10 of 10")
    assert "10 short of the target" in str(made)


def test_a_combination_that_the_generator_never_draws_is_short(real):
    class Fixed:
        """Gives women only, and as many as asked."""

        fit_report, shortfall = object(), None

        def sample(self, n, *, conditions=None, seed=0):  # noqa: ARG002 - the protocol
            women = real.take(np.flatnonzero(real.group_values("sex") == "f"))
            got = women.take(np.arange(3)) if conditions["good"] == "no" else women.take(np.arange(0))
            self.shortfall = None if len(got) == n else Shortfall(n, len(got), 0.1, conditions)
            return got

    made = sample_to_target(Fixed(), 6, by=["sex", "good"], target={("f", "no"): 1, ("f", "yes"): 1}, real=real)
    assert made.counts["short"].tolist() == [0, 3]
    assert "10.000% of the drawn samples" in made.notes[0]


def test_the_seed_decides(real, cart):
    first, again, other = (
        sample_to_target(cart, 20, by="sex", real=real, seed=seed).dataset.hash for seed in (0, 0, 1)
    )
    assert first == again != other


def test_images_too():
    rng = np.random.default_rng(0)
    images = load(
        {"images": rng.integers(0, 255, (30, 8, 8, 1), dtype=np.uint8), "label": np.array(["a"] * 25 + ["b"] * 5)}
    )
    augment = create("augment", modality="image").fit(images)
    made = sample_to_target(augment, 12, by="label", real=images)
    assert counts(made.dataset, "label") == {("a",): 6, ("b",): 6}


def test_mistakes_are_told(real, cart):
    with pytest.raises(SampleSizeError, match="n of at least"):
        sample_to_target(cart, 0, by="sex", real=real)
    with pytest.raises(DataError, match="no unit of the target could be generated"):
        sample_to_target(cart, 5, by="sex", target={"x": 1}, real=real)
    with pytest.raises(NotFittedError):
        sample_to_target(create("cart", modality="tabular"), 5, by="sex", real=real)
