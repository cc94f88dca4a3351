"""Which columns of some sets hold words, and the words: what all that looks for leaks begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditkit.data.fitted_table import fitted_table, set_of
from auditkit.metrics.parameters import whole
from auditkit.metrics.tables.sides import named_sets
from auditkit.metrics.tables.words import Words, word_columns, words_of

if TYPE_CHECKING:
    from auditkit.data.personal import PersonalKind

__all__ = ["Key", "Scanned", "keys_of", "scanned_words"]

Key = tuple[str, str]
"""Column and part."""


@dataclass(frozen=True, eq=False)
class Scanned:
    """Words of some sets.

    Attributes
    ----------
    kinds : dict of str to str
        Columns of the real set that are looked at, and what they are; other sets may lack some.
    words : dict of role to dict of (column, part) to Words
    n : dict of role to int
        Rows.
    """

    kinds: dict[str, PersonalKind]
    words: dict[str, dict[Key, Words]]
    n: dict[str, int]

    @property
    def lacking(self) -> list[str]:
        """Columns that some set lacks."""
        return [name for name in self.kinds if not all((name, "cell") in of for of in self.words.values())]


def scanned_words(
    *, real: Any, synthetic: Any, holdout: Any = None, columns: Sequence[str] | None = None, rare: int
) -> Scanned:
    """Words of tables, by the columns of the real one.

    Parameters
    ----------
    real, synthetic, holdout : table or Dataset
        The last one may be None.
    columns : sequence of str, optional
        By default those that are recognised as free text or personal data.
    rare : int
        Checked alone: at least 1.

    Raises
    ------
    AuditkitError, DataError, SampleSizeError, UnknownNameError
        As for `verbatim_leaks`.
    """
    whole("rare", rare, 1)
    first = set_of(real, name="real")
    given = named_sets(real=first, synthetic=synthetic, holdout=holdout)
    tables = {role: fitted_table(item, first.schema, name=role) for role, item in given.items()}
    kinds = word_columns(tables["real"], first.schema, columns=columns)
    words = {role: words_of(table, kinds) for role, table in tables.items()}
    return Scanned(kinds, words, {role: len(table) for role, table in tables.items()})


def keys_of(words: Mapping[str, Mapping[Key, Words]]) -> list[Key]:
    """Columns that all sets have, and parts of them that occur in real and in synthetic cells."""
    compared = [words["real"], words["synthetic"]]
    return [
        key
        for key in words["real"]
        if all(key in of for of in words.values())
        and (key[1] == "cell" or all(len(of[key].digests) for of in compared))
    ]
