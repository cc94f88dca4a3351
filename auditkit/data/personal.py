"""Columns that name or reach persons, and free text: recognised by what cells look like and columns are called.

Nothing here is proof. A column that is missed can be named by hand; one that is recognised wrongly is looked at once
more than needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import pandas as pd

from auditkit.data.schema import Column, Schema

__all__ = ["PersonalKind", "is_personal", "kind_of_cells", "normal_text", "personal_columns", "personal_parts"]

PersonalKind = Literal["email", "phone", "iban", "card", "ip", "name", "address", "number", "id", "text"]

MOSTLY = 0.9
"""Share of a column's distinct cells that must look alike."""
MANY = 20
"""Distinct cells from which a column can single persons out."""
LOOKED_AT = 10_000
"""Distinct cells that a column is judged by, evenly spread over its distinct ones."""
SPARSE = 1e-3
"""Share that a column's whole numbers have of their range, below which two equal ones are hardly chance."""

_EMAIL = re.compile(r"[\w.%+'-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?")
_PHONE = re.compile(r"\+?[\d(][\d ()./-]{5,24}\d")
_CARD = re.compile(r"\d{4}(?:[ -]?\d{4}){2}[ -]?\d{1,7}")
_IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_DATE = re.compile(r"\d{1,4}([-./ ])\d{1,2}\1\d{1,4}(?:[ T].*)?")
_GROUPED = re.compile(r"\d[ /-]\(?\d|\d\)|\(\d")
_NO_DIGIT = re.compile(r"\D+")
_SIGNS = re.compile(r"[\s()./-]+")
_DIGITS = range(7, 16)
_COUNTED = re.compile(r"(\D*)(\d{1,18})(\D*)")

_NUMBER = r"(_?(number|num|no|nr))"
# What stands in a text with such a part: one search for it is quicker than one for the part itself.
_PARTS: tuple[tuple[PersonalKind, re.Pattern[str], re.Pattern[str]], ...] = (
    ("email", _EMAIL, re.compile("@")),
    ("iban", _IBAN, re.compile(r"[A-Z]{2}\d")),
    ("phone", _PHONE, re.compile(r"[+(\d](?:(?<=\+)|0|(?<=\()\d|[ /-]\(?\d|\))")),
)

_NAMES: tuple[tuple[PersonalKind, str], ...] = (
    ("email", r"(\w+_)?e_?mail(_addr(ess)?)?"),
    ("phone", rf"(\w+_)?((tele|cell|mobile_?)?phone|telefon|mobile|mobil|fax){_NUMBER}?"),
    ("iban", rf"(\w+_)?iban|(bank_)?account{_NUMBER}"),
    ("card", rf"((credit|debit)_?)?card{_NUMBER}"),
    ("ip", r"(\w+_)?ip(_?addr(ess)?)?"),
    ("number", rf"(\w+_)?(ssn|social_security|passport|tax_?id|national_?id|licen[cs]e_plate){_NUMBER}?"),
    ("number", rf"(customer|patient|member|insurance|policy|contract|employee){_NUMBER}"),
    ("name", r"((full|first|last|middle|maiden|given|family|user|person|patient|customer|client|employee)_?)?name"),
    ("name", r"surname|forename|vorname|nachname"),
    ("address", r"(\w+_)?address|street(_?name)?|strasse"),
)
_CALLED = tuple((kind, re.compile(rf"(?:{words})(_?\d)?")) for kind, words in _NAMES)


