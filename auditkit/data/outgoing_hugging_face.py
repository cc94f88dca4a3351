"""Sets as those of Hugging Face, with features that say what is a class, an image, a recording."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.decoding import image_of
from auditkit.data.folders import fits_pcm
from auditkit.data.outgoing_frames import arrow_table, check_free, class_codes, columns_beside
from auditkit.data.wave_files import wave_bytes
from auditkit.errors import MissingDependencyError
from auditkit.store import dump_json

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset

__all__ = ["hugging_face_set"]

_BATCH = 256


def hugging_face_set(dataset: Dataset, *, ids: str | None = None) -> Any:
    """Set of `datasets`: the label and the groups that are categories become classes.

    Raises
    ------
    DataError
        If the set has a column of a name that is needed.
    MissingDependencyError
        If datasets is not installed.
    """
    try:
        import datasets  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "to_huggingface() needs datasets: install the extra, as pip install '.[hf]'."
        raise MissingDependencyError(message) from error
    import pyarrow as pa  # noqa: PLC0415 - most users have pandas frames

    table = _with_files(dataset, ids) if dataset.modality in {"image", "audio"} else arrow_table(dataset, ids=ids)
    features = datasets.Features.from_arrow_schema(table.schema)
    if dataset.modality == "image":
        features["image"] = datasets.Image()
    elif dataset.modality == "audio":
        features["audio"] = datasets.Audio(sampling_rate=dataset.schema.rate)
    for name in dict.fromkeys(name for name in (dataset.label, *dataset.groups) if name is not None):
        if dataset.schema[name].kind in {"category", "constant"}:
            codes, levels = class_codes(dataset, name)
            features[name] = datasets.ClassLabel(names=levels)
            table = table.set_column(table.column_names.index(name), name, pa.array(codes, from_pandas=True))
    record = dataset.provenance or {}
    info = datasets.DatasetInfo(
        description=dump_json({"provenance": dict(record)}) if record else "",
        license=str(record.get("licence") or ""),
        features=features,
    )
    return datasets.Dataset(table.cast(features.arrow_schema), info=info)


def _with_files(dataset: Dataset, ids: str | None) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - most users have pandas frames

    check_free(dataset, [str(dataset.modality)])
    rate = dataset.schema.rate
    pcm = dataset.modality == "audio" and fits_pcm(dataset)
    files = [
        {"bytes": _png(sample) if rate is None else wave_bytes(sample, rate, pcm=pcm), "path": None}
        for batch in dataset.batches(_BATCH)
        for sample in batch.arrays()
    ]
    cells = pa.array(files, type=pa.struct({"bytes": pa.binary(), "path": pa.string()}))
    beside = columns_beside(dataset, ids)
    table = pa.table({str(dataset.modality): cells})
    for name in beside.columns:
        values = pa.array(beside[name], from_pandas=True)
        table = table.append_column(name, values.cast(pa.string()) if pa.types.is_large_string(values.type) else values)
    return table


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    image_of(pixels).save(buffer, format="PNG")
    return buffer.getvalue()
