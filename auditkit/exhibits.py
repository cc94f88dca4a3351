"""What a page shows beside the numbers: curves, maps, thumbnails, pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Exhibit"]


@dataclass(frozen=True)
class Exhibit:
    """Bounded, shareable evidence for a page: a curve, a projection, thumbnails, differing cells.

    Attributes
    ----------
    name : str
        File name without suffix, unique in an audit.
    kind : str
        How it is drawn, as `"occupancy"`, `"distances"`, `"projection"`, `"pairs"`, `"thumbnails"`.
    title : str
    data : mapping
        Plain JSON types only, without real records unless `show_real` was given.
    """

    name: str
    kind: str
    title: str
    data: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        return {"name": self.name, "kind": self.kind, "title": self.title, "data": dict(self.data)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Exhibit:
        """Exhibit from what `to_json` wrote."""
        return cls(**data)
