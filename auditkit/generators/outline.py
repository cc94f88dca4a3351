"""What a generator remembers of its training data beside the model: schema and roles, no values of records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditkit.data import Dataset, Schema

if TYPE_CHECKING:
    from auditkit.data import Modality, Samples

__all__ = ["Outline"]


@dataclass(frozen=True)
class Outline:
    """Schema and roles of the training data, enough to make synthetic datasets of the same form.

    Attributes
    ----------
    schema : Schema
    modality : str
    label, key, order : str or None
    groups : tuple of str
    """

    schema: Schema
    modality: Modality
    label: str | None = None
    groups: tuple[str, ...] = ()
    key: str | None = None
    order: str | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> Outline:
        """Outline of a dataset."""
        return cls(dataset.schema, dataset.modality, dataset.label, dataset.groups, dataset.key, dataset.order)

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
            table=table.reset_index(drop=True),
            samples=samples,
            schema=self.schema,
            modality=self.modality,
            label=self.label,
            groups=self.groups,
            key=self.key,
            order=self.order,
            ids=np.array([f"s{i}" for i in range(n)], dtype=np.str_),
            source=name,
        )

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        return {
            "schema": self.schema.to_json(),
            "modality": self.modality,
            "label": self.label,
            "groups": list(self.groups),
            "key": self.key,
            "order": self.order,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outline:
        """Outline from what `to_json` wrote."""
        return cls(**{**data, "schema": Schema.from_json(data["schema"]), "groups": tuple(data["groups"])})
