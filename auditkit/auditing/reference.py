"""What is kept of the real side of an audit, so that synthetic data can be judged where the real data may not be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.aggregates import (
    Aggregates,
    check_private,
    is_compared,
    make_aggregates,
    why_unserved,
)
from auditkit.auditing.inputs import Inputs, checked_sets, fitting
from auditkit.auditing.kept_rules import KeptRules
from auditkit.auditing.known import KnownSet, Roles, SetFacts, with_breaks
from auditkit.auditing.leaked_cells import kinds_of, with_words
from auditkit.auditing.private_schema import lenient_schema, private_schema
from auditkit.auditing.served import Served
from auditkit.auditing.sides import Described, describe, join_sides
from auditkit.data.amounts import has_amounts
from auditkit.data.constraints import Constraint, parse_constraints
from auditkit.data.dataset import Dataset
from auditkit.errors import DataError, UnknownNameError
from auditkit.features.registry import StorableEmbedder, create_embedder
from auditkit.gates.limits import ABLATION
from auditkit.metrics import registry
from auditkit.metrics.gaussians import Gaussian
from auditkit.metrics.neighbours import Neighbours, Points
from auditkit.metrics.parameters import check_seed
from auditkit.metrics.products import Products, Role, Rows, View
from auditkit.metrics.records import number_records
from auditkit.results import base_name

if TYPE_CHECKING:
    from os import PathLike

    from auditkit.data.personal import PersonalKind
    from auditkit.features.registry import AnyEmbedder


__all__ = ["Reference", "build_reference", "open_reference"]


@dataclass(frozen=True, eq=False)
class Reference:
    """The real side of audits: what they read of the real data, and neither the cells nor the ids.

    Make one with `build_reference`, read one with `open_reference`, and give it to `auditkit.audit` as `real`.

    Attributes
    ----------
    roles : Roles
    embedder : StorableEmbedder
        Fitted on the real set.
    facts : mapping of role to SetFacts
        Of the real set, and of the holdout where there is one.
    seed : int
        That the embedder was fitted with.
    rules : KeptRules
        What real rows follow beside the schema.
    kinds : mapping of str to str
        Columns of free text and personal data; empty in a private reference.
    known : mapping of role to KnownSet
        Empty in a private reference.
    aggregates : Aggregates or None
        All that a private reference knows.
    """

    roles: Roles
    embedder: StorableEmbedder
    facts: Mapping[Role, SetFacts]
    seed: int = 0
    rules: KeptRules = field(default_factory=KeptRules)
    kinds: Mapping[str, PersonalKind] = field(default_factory=dict)
    known: Mapping[Role, KnownSet] = field(default_factory=dict)
    aggregates: Aggregates | None = None

    @property
    def n(self) -> dict[Role, int]:
        """Units of each set."""
        return {role: item.n for role, item in self.facts.items()}

    @property
    def template(self) -> Dataset:
        """Set without units that others are read with: its schema and roles hold for them."""
        return self.roles.template(self.facts["real"].source)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{n} {role}" for role, n in self.n.items())
        private = "" if self.aggregates is None else ", private"
        return f"Reference({self.facts['real'].source!r}, {self.roles.modality}, {sizes}{private})"

    def inputs(
        self, synthetic: Dataset, *, embedder: AnyEmbedder | None, groups: Sequence[str] | None, seed: int
    ) -> Inputs:
        """Inputs of an audit of a synthetic set.

        Parameters
        ----------
        synthetic : Dataset
        embedder : str, embedder, callable or None
            Only the reference's own, or none.
        groups : sequence of str or None
            Some of the reference's groups; all by default.
        seed : int

        Raises
        ------
        DataError
            If the set cannot be compared, or another embedder is asked for.
        UnknownNameError
            If the reference does not know a group.
        """
        if embedder is not None and embedder != self.embedder.name:
            message = (
                f"the reference holds features of embedder {self.embedder.name!r}, not of {embedder!r}: "
                "build another one, or leave the embedder out."
            )
            raise DataError(message)
        roles = self._with_groups(groups)
        template = roles.template(self.facts["real"].source)
        ours = fitting(template, synthetic, "synthetic")
        described = describe(ours, self.embedder, schema=roles.schema, name="synthetic")
        given: dict[Role, Dataset] = {
            role: ours if role == "synthetic" else _named(template, self.facts[role])
            for role in ("real", "synthetic", "holdout")
            if role == "synthetic" or role in self.facts
        }
        inputs = Inputs(
            sets=given,
            sides={},
            embedder=self.embedder,
            hashes={role: self.facts[role].hash if role in self.facts else ours.hash for role in given},
            held={"synthetic": ours},
            notes=() if seed == self.seed else (f"The reference was built with seed {self.seed}.",),
            has_real=False,
            rules=self.rules,
        )
        if self.aggregates is not None:
            return self._private_inputs(inputs, described, self.aggregates, seed=seed)
        both = {
            role: described if role == "synthetic" else _only(self.known[role].described, roles.groups)
            for role in given
        }
        sides = join_sides(both, label=roles.label, amount=has_amounts(roles.schema, roles.label))
        sides |= {role: self.known[role].completed(sides[role]) for role in self.known}
        sides = with_words(sides, [("synthetic", ours)], self.kinds)
        return replace(inputs, sides=sides, prepare=self._prepare)

    def _private_inputs(self, inputs: Inputs, described: Described, aggregates: Aggregates, *, seed: int) -> Inputs:
        (records,) = number_records(described.digests)
        held = "holdout" in self.facts
        label = self.roles.label
        served = Served.of(aggregates, described, records, label=label, has_holdout=held, seed=seed)
        ours = inputs.sets["synthetic"]
        sides = with_words(served.sides, [("synthetic", ours)], kinds_of(ours, self.roles.schema))
        served = replace(served, sides=sides)
        lenient = {
            role: replace(item, schema=lenient_schema(item.schema, aggregates.pooled)) if role != "synthetic" else item
            for role, item in inputs.sets.items()
        }
        return replace(
            inputs,
            sets=lenient,
            sides=served.sides,
            prepare=served.prepare,
            notes=(*inputs.notes, *served.notes()),
            served=served,
        )

    def unserved(self, metrics: Iterable[str] = ()) -> dict[str, str]:
        """Metrics of an audit, and those given, that apply here and that this reference has no answer to, and why.

        Parameters
        ----------
        metrics : iterable of str
            Beside those that an audit reads by default, as those of some gates.

        Returns
        -------
        dict of str to str
        """
        named = [*registry.default_names(), *metrics]
        reasons = {name: self._unserved(name) for name in dict.fromkeys(named)}
        return {name: reason for name, reason in reasons.items() if reason}

    def _applies(self, name: str) -> bool:
        """Whether an audit against this reference asks a metric at all."""
        metric, roles = registry.get(name), self.roles
        has = {"key": roles.key, "steps": roles.key, "label": roles.label, "groups": roles.groups}
        return roles.modality in (None, *metric.modalities) and all(has.get(role, True) for role in metric.asks)

    def _unserved(self, name: str) -> str:
        if base_name(name) in ABLATION:
            return "an ablation trains models on the real data"
        if not self._applies(name):
            return ""
        if self.aggregates is not None:
            kept = {item.metric for item in self.aggregates.yardsticks}
            why = why_unserved(name, holdout="holdout" in self.facts)
            lacks = not why and is_compared(name) and name not in kept
            return "has a value and nothing to compare it with: no yardstick is kept for it" if lacks else why
        if "holdout" in registry.get(name).roles and "holdout" not in self.facts:
            return "needs a holdout, and the reference was built without one"
        return ""

    def _with_groups(self, groups: Sequence[str] | None) -> Roles:
        if groups is None:
            return self.roles
        for name in groups:
            if name not in self.roles.groups:
                raise UnknownNameError.of("group", name, self.roles.groups, "in the reference")
        return replace(self.roles, groups=tuple(groups))

    def _prepare(self, products: Products) -> None:
        for role, item in self.known.items():
            view = View("full", {}, {role: Rows(role)})
            products.put(item.moments, view, role)
            if item.moments.n > len(item.moments.mean):  # otherwise the rows themselves stand for their covariance
                products.put(Gaussian.of_moments(item.moments), view, role)
            near, k = item.near, min(products.parameters(Neighbours).get("k", 1), self.facts[role].n - 1)
            points: Points = products.get(Points, view, role)
            if near is not None and k <= near.k and len(near.indices) == points.n_distinct:
                squared = np.ascontiguousarray(near.squared_distances[:, :k])
                indices = np.ascontiguousarray(near.indices[:, :k])
                products.put(replace(near, squared_distances=squared, indices=indices), view, role)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the reference to one file, atomically; the same reference gives the same bytes.

        Raises
        ------
        DataError
            If the file cannot be written.
        """
        from auditkit.auditing.reference_file import write_reference  # noqa: PLC0415 - it builds on this class

        write_reference(path, self)


