"""First halves of the sentences about texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from auditkit.gates.digits import PERCENT, PLAIN, Scale, at_equal_sizes
from auditkit.gates.outcome import GateResult
from auditkit.gates.series_words import of_part

__all__ = ["TEXT_LEADS", "TEXT_SHORTFALLS"]


def _of_texts(says: str) -> Callable[[GateResult], str]:
    def told(result: GateResult) -> str:
        share = f"{_shown(result, PERCENT)}{PERCENT.suffix}"
        return f"{share} of synthetic texts{of_part(result)} {says}{_fresh(result, PERCENT)}"

    return told


def _kinds(result: GateResult) -> str:
    share = f"{_shown(result, PERCENT)}{PERCENT.suffix}"
    return f"of runs of words in synthetic texts{of_part(result)} {share} differ{_fresh(result, PERCENT)}"


def _pairs(result: GateResult) -> str:
    share, fresh = f"{_shown(result, PERCENT)}{PERCENT.suffix}", _fresh(result, PERCENT)
    return f"of pairs of words in synthetic texts{of_part(result)} {share} stand in no training text{fresh}"


def _lengths(result: GateResult) -> str:
    return (
        f"synthetic texts{of_part(result)} are like real ones in their length to {_shown(result, PLAIN)} where 1 is "
        f"equal{_fresh(result, PLAIN)}"
    )


def _shown(result: GateResult, scale: Scale) -> str:
    return scale.show(result.value or 0.0)


def _fresh(result: GateResult, scale: Scale) -> str:
    """The same of fresh real texts."""
    if result.yardstick is None:
        return ""
    fresh = f"fresh real texts: {scale.show(result.yardstick)}{scale.suffix}"
    equal = at_equal_sizes(result.value, result.compared, scale)
    return f" ({equal}, {fresh})" if equal else f" ({fresh})"


TEXT_LEADS: Mapping[str, Callable[[GateResult], str]] = MappingProxyType(
    {
        "ngram_overlap": _of_texts("hold a run of words of a training text"),
        "near_copy_share": _of_texts("are a training text but for a few words"),
        "near_repeat_share": _of_texts("are another synthetic text but for a few words"),
        "self_repetition": _of_texts("share a run of words with another synthetic text"),
        "distinct_n": _kinds,
        "ngram_novelty": _pairs,
        "text_length_similarity": _lengths,
    }
)
"""By metric."""

TEXT_SHORTFALLS = frozenset({"distinct_n", "text_length_similarity"})
"""Of which less is worse."""
