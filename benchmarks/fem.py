"""What a submodel saves, and what the back ends cost, in one run.

Run with ``OMP_NUM_THREADS=1 python -m benchmarks.fem``. The bar: in a batch, a submodel sample
costs at most a twentieth of a global solve. DOLFINx (extra ``fenics``) is timed beside scikit-fem
where it can be imported.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
from collections.abc import Callable

from benchmarks.comparison import Comparison, lacking
from benchmarks.limits import FLOPS, FLOPS_A_PRODUCT, matrix_product
from benchmarks.timing import ratio, take_turns
from simhelm.experiments.terminal import print_table
from simhelm.simulators.fem import (
    Discretisation,
    PlateModel,
    ScenarioLaw,
    Space,
    drive,
    extract_trace,
)

# The bar: how many times cheaper a sample of a batch has to be.
CHEAPER = 20.0


def submodel_part(rounds: int, batch: int, steps: int) -> tuple[list[dict[str, str]], bool]:
    """CPU time of a global solve, of submodel samples alone and in a batch."""
    model = PlateModel(discretisation=Discretisation(steps=steps))
    submodel = model.submodel()
    scenarios = ScenarioLaw().draw_many(batch, 0)
    run = model.simulate(scenarios[0])
    few = extract_trace(model.simulate(scenarios[:2]).recording, submodel.driven_nodes)
    # The cost does not depend on what moves; the two are used in turn.
    displacement = few.displacement[[number % 2 for number in range(batch)]]
    many = type(few)(few.times, few.nodes, displacement)
    contenders: dict[str, Callable[[], object]] = {
        "global": lambda: model.simulate(scenarios[0]),
        "alone": lambda: drive(submodel, many[:1]),
        "batch": lambda: drive(submodel, many),
    }
    seconds = take_turns(contenders, dict.fromkeys(contenders, 1), rounds)
    seconds["batch"] = [each / batch for each in seconds["batch"]]
    work = {"global": run.work[0], "alone": drive(submodel, many[:1]).work[0]}
    work["batch"] = drive(submodel, many).work[0]
    cheaper = ratio(seconds, "global", "batch")
    names = {
        "global": f"global solve: new material, factors, {steps} steps",
        "alone": "submodel, one sample",
        "batch": f"submodel, a sample of {batch}",
    }
    unknowns = {"global": model.space.size}
    rows = [
        {
            "what": names[name],
            "unknowns": f"{unknowns.get(name, submodel.space.size):,}",
            "CPU ms, median": f"{1e3 * statistics.median(figures):.2f}",
            "million multiplications": f"{work[name] / 1e6:.2f}",
            "times cheaper": f"{ratio(seconds, 'global', name):.1f}",
        }
        for name, figures in seconds.items()
    ]
    return rows, cheaper >= CHEAPER


def assembly_part(rounds: int) -> list[dict[str, str]]:
    """CPU time of making a space, and of the stiffness of another material."""
    model = PlateModel()
    names = ["scikit-fem"]
    if importlib.util.find_spec("dolfinx_solver") is not None:
        names.append("dolfinx")
    rows = []
    for name in names:
        space = Space(model.mesh, model.material, 1, name)

        def again(backend: str = name) -> object:
            return Space(model.mesh, model.material, 1, backend).stiffness()

        contenders: dict[str, Callable[[], object]] = {"make": again, "change": space.stiffness}
        seconds = take_turns(contenders, {"make": 1, "change": 3}, rounds)
        rows.append(
            {
                "back end": name,
                "space and stiffness, CPU ms": f"{1e3 * statistics.median(seconds['make']):.1f}",
                "new moduli, CPU ms": f"{1e3 * statistics.median(seconds['change']):.1f}",
            }
        )
    return rows


def compare(rounds: int = 5, batch: int = 100, steps: int = 96) -> list[Comparison]:
    """Submodel samples beside global solves and the core's arithmetic; assembly by back end."""
    model = PlateModel(discretisation=Discretisation(steps=steps))
    submodel = model.submodel()
    scenarios = ScenarioLaw().draw_many(2, 0)
    few = extract_trace(model.simulate(scenarios).recording, submodel.driven_nodes)
    displacement = few.displacement[[number % 2 for number in range(batch)]]
    many = type(few)(few.times, few.nodes, displacement)
    contenders: dict[str, Callable[[], object]] = {
        "global": lambda: model.simulate(scenarios[0]),
        "batch": lambda: drive(submodel, many),
        FLOPS: matrix_product(),
    }
    seconds = take_turns(contenders, dict.fromkeys(contenders, 1), rounds)
    best = {name: min(figures) for name, figures in seconds.items()}
    # A multiplication comes with an addition.
    most = FLOPS_A_PRODUCT / best[FLOPS] / (2.0 * float(drive(submodel, many).work[0]))
    missing = lacking({"dolfinx_solver": ("DOLFINx", "pip install 'simhelm[fenics]'")})
    rates = {row["back end"]: 1e3 / float(row["new moduli, CPU ms"]) for row in assembly_part(3)}
    ours = rates.pop("scikit-fem")
    return [
        Comparison(
            f"submodel of a plate, {steps} steps, {batch} at a time", "samples",
            batch / best["batch"], {"global solve (ours)": 1.0 / best["global"]},
            (f"arithmetic: {FLOPS}", most),
        ),
        Comparison("stiffness of a plate with new moduli", "matrices", ours, rates, None, missing),
    ]  # fmt: skip


def main(rounds: int = 9, batch: int = 200, steps: int = 96) -> bool:
    """Print both tables; returns whether the bar was met."""
    rows, met = submodel_part(rounds, batch, steps)
    print_table(rows, title="Impacted plate: global model against submodel")
    answer = "yes" if met else "NO"
    print(f"bar: a sample of a batch at least {CHEAPER:g} times cheaper: {answer}")
    print_table(assembly_part(rounds), title="Back ends: assembly of the plate")
    if importlib.util.find_spec("dolfinx_solver") is None:
        print("not measured, because not installed: DOLFINx")
    return met


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
