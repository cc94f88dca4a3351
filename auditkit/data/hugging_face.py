"""Sets of the library `datasets`: their features say what is an image, a recording, a class; the library is not needed.

What is read are the stored cells, as arrow holds them. Formats and transforms of the set are left out, since these say
how a training loop wants its cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from auditkit.data.any_table import arrow_frame
from auditkit.data.arrays import LABEL_KEYS, array_parts
from auditkit.data.content import Content
from auditkit.data.encoded_cells import images_of_cells, recordings_of_cells
from auditkit.data.samples import Samples
from auditkit.data.schema import Schema
from auditkit.errors import DataError, ShapeError, UnknownNameError
from auditkit.kinds import Modality

__all__ = ["is_hugging_face", "read_hugging_face"]

_FILES: Mapping[str, Modality] = {"Image": "image", "Audio": "audio"}
_ARRAYS = ("Array2D", "Array3D")
_PLAIN = frozenset({"Value", "ClassLabel", "List", "LargeList", "Sequence", *_ARRAYS})


def is_hugging_face(source: object) -> bool:
    """Whether something is a set of `datasets`, or several of them by split."""
    return type(source).__module__.split(".")[0] == "datasets"


def read_hugging_face(
    source: Any,
    *,
    title: str,
    modality: Modality | None = None,
    rate: int | None = None,
    schema: Schema | None = None,
    limit: int | None = None,
) -> Content:
    """Columns and samples of a set.

    Parameters
    ----------
    source : datasets.Dataset or datasets.IterableDataset
    title : str
        What messages call it.
    modality : str, optional
        What its samples must be.
    rate : int, optional
        Samples per second that recordings are resampled to; that of the feature by default.
    schema : Schema, optional
        Of the real set.
    limit : int, optional
        Samples to read, from the first; a stream needs one.

    Returns
    -------
    Content

    Raises
    ------
    DataError
        If several splits are given, a stream without a limit, or a column that is nothing to audit.
    """
    if isinstance(source, Mapping):
        names = list(source)
        message = (
            f"{title} has the splits {', '.join(map(repr, names))}: load one of them, as load(splits[{names[0]!r}])."
        )
        raise DataError(message)
    table, features = _stream(source, title, limit) if not hasattr(source, "__len__") else _stored(source, limit)
    for name, feature in features.items():
        kind = str(feature.get("_type", "a struct"))
        if kind not in _PLAIN and kind not in _FILES:
            message = (
                f"column {name!r} of {title} holds {kind}, which cannot be audited: leave it out, as "
                f"load(data.remove_columns({name!r}))."
            )
            raise DataError(message)
    label = _label(features)
    column = _sample_column(features, modality, title)
    if column is None:
        return Content(_cells(table, features, title), label=label)
    samples = _samples(table[column], column, features[column], title, rate=rate, schema=schema)
    others = table.drop_columns([column])
    beside = _cells(others, features, title) if others.num_columns else pd.DataFrame(index=pd.RangeIndex(len(table)))
    return Content(beside, samples, label=label, taken=(column,))


def _stored(source: Any, limit: int | None) -> tuple[Any, dict[str, Any]]:
    plain = source.with_format("arrow")
    return plain[: len(source) if limit is None else limit], source.features.to_dict()


def _stream(source: Any, title: str, limit: int | None) -> tuple[Any, dict[str, Any]]:
    import pyarrow as pa  # noqa: PLC0415 - most users bring pandas frames

    if limit is None:
        raise DataError(f"{title} is a stream, whose end is not known: say how many samples to read, as limit=10_000.")
    rows = list(islice(source.with_format("arrow"), limit))
    if not rows:
        raise DataError(f"{title} has no rows: give at least one sample.")
    return pa.concat_tables(rows), {} if source.features is None else source.features.to_dict()


def _label(features: Mapping[str, Any]) -> str | None:
    """The only column of classes, or the one with the name of a label."""
    classes = [name for name, feature in features.items() if feature.get("_type") == "ClassLabel"]
    named = [name for name in classes if name in LABEL_KEYS]
    found = named if len(named) == 1 else classes
    return found[0] if len(found) == 1 else None


def _sample_column(features: Mapping[str, Any], modality: Modality | None, title: str) -> str | None:
    """The column of images, recordings or arrays; None where each row is a row."""
    files = [name for name, feature in features.items() if feature.get("_type") in _FILES]
    arrays = [] if modality == "series" else [name for name, item in features.items() if item.get("_type") in _ARRAYS]
    found = files + arrays
    if len(found) > 1:
        message = (
            f"{title} holds samples in {len(found)} columns ({', '.join(map(repr, found))}): keep one of them, as "
            f"load(data.remove_columns({found[1:]!r}))."
        )
        raise DataError(message)
    if not found:
        return None
    held: Modality = _FILES.get(features[found[0]]["_type"], "image")
    if modality not in (None, held):
        message = (
            f"column {found[0]!r} of {title} holds {held} data, modality {modality!r} was asked for: leave the column "
            f"out, as load(data.remove_columns({found[0]!r}))."
        )
        raise DataError(message)
    return found[0]


def _samples(
    column: Any, name: str, feature: Mapping[str, Any], title: str, *, rate: int | None, schema: Schema | None
) -> Samples:
    where = f"column {name!r} of {title}"
    cells = column.to_pylist()
    if feature["_type"] == "Image":
        return images_of_cells(cells, schema=schema, source=where)
    if feature["_type"] == "Audio":
        return recordings_of_cells(cells, rate=rate or feature.get("sampling_rate"), source=where)
    try:
        cube = np.asarray(cells, dtype=feature.get("dtype"))
    except (ValueError, TypeError) as error:
        raise ShapeError(f"{where} has missing arrays or arrays that differ in shape: drop or resize them.") from error
    samples = array_parts(cube, source=where).samples
    if samples is None:
        raise ShapeError(f"{where} has arrays of shape {cube.shape[1:]}: expected images.")
    return samples


def _cells(table: Any, features: Mapping[str, Any], title: str) -> pd.DataFrame:
    frame = arrow_frame(table, name=title)
    named = {
        name: _names_of(frame[name], features[name]["names"], name, title)
        for name in frame.columns
        if features.get(name, {}).get("_type") == "ClassLabel"
    }
    return frame.assign(**named)


def _names_of(codes: pd.Series, names: list[str], column: str, title: str) -> pd.Series:
    """Name of each class; whole numbers where all names are, and missing where there is no class (none, or -1)."""
    places = codes.fillna(-1).to_numpy(dtype=np.int64)
    if len(places) and places.max() >= len(names):
        known = [str(place) for place in range(len(names))]
        raise UnknownNameError.of(f"class of column {column!r}", str(places.max()), known, f"in {title}")
    whole = all(name.lstrip("-").isdecimal() and str(int(name)) == name for name in names)
    levels = pd.Series([int(name) for name in names] if whole else names, dtype="Int64" if whole else "str")
    return levels.reindex(np.where(places < 0, len(names), places)).reset_index(drop=True)
