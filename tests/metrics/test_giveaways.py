import numpy as np
import pandas as pd
import pytest

from auditkit.data.joint import encode_frames
from auditkit.metrics.giveaways import MOST_COLUMNS, giveaways
from auditkit.metrics.products import Side


def sides(**frames):
    made = {}
    for role, cells in encode_frames(frames).items():
        columns, categorical, _ = cells.matrix()
        made[role] = Side(np.nan_to_num(columns), columns=columns, categorical=categorical, cells=cells)
    return made["real"], made["synthetic"]


def make_frame(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pd.DataFrame(
        {"x": x, "y": x + 0.1 * rng.normal(size=n), "z": rng.normal(size=n), "c": rng.choice(["a", "b", "d"], n)}
    )


def test_a_column_of_wrong_values_is_enough_alone():
    synthetic = make_frame(500, 1).assign(z=lambda frame: frame["z"] + 3, c="a")
    found = {item.column: item for item in giveaways(*sides(real=make_frame(500, 0), synthetic=synthetic))}
    assert found["z"].alone > 0.95
    assert 0.75 < found["c"].alone < 0.9
    assert 0.4 < found["x"].alone < 0.6
    assert next(iter(found)) == "z"


def test_a_broken_relation_shows_in_what_is_lost_and_in_no_column_alone():
    rng = np.random.default_rng(2)
    synthetic = make_frame(800, 1).assign(y=lambda frame: rng.permutation(frame["y"]))
    found = {item.column: item for item in giveaways(*sides(real=make_frame(800, 0), synthetic=synthetic))}
    assert min(found["x"].lost, found["y"].lost) > 0.2
    assert max(abs(found[name].alone - 0.5) for name in "xy") < 0.1
    assert abs(found["z"].lost) < 0.05


def test_the_same_seed_gives_the_same_numbers_on_any_number_of_threads(monkeypatch):
    pair = sides(real=make_frame(300, 0), synthetic=make_frame(280, 1))
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(giveaways(*pair, seed=4))
    assert found[0] == found[1]
    assert found[0] != giveaways(*pair, seed=5)


def test_wide_tables_are_not_asked_column_by_column():
    rng = np.random.default_rng(0)
    wide = [{f"x{place}": rng.normal(size=60) for place in range(MOST_COLUMNS + 1)} for _ in range(2)]
    found = giveaways(*sides(real=wide[0], synthetic=wide[1]))
    assert len(found) == MOST_COLUMNS + 1
    assert {item.alone for item in found} == {None}


@pytest.mark.parametrize("frames", [({"x": [1, 2]}, {"x": [3, 4]}), ({"x": [1] * 50}, {"x": [1] * 50})])
def test_sets_that_no_fold_can_tell_apart_give_nothing(frames):
    assert giveaways(*sides(real=frames[0], synthetic=frames[1])) == ()


def test_sides_without_tables_give_nothing():
    bare = Side(np.zeros((40, 2)))
    assert giveaways(bare, bare) == ()
