"""Sets as frames of pandas, arrow and polars, a row per sample."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from auditkit.data.levels import level_text
from auditkit.data.text_sets import TEXT
from auditkit.errors import DataError, MissingDependencyError
from auditkit.store import dump_json

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset

__all__ = ["arrow_table", "check_free", "class_codes", "columns_beside", "pandas_frame", "polars_frame"]

_RECORD = "auditkit.provenance"
_NO_CELLS = {"image": "images", "audio": "recordings"}


def pandas_frame(dataset: Dataset, *, ids: str | None = None) -> pd.DataFrame:
    """Pandas frame: ids where asked for, texts or channels, then the table.

    Raises
    ------
    DataError
        If the set holds images or recordings, or a column of a name that is needed.
    """
    if dataset.modality in _NO_CELLS:
        what = _NO_CELLS[dataset.modality]
        raise DataError(f"{dataset.source} holds {what}, which fit no frame: use to_huggingface() or to_torch().")
    added = _samples(dataset)
    check_free(dataset, added)
    return pd.concat([pd.DataFrame(added, index=dataset.table.index), columns_beside(dataset, ids)], axis=1)[
        [*_listed(ids), *added, *dataset.table.columns]
    ]


def _samples(dataset: Dataset) -> dict[str, pd.Series]:
    if dataset.samples is None:
        return {}
    if dataset.modality == "text":
        return {TEXT: pd.Series(dataset.arrays(), dtype=object)}
    series = dataset.arrays()
    return {
        name: pd.Series([item[:, place] for item in series], dtype=object)
        for place, name in enumerate(dataset.schema.channels)
    }


def columns_beside(dataset: Dataset, ids: str | None) -> pd.DataFrame:
    """The table, and before it the ids where asked for.

    Raises
    ------
    DataError
        If a column has that name already, or a key names the samples.
    """
    if ids is None:
        return dataset.table.copy()
    if dataset.key is not None:
        message = f"the key {dataset.key!r} names the samples of {dataset.source}: leave ids= out."
        raise DataError(message)
    check_free(dataset, [ids])
    return pd.concat([pd.Series(dataset.ids, name=ids, dtype="str"), dataset.table], axis=1)


def check_free(dataset: Dataset, names: Iterable[str]) -> None:
    """Refuse names that columns of a set have already.

    Raises
    ------
    DataError
    """
    taken = next((name for name in names if name in dataset.table.columns), None)
    if taken is not None:
        raise DataError(f"{dataset.source} has a column {taken!r} already, which is needed here: rename it.")


def class_codes(dataset: Dataset, name: str) -> tuple[pd.Series, list[str]]:
    """Place of each cell of a column among the levels of the schema, and behind them those that it does not know."""
    texts = dataset.table[name].map(level_text, na_action="ignore").astype(object)
    levels = list(dict.fromkeys([*dataset.schema[name].levels, *texts.dropna()]))
    places = {level: place for place, level in enumerate(levels)}
    return texts.map(places, na_action="ignore").astype("Int64"), levels


def _listed(ids: str | None) -> list[str]:
    return [] if ids is None else [ids]


def arrow_table(dataset: Dataset, *, ids: str | None = None) -> Any:
    """The same as a table of pyarrow: texts are of type string, the metadata hold the record of provenance."""
    import pyarrow as pa  # noqa: PLC0415 - most users have pandas frames

    table = pa.Table.from_pandas(pandas_frame(dataset, ids=ids), preserve_index=False)
    short = [field.with_type(pa.string()) if field.type == pa.large_string() else field for field in table.schema]
    record = None if dataset.provenance is None else {_RECORD: dump_json(dict(dataset.provenance))}
    return table.cast(pa.schema(short)).replace_schema_metadata(record)


def polars_frame(dataset: Dataset, *, ids: str | None = None) -> Any:
    """The same as a frame of polars.

    Raises
    ------
    MissingDependencyError
        If polars is not installed.
    """
    try:
        import polars as pl  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "to_polars() needs polars: install the extra, as pip install '.[polars]', or use to_arrow()."
        raise MissingDependencyError(message) from error
    return pl.from_arrow(arrow_table(dataset, ids=ids))
