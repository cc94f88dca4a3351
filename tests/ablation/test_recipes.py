"""Sets that are made inside each repeat, from what it draws of the real set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from auditkit.ablation import ablate
from auditkit.data import Dataset
from auditkit.errors import AuditkitError, DataError
from auditkit.generators import create
from auditkit.store import dump_json

MakeSet = Callable[..., Dataset]


def _ablate(make_set: MakeSet, recipe: object, **options: object):
    given = {"repeats": 3, "models": ("logistic",), **options}
    return ablate(real=make_set(100), test=make_set(60, seed=1), arms={"made": recipe}, **given)


def test_a_recipe_sees_the_drawn_units_of_its_repeat_and_a_seed_of_its_own(make_set: MakeSet) -> None:
    seen: list[tuple[frozenset[str], int]] = []

    def recipe(train: Dataset, seed: int) -> Dataset:
        seen.append((frozenset(train.ids.tolist()), seed))
        return train

    found = _ablate(make_set, recipe)
    assert [len(ids) for ids, _ in seen] == [80, 80, 80]
    assert len({ids for ids, _ in seen}) == len({seed for _, seed in seen}) == 3
    # A copy of what is drawn is what is drawn: the arm alone is the real arm.
    alone = found.scores.get("ablation_difference", {"arm": "made", "measure": "balanced_accuracy"})
    assert alone.value == 0.0
    assert alone.low == -alone.high < 0 < alone.high
    assert found.scores.get("ablation_score", {"arm": "real+made", "measure": "auroc"}).estimate.n == (80, 80)
    assert "ablation_transfer" not in found.scores.metrics


def test_a_generator_is_fitted_anew_in_every_repeat_and_left_as_it_was(make_set: MakeSet) -> None:
    generator = create("cart", modality="tabular")
    found = _ablate(make_set, generator, repeats=2, ratios=(2.0,), include=["real+made[ratio=2]"])
    assert generator.fit_report is None
    assert found.scores.get("ablation_score", {"arm": "real+made[ratio=2]", "measure": "auroc"}).estimate.n == (80, 160)
    again = _ablate(make_set, generator, repeats=2, ratios=(2.0,), include=["real+made[ratio=2]"])
    assert dump_json(found.to_json()) == dump_json(again.to_json())


def test_what_a_recipe_copies_of_the_test_part_is_found(make_set: MakeSet) -> None:
    test = make_set(60, seed=1)
    with pytest.raises(DataError, match="must be unseen"):
        _ablate(make_set, lambda _train, _seed: test)


@pytest.mark.parametrize(("recipe", "message"), [(7, "of type int"), (lambda _train, _seed: 7, "made a int")])
def test_what_makes_no_set_is_refused(make_set: MakeSet, recipe: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _ablate(make_set, recipe)


def test_a_recipe_that_fails_says_so_in_one_sentence(make_set: MakeSet) -> None:
    def broken(*_: object) -> Dataset:
        raise ValueError("no luck today.\nmore lines")

    with pytest.raises(AuditkitError, match=r"^the arm 'made' could not be made: no luck today\.$"):
        _ablate(make_set, broken)


def test_a_recipe_that_no_arm_uses_is_not_run(make_set: MakeSet) -> None:
    def recipe(_train: Dataset, _seed: int) -> Dataset:
        raise AssertionError("run")

    found = _ablate(make_set, recipe, include=["real"])
    assert list(found.about["arms"]) == ["real"]


def test_images_are_augmented_inside_the_repeats(tmp_path) -> None:
    from sklearn.datasets import load_digits

    from auditkit.data import load

    digits = load_digits()
    images, labels = (digits.images * 15).astype(np.uint8)[:300], digits.target[:300].astype(str)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    real, test = load(tmp_path / "digits.npz", label="label").split(holdout=0.0, test=0.4, seed=0)
    arms = {"augmented": create("augment", modality="image")}
    found = ablate(real=real, test=test, arms=arms, repeats=2, include=["real+augmented"])
    n = found.scores.get("ablation_score", {"arm": "real+augmented", "measure": "balanced_accuracy"}).estimate.n
    assert n[0] == n[1]
