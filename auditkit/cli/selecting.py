"""What a filter keeps of the samples of a saved audit: the same for every command that asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.cli.folder import audited_real

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.auditing.result import Audit
    from auditkit.config import Config
    from auditkit.data import Dataset
    from auditkit.filtering.selection import Selection

__all__ = ["config_at", "selected"]


def config_at(place: Path | None) -> Config:
    """The config in use, or one of defaults."""
    from auditkit.config import Config, load_config  # noqa: PLC0415 - heavy

    return Config() if place is None else load_config(place)


def selected(
    folder: Path,
    found: Audit,
    samples: Dataset,
    config: Config,
    *,
    synthetic: Path | None = None,
    generator: Path | None = None,
) -> Selection:
    """What is kept by the rules and quotas of the config, or the default rules, and by all that lies beside the audit.

    Parameters
    ----------
    folder : Path
        Of the audit; decisions of people that lie there are read.
    found : Audit
    samples : Dataset
    config : Config
    synthetic : Path, optional
        Where the audited data are, if they have moved.
    generator : Path, optional
        A trained generator, whose own scores rules then read.

    Raises
    ------
    DataError
        If the audited data are not there any more, or decisions are on other data.
    """
    from auditkit.filtering.select import filter as select  # noqa: PLC0415 - heavy
    from auditkit.pipeline.checking import check_names  # noqa: PLC0415

    check_names(config)
    return select(
        samples,
        found,
        rules=config.filters or None,
        quotas=config.quotas,
        evidence=_evidence(folder, found, samples, generator),
        real=audited_real(found, synthetic),
        seed=int(found.about["seed"]),
    )


def _evidence(folder: Path, found: Audit, samples: Dataset, generator: Path | None) -> list[pd.DataFrame]:
    """What people decided and what the generator says, where there is such."""
    from auditkit.generators import load  # noqa: PLC0415 - heavy
    from auditkit.pipeline.given_evidence import decided, own_scores  # noqa: PLC0415

    humans = decided(folder, found)
    given = [] if humans is None else [humans]
    return [*given, own_scores(load(generator), samples)] if generator is not None else given
