"""The verdict in the formats that people, CI servers and pull requests read: a file each, one table of them."""

from __future__ import annotations

from auditkit.gates.formats.alerts import Origin
from auditkit.gates.formats.writing import FORMATS, render

__all__ = ["FORMATS", "Origin", "render"]
