"""What a generator remembers of its training data beside the model: schema and roles, no values of records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from auditkit import __version__
from auditkit.data import Dataset, Schema
from auditkit.data.checks import check_dataset
from auditkit.data.digests import records_hash
from auditkit.data.empty import empty_samples
from auditkit.errors import DataError, SampleSizeError
from auditkit.generators.interface import GeneratorInfo, NotFittedError

if TYPE_CHECKING:
    from auditkit.data import Modality, Samples

__all__ = ["Outline", "check_trainable", "need_fitted"]

T = TypeVar("T")


@dataclass(frozen=True)
class Outline:
    """Schema and roles of the training data, enough to make synthetic datasets of the same form.

    Attributes
    ----------
    schema : Schema
    modality : str
    label, key, order : str or None
    groups : tuple of str
    data_hash : str
        SHA-256 of the training data.
    data_records : str
        Hash of its units whatever their order and roles, `auditkit.data.digests.records_hash`.
    n_train : int
    data_source : str
        Name of the training data, never a path.
    licence, consent : str or None
        What was said of the training data.
    fit_seed : int or None
    """

    schema: Schema
    modality: Modality
    label: str | None = None
    groups: tuple[str, ...] = ()
    key: str | None = None
    order: str | None = None
    data_hash: str = ""
    data_records: str = ""
    n_train: int = 0
    data_source: str = ""
    licence: str | None = None
    consent: str | None = None
    fit_seed: int | None = None

    @classmethod
    def of(cls, dataset: Dataset, *, seed: int | None = None) -> Outline:
        """Outline of the dataset that a generator is fitted on with a seed."""
        told = dataset.provenance or {}
        return cls(
            schema=dataset.schema,
            modality=dataset.modality,
            label=dataset.label,
            groups=dataset.groups,
            key=dataset.key,
            order=dataset.order,
            data_hash=dataset.hash,
            data_records=records_hash(dataset),
            n_train=len(dataset),
            data_source=dataset.source,
            licence=told.get("licence"),
            consent=told.get("consent"),
            fit_seed=None if seed is None else int(seed),
        )

    def dataset(self, table: pd.DataFrame, *, name: str, samples: Samples | None = None) -> Dataset:
        """Synthetic dataset of this form, with ids s0, s1, ...

        Parameters
        ----------
        table : DataFrame
            Rows with the columns of the schema.
        name : str
            Name of the generator, said as the dataset's source.
        samples : Samples, optional
            Images or arrays, one per row.
        """
        n = len(table)
        return Dataset(
            table=_steady_types(table.reset_index(drop=True), self.schema),
            samples=samples,
            schema=self.schema,
            modality=self.modality,
            label=self.label,
            groups=self.groups,
            key=self.key,
            order=self.order,
            ids=np.array([f"s{i}" for i in range(n)], dtype=np.str_),
            source=name,
            provenance=self.record(name),
        )

    def record(self, name: str, *, trained: bool = True) -> dict[str, Any]:
        """What samples of a generator remember of the data: what it was fitted on, if it was fitted."""
        seen = {"data_hash": self.data_hash, "data_records": self.data_records, "n_train": self.n_train}
        return {
            "auditkit": __version__,
            "synthetic": True,
            "generator": name,
            "data_source": self.data_source,
            **(seen if trained else {}),
            "licence": self.licence,
            "consent": self.consent,
            "fit_seed": self.fit_seed,
        }

    def no_rows(self) -> pd.DataFrame:
        """Empty frame with the columns of the schema in their types."""
        return pd.DataFrame({column.name: pd.Series([], dtype=column.dtype) for column in self.schema.columns})

    def empty(self, name: str) -> Dataset:
        """Dataset of this form without units."""
        return self.dataset(self.no_rows(), name=name, samples=empty_samples(self.modality, self.schema))

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        return {
            "schema": self.schema.to_json(),
            "modality": self.modality,
            "label": self.label,
            "groups": list(self.groups),
            "key": self.key,
            "order": self.order,
            "data_hash": self.data_hash,
            "data_records": self.data_records,
            "n_train": self.n_train,
            "data_source": self.data_source,
            "licence": self.licence,
            "consent": self.consent,
            "fit_seed": self.fit_seed,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outline:
        """Outline from what `to_json` wrote."""
        return cls(**{**data, "schema": Schema.from_json(data["schema"]), "groups": tuple(data["groups"])})


def _steady_types(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Columns that may miss cells in the type that can, so that a small sample has the types of a large one."""
    wider = {"int64": "float64", "bool": "boolean"}
    changed = {
        column.name: wider[column.dtype]
        for column in schema.columns
        if column.nullable and column.dtype in wider and table[column.name].dtype.name == column.dtype
    }
    return table.astype(changed) if changed else table


def check_trainable(dataset: Dataset, info: GeneratorInfo) -> None:
    """Refuse data that a generator cannot be fitted on.

    Raises
    ------
    DataError
        For what is no Dataset, another modality, or several rows per unit.
    SampleSizeError
        For an empty set.
    """
    check_dataset("dataset", dataset)
    if info.modality not in {dataset.modality, "any"}:
        message = f"generator {info.name!r} needs {info.modality} data, got {dataset.modality} in {dataset.source!r}"
        texts = info.modality == "text" and dataset.modality == "tabular"
        message += ': load a column of texts with modality="text".' if texts else "."
        raise DataError(message)
    if dataset.key is not None and info.modality == "tabular":
        message = (
            f"generator {info.name!r} needs one row per unit, {dataset.source!r} has several rows per {dataset.key!r}: "
            "load one row per unit without key=, or use an external generator."
        )
        raise DataError(message)
    if not len(dataset):
        message = f"generator {info.name!r} needs at least one sample to be fitted on, {dataset.source!r} has none."
        raise SampleSizeError(message)


def need_fitted(learnt: T | None, info: GeneratorInfo) -> T:
    """What a fitted generator holds, as its outline or model.

    Raises
    ------
    NotFittedError
        When there is none yet.
    """
    if learnt is None:
        message = f"generator {info.name!r} must be fitted first: call fit(dataset)."
        raise NotFittedError(message)
    return learnt
