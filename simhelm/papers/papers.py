"""What the reproduced papers claim, sentence by sentence.

Learning to Relax could be read in full; of the others the abstracts, and the log of runs that the
authors of the one on transport published.
"""

from __future__ import annotations

import functools
import math

from simhelm.papers.claims import Claim, Tables, Verdict, numbers, untested, verdict_of

_HEAT = "Heat equation, nx = "
_TSALLIS = "Tsallis-INF, published rule"


def _faster(learner: str, factor: float, tables: Tables) -> tuple[str, Verdict]:
    grids = _heat_totals(tables)
    largest = max(grids)
    measured = grids[largest]["omega = 1"] / grids[largest][learner]
    return (
        f"{measured:.2f} times fewer iterations at nx = {largest}",
        verdict_of([measured >= factor]),
    )


def _beats_fixed(learner: str, tables: Tables) -> tuple[str, Verdict]:
    """The paper excepts omega = 1.5 on its two smaller grids: the largest decides."""
    grids = _heat_totals(tables)
    rivals = ("plain CG", "omega = 1", "omega = 1.5")
    won = [nx for nx, row in grids.items() if row[learner] < min(row[name] for name in rivals)]
    return _on(won, grids), verdict_of([max(grids) in won])


def _beats_best(tables: Tables) -> tuple[str, Verdict]:
    grids = _heat_totals(tables)
    best = {
        nx: min(total for name, total in row.items() if name.startswith("omega"))
        for nx, row in grids.items()
    }
    won, ours = (
        [nx for nx, row in grids.items() if row[learner] < best[nx]]
        for learner in ("ChebCB", "ThompsonLogCost")
    )
    told = f"{_on(won, grids)}; ThompsonLogCost, not in the paper, {_on(ours, grids)}"
    return told, verdict_of([2 * len(won) > len(grids)])


def _heat_totals(tables: Tables) -> dict[int, dict[str, float]]:
    return {int(rest.partition(":")[0]): rows for rest, rows in tables.after(_HEAT).items()}


def _on(won: list[int], grids: dict[int, dict[str, float]]) -> str:
    names = ", ".join(map(str, won)) or "none"
    return f"at nx = {names} of {', '.join(map(str, grids))}"


def _published_totals(tables: Tables) -> tuple[str, Verdict]:
    """On the systems of the authors' code, so that totals of iterations can be compared."""
    said, same, beaten = [], [], []
    for variance in ("low", "high"):
        title = f"Learners on the same systems, {variance} variance, mean (sd) of 5 seeds"
        row = tables.row(title, "ChebCB, published draws")
        (ours, *_), (theirs, *_) = numbers(row.measured), numbers(row.expected)
        thompson = tables.number(title, "ThompsonLogCost")
        same.append(abs(ours / theirs - 1.0) <= 1e-3)
        beaten.append(thompson < theirs)
        said.append(
            f"{variance} variance: {ours:,.0f} for their {theirs:,.0f}, and {thompson:,.0f} by "
            "ThompsonLogCost, which is not in the paper"
        )
    return "; ".join(said), Verdict.BEATEN if all(same + beaten) else verdict_of(same)


def _learned_parameter(tables: Tables) -> tuple[str, Verdict]:
    row = "choice of parameter, mean of training seeds, over the best fixed of the published grid"
    measured = tables.text("Did learning pay?", row)
    return (
        f"force evaluations of the best fixed one of the published grid over its own: {measured}",
        verdict_of([numbers(measured)[0] > 1.0]),
    )


_PAPER_TARGET = "Mode constants, paper target, 10,000 persons"


def _reaches_25(tables: Tables) -> tuple[str, Verdict]:
    error = tables.text(_PAPER_TARGET, "BOHB (4 and 12 days): verified L1")
    return (
        f"{error} points, median and quartiles of studies of a town of our own (BEAM was not run)",
        verdict_of([numbers(error)[0] <= 25.0]),
    )


