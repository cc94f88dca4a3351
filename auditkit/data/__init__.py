"""Sets of samples: reading, schema, units, splits, joint encoding, record digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit.data.cells import Cells as Cells
    from auditkit.data.checks import check_compatible as check_compatible
    from auditkit.data.checks import schema_violations as schema_violations
    from auditkit.data.constraints import Constraint as Constraint
    from auditkit.data.constraints import parse_constraint as parse_constraint
    from auditkit.data.dataset import Dataset as Dataset
    from auditkit.data.digests import record_digests as record_digests
    from auditkit.data.identity_terms import mark_terms as mark_terms
    from auditkit.data.joint import encode_frames as encode_frames
    from auditkit.data.joint import encode_sets as encode_sets
    from auditkit.data.loading import load as load
    from auditkit.data.recordings import RecordingSamples as RecordingSamples
    from auditkit.data.resampling import resample as resample
    from auditkit.data.samples import ArraySamples as ArraySamples
    from auditkit.data.samples import Samples as Samples
    from auditkit.data.schema import Column as Column
    from auditkit.data.schema import Kind as Kind
    from auditkit.data.schema import Modality as Modality
    from auditkit.data.schema import Schema as Schema
    from auditkit.data.series import SeriesSamples as SeriesSamples
    from auditkit.data.texts import TextSamples as TextSamples

_HOMES = {
    "ArraySamples": "samples",
    "Cells": "cells",
    "Column": "schema",
    "Constraint": "constraints",
    "Dataset": "dataset",
    "Kind": "schema",
    "Modality": "schema",
    "RecordingSamples": "recordings",
    "Samples": "samples",
    "Schema": "schema",
    "SeriesSamples": "series",
    "TextSamples": "texts",
    "check_compatible": "checks",
    "encode_frames": "joint",
    "encode_sets": "joint",
    "load": "loading",
    "mark_terms": "identity_terms",
    "parse_constraint": "constraints",
    "record_digests": "digests",
    "resample": "resampling",
    "schema_violations": "checks",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
