"""What pages may show of synthetic samples where real records are hidden."""

import numpy as np
import pandas as pd

from auditkit.auditing.forms import shown_samples, thumbnail
from auditkit.auditing.guarding import CLOSE, COPY, NEAR_COPY, Guard
from auditkit.data import Dataset, TextSamples

TOWNS = ["North"] * 30 + ["South"] * 26 + ["Canary Wharf"] * 4
REAL = Dataset.of_table(
    pd.DataFrame(
        {
            "town": TOWNS,
            "pay": [1000.0] * 59 + [98765.4321],
            "age": [30] * 60,
            "note": [f"word{place} of one" for place in range(60)],
        }
    )
)


def made(**columns):
    n = len(next(iter(columns.values())))
    table = {"town": ["North"] * n, "pay": [1000.0] * n, "age": [30] * n, "note": ["word3 of one"] * n}
    return Dataset.of_table(pd.DataFrame(table | columns), columns={"note": "text", "town": "category"})


def samples(n, *, copy=(), near=(), distances=None):
    return pd.DataFrame(
        {
            "copy": pd.array([place in copy for place in range(n)], dtype="boolean"),
            "near_copy": pd.array([place in near for place in range(n)], dtype="boolean"),
            "distance_real": np.ones(n) if distances is None else distances,
        }
    )


def guard(synthetic, **other):
    options = {"show_real": False} | other
    return Guard([REAL], synthetic, samples(len(synthetic)), **options)


def test_cells_of_few_real_records_and_free_text_are_not_told():
    synthetic = made(town=["North", "Canary Wharf", " canary  WHARF"], pay=[1000.0, 98765.4, 55.0], age=[30, 31, 30])
    told = guard(synthetic).cells([0, 1, 2], ["town", "pay", "age", "note"])
    assert told == [["North", "1000", "30", None], [None, None, "31", None], [None, "55", "30", None]]


def test_all_cells_are_told_where_real_records_are_shown():
    synthetic = made(town=["Canary Wharf"], pay=[98765.4321])
    assert guard(synthetic, show_real=True).cells([0], ["town", "pay"]) == [["Canary Wharf", "98765.4"]]


def test_copies_and_what_is_as_near_are_hidden():
    synthetic = made(town=["North"] * 4)
    found = samples(4, copy=[0], near=[1], distances=[0.0, 0.01, 0.02, 0.5])
    hiding = Guard([REAL], synthetic, found, show_real=False, closer_than=0.1)
    assert hiding.flags.tolist() == [COPY, NEAR_COPY, CLOSE, ""]
    assert hiding.allowed().tolist() == [3]
    assert [item.get("hidden", "") for item in shown_samples(hiding, [0, 1, 2, 3])] == [COPY, NEAR_COPY, CLOSE, ""]
    showing = Guard([REAL], synthetic, found, show_real=True, closer_than=0.1)
    assert showing.allowed().tolist() == [0, 1, 2, 3]
    assert all("cells" in item for item in shown_samples(showing, [0, 1, 2, 3]))


def test_a_sample_of_which_nothing_is_known_is_hidden():
    found = samples(2).assign(copy=pd.array([None, False], dtype="boolean"))
    assert Guard([REAL], made(town=["North"] * 2), found, show_real=False).allowed().tolist() == [1]


def test_rows_and_texts_need_real_ones_to_be_held_against():
    empty = REAL.take([])
    (item,) = shown_samples(Guard([empty], made(town=["North"]), samples(1), show_real=False), [0])
    assert "no real records at hand" in item["hidden"]
    texts = Dataset.of_table(pd.DataFrame({"a": [1]}), samples=TextSamples.of(["one of those"]))
    (item,) = shown_samples(Guard([], texts, samples(1), show_real=False), [0])
    assert "no real records at hand" in item["hidden"]


def test_texts_are_read_once_for_all_that_will_be_asked(monkeypatch):
    real = Dataset.of_table(pd.DataFrame({"a": [1, 2]}), samples=TextSamples.of(["a b c d e f g h i", "short one"]))
    texts = Dataset.of_table(
        pd.DataFrame({"a": [1, 2, 3]}), samples=TextSamples.of(["x B c, d e f g h i y", "other words", "SHORT one!"])
    )
    hiding = Guard([real], texts, samples(3), show_real=False)
    hiding.learn([0, 1, 2])
    monkeypatch.setattr(Guard, "_real_texts", None)
    assert [bool(why) for why in hiding.why_hidden([2, 1, 0])] == [True, False, True]


def test_a_heavy_thumbnail_is_made_light_and_is_the_same_twice():
    pixels = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    assert len(thumbnail(pixels)) < 12_000
    assert thumbnail(pixels) == thumbnail(pixels)
