"""The questions that an audit answers, and which of them a metric of a family helps to answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["OTHER", "QUESTIONS", "USEFULNESS", "Question", "question_of_family", "question_of_part"]


@dataclass(frozen=True)
class Question:
    """A question in the words of each place that asks it.

    Attributes
    ----------
    key : str
        In a report's JSON and its anchors.
    topic : str
        In comparisons: the noun that sentences and JSON have.
    title : str
        As a heading.
    lead : str
        What the heading asks, in a sentence.
    aside : str
        In front of a line of text that answers it; empty where the text leaves it out.
    """

    key: str
    topic: str
    title: str
    lead: str
    aside: str


OTHER = Question("other", "other scores", "Further scores", "Scores of metrics that other packages brought.", "")
USEFULNESS = Question(
    "helps",
    "usefulness",
    "Does it help?",
    "Does a model that trains on it do better on real test data that nothing has seen?",
    "Helpful",
)
QUESTIONS = (
    Question(
        "realistic",
        "realism",
        "Is it realistic?",
        "Could a synthetic sample be mistaken for a real one?",
        "Realistic",
    ),
    Question(
        "varied",
        "variety",
        "Is it varied?",
        "Does it show everything that the real data show, and not the same few samples again?",
        "Varied",
    ),
    Question(
        "copied",
        "copying",
        "Is it copied?",
        "Does it repeat the records it was trained on more than unseen real data would?",
        "Copied",
    ),
    Question(
        "fair",
        "fairness",
        "Is it fair?",
        "Is every group still there, at its share and with its labels?",
        "Fair",
    ),
    USEFULNESS,
    OTHER,
)
"""In the order in which they are asked; `OTHER` stands last and is asked only where there is something to say."""
_BY_FAMILY = {item.topic: item for item in QUESTIONS} | {"detection": QUESTIONS[0], "utility": USEFULNESS}


def question_of_family(family: str | None) -> Question:
    """Question that the metrics of a family help to answer.

    Parameters
    ----------
    family : str or None
        None for a metric that nothing here registers.

    Returns
    -------
    Question

    Examples
    --------
    >>> question_of_family("detection").title, question_of_family(None).title
    ('Is it realistic?', 'Further scores')
    """
    return OTHER if family is None else _BY_FAMILY.get(family, OTHER)


def question_of_part(metric: str, family: str | None, where: Collection[str], *, grouped: bool) -> Question:
    """Question that a score of a part helps to answer: shares of classes in whole sets are about variety.

    Parameters
    ----------
    metric : str
        Without parameters.
    family : str or None
        None for a metric that nothing here registers.
    where : collection of str
        What the part is of: groups, the class; empty for whole sets.
    grouped : bool
        Whether groups were declared.

    Returns
    -------
    Question

    Examples
    --------
    >>> question_of_part("label_rate_gap", "fairness", ["sex", "class"], grouped=True).title
    'Is it fair?'
    >>> question_of_part("label_rate_gap", "fairness", ["class"], grouped=True).title
    'Is it varied?'
    """
    of_class = list(where) == ["class"] or not (where or grouped)
    return question_of_family("variety" if metric == "label_rate_gap" and of_class else family)