def build_reference(
    *,
    real: Dataset,
    holdout: Dataset | None = None,
    path: str | PathLike[str] | None = None,
    embedder: str | None = None,
    groups: Sequence[str] | None = None,
    seed: int = 0,
    private: bool = False,
    metrics: Iterable[str] = (),
    constraints: Sequence[str | Constraint] = (),
) -> Reference:
    """Keep of the real data what audits read, so that they can run where the real data may not be.

    Parameters
    ----------
    real : Dataset
        What the generator is trained on, with its label and groups.
    holdout : Dataset, optional
        Real units that no generator sees; without them copying cannot be judged.
    path : path, optional
        Where to write it, as `"ref.safetensors"`.
    embedder : str, optional
        Name of an embedder; each modality has a default.
    groups : sequence of str, optional
        Columns whose levels are compared; those of `real` by default.
    seed : int, default 0
        Of the embedder. An audit with the same seed gives the scores that it gives with the real data.
    private : bool, default False
        Keep aggregates only, by an embedder whose state tells of no single record.
    metrics : iterable of str, optional
        Further metrics to make yardsticks for in a private reference, beside those that an audit reads by default.
    constraints : sequence of str, optional
        Rules for each row, as `"end >= start"`: real rows are held against them now, and every audit against the
        reference holds synthetic ones against them too.

    Returns
    -------
    Reference

    Raises
    ------
    DataError
        If sets cannot be compared, an embedder cannot be kept, or the file cannot be written.
    SampleSizeError
        If a set is empty.
    UnknownNameError, ConfigError
        If a constraint is no rule, or does not fit the data.

    Notes
    -----
    Unless `private`, the file holds features, cells as codes and a digest of each record: it is as confidential as the
    data, for who can guess a record can confirm the guess. `Reference.unserved` names the metrics that a reference has
    no answer to.
    """
    given: dict[Role, Dataset] = {"real": real} if holdout is None else {"real": real, "holdout": holdout}
    sets = checked_sets(given, groups)
    roles = Roles.of(sets["real"])
    checked = parse_constraints(constraints)
    rules = KeptRules.of(sets, checked)
    if private:
        check_private(sets)
        roles = replace(roles, schema=private_schema(sets["real"]))
    fitted = _storable(embedder, sets["real"], private=private).fit(sets["real"], seed=check_seed(seed))
    facts = {role: SetFacts(len(item), item.source, "" if private else item.hash) for role, item in sets.items()}
    if private:
        asked = [*registry.default_names(), *_measurable(metrics)]
        held = make_aggregates(
            sets, fitted, schema=roles.schema, keys=rules.keys, constraints=checked, metrics=asked, seed=seed
        )
        facts = {role: replace(item, hash=held.digest) for role, item in facts.items()}
        made = Reference(roles, fitted, facts, seed, rules, aggregates=held)
    else:
        kinds = kinds_of(sets["real"], roles.schema)
        known = {
            role: KnownSet.of(item, fitted, schema=roles.schema, kinds=kinds, name=role) for role, item in sets.items()
        }
        known = with_breaks(known, sets, rules.keys, checked, seed=seed)
        made = Reference(roles, fitted, facts, seed, rules, kinds, known=known)
    if path is not None:
        made.save(path)
    return made


