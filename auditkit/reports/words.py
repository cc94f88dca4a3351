"""Numbers and names as people read them: bounded, on one line, and in digits that agree with the verdict."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from auditkit.results import base_name

__all__ = [
    "BETTER",
    "DASH",
    "MINUS",
    "SHARE_UNITS",
    "count",
    "halves",
    "inert",
    "interval",
    "metric_title",
    "noun_of",
    "number",
    "part_words",
    "signed",
    "spelt",
    "without_paths",
]

BETTER = {"higher": "higher is better", "lower": "lower is better", "match": "nearest to fresh real data is best"}
"""Which way is better, by the direction of a metric; nothing where neither is."""
DASH = "\u2013"
MINUS = "\u2212"
PERCENT = "\u00a0%"
SHARE_UNITS = frozenset({"share", "rate", "proportion", "fraction", "probability"})
LIMIT = 120
_NOUNS = {"image": "image", "text": "text", "audio": "recording", "series": "series"}
LARGE = 1000.0
SMALL = 0.01
MAX_DECIMALS = 6
_UNSEEN = frozenset(
    "\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff"
)
_PATHS = re.compile(r"(?:(?<=\s)|(?<=['\"(=])|^)(?:/[^\s/'\"]+){2,}/?|[A-Za-z]:\\[^\s'\"]+")
_TITLES = {
    "frechet_distance": "Fréchet distance",
    "frechet_distance_infinity": "Fréchet distance, extrapolated",
    "cmmd": "CMMD",
    "ks_complement": "Shape of numbers (KS complement)",
    "tv_complement": "Shape of categories (TV complement)",
    "wasserstein_complement": "Shape of numbers (Wasserstein complement)",
    "contingency_similarity": "Pairs of columns (contingency similarity)",
    "association_similarity": "Strengths of pairs of columns (association similarity)",
    "association_retention": "Relations between columns that are left (association retention)",
    "correlation_similarity": "Correlations (correlation similarity)",
    "partial_copy_excess": "Copies but for a column",
    "near_copy_excess": "Images that look like a training image",
    "coherence": "Rows of one unit (coherence)",
    "transition_similarity": "What the next row is (transition similarity)",
    "step_similarity": "Changes from row to row (step similarity)",
    "sequence_length_similarity": "Number of rows per unit",
    "verbatim_leak_share": "Words of training records",
    "distinct_n": "Different pairs of words (distinct-n)",
    "ngram_novelty": "Pairs of words that no training text has (n-gram novelty)",
    "ngram_overlap": "Texts with eight words of a training text",
    "near_copy_share": "Texts nearly equal to a training text",
    "near_repeat_share": "Texts nearly equal to another synthetic text",
    "self_repetition": "Texts that share a phrase (self-repetition)",
    "text_length_similarity": "Lengths of texts",
    "loudness_similarity": "Loudness of recordings",
    "duration_similarity": "Lengths of recordings",
    "pause_similarity": "Pauses in recordings",
    "spectral_balance_similarity": "Low and high sounds (spectral balance)",
    "clipped_share": "Recordings with cut tops",
    "silent_share": "Recordings without a sound",
    "auroc": "AUROC",
    "macro_f1": "Macro F1",
    "mae": "Mean absolute error",
    "r2": "R²",
    "classifier_two_sample": "Classifier two-sample test",
    "sliced_wasserstein": "Sliced Wasserstein distance",
    "alpha_precision": "Alpha-precision",
    "beta_recall": "Beta-recall",
    "data_copying": "Data-copying test (C_T)",
    "reverse_kl": "Reverse KL divergence",
    "memorization_informed_frechet_distance": "Memorization-informed Fréchet distance",
}


def inert(text: object, *, limit: int = LIMIT) -> str:
    r"""Text of any origin made safe to lay out: one line, bounded, control and direction characters spelt out.

    Parameters
    ----------
    text : object
        A column name, a category, a message: whatever came with the data.
    limit : int, default 120
        Longest result; the middle of a longer text is left out.

    Returns
    -------
    str

    Examples
    --------
    >>> inert("two\nlines\x01")
    'two lines⟨U+0001⟩'
    """
    whole = str(text)
    if not whole.isprintable() or not whole.isascii():
        whole = "".join(" " if char.isspace() else spelt(char) for char in whole)
    line = " ".join(whole.split())
    if len(line) <= limit:
        return line
    head = limit * 2 // 3
    return f"{line[:head]}…{line[len(line) - (limit - head - 1) :]}"


def without_paths(text: str) -> str:
    """Text with absolute paths reduced to their last part, so that a shared page names no machine's folders."""
    return _PATHS.sub(lambda found: re.split(r"[/\\]", found.group().rstrip("/\\"))[-1], text)


def number(value: float | None, *, unit: str = "", against: float | None = None, like: float | None = None) -> str:
    r"""Number in about three digits, and in as many as it takes to stay on its side of a limit.

    Parameters
    ----------
    value : float or None
        None is shown as a dash.
    unit : str, default ""
        Shares and rates are shown in percent.
    against : float, optional
        A limit that the number was compared with, unrounded.
    like : float, optional
        A number that this one stands beside, to be written in as many decimals.

    Returns
    -------
    str

    Examples
    --------
    >>> number(0.8123), number(0.0104, unit="share", against=0.01)
    ('0.812', '1.04\xa0%')
    """
    if value is None or not math.isfinite(value):
        return DASH
    scale, tail = (100.0, PERCENT) if unit in SHARE_UNITS else (1.0, "")
    scaled = value * scale
    decimals = _decimals(scaled if like is None else like * scale, percent=bool(tail))
    if like is not None and tail and decimals == 0 and scaled != round(scaled):
        decimals = 1
    if against is not None and math.isfinite(against):
        while decimals < MAX_DECIMALS and value != against and _same(scaled, against * scale, decimals):
            decimals += 1
    text = f"{scaled:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = "0"
    return text.replace("-", MINUS) + tail


