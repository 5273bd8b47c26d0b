"""What runs in the process beside: ZigZag on the products of a job, one result file each.

Started as a module in the directory of the job. Importing this needs nothing; running it needs
zigzag-dse.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

JOB = "job.json"
# ZigZag's own exceptions for a product that has no place in the memories.
_NO_MAPPING = (
    "NoValidLoopOrderingFoundException",
    "MemoryHierarchyTooSmallException",
    "MemoryTooSmallException",
)


def result_file(place: int) -> str:
    """Where the result of the product at that place of the job is."""
    return f"result-{place}.json"


def main() -> None:
    """Evaluate every product of the job in this directory."""
    job = json.loads(Path(JOB).read_text(encoding="utf-8"))
    # JSON is YAML.
    for name in ("hardware", "mapping"):
        Path(f"{name}.yaml").write_text(json.dumps(job[name]), encoding="utf-8")
    for place, product in enumerate(job["products"]):
        part = Path(f"{result_file(place)}.part")
        part.write_text(json.dumps(_evaluate(product, job)), encoding="utf-8")
        part.replace(result_file(place))


def _evaluate(product: list[dict[str, Any]], job: dict[str, Any]) -> dict[str, Any]:
    from zigzag.api import get_hardware_performance_zigzag

    try:
        result: Any = get_hardware_performance_zigzag(
            product,
            "hardware.yaml",
            "mapping.yaml",
            opt=job["optimise"],
            lpf_limit=job["loop_factors"],
            dump_folder="dump",
            loma_show_progress_bar=False,
        )
    except Exception as error:
        if type(error).__name__ not in _NO_MAPPING:
            raise
        return {"no_mapping": f"{type(error).__name__}: {error}"}
    logging.getLogger().setLevel(logging.WARNING)
    energy, cycles, details = result
    outermost = (levels[-1] for levels in details[0][0].mem_energy_breakdown.values())
    return {
        "cycles": float(cycles),
        "energy_pj": float(energy),
        "dram_energy_pj": float(sum(outermost)),
    }


if __name__ == "__main__":
    main()
