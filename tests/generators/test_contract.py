"""Rules that every registered generator keeps."""

from __future__ import annotations

import pytest

from auditkit.generators import Budget, FitReport, create, describe, entries
from auditkit.testing import ConformanceError, check_generator

TOLD = {"external", "back_translation", "llm", "pipeline"}
"""Generators that must be given a file, a function or a folder: their own tests check them."""
ENTRIES = [entry for entry in entries() if entry.origin == "auditkit" and entry.name not in TOLD]
DATASETS = {
    "tabular": "people",
    "image": "stripes",
    "text": "verses",
    "audio": "calls",
    "series": "tides",
    "any": "people",
}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.modality}-{entry.name}")
def test_every_generator_keeps_the_rules(entry, request):
    dataset = request.getfixturevalue(DATASETS[entry.modality])
    check_generator(
        lambda: create(entry.name, modality=entry.modality),
        dataset,
        budget=Budget(steps=60),
    )


def test_external_keeps_the_rules(people, tmp_path):
    path = tmp_path / "made.csv"
    people.save(path)
    check_generator(lambda: create("external", path=path), people)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.modality}-{entry.name}")
def test_every_generator_says_what_it_is(entry):
    info = describe(entry.name, modality=entry.modality)
    assert (info.name, info.modality) == (entry.name, entry.modality)
    assert info.summary.endswith(".")
    assert info.family
    assert all(info.params.values())


class Lazy:
    """Breaks the rule that fit returns self."""

    info = create("marginals").info
    fit_report: FitReport | None = None
    shortfall = None

    def fit(self, *_, **__):
        return None

    def sample(self, *_, **__):
        from auditkit.generators import NotFittedError

        raise NotFittedError("fit first.")

    def save(self, folder):
        pass

    @classmethod
    def load(cls, _):
        return cls()


def test_a_broken_rule_is_named(people):
    with pytest.raises(ConformanceError, match="fit must return self"):
        check_generator(Lazy, people)


def test_what_is_no_generator_is_refused(people):
    with pytest.raises(ConformanceError, match="it must have info"):
        check_generator(object, people)
