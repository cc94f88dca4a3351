"""pytest: a fixture that audits once per session, and an assertion whose failure can be read.

pytest loads this file in every project where auditkit is installed, so nothing heavy may be imported at its top.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation
    from auditkit.auditing.result import Audit
    from auditkit.config import Config
    from auditkit.data import Dataset
    from auditkit.gates import GateResult, Verdict

__all__ = ["Audits", "GateFailedError", "GateNotMeasuredError", "assert_gates", "audit"]

_MOST = 20
_MARK = "audit_gate(*gates, config=None, ablation=None, strict=False)"


class GateFailedError(AssertionError):
    """A gate failed: the data are bad."""


class GateNotMeasuredError(AssertionError):
    """No gate failed, but one could not be measured: nothing is known, which is not green."""


def assert_gates(
    audit: Audit | Verdict | str | PathLike[str],
    config: str | PathLike[str] | Config | None = None,
    *,
    gates: Collection[str] = (),
    ablation: Ablation | None = None,
    strict: bool = False,
) -> Verdict:
    """Assert that an audit passes its gates.

    Parameters
    ----------
    audit : Audit, Verdict or path
        An audit, the folder of one, or a verdict that was reached already.
    config : path or Config, optional
        Gates to judge by; without one the preset `"recommended"`.
    gates : collection of str, optional
        Ids of the gates that count; all by default.
    ablation : Ablation, optional
        Its scores are judged too.
    strict : bool, default False
        Whether every warning fails, as `auditkit check --strict`.

    Returns
    -------
    Verdict
        The one that passed.

    Raises
    ------
    GateFailedError
        If a gate failed; the message holds each failure and why it matters, what is undecided, what to do.
    GateNotMeasuredError
        If none failed and one could not be measured.
    ConfigError
        If the config is wrong; names file:line:column.
    UnknownNameError
        If there is no gate of such an id.
    """
    __tracebackhide__ = True
    verdict = _judged(audit, config, ablation)
    if gates:
        from auditkit.gates.strictness import verdict_of  # noqa: PLC0415 - heavy

        verdict = verdict_of(verdict, (gates,) if isinstance(gates, str) else tuple(gates))
    if strict:
        from auditkit.gates.strictness import strict_verdict  # noqa: PLC0415 - heavy

        verdict = strict_verdict(verdict)
    if verdict.passed:
        return verdict
    kind = GateFailedError if verdict.exit_code == 1 else GateNotMeasuredError
    raise kind(_told(verdict))


def _judged(
    audit: Audit | Verdict | str | PathLike[str], config: str | PathLike[str] | Config | None, ablation: Ablation | None
) -> Verdict:
    from auditkit.auditing.result import Audit, open_audit  # noqa: PLC0415 - heavy
    from auditkit.errors import ConfigError  # noqa: PLC0415
    from auditkit.gates import Verdict  # noqa: PLC0415

    if isinstance(audit, Verdict):
        if config is not None or ablation is not None:
            raise ConfigError("a verdict was judged already: give the audit to judge it by another config.")
        return audit
    if not isinstance(audit, (Audit, str, PathLike)):
        raise ConfigError(f"assert_gates takes an audit, its folder or a verdict, got {type(audit).__name__}.")
    found = audit if isinstance(audit, Audit) else open_audit(audit)
    return found.check(config, ablation=ablation)


def _told(verdict: Verdict) -> str:
    """The whole failure: each result that is no pass, worst first, what to do, and what the outcome means."""
    from auditkit.gates.elsewhere import at_hand  # noqa: PLC0415 - heavy
    from auditkit.gates.table import WORDS, ordered, status_of, wrapped  # noqa: PLC0415

    lines = [verdict.headline(), ""]
    results = ordered(at_hand(verdict.results))
    for status in ("fail", "error", "undecided", "warning"):
        items = [item for item in results if status_of(item) == status]
        for item in items[:_MOST]:
            lines += _paragraph(item, WORDS[status])
        if len(items) > _MOST:
            lines.append(f"{WORDS[status]}: {len(items) - _MOST} more.")
    advice = dict.fromkeys(finding.advice[0] for finding in verdict.findings if finding.advice)
    lines += ["", "What to do next", *(line for text in advice for line in wrapped(text, "  - "))] if advice else []
    if verdict.exit_code != 1:
        lines += ["", *wrapped("No gate failed, but what could not be measured is not known to be good.", "")]
    return "\n".join(lines)


def _paragraph(item: GateResult, word: str) -> list[str]:
    from auditkit.gates.table import wrapped  # noqa: PLC0415 - heavy

    why = f"Why it matters: {item.why}" if item.why and item.verdict in ("fail", "error") else ""
    texts = [text for text in (item.sentence, why) if text]
    return [*wrapped(f"{word} {item.name}", ""), *(line for text in texts for line in wrapped(text, "    "))]


class Audits:
    """Audits of one session: each made once for the same sets and options, or opened from a folder.

    Parameters
    ----------
    folder : Path or None
        What `--auditkit-dir` or `auditkit_dir` of the ini-file names.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.asked: list[Audit] = []
        self._held: dict[object, Audit] = {}

    def __call__(self, *, real: Any = None, synthetic: Any = None, holdout: Any = None, **options: Any) -> Audit:
        """Audit of some sets, or of the folder where none is given.

        Parameters
        ----------
        real, synthetic, holdout : path, frame, array or Dataset, optional
            Read as `auditkit.load` reads them, the others as the real one.
        **options
            `label`, `groups`, `key`, `order`, `text`, `rate`, `modality` and `columns` say how sets are read; all
            others are those of `auditkit.audit`.

        Returns
        -------
        Audit
        """
        if real is None and synthetic is None and holdout is None and not options:
            found = self._held.get(None) or self._opened()
            key: object = None
        else:
            sets, rest = _sets(real, synthetic, holdout, options)
            hashes = [(name, item.hash, item.label, item.groups) for name, item in sets.items()]
            key = repr((hashes, sorted(rest.items())))
            found = self._held.get(key) or _audited(sets, rest)
        self._held[key] = found
        self.asked.append(found)
        return found

    def _opened(self) -> Audit:
        from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy
        from auditkit.errors import ConfigError  # noqa: PLC0415

        if self.folder is None:
            raise ConfigError(
                "the fixture `audit` needs sets, as audit(real=..., synthetic=...), or a folder: pytest "
                "--auditkit-dir DIR, or auditkit_dir in the ini-file."
            )
        return open_audit(self.folder)


