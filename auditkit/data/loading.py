"""`load`: whatever holds the data, into one kind of object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.dataset import Dataset
from auditkit.data.schema import Kind, Modality, Schema
from auditkit.data.tabular import read_csv, read_jsonl, read_parquet
from auditkit.errors import DataError, UnknownNameError

__all__ = ["load"]


def load(source, *, label=None, groups=(), key=None, order=None, modality=None, columns=None, schema=None, limit=None, name=None):
    if isinstance(source, (str, Path)):
        path = Path(source)
        name = name or path.name
        if path.name.endswith((".csv", ".csv.gz")):
            frame = read_csv(path, source=name, columns=columns, schema=schema, limit=limit)
        elif path.suffix == ".parquet":
            frame = read_parquet(path, source=name, limit=limit)
        elif path.suffix == ".jsonl":
            frame = read_jsonl(path, source=name, limit=limit)
        else:
            raise DataError("format")
        return Dataset.of_table(frame, label=label, groups=groups, key=key, order=order, columns=columns, schema=schema, source=name)
    if isinstance(source, pd.DataFrame):
        frame = source if limit is None else source.head(limit)
        return Dataset.of_table(frame, label=label, groups=groups, key=key, order=order, columns=columns, schema=schema, source=name or "the table")
    raise DataError("type")
