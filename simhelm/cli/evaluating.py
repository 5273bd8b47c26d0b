"""The verb ``evaluate``: policies and baselines on the same test episodes."""

from __future__ import annotations

import dataclasses
import json
import logging
from pathlib import Path
from typing import Annotated, Any

import typer

from simhelm.cli.app import (
    EnvArgument,
    FormatOption,
    OutputFormat,
    SeedsOption,
    SetOption,
    app,
    assignments,
    log,
    print_records,
    seed_pair,
)
from simhelm.core.errors import ConfigurationError


@app.command()
def evaluate(
    env: EnvArgument,
    policy: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="A policy file or training directory; may be repeated."),
    ],
    arguments: SetOption = None,
    seeds: SeedsOption = None,
    tolerance: Annotated[
        float | None, typer.Option(help="Episodes that end with a larger error failed.", min=0)
    ] = None,
    baselines: Annotated[
        str, typer.Option(help="all, none, or names separated by commas.")
    ] = "all",
    algo: Annotated[str | None, typer.Option(help="Of a .zip of Stable-Baselines3.")] = None,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Read .zip files, which can run any program when read."),
    ] = False,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Play test episodes with policies and with every baseline, and print both.

    Without --seeds: the first 100 of the environment's test seeds.
    """
    from simhelm.control.environments import make_environment
    from simhelm.control.training.evaluation import evaluate as play
    from simhelm.control.training.foreign import load_policy
    from simhelm.envs.seed_ranges import seed_ranges_of
    from simhelm.experiments.signals import interruptible
    from simhelm.experiments.terminal import progress_bar

    _refuse_other_kinds(policy)
    loaded = {_title(path): load_policy(path, algorithm=algo, trust=trust) for path in policy}
    given = _trained_on(env, list(loaded.values())) | assignments(arguments, "--set")
    made = make_environment(env, given)
    pair = seed_pair(seeds, "--seeds")
    chosen = seed_ranges_of(made)["test"][:100] if pair is None else range(*pair)
    _refuse_seen_seeds(loaded, chosen)
    names = {"all": None, "none": []}.get(baselines, baselines.split(","))
    with interruptible(), progress_bar(enabled=log.isEnabledFor(logging.INFO)) as progress:
        found = play(made, loaded, chosen, tolerance=tolerance, baselines=names, progress=progress)
    made.close()
    _print_evaluation(found, env, chosen, form)


def _refuse_other_kinds(policies: list[Path]) -> None:
    from simhelm.experiments.kinds import of_directory

    for path in policies:
        if not path.is_dir() or (path / "policy.npz").is_file():
            continue
        entry = of_directory(path)
        if entry.name == "training":
            raise ConfigurationError(
                f"--policy: the training in {path} is not complete: `simhelm resume {path}`"
            )
        raise ConfigurationError(
            f"--policy: evaluate plays policies of trainings, and {path} holds a {entry.noun}; "
            f"`simhelm show {path}` prints its outcome"
        )


def _title(path: Path) -> str:
    """What tables call a policy: the end of its path that tells it from others."""
    return "/".join(path.parts[-2:])


def _trained_on(env: str, policies: list[Any]) -> dict[str, Any]:
    """The arguments that a policy was trained with, if it was trained on this environment."""
    found: dict[str, Any] = {}
    for policy in policies:
        trained = policy.metadata.environment
        if trained == env:
            found = dict(policy.metadata.arguments)
        elif trained:
            log.warning("this policy was trained on %s, not on %s", trained, env)
    return found


def _refuse_seen_seeds(policies: dict[str, Any], seeds: range) -> None:
    for name, policy in policies.items():
        seen = policy.metadata.training_seeds
        if seen is not None and max(seen[0], seeds.start) < min(seen[1], seeds.stop):
            raise ConfigurationError(
                f"--seeds {seeds.start}:{seeds.stop}: {name} was trained on the seeds "
                f"{seen[0]}:{seen[1]}; a test must use others"
            )


def _print_evaluation(found: Any, env: str, seeds: range, form: OutputFormat) -> None:
    from simhelm.control.training.evaluation import cells

    if form is OutputFormat.json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2, allow_nan=False))
        return
    rows = [cells(row, found.judged) for row in found.rows]
    tolerance = "" if found.tolerance is None else f", tolerance {found.tolerance:g}"
    title = f"{env}, seeds {seeds.start}:{seeds.stop}{tolerance}; 95 % bootstrap intervals"
    print_records(rows, form, title=title)
    if form is OutputFormat.table:
        typer.echo(found.verdict)