def open_reference(path: str | PathLike[str]) -> Reference:
    """Reference from the file that `build_reference` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Reference

    Raises
    ------
    DataError
        If it is absent or damaged, no reference, or one whose format, metrics, tie rule or embedder are others than
        this auditkit's.
    """
    from auditkit.auditing.reference_file import read_reference  # noqa: PLC0415 - it builds on this class

    return read_reference(path)


def _measurable(metrics: Iterable[str]) -> list[str]:
    """Metrics that an audit can read; an ablation's scores are none of them."""
    return [name for name in metrics if base_name(name) not in ABLATION]


def _storable(name: str | None, real: Dataset, *, private: bool) -> StorableEmbedder:
    made = create_embedder(name, modality=real.modality)
    if not isinstance(made, StorableEmbedder):
        message = f"embedder {made.name!r} cannot be kept in a reference: it has no state() and restore()."
        raise DataError(message)
    kept = made.coarse() if private else made
    if kept is None:
        message = f"embedder {made.name!r} has no form that tells of no single record: choose another, or not private."
        raise DataError(message)
    return kept


def _named(template: Dataset, facts: SetFacts) -> Dataset:
    """Set of which only the number of units is known; they have made-up names and no cells."""
    ids: NDArray[Any] = np.array([f"R{number + 1}" for number in range(facts.n)])
    return replace(template, ids=ids, source=facts.source)


def _only(described: Described, groups: Sequence[str]) -> Described:
    return replace(described, groups={name: described.groups[name] for name in groups})
