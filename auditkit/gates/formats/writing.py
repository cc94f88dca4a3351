"""One table of formats, and the door to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from auditkit.errors import UnknownNameError
from auditkit.gates.formats import code_quality, json_text, junit, markdown, sarif, workflow
from auditkit.gates.formats.alerts import Origin
from auditkit.gates.outcome import Verdict

__all__ = ["FORMATS", "render"]


def render(verdict: Verdict, format: str, origin: Origin | None = None) -> str:  # noqa: A002 - the option's name
    """Verdict as text in one format.

    Parameters
    ----------
    verdict : Verdict
    format : {"text", "json", "markdown", "junit", "sarif", "github", "gitlab"}
    origin : Origin, optional
        Where the gates are written, which is where annotations point, and what the check is called; by default
        `"auditkit.toml"` and `"check"`.

    Returns
    -------
    str
        Ends with a newline.

    Raises
    ------
    UnknownNameError
        If there is no such format.
    """
    if format not in _WRITERS:
        raise UnknownNameError.of("format", format, FORMATS)
    return _WRITERS[format](verdict, origin or Origin()).rstrip("\n") + "\n"


def _text(verdict: Verdict, _origin: Origin) -> str:
    return verdict.text()


_WRITERS: Mapping[str, Callable[[Verdict, Origin], str]] = MappingProxyType(
    {
        "text": _text,
        "json": json_text.write,
        "markdown": markdown.write,
        "junit": junit.write,
        "sarif": sarif.write,
        "github": workflow.write,
        "gitlab": code_quality.write,
    }
)
FORMATS = tuple(_WRITERS)
