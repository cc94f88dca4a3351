"""The command that trains models with and without synthetic data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditkit.cli.options import (
    ColumnKinds,
    Groups,
    Key,
    ModalityName,
    Order,
    Rate,
    RealPath,
    Seed,
    TextColumn,
    data_config,
    pairs,
)
from auditkit.cli.session import session
from auditkit.errors import ConfigError
from auditkit.layout import ABLATION

if TYPE_CHECKING:
    from auditkit.config import ConditionalConfig
    from auditkit.data import Dataset


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("ablate", short_help="Train models with and without synthetic data.")(ablate_command)


def ablate_command(
    real: RealPath,
    test: Annotated[Path, typer.Option(metavar="T", help="Real data that nothing else has seen.")],
    label: Annotated[str, typer.Option(metavar="L", help="Column to predict.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for ablation.json; an audit's, to judge it there.")],
    arm: Annotated[
        list[str] | None, typer.Option(metavar="NAME=PATH", help="Synthetic data to try, as all=s.csv; repeatable.")
    ] = None,
    generator: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Made anew in every repeat: smote, conditional, or a generator; repeatable."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Of --generator conditional: classes or groups; repeatable."),
    ] = None,
    target: Annotated[
        str, typer.Option(metavar="T", help="Their shares: equal, real, or LEVEL=SHARE,LEVEL=SHARE.")
    ] = "equal",
    using: Annotated[str | None, typer.Option(metavar="NAME", help="The generator that is asked for them.")] = None,
    group: Groups = None,
    key: Key = None,
    order: Order = None,
    text: TextColumn = None,
    rate: Rate = None,
    column: ColumnKinds = None,
    modality: ModalityName = None,
    repeats: Annotated[int, typer.Option(min=1, metavar="N", help="Repeats, each on another 80 % of every set.")] = 5,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="boosting, logistic, network or convolution (pixels); repeatable."),
    ] = None,
    measure: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="What is measured; the first decides; repeatable.")
    ] = None,
    ratio: Annotated[
        list[float] | None, typer.Option(metavar="X", help="Arms with X synthetic units per real one; repeatable.")
    ] = None,
    curve: Annotated[
        str | None, typer.Option(metavar="X,X,...", help="Learning curve over shares of the synthetic units.")
    ] = None,
    mitigation: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Arms that do something about groups, as reweighing; repeatable."),
    ] = None,
    perturb: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=X]", help="Test on disturbed data too: noise, blur or fgsm; repeatable."),
    ] = None,
    shifted: Annotated[
        list[str] | None, typer.Option(metavar="NAME=PATH", help="Other real data to test on; repeatable.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="ARM", help="Arms to run, not all; repeatable.")] = None,
    margin: Annotated[float, typer.Option(metavar="X", help="A difference within plus or minus X is none.")] = 0.01,
    slices: Annotated[
        bool, typer.Option("--slices/--no-slices", help="Look for the test units on which each arm is worst.")
    ] = True,
    seed: Seed = 0,
) -> None:
    """Train models with and without synthetic data and compare them on real test data.

    Each --arm NAME=PATH gives the arms NAME and real+NAME; `all=PATH` those that gates know, `synthetic` and
    `real+synthetic`. With an audit's folder as --out, `auditkit check` judges the ablation too.
    """
    from auditkit.ablation.run import ablate  # noqa: PLC0415 - heavy
    from auditkit.pipeline.sets import load_set, stage  # noqa: PLC0415
    from auditkit.pipeline.writing import check_folder  # noqa: PLC0415

    check_folder(out)
    places, others = pairs(arm, "--arm"), pairs(shifted, "--shifted")
    amounts = _shares(curve)
    asked = _conditional(generator, by, target, using)
    roles = data_config(
        label=label, groups=group, key=key, order=order, text=text, rate=rate, modality=modality, kinds=column
    )
    train = load_set(real, roles)

    def read(place: str | Path, name: str) -> Dataset:
        return load_set(place, roles, like=train, name=name)

    arms: dict[str, Any] = {name: read(place, f"arm {name}") for name, place in places.items()}
    with session.progress() as tell:
        found = ablate(
            real=train,
            test=read(test, "test"),
            arms=arms | _recipes(generator, train, taken=arms, asked=asked),
            repeats=repeats,
            models=tuple(model or ("boosting",)),
            measures=tuple(measure) if measure else None,
            ratios=tuple(ratio or ()),
            curve=amounts,
            mitigations=tuple(mitigation or ()),
            perturb=tuple(perturb or ()),
            shifted={name: read(place, f"set {name}") for name, place in others.items()},
            include=tuple(only) if only else None,
            margin=margin,
            slices=slices,
            seed=seed,
            progress=stage(tell, "ablate"),
        )
    found.save(out)
    session.say(str(found))
    session.log(f"written to {out / ABLATION}")


def _recipes(
    names: list[str] | None, train: Dataset, *, taken: dict[str, Any], asked: ConditionalConfig
) -> dict[str, Any]:
    from auditkit.pipeline.recipes import recipe_of  # noqa: PLC0415 - heavy

    for name in names or ():
        if name in taken:
            message = f"--arm and --generator both give {name!r}: give the arm another name."
            raise ConfigError(message)
    return {name: recipe_of(name, modality=train.modality, asked=asked) for name in names or ()}


def _conditional(names: list[str] | None, by: list[str] | None, target: str, using: str | None) -> ConditionalConfig:
    """What the arm `conditional` generates."""
    from auditkit.config import ConditionalConfig  # noqa: PLC0415 - heavy

    if (by or using or target != "equal") and "conditional" not in (names or ()):
        message = "--by, --target and --using say what --generator conditional makes: ask for that as well."
        raise ConfigError(message)
    wanted: Any = target
    if target not in ("equal", "real"):
        parts = [item.rpartition("=") for item in target.split(",") if item.strip()]
        try:
            wanted = {level.strip(): float(share) for level, _, share in parts}
        except ValueError:
            wanted = {}
        if not wanted or "" in wanted:
            message = f"--target takes equal, real, or shares as f=0.5,m=0.5, got {target!r}."
            raise ConfigError(message)
    return ConditionalConfig(generator=using, by=tuple(by or ()), target=wanted)


def _shares(text: str | None) -> tuple[float, ...]:
    """Numbers with commas between them."""
    try:
        return tuple(float(item) for item in (text or "").split(",") if item.strip())
    except ValueError:
        message = f"--curve takes numbers with commas between them, as 0,0.25,0.5,1, got {text!r}."
        raise ConfigError(message) from None
