from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, parse_constraint
from auditkit.data.orders import Order, compared_columns, orders_of, spanning


def found(table: pd.DataFrame) -> list[str]:
    dataset = Dataset.of_table(table)
    return [order.constraint for order in orders_of(dataset.table, dataset.schema)]


def numbers(n: int = 200, *, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    low = rng.normal(size=n)
    return pd.DataFrame({"low": low, "high": low + rng.random(n), "other": rng.normal(size=n)})


def test_an_order_that_holds_in_every_row_is_found():
    assert found(numbers()) == ["high >= low"]


def test_it_agrees_with_every_pair_tried_in_a_loop():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(np.cumsum(rng.normal(0.4, 0.15, size=(150, 5)), axis=1).round(1), columns=list("abcde"))
    held = set()
    for low in table:
        for high in table:
            ends = [(table[name].min(), table[name].max()) for name in (low, high)]
            shared = min(ends[0][1], ends[1][1]) - max(ends[0][0], ends[1][0])
            overlap = shared >= 0.5 * min(end - start for start, end in ends)
            anew = np.mean([[x > y for y in table[high]] for x in table[low]])
            if low != high and overlap and anew >= 0.05 and (table[low] <= table[high]).all():
                held.add(f"{high} >= {low}")
    assert held
    assert set(found(table)) == held


def test_one_row_is_enough_to_break_it():
    table = numbers(2000)
    table.loc[1999, "high"] = table.loc[1999, "low"] - 0.1
    assert found(table) == []


def test_few_rows_show_nothing():
    assert found(numbers(99)) == []
    assert found(numbers(150).assign(high=lambda table: table["high"].where(table.index < 99))) == []


def test_missing_cells_are_no_breach():
    assert found(numbers().assign(high=lambda table: table["high"].where(table.index < 150))) == ["high >= low"]


def test_what_holds_by_the_ranges_is_none():
    assert found(numbers().assign(high=lambda table: table["high"] + 10)) == []


def test_dates_are_not_compared_with_numbers_nor_whole_numbers_with_others():
    rng = np.random.default_rng(0)
    start = rng.integers(100, size=300)
    table = pd.DataFrame({"start": start, "end": start + rng.integers(30, size=300), "price": start + 30.25})
    assert found(table) == ["end >= start"]
    days = table.assign(start=pd.Timestamp("2022-01-01") + pd.to_timedelta(table["start"], unit="D"))
    assert found(days) == []


def test_thirty_columns_are_looked_at_dates_first():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(100, 35)), columns=[f"c{place}" for place in range(35)])
    table["when"] = pd.Timestamp("2022-01-01") + pd.to_timedelta(np.arange(100) % 50, unit="D")
    columns = compared_columns(Dataset.of_table(table).schema)
    assert len(columns) == 30
    assert columns[0].name == "when"


@pytest.mark.parametrize("name", ["hours per week", "a`b", "in", "true", "größe", "x.y", "1st", "%"])
def test_any_name_makes_a_constraint(name):
    rule = parse_constraint(Order(name, "high").constraint)
    assert rule.columns == ("high", name)
    assert rule.check(pd.DataFrame({name: [1.5, 2.5], "high": [2.0, 2.0]})).broken.tolist() == [False, True]


def test_what_follows_from_two_others_is_left_out():
    orders = [Order(*pair) for pair in ("ab", "ac", "bc")]
    assert spanning(orders) == [orders[0], orders[2]]
    equal = [Order(*pair) for pair in ("ab", "ba", "ac", "bc")]
    assert spanning(equal) == equal
