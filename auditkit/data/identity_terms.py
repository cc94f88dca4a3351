"""Groups of texts by the people that they mention: terms of identity become a column whose levels are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from auditkit.data.dataset import Dataset
from auditkit.data.schema import Column
from auditkit.data.tokens import text_words
from auditkit.errors import DataError

__all__ = ["NONE", "SEVERAL", "mark_terms"]

NONE, SEVERAL = "(none)", "(several)"


def mark_terms(dataset: Dataset, terms: Mapping[str, Sequence[str]], *, column: str = "identity") -> Dataset:
    """The same texts with a group for what each mentions.

    Parameters
    ----------
    dataset : Dataset
        Texts. Mark the real, the holdout and the synthetic set with the same terms.
    terms : mapping of str to sequence of str
        Level to the words that stand for it, as `{"women": ["woman", "women", "she"], "men": ["man", "men", "he"]}`; a
        term of several words is found where they stand in a row. Case and punctuation do not count, parts of words do
        not either: "man" is not found in "woman".
    column : str, default "identity"
        Name of the new column, which joins the groups.

    Returns
    -------
    Dataset
        Levels of the column: those of the terms, `"(several)"` for texts that mention more than one, `"(none)"`.

    Raises
    ------
    DataError
        If the data are no texts, have such a column, or a term has no word.

    Examples
    --------
    >>> from auditkit.data import TextSamples
    >>> said = ["She said so.", "He and she did.", "It rains."]
    >>> texts = Dataset.of_table(pd.DataFrame({"n": range(3)}), samples=TextSamples.of(said))
    >>> mark_terms(texts, {"women": ["she"], "men": ["he"]}).group_values("identity").tolist()
    ['women', '(several)', '(none)']
    """
    if dataset.modality != "text":
        raise DataError(f"terms are looked for in texts, {dataset.source!r} is {dataset.modality}.")
    if column in dataset.table.columns:
        raise DataError(f"{dataset.source!r} has a column {column!r} already: give the terms another column=.")
    sought = {level: [tuple(text_words(term)) for term in words] for level, words in terms.items()}
    empty = [level for level, words in sought.items() if not words or not all(words)]
    if empty or not sought:
        what = repr(empty[0]) if empty else "the terms"
        raise DataError(f"{what} need(s) at least one word to be found by: give a mapping of level to words.")
    levels = [_level(text_words(str(text)), sought) for text in dataset.arrays()]
    known = tuple(sorted({*levels}))
    return replace(
        dataset,
        table=dataset.table.assign(**{column: pd.Series(levels, dtype="str")}),
        schema=replace(dataset.schema, columns=(*dataset.schema.columns, Column(column, "category", known))),
        groups=(*dataset.groups, column),
    )


def _level(words: list[str], sought: Mapping[str, list[tuple[str, ...]]]) -> str:
    found = [level for level, terms in sought.items() if any(_holds(words, term) for term in terms)]
    return SEVERAL if len(found) > 1 else found[0] if found else NONE


def _holds(words: list[str], term: tuple[str, ...]) -> bool:
    n = len(term)
    return any(tuple(words[place : place + n]) == term for place in range(len(words) - n + 1))
