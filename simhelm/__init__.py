"""simhelm: learned controllers at the helm of scientific simulators, judged honestly.

Importing the package registers its Gymnasium environments under ``simhelm/...``; its public names
are imported at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names
from simhelm.envs.registration import register_environments
from simhelm.moved import redirect_old_names
from simhelm.version import __version__

if TYPE_CHECKING:
    from simhelm.agents.policy import Policy
    from simhelm.calibration import Study, run_study
    from simhelm.core.end_reason import EndReason
    from simhelm.core.problem import Metrics, Output, Parameter, Problem

__all__ = [
    "EndReason", "Metrics", "Output", "Parameter", "Policy", "Problem", "Study", "__version__",
    "run_study",
]  # fmt: skip

__getattr__ = lazy_names(
    __name__,
    {
        "EndReason": "simhelm.core.end_reason",
        "Metrics": "simhelm.core.problem",
        "Output": "simhelm.core.problem",
        "Parameter": "simhelm.core.problem",
        "Policy": "simhelm.agents.policy",
        "Problem": "simhelm.core.problem",
        "Study": "simhelm.calibration",
        "run_study": "simhelm.calibration",
    },
)

redirect_old_names()
register_environments()
