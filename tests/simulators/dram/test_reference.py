"""Agreement with runs of DRAMSys 4.0: the distribution is printed (pytest -s)."""

import numpy as np

from simhelm.simulators.dram import simulate
from tests.simulators.dram.reference import controller, needs_reference, rows, trace


@needs_reference
def test_agreement_with_dramsys() -> None:
    """All 500 rows: time exact on >= 97 %, within 0.25 % on >= 99 %, energy within 0.5 %."""
    times, energies, exact = [], [], 0
    for row in rows():
        result = simulate(controller(row), trace(row["trace"]), row["memory"])
        time_ns = float(row["time_ns"])
        # The file has picoseconds.
        exact += abs(result.completion_time_ns - time_ns) < 5e-4
        times.append(result.completion_time_ns / time_ns - 1.0)
        energies.append(result.energy_pj / float(row["energy_pJ"]) - 1.0)
    time_error, energy_error = np.abs(times), np.abs(energies)
    print(f"\nDRAMSys 4.0, {len(times)} rows: {exact} with the exact completion time")  # noqa: T201 - the distribution is wanted
    for name, error in (("time", time_error), ("energy", energy_error)):
        quantiles = ", ".join(f"{q:.0%}: {np.quantile(error, q):.1e}" for q in (0.5, 0.9, 0.99, 1))
        print(f"relative error of {name}: mean {error.mean():.1e}, quantiles {quantiles}")  # noqa: T201
    assert len(times) == 500
    assert exact >= 0.97 * len(times)
    assert np.mean(time_error <= 0.0025) >= 0.99
    assert energy_error.max() <= 0.005
