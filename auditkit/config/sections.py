"""The other sections of the config: data, generator, audit, merge, ablation, report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from auditkit.config.values import Names, Section, Seed, Share, listed, listed_or_default
from auditkit.kinds import Kind, Modality

__all__ = [
    "AblationConfig",
    "AuditConfig",
    "ConditionalConfig",
    "DataConfig",
    "GeneratorConfig",
    "MergeConfig",
    "ReportConfig",
    "SplitConfig",
]

Told = Annotated[str, Field(min_length=1)]
"""What somebody says in words."""


class SplitConfig(Section):
    """`[data.split]`: shares of the real units held out and kept for the final test."""

    holdout: Share = 0.2
    test: Share = 0.2

    @model_validator(mode="after")
    def _leave_some(self) -> SplitConfig:
        if self.holdout + self.test >= 1:
            message = f"holdout + test should stay below 1, got {self.holdout + self.test:g}"
            raise ValueError(message)
        return self


class DataConfig(Section):
    """`[data]`: where the sets are and what their columns mean."""

    real: str | None = None
    synthetic: str | None = None
    holdout: str | None = None
    test: str | None = None
    label: str | None = None
    groups: Names = ()
    key: str | None = None
    order: str | None = None
    text: str | None = None
    rate: Annotated[int, Field(ge=1)] | None = None
    modality: Modality | None = None
    columns: dict[str, Kind] = Field(default_factory=dict)
    licence: Told | None = None
    consent: Told | None = None
    split: SplitConfig = SplitConfig()


class GeneratorConfig(Section):
    """`[generator]`: a generator to fit on the training part, and how much to sample from it."""

    name: str = "cart"
    n: Annotated[int, Field(ge=1)] = 1000
    seed: Seed = 0
    params: dict[str, Any] = Field(default_factory=dict)


class AuditConfig(Section):
    """`[audit]`: what is measured, and how."""

    metrics: Annotated[Literal["default", "all"] | tuple[str, ...], BeforeValidator(listed_or_default)] = "default"
    embedder: str | None = None
    groups: Annotated[tuple[str, ...] | None, BeforeValidator(listed)] = None
    seed: Seed = 0
    sizes: Literal["matched", "full"] = "matched"
    show_real: bool = False
    quick: bool = False
    rescore: bool | None = None
    constraints: Names = ()


class MergeConfig(Section):
    """`[merge]`: synthetic units added per real one, and how much they count."""

    ratio: Annotated[float, Field(gt=0.0)] = 1.0
    weights: Annotated[float, Field(ge=0.0)] | Literal["real"] | dict[str, Annotated[float, Field(ge=0.0)]] | None = (
        None
    )


class ConditionalConfig(Section):
    """`[ablation.conditional]`: what the arm `"conditional"` generates, and to which shares."""

    generator: str | None = None
    by: Names = ()
    target: Literal["equal", "real"] | dict[str, Annotated[float, Field(ge=0.0)]] = "equal"


class AblationConfig(Section):
    """`[ablation]`: training sets and models that are compared on real test data."""

    repeats: Annotated[int, Field(ge=1)] = 5
    arms: Names = ("real", "synthetic", "real+synthetic", "real+kept")
    models: Names = ("boosting",)
    generators: Names = ()
    conditional: ConditionalConfig = ConditionalConfig()
    measures: Names = ()
    ratios: Annotated[tuple[Annotated[float, Field(gt=0.0)], ...], BeforeValidator(listed)] = ()
    curve: Annotated[tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...], BeforeValidator(listed)] = ()
    mitigations: Names = ()
    perturb: Names = ()
    shifted: dict[str, str] = Field(default_factory=dict)
    margin: Annotated[float, Field(gt=0.0)] = 0.01
    slices: bool = True


class ReportConfig(Section):
    """`[report]`: where the page goes and what it is called."""

    path: str | None = None
    title: str | None = None
