"""What data can be: the modality of a set and the kind of a column, named alike in configs, schemas and metrics."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["KINDS", "MODALITIES", "Kind", "Modality"]

Modality = Literal["tabular", "image", "text", "audio", "series"]
Kind = Literal["numeric", "integer", "category", "boolean", "datetime", "text", "id", "constant"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)
KINDS: tuple[Kind, ...] = get_args(Kind)