def _runs_to_25(tables: Tables) -> tuple[str, Verdict]:
    model, steps = (
        _first_level(tables.text(_PAPER_TARGET, f"{name}: runs [rounds] to L1 of"))
        for name in ("BOHB (4 and 12 days)", "log-share steps")
    )
    return (
        f"BEAM was not run; on a town of our own 25 was reached after {model:g} runs of BOHB's "
        f"model and {steps:g} of log-share steps",
        Verdict.NOT_TESTED,
    )


def _first_level(text: str) -> float:
    """Runs to an L1 of 25 in "25: 74 [5]; ...", infinite in "25: not reached [...]; ..."."""
    _, word, *_ = text.split()
    return numbers(word)[0] if word[0].isdigit() else math.inf


def _stops_early(tables: Tables) -> tuple[str, Verdict]:
    title = "Early stopping of BOHB's model, 100 runs"
    without, stopped = (
        tables.text(title, f"{name}: days simulated, verified L1") for name in ("without", "with")
    )
    # Days, median, quartiles. As elsewhere, worse is said where the ranges do not meet.
    (_, before, low, high), (_, after, low_after, high_after) = numbers(without), numbers(stopped)
    saved = tables.number(title, "days saved")
    told = (
        f"{saved:.0f} % of the days saved; L1 {after:g} ({low_after:g} to {high_after:g}), "
        f"{before:g} ({low:g} to {high:g}) without"
    )
    return told, verdict_of([saved > 0.0, low_after <= high])


def _says(of: str) -> str:
    return f"What the numbers say: {of}"


def _beats_gaussian(tables: Tables) -> tuple[str, Verdict]:
    """Traces as measured are the paper's; factored ones are free of amplitude and delay."""
    words = []
    for traces, stress in (("as measured", "raw"), ("factored", "divided by amplitude")):
        title = _says(f"traces {traces}, 600 solves")
        for measure in ("energy distance", f"KS, stress {stress}"):
            said = tables.text(title, f"WGAN-GP against POD + Gaussian, {measure}")
            words.append((traces, measure.partition(",")[0], said.partition(":")[0]))
    told = "; ".join(f"traces {traces}, {measure}: {said}" for traces, measure, said in words)
    return told, verdict_of([said == "better" for *_, said in words])


def _is_cheaper(tables: Tables) -> tuple[str, Verdict]:
    title = "Cost, 600 training solves"
    full, one = tables.number(title, "full solve"), tables.text(title, "WGAN-GP")
    sample, _, pays = numbers(one)
    again = numbers(tables.text(title, "training set itself"))[2]
    return (
        f"{full / sample:.1f} times fewer multiplications a sample; with its training it pays from "
        f"{pays:,.0f} samples on, traces drawn again from the training set from {again:,.0f}",
        verdict_of([sample < full]),
    )


_DOMAINS = ("dram", "accelerator")


def _lottery(tables: Tables) -> tuple[str, Verdict]:
    row = "agents whose worst setting is behind random search"
    words = [tables.text(_says(domain), row) for domain in _DOMAINS]
    told = f"the worst setting of {words[0]} agents is behind random search on DRAM, of {words[1]} "
    return told + "on the accelerator", verdict_of([numbers(word)[0] > 0 for word in words])


def _equal(tables: Tables) -> tuple[str, Verdict]:
    row = "agents whose best setting, known afterwards, is within 1 % of the optimum"
    words = [tables.text(_says(domain), row) for domain in _DOMAINS]
    told = f"after 64 evaluations the best setting of {words[0]} agents is within 1 % of the "
    told += f"optimum on DRAM, of {words[1]} on the accelerator"
    counts = [numbers(word) for word in words]
    return told, verdict_of([reached == all_ for reached, all_ in counts])


