"""One page an environment, from its docstring, its spaces and its baselines."""

from __future__ import annotations

from typing import Any

import gymnasium
from gymnasium.envs.registration import load_env_creator

import simhelm  # noqa: F401 - registers the environments
from docs.pages.markdown import docstring, table
from simhelm.cli.citations import citations
from simhelm.core.problem import Output, Parameter, Problem
from simhelm.envs.design import DesignEnv
from simhelm.envs.registration import Entry, environments

NOT_MADE = "The tables of this page are left out"


def pages() -> dict[str, str]:
    """The overview and every environment's page by address."""
    entries = environments()
    found = {"environments/index.md": _overview(entries)}
    found |= {_address(entry): page(entry) for entry in entries}
    return found


def page(entry: Entry) -> str:
    """The page of one environment."""
    try:
        env: Any = gymnasium.make(entry.id).unwrapped
    except ImportError as error:
        missing = f"{NOT_MADE}, because a library was missing when it was built: {error}\n"
        return f"{_heading(entry)}{missing}"
    if isinstance(env, DesignEnv):
        body = _problem(env.problem) + _as_environment()
    else:
        body = docstring(load_env_creator(entry.entry_point)).replace("## Description\n", "", 1)
    cited = "".join(f"- {reference.text()}\n" for reference in citations(entry.id))
    return f"{_heading(entry)}{body}{_made(entry, env)}\n## To cite\n\n{cited}"


def _heading(entry: Entry) -> str:
    return f"# {entry.id.partition('/')[2]}\n\n*{entry.id}: {entry.summary}*\n\n"


def _overview(entries: tuple[Entry, ...]) -> str:
    rows = [
        (f"[{entry.id}]({_address(entry).partition('/')[2]})", entry.summary) for entry in entries
    ]
    return (
        "# Environments\n\n`import simhelm` registers them all. Problems, of which one action is a "
        "whole design, serve studies and samplers just as well.\n\n" + table(("id", "task"), rows)
    )


def _address(entry: Entry) -> str:
    return f"environments/{entry.id.partition('/')[2]}.md"


def _problem(problem: Problem) -> str:
    sign = "-" if problem.direction == "minimize" else ""
    output = next(item for item in problem.outputs if item.name == problem.objective)
    ends = sorted(float(f"{sign}{end!r}".replace("--", "")) for end in (output.low, output.high))
    worst = -problem.worst_objective if sign else problem.worst_objective
    return (
        f"{docstring(type(problem))}\n## Parameters\n\n"
        + table(
            ("parameter", "range or choices", "unit", "rule of thumb", "exists if", "meaning"),
            map(_parameter, problem.parameters),
        )
        + "\n## Outputs\n\n"
        + table(("output", "unit", "observed range", "meaning"), map(_output, problem.outputs))
        + f"\n## Objective and cost\n\nreward = {sign}`{problem.objective}` ({output.unit}), which "
        f"is observed in [{ends[0]:g}, {ends[1]:g}]; a failed simulation earns {worst:g}, and no "
        f"success earns less. Cost is counted in {problem.work_unit}; `full_budget` is "
        f"{problem.full_budget}.\n\n"
    )


def _parameter(parameter: Parameter) -> tuple[object, ...]:
    if parameter.kind == "categorical":
        legal = ", ".join(map(str, parameter.choices))
    else:
        scale = ", logarithmic" if parameter.log else ""
        legal = f"{parameter.low:g} to {parameter.high:g}, {parameter.kind}{scale}"
    condition = ""
    if parameter.condition is not None:
        name, values = parameter.condition
        condition = f"`{name}` is {' or '.join(map(str, values))}"
    name = f"`{parameter.name}`"
    return name, legal, parameter.unit, parameter.default, condition, parameter.description


def _output(output: Output) -> tuple[object, ...]:
    return f"`{output.name}`", output.unit, f"{output.low:g} to {output.high:g}", output.description


def _as_environment() -> str:
    """What all design environments have in common, from their class."""
    text = docstring(DesignEnv)
    return "## As an environment\n\n" + text.replace("\n## ", "\n### ").partition("\n\n")[2] + "\n"


def _made(entry: Entry, env: Any) -> str:
    """What an instance with its default arguments says about itself."""
    rows = [(item.name, item.kind, item.description) for item in env.baselines().values()]
    # A problem's name is no argument that a user gives.
    given = {} if isinstance(env, DesignEnv) else entry.kwargs
    arguments = ", ".join(f"{name}={value!r}" for name, value in given.items())
    text = (
        "\n## Baselines\n\nBy `env.unwrapped.baselines()`:\n\n"
        + table(("baseline", "kind", "policy"), rows)
        + f'\n## Spaces\n\nOf `gym.make("{entry.id}")`'
        + (f" ({arguments})" if arguments else "")
        + f":\n\n```text\naction       {_space(env.action_space)}\n"
        + f"observation  {_space(env.observation_space)}\n```\n"
    )
    if entry.vector_entry_point is not None:
        text += (
            "\nA vector of them advances in one compiled call: "
            f'`gym.make_vec("{entry.id}", 8, vectorization_mode="vector_entry_point")`.\n'
        )
    return text


def _space(space: gymnasium.Space[Any]) -> str:
    """A space in one line, long bounds shortened."""
    if isinstance(space, gymnasium.spaces.Box):
        low, high = _bounds(space.low), _bounds(space.high)
        return f"Box({low}, {high}, {space.shape}, {space.dtype})"
    return str(space)


def _bounds(values: Any) -> str:
    flat = sorted(set(values.ravel().tolist()))
    return f"{flat[0]:g}" if len(flat) == 1 else f"{flat[0]:g} ... {flat[-1]:g}"
