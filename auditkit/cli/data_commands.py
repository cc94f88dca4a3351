"""Commands that make or change data: generate, filter, merge, ablate; and the lists of what there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditkit.cli.options import (
    ConfigPath,
    Groups,
    Key,
    Label,
    ModalityName,
    Order,
    RealPath,
    Seed,
    SyntheticPath,
    data_config,
    pairs,
)
from auditkit.cli.session import session
from auditkit.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset

OutPath = Annotated[Path, typer.Option("--out", metavar="PATH", help="File to write; its suffix names the format.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("generate")(generate_command)
    app.command("filter")(filter_command)
    app.command("merge")(merge_command)
    app.command("ablate")(ablate_command)
    app.command("list")(list_command)


def generate_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="See `auditkit list generators`.")],
    real: RealPath,
    n: Annotated[int, typer.Option("--n", min=0, metavar="N", help="Samples to draw.")],
    out: OutPath,
    label: Label = None,
    group: Groups = None,
    key: Key = None,
    order: Order = None,
    modality: ModalityName = None,
    seed: Seed = 0,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Parameter of the generator; repeatable.")
    ] = None,
    condition: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=LEVEL", help="Only samples of that level; repeatable.")
    ] = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the trained generator there.")] = None,
) -> None:
    """Train a generator on real data and draw samples from it."""
    from auditkit.generators import create  # noqa: PLC0415 - heavy
    from auditkit.pipeline import load_set  # noqa: PLC0415

    roles = data_config(label=label, groups=group, key=key, order=order, modality=modality)
    train = load_set(real, roles)
    generator = create(
        name, modality=train.modality, **{key: _value(text) for key, text in pairs(param, "--param").items()}
    )
    session.log(f"training {name} on {len(train)} samples")
    generator.fit(train, seed=seed)
    synthetic = generator.sample(n, conditions=pairs(condition, "--condition") or None, seed=seed)
    synthetic.save(out)
    if save is not None:
        generator.save(save)
    session.say(f"{len(synthetic)} samples in {out}")


def filter_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `auditkit audit --out` wrote.")],
    out: OutPath,
    config: ConfigPath = None,
    synthetic: Annotated[
        Path | None, typer.Option(metavar="S", help="The audited data, where they have moved since.")
    ] = None,
) -> None:
    """Keep the samples that no rule rejects, with a reason for each rejected one."""
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy
    from auditkit.config import load_config  # noqa: PLC0415
    from auditkit.filtering.select import filter as select  # noqa: PLC0415

    found = open_audit(folder)
    rules = None if config is None else load_config(config).filters or None
    selection = select(_audited(found, synthetic), found, rules=rules, seed=int(found.about["seed"]))
    selection.save(out)
    session.say(str(selection))
    session.log(f"kept samples in {out}")


def merge_command(
    real: RealPath,
    synthetic: SyntheticPath,
    out: OutPath,
    ratio: Annotated[float, typer.Option(min=0.0, help="Synthetic samples per real one, at most.")] = 1.0,
    label: Label = None,
    seed: Seed = 0,
) -> None:
    """Join real and synthetic data into one training set with a column that says which is which."""
    from auditkit.filtering.merging import merge  # noqa: PLC0415 - heavy
    from auditkit.pipeline import load_set  # noqa: PLC0415

    roles = data_config(label=label)
    train = load_set(real, roles)
    merged = merge(train, load_set(synthetic, roles, like=train), ratio=ratio, seed=seed)
    merged.save(out)
    for note in merged.notes:
        session.log(f"note: {note}")
    session.say(f"{len(merged)} samples in {out}")


def ablate_command(
    real: RealPath,
    test: Annotated[Path, typer.Option(metavar="T", help="Real data that nothing else has seen.")],
    arm: Annotated[
        list[str], typer.Option(metavar="NAME=PATH", help="Synthetic data to try, as all=s.csv; repeatable.")
    ],
    label: Annotated[str, typer.Option(metavar="L", help="Column to predict.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for ablation.json; an audit's, to judge it there.")],
    group: Groups = None,
    repeats: Annotated[int, typer.Option(min=1, help="Repeats, each on another 80 % of every set.")] = 5,
    model: Annotated[list[str] | None, typer.Option(metavar="NAME", help="boosting or logistic; repeatable.")] = None,
    seed: Seed = 0,
) -> None:
    """Train models with and without synthetic data and compare them on real test data."""
    from auditkit.ablation.run import ablate  # noqa: PLC0415 - heavy
    from auditkit.pipeline import load_set  # noqa: PLC0415

    roles = data_config(label=label, groups=group)
    train = load_set(real, roles)
    arms = {name: load_set(place, roles, like=train) for name, place in pairs(arm, "--arm").items()}
    with session.progress() as tell:
        found = ablate(
            real=train,
            test=load_set(test, roles, like=train),
            arms=arms,
            repeats=repeats,
            models=tuple(model or ("boosting",)),
            seed=seed,
            progress=None if tell is None else lambda done, total: tell(done, total, "ablate"),
        )
    found.save(out)
    session.say(str(found))


def list_command(
    what: Annotated[str, typer.Argument(metavar="metrics|generators|embedders|gates", help="What to list.")],
) -> None:
    """List the metrics, generators, embedders or gates that there are."""
    kinds: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "metrics": _metrics,
        "generators": _generators,
        "embedders": _embedders,
        "gates": _gates,
    }
    if what not in kinds:
        raise UnknownNameError.of("list", what, kinds)
    rows = kinds[what]()
    width = max((len(name) for name, _ in rows), default=0)
    session.say("\n".join(f"{name:<{width}}  {about}" for name, about in rows))


def _metrics() -> list[tuple[str, str]]:
    from auditkit.metrics import registry  # noqa: PLC0415 - heavy

    return [(name, f"{registry.get(name).direction:<7} {registry.get(name).meaning}") for name in registry.names()]


def _generators() -> list[tuple[str, str]]:
    from auditkit.generators import registry  # noqa: PLC0415 - heavy

    return [(entry.name, entry.modality) for entry in registry.entries()]


def _embedders() -> list[tuple[str, str]]:
    from auditkit.features.registry import embedder_entries  # noqa: PLC0415 - heavy

    return [(entry.name, entry.modality) for entry in embedder_entries()]


def _gates() -> list[tuple[str, str]]:
    from auditkit.gates.rules import preset  # noqa: PLC0415 - heavy

    return [(rule.id, f"{rule.level:<6} {rule.metric}: {rule.why}") for rule in preset()]


def _audited(found: Audit, place: Path | None) -> Dataset:
    """The synthetic data of an audit, from where they were when it was made."""
    from auditkit.pipeline import load_set, quick_sample  # noqa: PLC0415 - heavy

    inputs = found.run.get("inputs", {})
    if "real" not in inputs or ("synthetic" not in inputs and place is None):
        message = "the audit does not say where its data are: give --synthetic, or audit again with `auditkit audit`."
        raise DataError(message)
    for name, path in inputs.items():
        if name in ("real", "synthetic") and not (name == "synthetic" and place) and not Path(path).exists():
            message = (
                f"the {name} data of this audit are no longer at {Path(path).name!r}: put them back, or audit again."
            )
            raise DataError(message)
    roles = data_config(**found.run.get("roles", {}))
    real = load_set(inputs["real"], roles)
    synthetic = load_set(place or inputs["synthetic"], roles, like=real)
    return quick_sample(synthetic, seed=int(found.about["seed"])) if found.run.get("quick") else synthetic


def _value(text: str) -> Any:
    """Number, boolean or list where the text is one, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
