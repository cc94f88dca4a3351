"""auditkit.toml: what a run reads, measures, judges and writes. A mistake in it is named with its place and a remedy.

Each section is a frozen model; absent sections have their defaults. Paths in the file are relative to the file.
"""

from __future__ import annotations

from auditkit.config.filter_rules import FilterRule, QuotaRule
from auditkit.config.gate_rules import CheckConfig, GateRule, relative_share
from auditkit.config.reading import Config, load_config, parse_config
from auditkit.config.sections import (
    AblationConfig,
    AuditConfig,
    ConditionalConfig,
    DataConfig,
    GeneratorConfig,
    MergeConfig,
    ReportConfig,
    SplitConfig,
)

__all__ = [
    "AblationConfig",
    "AuditConfig",
    "CheckConfig",
    "ConditionalConfig",
    "Config",
    "DataConfig",
    "FilterRule",
    "GateRule",
    "GeneratorConfig",
    "MergeConfig",
    "QuotaRule",
    "ReportConfig",
    "SplitConfig",
    "load_config",
    "parse_config",
    "relative_share",
]