def kind_of_cells(texts: Sequence[str]) -> PersonalKind | None:
    """What nearly all of these distinct cells are, by their letters and digits.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    {"email", "phone", "iban", "card", "ip"} or None

    Examples
    --------
    >>> kind_of_cells(["ada@example.org", "b.c@mail.example.com"]), kind_of_cells(["2020-01-31", "2020-02-01"])
    ('email', None)
    """
    texts = texts[:: 1 + len(texts) // LOOKED_AT]
    allowed = (1 - MOSTLY) * len(texts)
    for kind, fits in _FITS.items():
        wrong = 0
        for text in texts:
            wrong += not fits(text.strip())
            if wrong > allowed:
                break
        if texts and wrong <= allowed:
            return kind
    return None


def is_personal(name: str, texts: Sequence[str], n_cells: int) -> bool:
    """Whether a column of text reaches persons, and is no category to measure distances by.

    Parameters
    ----------
    name : str
    texts : sequence of str
        Distinct cells.
    n_cells : int
        Cells that are not missing.
    """
    if len(texts) < MANY:
        return False
    looks = kind_of_cells(texts)
    if looks is not None:  # what looks like telephones and repeats is rather a code
        return looks != "phone" or len(texts) * 2 > n_cells
    return _kind_of_name(name) is not None and len(texts) * 5 > n_cells


def personal_columns(table: pd.DataFrame, schema: Schema) -> dict[str, PersonalKind]:
    """Columns of free text and personal data, and what they are.

    Parameters
    ----------
    table : pandas.DataFrame
        Usually the real one.
    schema : Schema

    Returns
    -------
    dict of str to str
        In the schema's order. Whole numbers count where they are so sparse that two equal ones are hardly chance; a
        mere count of the rows, as 1, 2, ... or P001, P002, ..., does not.
    """
    found = {
        item.name: _kind_of_column(table[item.name], item) for item in schema.columns if item.name in table.columns
    }
    return {name: kind for name, kind in found.items() if kind is not None}


def normal_text(text: str, kind: PersonalKind) -> str:
    """Cell without what writers do differently: case, blanks, and the signs between digits.

    Examples
    --------
    >>> normal_text(" Ada@Example.org", "email"), normal_text("+49 (151) 234-567", "phone")
    ('ada@example.org', '+49151234567')
    """
    if kind in ("phone", "iban", "card", "number"):
        return _SIGNS.sub("", text).upper()
    return " ".join(text.casefold().split())


def personal_parts(text: str) -> Iterator[tuple[PersonalKind, str]]:
    """E-mail addresses, bank accounts and telephone numbers that stand in a text.

    Examples
    --------
    >>> list(personal_parts("Mail ada@example.org or call +49 151 2345678, not before 2020-01-31."))
    [('email', 'ada@example.org'), ('phone', '+49 151 2345678')]
    """
    for kind, pattern, mark in _PARTS:
        if mark.search(text) is None:
            continue
        found = [match[0] for match in pattern.finditer(text) if _FITS[kind](match[0])]
        yield from ((kind, item) for item in found)
        for item in found:  # the digits of an account are no telephone
            text = text.replace(item, "\n")


def _kind_of_column(values: pd.Series, column: Column) -> PersonalKind | None:
    if column.kind in ("numeric", "datetime", "boolean", "constant"):
        return None
    called = _kind_of_name(column.name)
    if pd.api.types.is_numeric_dtype(values.dtype):
        named = called or ("id" if column.kind == "id" else None)
        return named if column.kind != "category" and _is_sparse(values) else None
    if not isinstance(values.dtype, pd.StringDtype):
        return None
    texts = list(values.dropna().unique())
    usual: PersonalKind | None = {"text": "text", "id": "id"}.get(column.kind)  # type: ignore[assignment]
    usual = None if usual == "id" and _is_count(texts) else usual
    return (kind_of_cells(texts) or called or usual) if len(texts) >= MANY else None


def _kind_of_name(name: str) -> PersonalKind | None:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    plain = re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_")
    return next((kind for kind, pattern in _CALLED if pattern.fullmatch(plain)), None)


def _is_sparse(values: pd.Series) -> bool:
    """Whether numbers are whole, mostly distinct, and few of those in their range."""
    present = values.dropna()
    if len(present) < MANY or present.nunique() * 2 <= len(present):
        return False
    width = float(present.max()) - float(present.min()) + 1
    return bool((present == present // 1).all()) and len(present) < SPARSE * width


def _is_count(texts: Sequence[str]) -> bool:
    """Whether names of records are mere numbers in a row, as P001, P002, ..., which whoever counts has too."""
    found = [_COUNTED.fullmatch(text) for text in texts]
    if len({(match[1], match[3]) if match else None for match in found}) > 1 or not all(found):
        return False
    numbers = [int(match[2]) for match in found if match]
    return len(numbers) >= SPARSE * (max(numbers) - min(numbers) + 1)


def _is_phone(text: str) -> bool:
    """Whether digits are grouped, or marked by a plus, and are no date."""
    if not text.startswith(("+", "00")) and _GROUPED.search(text) is None:
        return False
    if not _PHONE.fullmatch(text) or len(_NO_DIGIT.sub("", text)) not in _DIGITS:
        return False
    return not (_IP.fullmatch(text) or _DATE.fullmatch(text))


def _is_card(text: str) -> bool:
    """Whether the check digit is right."""
    digits = [int(letter) for letter in reversed(text) if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return _CARD.fullmatch(text) is not None and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


_FITS: Mapping[PersonalKind, Callable[[str], bool]] = {
    "email": _matches(_EMAIL),
    "iban": _matches(_IBAN),
    "card": _is_card,
    "ip": _matches(_IP),
    "phone": _is_phone,
}
