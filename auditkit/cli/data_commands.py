"""Commands that make or change data; here generate, the others are added beside it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditkit.cli.ablate_command import register as register_ablate
from auditkit.cli.filter_command import register as register_filter
from auditkit.cli.list_command import register as register_list
from auditkit.cli.merge_command import register as register_merge
from auditkit.cli.options import (
    Card,
    ColumnKinds,
    Consent,
    Groups,
    Key,
    Label,
    Licence,
    ModalityName,
    Order,
    OutPath,
    Rate,
    RealPath,
    Seed,
    TextColumn,
    data_config,
    pairs,
)
from auditkit.cli.session import session
from auditkit.errors import AuditkitError, SampleSizeError

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.generators import Budget

FEWEST = 2


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("generate", short_help="Train a generator and draw samples from it.")(generate_command)
    register_filter(app)
    register_merge(app)
    register_ablate(app)
    register_list(app)


def generate_command(
    real: RealPath,
    n: Annotated[int, typer.Option("--n", min=1, metavar="N", help="Samples to draw.")],
    out: OutPath,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="See `auditkit list generators`; not needed with --search.")
    ] = None,
    label: Label = None,
    group: Groups = None,
    key: Key = None,
    order: Order = None,
    text: TextColumn = None,
    rate: Rate = None,
    column: ColumnKinds = None,
    modality: ModalityName = None,
    licence: Licence = None,
    consent: Consent = None,
    card: Card = True,
    seed: Seed = 0,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Parameter of the generator; repeatable.")
    ] = None,
    condition: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=LEVEL", help="Only samples of that level; repeatable.")
    ] = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the trained generator there.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, metavar="N", help="Training steps at most, for each fit.")] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="S", help="Seconds of training for each fit; other machines get further."),
    ] = None,
    search: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Try N generators and settings, and take the best.")
    ] = None,
    holdout: Annotated[
        Path | None, typer.Option(metavar="H", help="With --search: real data that only the last audit sees.")
    ] = None,
) -> None:
    """Train a generator on real data and draw samples from it.

    Keep some real data away from it (auditkit needs a holdout to judge copying): train on a part, audit with the rest.
    With --search several are tried on an inner split of the real data, and the best is audited once against a holdout
    that no try has seen (a fifth of the real data, where none is given).
    """
    from auditkit.generators import Budget, create  # noqa: PLC0415 - heavy
    from auditkit.generators.conditions import plan_conditions  # noqa: PLC0415
    from auditkit.generators.outline import Outline  # noqa: PLC0415
    from auditkit.pipeline.made import made_by  # noqa: PLC0415
    from auditkit.pipeline.sets import load_set  # noqa: PLC0415
    from auditkit.pipeline.writing import (  # noqa: PLC0415
        check_file,
        check_folder,
        check_not_input,
        save_with_card,
        uninterrupted,
    )

    options = {name: _value(text) for name, text in pairs(param, "--param").items()}
    conditions = pairs(condition, "--condition") or None
    roles = data_config(
        label=label,
        groups=group,
        key=key,
        order=order,
        text=text,
        rate=rate,
        modality=modality,
        kinds=column,
        licence=licence,
        consent=consent,
    )
    train = load_set(real, roles)
    if len(train) < FEWEST:
        message = f"a generator needs at least {FEWEST} real samples to learn from, {train.source} has {len(train)}."
        raise SampleSizeError(message)
    check_not_input(out, [real, *([] if holdout is None else [holdout])])
    check_file(out, modality=train.modality)
    if save is not None:
        check_folder(save)
    budget = None if steps is None and seconds is None else Budget(steps=steps, seconds=seconds)
    if search is not None:
        if options or conditions:
            raise AuditkitError("--search chooses settings itself: leave --param and --condition out.")
        held = None if holdout is None else load_set(holdout, roles)
        _search(train, held, name, out=out, save=save, tries=search, n=n, budget=budget, seed=seed, card=card)
        return
    if name is None or holdout is not None:
        what = "a generator's name, or --search N" if name is None else "--search N beside --holdout"
        raise AuditkitError(f"generate needs {what}: see auditkit list generators.")
    generator = create(name, modality=train.modality, **options)
    plan_conditions(n, conditions, outline=Outline.of(train))  # before the training, which takes long
    session.log(f"training {name} on {len(train):,} samples")
    with session.progress() as progress:
        synthetic = made_by(generator, train, n=n, seed=seed, tell=progress, conditions=conditions, budget=budget)
    with uninterrupted():
        save_with_card(synthetic, out, card=card)
        if save is not None:
            generator.save(save)
    session.say(f"{len(synthetic)} samples in {out}")
    words = ["auditkit", "audit", "--real", str(real), "--synthetic", str(out), "--holdout", "H", "--out", "audit"]
    session.log(f"audit them with: {shlex.join(words)}")


def _search(
    train: Dataset,
    holdout: Dataset | None,
    name: str | None,
    *,
    out: Path,
    save: Path | None,
    tries: int,
    n: int,
    budget: Budget | None,
    seed: int,
    card: bool,
) -> None:
    """Search, write what the best one gives, and say what was tried and how it ended."""
    from auditkit.pipeline.search import search_generators  # noqa: PLC0415 - heavy
    from auditkit.pipeline.writing import save_with_card, uninterrupted  # noqa: PLC0415

    with session.progress() as progress:
        found = search_generators(
            train,
            holdout=holdout,
            tries=tries,
            names=None if name is None else [name],
            n=n,
            budget=budget,
            seed=seed,
            progress=progress,
        )
    with uninterrupted():
        save_with_card(found.synthetic, out, card=card)
        if save is not None:
            found.generator.save(save)
    for note in found.notes:
        session.log(note)
    session.say(str(found))
    session.say(f"{len(found.synthetic)} samples of {found.best.title} in {out}")


def _value(text: str) -> Any:
    """Number, boolean or list where the text is one, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
