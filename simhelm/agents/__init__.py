"""The learners: bandits, samplers, generators, policies and their exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names

if TYPE_CHECKING:
    from simhelm.agents.export import export_policy
    from simhelm.agents.policy import Policy, PolicyMetadata

__all__ = ["Policy", "PolicyMetadata", "export_policy"]

__getattr__ = lazy_names(
    __name__,
    {
        "export_policy": "simhelm.agents.export",
        "Policy": "simhelm.agents.policy",
        "PolicyMetadata": "simhelm.agents.policy",
    },
)
