"""Names in a config that only the registries know, checked before anything is read or trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from auditkit import generators
from auditkit.ablation.examined import perturbation_of
from auditkit.ablation.measures import MEASURES
from auditkit.ablation.mitigation import mitigation_of
from auditkit.ablation.models import MODELS
from auditkit.auditing.evidence import SAMPLE_COLUMNS
from auditkit.data.constraints import parse_constraint
from auditkit.errors import AuditkitError, ConfigError, UnknownNameError
from auditkit.features import embedder_names
from auditkit.features.registry import bare_name
from auditkit.gates.rules import check_rules, gates_of
from auditkit.metrics import registry
from auditkit.metrics.probing import check_values
from auditkit.pipeline.recipes import recipe_names
from auditkit.results import base_name

if TYPE_CHECKING:
    from auditkit.config import Config, GateRule
    from auditkit.data.dataset import Dataset

__all__ = ["check_constraints", "check_names"]

ARMS = ("real", "synthetic", "real+synthetic", "kept", "real+kept")
"""Training sets of a run, whose synthetic sets are all samples and those that the filter kept."""

EVIDENCE = (*SAMPLE_COLUMNS, "duplicate", "human", "own_score")
"""Columns that a filter rule may name, groups apart."""


def check_names(config: Config) -> list[GateRule]:
    """Gates that a config switches on, after a look at every name in it that a registry must know.

    Raises
    ------
    ConfigError
        For an unknown generator, metric, embedder or model, with file:line:column and the nearest known name; for
        a gate that cannot be, and a constraint that is no rule.
    """
    for path, kind, name, known in _names(config):
        if name not in known:
            raise ConfigError(f"{config.place(*path)}{UnknownNameError.of(kind, name, known)}")
    for path, text, read in _texts(config):
        try:
            read(text)
        except AuditkitError as error:
            raise ConfigError(f"{config.place(*path)}{error}") from error
    return check_rules(gates_of(config)[0])


def check_constraints(config: Config, real: Dataset) -> None:
    """Hold the real data against the constraints of a config, which need columns and types that they have.

    Parameters
    ----------
    config : Config
    real : Dataset

    Raises
    ------
    ConfigError
        With file:line:column, the position in the rule and the nearest name.
    """
    for index, text in enumerate(config.audit.constraints):
        try:
            parse_constraint(text).check(real, schema=real.schema)
        except (ConfigError, UnknownNameError) as error:
            raise ConfigError(f"{config.place('audit', 'constraints', index)}{error}") from error


def _texts(config: Config) -> Iterator[tuple[tuple[str | int, ...], str, Callable[[str], object]]]:
    """Path in the file, text, and what reads it: brackets of metrics, constraints, what an ablation tries."""
    sections: list[tuple[tuple[str, str], Sequence[str], Callable[[str], object]]] = [
        (("audit", "metrics"), () if isinstance(config.audit.metrics, str) else config.audit.metrics, check_values),
        (("audit", "constraints"), config.audit.constraints, parse_constraint),
        (("ablation", "mitigations"), config.ablation.mitigations, mitigation_of),
        (("ablation", "perturb"), config.ablation.perturb, perturbation_of),
    ]
    for path, texts, read in sections:
        yield from (((*path, index), text, read) for index, text in enumerate(texts))


def _names(config: Config) -> Iterator[tuple[tuple[str | int, ...], str, str, list[str]]]:
    """Path in the file, kind, name and known names of each."""
    modality = config.data.modality
    if config.generator is not None:
        known = [word for item in generators.entries(modality) for word in (item.name, f"{item.modality}/{item.name}")]
        yield ("generator", "name"), "generator", config.generator.name, known
    if config.audit.embedder is not None:
        yield ("audit", "embedder"), "embedder", bare_name(config.audit.embedder), embedder_names(modality)
    if not isinstance(config.audit.metrics, str):
        for index, name in enumerate(config.audit.metrics):
            yield ("audit", "metrics", index), "metric", base_name(name), registry.names()
    yield from _sample_columns(config)
    for index, name in enumerate(config.ablation.arms):
        yield ("ablation", "arms", index), "arm", name, list(ARMS)
    for index, name in enumerate(config.ablation.models):
        yield ("ablation", "models", index), "ablation model", name, list(MODELS)
    for index, name in enumerate(config.ablation.generators):
        yield ("ablation", "generators", index), "generator", name, recipe_names(modality)
    if config.ablation.conditional.generator is not None:
        known = [item.name for item in generators.entries(modality)]
        yield ("ablation", "conditional", "generator"), "generator", config.ablation.conditional.generator, known
    for index, name in enumerate(config.ablation.measures):
        yield ("ablation", "measures", index), "measure", name, list(MEASURES)


def _sample_columns(config: Config) -> Iterator[tuple[tuple[str | int, ...], str, str, list[str]]]:
    """The same of the columns of samples that filter rules and quotas read."""
    groups = config.data.groups if config.audit.groups is None else config.audit.groups
    named = [*EVIDENCE, *(f"group:{name}" for name in groups)]
    for index, rule in enumerate(config.filters):
        if rule.column is not None:
            yield ("filter", index, "column"), "column", rule.column, named
        if rule.prefer is not None:
            yield ("filter", index, "prefer"), "column", rule.prefer.removeprefix("-"), named
    for index, quota in enumerate(config.quotas):
        if quota.prefer is not None:
            yield ("quota", index, "prefer"), "column", quota.prefer.removeprefix("-"), list(EVIDENCE)
