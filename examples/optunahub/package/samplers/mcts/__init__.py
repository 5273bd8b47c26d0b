"""Monte-Carlo Tree Search Sampler for OptunaHub."""

from simhelm.agents.samplers import MCTSSampler

__all__ = ["MCTSSampler"]
