"""What is taken for personal data, and what is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import load
from auditkit.data.joint import encode_sets
from auditkit.data.personal import kind_of_cells, normal_text, personal_columns, personal_parts
from auditkit.metrics.tables.unit_sides import unit_rows

N = 60
CARDS = ["4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009"]


def column(cells, name="x", **options):
    """Kind of personal data of one column, or None."""
    loaded = load(pd.DataFrame({name: cells, "other": np.arange(len(cells)) % 7}), **options)
    return personal_columns(loaded.table, loaded.schema).get(name)


def numbers(pattern, step=1):
    return [pattern.format(i * step) for i in range(N)]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (numbers("user{}@mail.example.org"), "email"),
        (numbers("o'neil+{}@example.co.uk") * 3, "email"),
        (numbers("+49 151 23{:05d}", 1234), "phone"),
        (numbers("(030) 555-{:04d}"), "phone"),
        (numbers("0049151{:06d}"), "phone"),
        (numbers("DE89 3704 0044 0532 {:04d} 00"), "iban"),
        (numbers("GB29NWBK601613{:08d}"), "iban"),
        (numbers("10.0.{}.17"), "ip"),
        (numbers("CUST-{:05d}-X", 7919), "id"),
        (numbers("CUST-{:05d}-X")[:30] + numbers("SHOP-{:05d}-X")[:30], "id"),
        (numbers("this is what the guest number {} wrote to us"), "text"),
    ],
)
def test_cells_are_recognised_by_their_looks(cells, kind):
    assert column(cells) == kind


@pytest.mark.parametrize(
    "cells",
    [
        numbers("2020-01-{:02d}") * 3,
        numbers("{:02d}/11/2020") * 3,
        numbers("{:05d}") * 5,
        numbers("1{:02d}.234.567") * 3,
        numbers("15-12{:02d}") * 2,
        ["red", "green", "blue"] * 20,
        ["NA", "FR", "DE"] * 20,
        list(range(N)),
        numbers("CUST-{:05d}-X"),  # whoever counts has these
        [100000 + 37 * i for i in range(N)],
        [i / 7 for i in range(N)],
        [None] * N,
        ["a@example.org", "b@example.org"] * 30,
    ],
    ids=lambda cells: str(cells[0]),
)
def test_other_cells_are_not(cells):
    assert column(cells) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("name", "name"),
        ("FirstName", "name"),
        ("last-name", "name"),
        ("Surname", "name"),
        ("home address", "address"),
        ("contact_email_address", "email"),
        ("mobilePhoneNumber", "phone"),
        ("IBAN", "iban"),
        ("account_number", "iban"),
        ("SSN", "number"),
        ("customer no", "number"),
        ("passport", "number"),
        ("filename", None),
        ("product_name", None),
        ("phone_service", None),
        ("town", None),
        ("relationship", None),
        ("ip_class", None),
    ],
)
def test_columns_are_recognised_by_their_names(name, kind):
    assert column([f"Qx{i}z" for i in range(N)] * 2, name) == kind


def test_a_name_alone_makes_nothing_personal():
    assert column(["yes", "no"] * 30, "phone") is None
    assert column(list(range(N)), "ssn") is None


def test_sparse_whole_numbers_are_names_of_records():
    rng = np.random.default_rng(0)
    sparse = rng.choice(10**9, N, replace=False)
    assert column(sparse, "customer_id") == "id"
    assert column(sparse, "ssn") == "number"
    assert column(np.arange(N), "customer_id") is None
    assert column(np.where(np.arange(N) == 0, np.nan, sparse), "ssn") == "number"
    assert column(sparse, "income") is None


def test_a_few_odd_cells_do_not_hide_the_others():
    cells = numbers("user{}@mail.example.org")
    assert column([*cells, "none", "unknown", None]) == "email"
    assert column([*cells, *numbers("no mail number {}")]) != "email"


def test_cards_have_their_check_digit():
    assert kind_of_cells(CARDS) == "card"
    assert kind_of_cells(["4111 1111 1111 1112"]) != "card"
    assert kind_of_cells([]) is None


def test_personal_data_stay_out_of_distances():
    phones = [f"+49 151 23{i:05d}" for i in range(3 * N)]
    table = pd.DataFrame({"mail": numbers("u{}@example.org") * 3, "phone": phones, "x": np.arange(3 * N) % 7})
    loaded = load(table)
    assert (loaded.schema["mail"].kind, loaded.schema["phone"].kind) == ("text", "id")
    cells = encode_sets({"real": loaded, "synthetic": loaded})["real"]
    assert cells.names == ("x",)
    assert "mail" in cells.left_out
    assert load(table.drop_duplicates("mail")).schema["mail"].kind == "id"
    assert load(table, columns={"mail": "category"}).schema["mail"].kind == "category"


def test_what_a_unit_bears_in_all_of_its_rows_is_personal_too():
    who = np.repeat(np.arange(N), 9)
    table = pd.DataFrame(
        {
            "who": who,
            "mail": np.array([f"u{i}@example.org" for i in range(N)])[who],
            "phone": np.array([f"+49 151 23{i:05d}" for i in range(N)])[who],
            "surname": np.array([f"Q{i}x" for i in range(N)])[who],
            "note": np.array([f"person {i} said this, and more" for i in range(N)])[who],
            "town": np.array(list("abcd"))[who % 4],
            "state": np.array([f"s{i % 30}" for i in range(9 * N)]),
        }
    )
    loaded = load(table, key="who")
    kinds = {column.name: column.kind for column in loaded.schema.columns}
    assert {kinds[name] for name in ("mail", "phone", "surname", "note")} <= {"id", "text"}
    assert (kinds["town"], kinds["state"]) == ("category", "category")
    units = unit_rows(loaded, schema=loaded.schema, name="real")
    assert units is not None
    assert units.cells.names == ("town", "state")
    assert load(table[:9].drop(columns="note"), key="who").schema["mail"].kind == "constant"


@pytest.mark.parametrize(
    ("name", "n_names", "kind"), [("surname", 100, "text"), ("surname", 30, "category"), ("town", 100, "category")]
)
def test_names_of_many_persons_are_no_category(name, n_names, kind):
    assert load(pd.DataFrame({name: [f"Q{i % n_names}x" for i in range(300)]})).schema[name].kind == kind


def test_writing_makes_no_difference():
    assert normal_text("  A  Note ", "text") == "a note"
    assert normal_text("DE89 3704 0044", "iban") == normal_text("de8937040044", "iban")
    assert normal_text("(030) 12-34", "phone") == "0301234"


def test_what_stands_in_a_text_is_found():
    text = "Ada (ada@example.org, +44 20 7946 0958) paid 1.250,00 from GB29 NWBK 6016 1331 9268 19 on 2020-01-31."
    assert list(personal_parts(text)) == [
        ("email", "ada@example.org"),
        ("iban", "GB29 NWBK 6016 1331 9268 19"),
        ("phone", "+44 20 7946 0958"),
    ]
    assert list(personal_parts("nobody, 12:30, 3.14, 10.0.0.1, 2020-01-31")) == []


@pytest.mark.parametrize("text", ["1" * 20000, "a." * 20000 + "@", "AB12" * 5000, "+" * 20000, "(" * 20000])
def test_no_text_takes_long(text):
    assert len(list(personal_parts(text))) <= 20000
    assert kind_of_cells([text]) is None
