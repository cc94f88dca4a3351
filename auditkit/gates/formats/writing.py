"""One table of formats, and the door to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from auditkit.errors import UnknownNameError
from auditkit.gates.formats import code_quality, json_text, junit, markdown, sarif, workflow
from auditkit.gates.formats.alerts import Origin
from auditkit.gates.outcome import Verdict

__all__ = ["FORMATS", "render"]


def render(
    verdict: Verdict,
    format: str,  # noqa: A002 - the option's name
    *,
    config: str = "auditkit.toml",
    name: str = "check",
    files: Mapping[str, str] | None = None,
    off: Mapping[str, str] | None = None,
    line: int | None = None,
) -> str:
    """Verdict as text in one format.

    Parameters
    ----------
    verdict : Verdict
    format : {"text", "json", "markdown", "junit", "sarif", "github", "gitlab"}
    config : str, default "auditkit.toml"
        Path of the configuration, where annotations point.
    name : str, default "check"
        Tells this check from others of the same pull request: in the marker of a comment, in fingerprints, as the
        name of a suite.
    files : mapping of str to str, optional
        Path by a gate's id, for gates that stand in another file than `config`.
    off : mapping of str to str, optional
        Metric by a gate's id, for gates that are switched off: JUnit shows them as skipped.
    line : int, optional
        Line of `config` at which gates of a preset stand: the one that names it.

    Returns
    -------
    str
        Ends with a newline.

    Raises
    ------
    UnknownNameError
        If there is no such format.
    ConfigError
        If the name has other signs than letters, digits, dots, underscores and single hyphens.
    """
    if format not in _WRITERS:
        raise UnknownNameError.of("format", format, FORMATS)
    origin = Origin(file=config, name=name, files=files or {}, off=off or {}, line=line)
    return _WRITERS[format](verdict, origin).rstrip("\n") + "\n"


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