def _sets(
    real: Any, synthetic: Any, holdout: Any, options: dict[str, Any]
) -> tuple[dict[str, Dataset], dict[str, Any]]:
    """Sets by role, and the options that are the audit's own."""
    from auditkit.config import DataConfig  # noqa: PLC0415 - heavy
    from auditkit.data import Dataset  # noqa: PLC0415
    from auditkit.errors import ConfigError  # noqa: PLC0415
    from auditkit.pipeline.sets import load_set  # noqa: PLC0415

    given = {name: item for name, item in (("synthetic", synthetic), ("holdout", holdout)) if item is not None}
    if real is None or "synthetic" not in given:
        raise ConfigError("the fixture `audit` needs both real= and synthetic=, and holdout= to judge copying.")
    names = {"label", "groups", "key", "order", "text", "rate", "modality", "columns"} & options.keys()
    read = {name: options[name] for name in names}
    if read and isinstance(real, Dataset):
        raise ConfigError(f"`real` is read already: give {', '.join(sorted(read))} to auditkit.load.")
    if isinstance(read.get("groups"), str):
        read["groups"] = (read["groups"],)
    roles = DataConfig(**read)
    known = real if isinstance(real, Dataset) else load_set(real, roles)
    others = {
        name: item if isinstance(item, Dataset) else load_set(item, roles, like=known, name=name)
        for name, item in given.items()
    }
    return {"real": known, **others}, {name: value for name, value in options.items() if name not in names}


def _audited(sets: dict[str, Dataset], options: dict[str, Any]) -> Audit:
    from auditkit.auditing.run import audit  # noqa: PLC0415 - heavy

    arguments: dict[str, Any] = {**sets, **options}
    return audit(**arguments)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Option and ini-value that name the folder of an audit."""
    help_ = "folder of an audit (auditkit audit --out DIR) that the fixture `audit` opens"
    parser.getgroup("auditkit").addoption("--auditkit-dir", metavar="DIR", default=None, help=help_)
    parser.addini("auditkit_dir", help_, default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers", f"{_MARK}: the audits that the test asks for must pass these gates, or all where none is named"
    )


@pytest.fixture(scope="session")
def audit(pytestconfig: pytest.Config) -> Audits:
    """Make audits: `audit(real=..., synthetic=...)`, each once per session, or `audit()` for the folder."""
    return _audits(pytestconfig)


_AUDITS = pytest.StashKey[Audits]()


def _audits(config: pytest.Config) -> Audits:
    if _AUDITS not in config.stash:
        option, ini = config.getoption("--auditkit-dir"), config.getini("auditkit_dir")
        base = config.invocation_params.dir if option else config.rootpath
        chosen = option or ini
        config.stash[_AUDITS] = Audits(base / chosen if chosen else None)
    return config.stash[_AUDITS]


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """After a test that is marked `audit_gate`, judge the audits that it asked for."""
    mark = pyfuncitem.get_closest_marker("audit_gate")
    if mark is None:
        return (yield)
    audits = _audits(pyfuncitem.config)
    audits.asked.clear()
    result = yield
    from auditkit.auditing.result import Audit  # noqa: PLC0415 - heavy

    given = [value for value in pyfuncitem.funcargs.values() if isinstance(value, Audit)]
    asked = list({id(item): item for item in (*given, *audits.asked)}.values())
    said = [_failure(item, mark) for item in asked or [audits()]]
    if any(said):
        pytest.fail("\n\n".join(filter(None, said)), pytrace=False)  # no line of the test is to blame
    return result


def _failure(item: Audit, mark: pytest.Mark) -> str:
    try:
        assert_gates(item, gates=mark.args, **mark.kwargs)
    except AssertionError as error:
        return str(error)
    return ""
