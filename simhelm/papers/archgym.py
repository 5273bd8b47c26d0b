"""ArchGym's hyperparameter lottery and proxy cost models, recomputed on our own simulators.

Krishnan et al., "ArchGym: An Open-Source Gymnasium for Machine Learning Assisted Architecture
Design" (ISCA 2023, doi 10.1145/3579371.3589049), say that with tuned hyperparameters the agents
are equally favourable, and that a proxy with an error of 0.61 % saves a factor of 2,000 in time.
Here the spaces are small enough that the optimum is known, settings are chosen on one workload
and reported on another, and random search stands beside the agents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simhelm.papers import archgym_proxy
from simhelm.papers.lottery import agents
from simhelm.papers.lottery.figure import draw_lottery
from simhelm.papers.lottery.instances import DEFAULTS, Instance
from simhelm.papers.lottery.statistics import chosen, summary
from simhelm.papers.lottery.sweep import WITHIN, Scale, Sweep, collect, run_all
from simhelm.papers.table import Row, Table

FOLDER = Path("runs") / "archgym"
FULL, QUICK = Scale(budget=64, seeds=3, workers=2), Scale(budget=12, seeds=2)


def recompute(*, quick: bool) -> Iterator[Table]:
    """A table for each domain, what they say, then the proxies."""
    scale = QUICK if quick else FULL
    names = list(agents.QUICK_AGENTS if quick else agents.SWEEPS)
    agents.check_installed(names)
    archgym_proxy.check_installed()
    found = {}
    for domain, (tune_on, report_on) in DEFAULTS.items():
        tuning, report = (Instance(domain, w, FOLDER, quick) for w in (tune_on, report_on))
        runs = list(run_all(names, tuning, report, scale, FOLDER / "regrets.jsonl"))
        title = f"{domain}: {report_on}, settings chosen on {tune_on}"
        found[title] = collect(names, tuning, runs)
        yield lottery_table(title, found[title], scale)
        yield verdict_table(domain, found[title])
    draw_lottery(FOLDER / "lottery.png", found)
    yield from archgym_proxy.recompute(quick=quick)


def lottery_table(title: str, sweeps: Sequence[Sweep], scale: Scale) -> Table:
    """One row an agent."""
    rows = []
    for sweep in sweeps:
        cells = summary(sweep)
        runs = f"{cells['settings']} x {cells['seeds']}"
        rows.append(Row(f"{cells['agent']} ({runs})", _in_words(cells)))
    remarks = (
        f"Regret: ln of the product to be minimised, less its optimum over all designs, after "
        f"{scale.budget} evaluations (designs seen before count). Settings x seeds in brackets.",
        "Columns: median [95 % bootstrap interval]; quartiles of all runs; share within 1 % of the "
        "optimum; expected regret of the best of 1, 3 and all settings, chosen on the other "
        "workload [95 % for all].",
    )
    return Table(f"Regret, {title}", tuple(rows), remarks)


def _in_words(cells: dict[str, str]) -> str:
    interval = cells["95 % interval"].replace(" .. ", ", ")
    best = cells["all: 95 % interval"].replace(" .. ", ", ")
    return (
        f"{cells['median regret']} [{interval}]; {cells['quartiles']}; {cells['within 1 %']}; "
        f"{cells['best of 1/3/all']} [{best}]"
    )


def verdict_table(domain: str, sweeps: Sequence[Sweep]) -> Table:
    """How much settings decide, and what choosing them buys."""
    random = next(sweep for sweep in sweeps if sweep.agent == agents.RANDOM)
    others = [sweep for sweep in sweeps if sweep is not random]
    bar = float(np.median(random.report))
    worst, best = ([rank(_medians(sweep)) for sweep in others] for rank in (np.max, np.min))
    picked = [_medians(sweep)[chosen(sweep)] for sweep in others]
    of = f" of {len(others)}"
    rows = (
        Row("agents whose worst setting is behind random search", _count(worst, above=bar) + of),
        Row("agents whose chosen setting is behind random search", _count(picked, above=bar) + of),
        Row(
            "agents whose best setting, known afterwards, is within 1 % of the optimum",
            f"{sum(value <= WITHIN for value in best)}{of}",
        ),
        Row(
            "agents whose chosen setting is within 1 % of the optimum",
            f"{sum(value <= WITHIN for value in picked)}{of}",
        ),
    )
    remark = "Medians over seeds on the workload of the report; best and worst are in hindsight."
    return Table(f"What the numbers say: {domain}", rows, (remark,))


def _medians(sweep: Sweep) -> NDArray[np.float64]:
    medians: NDArray[np.float64] = np.median(sweep.report, axis=1)
    return medians


def _count(values: Sequence[float], *, above: float) -> str:
    return str(sum(value > above for value in values))