def _proxy_error(tables: Tables) -> tuple[str, Verdict]:
    outputs = ("latency (completion time)", "mean request latency", "energy")
    title = "Proxy error against training size"
    errors = {name: tables.number(title, f"{name}, 800 designs") for name in outputs}
    told = ", ".join(f"{name} {error:g} %" for name, error in errors.items())
    return f"{told}, from 800 designs", verdict_of([error <= 0.61 for error in errors.values()])


def _proxy_speed(tables: Tables) -> tuple[str, Verdict]:
    ratio = tables.number("Work of a proxy beside its simulator", "ratio for one output")
    return (
        f"{ratio:g} times less work for one output, beside a simulator that is compiled",
        verdict_of([ratio >= 2000.0]),
    )


def _outperform(methods: tuple[str, ...], tables: Tables) -> tuple[str, Verdict]:
    said = {
        f"{method}, {measure}": tables.text(
            _says(measure), f"{method} against random search, 64 networks"
        )
        for method in methods
        for measure in ("validation error", "test error, trained again")
    }
    told = "; ".join(f"{case}: {words} points" for case, words in said.items())
    return told, verdict_of([words.startswith("better") for words in said.values()])


CLAIMS: dict[str, tuple[Claim, ...]] = {
    "learning-to-relax": (
        Claim("ChebCB's iterations of 5,000 solves", "the authors' code", _published_totals),
        Claim(
            "Tsallis-INF solves the heat equation 2.4 times faster than omega = 1",
            "App. G.2",
            functools.partial(_faster, _TSALLIS, 2.4),
        ),
        Claim(
            "ChebCB solves it 3.5 times faster than omega = 1",
            "App. G.2",
            functools.partial(_faster, "ChebCB", 3.5),
        ),
        Claim(
            "Tsallis-INF beats plain CG, omega = 1 and omega = 1.5",
            "App. G.2",
            functools.partial(_beats_fixed, _TSALLIS),
        ),
        Claim(
            "ChebCB beats plain CG, omega = 1 and omega = 1.5",
            "App. G.2",
            functools.partial(_beats_fixed, "ChebCB"),
        ),
        Claim("ChebCB beats the best fixed factor in most cases", "App. G.2", _beats_best),
        Claim(
            "plain CG takes less wall-clock than omega = 1",
            "App. G.2",
            untested("iterations are counted here; the grid of the paper's times is not stated"),
        ),
    ),
    "three-body": (
        Claim(
            "a learned step parameter is better than the most common fixed ones",
            "abstract",
            _learned_parameter,
        ),
        Claim(
            "a policy learned with one integrator serves others of variable step",
            "abstract",
            untested("the policies here choose among the integrators themselves"),
        ),
    ),
    "parallel-bo-transport": (
        Claim(
            "parallel Bayesian optimisation with BOHB's model reaches an L1 of 25 %",
            "abstract",
            _reaches_25,
        ),
        Claim("an L1 of 25.9 % after 302 runs", "the authors' log of runs", _runs_to_25),
        Claim("stopping by extrapolation makes it converge faster", "abstract", _stops_early),
    ),
    "wgan-submodel": (
        Claim(
            "for fast waves, non-linear generators serve where linear ones do not",
            "abstract",
            _beats_gaussian,
        ),
        Claim(
            "a submodel with generated boundary conditions predicts faster", "abstract", _is_cheaper
        ),
    ),
    "archgym": (
        Claim("hyperparameters decide as a lottery does", "abstract", _lottery),
        Claim(
            "tuned, and with unlimited samples, all methods are equally favourable",
            "abstract",
            _equal,
        ),
        Claim("a proxy's error is 0.61 %", "abstract", _proxy_error),
        Claim("a proxy takes 2,000 times less time than its simulator", "abstract", _proxy_speed),
    ),
    "deeparchitect": (
        Claim(
            "MCTS outperforms random search",
            "abstract",
            functools.partial(_outperform, ("MCTS", "MCTS with bisection")),
        ),
        Claim(
            "SMBO outperforms random search",
            "abstract",
            functools.partial(_outperform, ("SMBO, ridge",)),
        ),
    ),
}