def signed(value: float | None, *, unit: str = "", against: float | None = None) -> str:
    r"""Difference with its sign; differences of shares are in points, which are hundredths of the whole.

    Parameters
    ----------
    value : float or None
        None is shown as a dash.
    unit : str, default ""
    against : float, optional
        A limit that the number was compared with, unrounded.

    Returns
    -------
    str

    Examples
    --------
    >>> signed(0.031, unit="share"), signed(0.5)
    ('+3.1\xa0points', '+0.500')
    """
    if value is None or not math.isfinite(value):
        return DASH
    text = number(value, unit=unit, against=against).replace(PERCENT, "\u00a0points")
    text = "1\u00a0point" if text == "1\u00a0points" else text
    return text if value <= 0 or text.startswith(MINUS) else f"+{text}"


def interval(low: float | None, high: float | None, *, unit: str = "", difference: bool = False) -> str:
    """Limits of an interval, empty where there are none or no width; those of a difference bear no percent sign.

    Parameters
    ----------
    low, high : float or None
    unit : str, default ""
    difference : bool, default False
        Whether they are limits of a difference.

    Returns
    -------
    str

    Examples
    --------
    >>> interval(0.78, 0.84), interval(0.021, 0.04, unit="share", difference=True)
    ('0.780 to 0.840', '2.1 to 4')
    """
    if low is None or high is None or low == high:
        return ""
    widest, other = sorted((low, high), key=abs, reverse=True)
    if widest == round(widest) and other != round(other):
        widest *= 1 - 1e-9  # a whole number asks for no decimals, and the one beside it needs some
    left, right = (number(limit, unit=unit, like=widest) for limit in (low, high))
    return f"{left.removesuffix(PERCENT)} to {right.removesuffix(PERCENT) if difference else right}"


def count(n: int, singular: str, plural: str = "") -> str:
    """Number with its noun.

    Examples
    --------
    >>> count(1, "gate"), count(1200, "record")
    ('1 gate', '1,200 records')
    """
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def noun_of(about: Mapping[str, Any]) -> tuple[str, str]:
    """What one of what was audited is called, and several; several rows of a table that are one are no record.

    Parameters
    ----------
    about : mapping
        Of an audit, its modality and facts.

    Returns
    -------
    tuple of (str, str)

    Examples
    --------
    >>> noun_of({"modality": "audio"}), noun_of({"modality": "series"})
    (('recording', 'recordings'), ('series', 'series'))
    """
    row = "unit" if about.get("facts", {}).get("unit") else "record"
    noun = _NOUNS.get(str(about.get("modality", "")), row)
    return noun, noun if noun.endswith("s") else f"{noun}s"


def halves(sentence: str) -> tuple[str, str]:
    """Sentence cut at its first semicolon into two sentences, the second empty where there is none.

    Examples
    --------
    >>> halves("A tenth is copied; at most 1 % is allowed.")
    ('A tenth is copied.', 'At most 1 % is allowed.')
    """
    first, _, rest = sentence.partition(";")
    rest = rest.strip()
    return (f"{first}.", f"{rest[:1].upper()}{rest[1:]}") if rest else (sentence, "")


def metric_title(name: str) -> str:
    """Name of a metric as a heading; parameters and embedder are kept.

    Examples
    --------
    >>> metric_title("holdout_share"), metric_title("vendi_score[q=2]@dinov2")
    ('Holdout share', 'Vendi score [q=2] @dinov2')
    """
    base = base_name(name)
    rest = name[len(base) :]
    title = _TITLES.get(base) or base.replace("_", " ").strip().capitalize()
    return inert(" ".join([title, *re.findall(r"\[[^\]]*\]|@[^\[@]*", rest)]))


def part_words(where: Mapping[str, str]) -> str:
    """Part of the data in words: `sex = Female, class = >50K`."""
    return ", ".join(f"{inert(name, limit=40)} = {inert(level, limit=60)}" for name, level in where.items())


def spelt(char: str) -> str:
    r"""A character as it is, its number for one that acts unseen or that no file can hold.

    Examples
    --------
    >>> spelt("a"), spelt("\u202e")
    ('a', '⟨U+202E⟩')
    """
    acts = char in _UNSEEN or unicodedata.category(char) in ("Cc", "Cs")
    return f"⟨U+{ord(char):04X}⟩" if acts else char


def _decimals(scaled: float, *, percent: bool) -> int:
    """Decimals for about three significant digits; whole numbers need none."""
    size = abs(scaled)
    if size == 0 or (size >= 1 and scaled == round(scaled)):
        return 0
    if percent:
        return 1 if size >= 1 else 2
    if size >= LARGE:
        return 0
    if size >= 1:
        return 2 - int(math.log10(size))
    return 3 if size >= SMALL else min(MAX_DECIMALS, 1 - math.floor(math.log10(size)))


def _same(left: float, right: float, decimals: int) -> bool:
    return f"{left:.{decimals}f}" == f"{right:.{decimals}f}"
