"""Search spaces as trees, in plain Python.

::

    from simhelm.core.space import Space, choice, repeat, sequence

    layer = sequence(
        choice("units", [16, 32, 64], ordered=True),
        choice("activation", ["relu", "tanh"]),
    )
    space = Space(
        sequence(
            choice("optimiser", {"adam": None, "sgd": choice("momentum", [0.0, 0.9])}),
            repeat("layers", layer, [1, 2, 3]),
        )
    )
    print(space.count())

The language stands in the room of the simulators, which say what may be chosen; environments and
studies use it from there. Samplers need no more than Optuna's own interface (:func:`suggest`) and
know nothing of it.
"""

from simhelm.core.space.bisection import Bisected
from simhelm.core.space.export import action_mask, from_configuration, to_configspace
from simhelm.core.space.identity import space_identity
from simhelm.core.space.nodes import (
    Node,
    Value,
    choice,
    optional,
    permutation,
    repeat,
    sequence,
    when,
)
from simhelm.core.space.optuna import suggest, to_distributions
from simhelm.core.space.parameters import Knob, of_parameters, to_parameters
from simhelm.core.space.serial import from_json, space_hash, to_json
from simhelm.core.space.tree import OpenChoice, Space

__all__ = [
    "Bisected",
    "Knob",
    "Node",
    "OpenChoice",
    "Space",
    "Value",
    "action_mask",
    "choice",
    "from_configuration",
    "from_json",
    "of_parameters",
    "optional",
    "permutation",
    "repeat",
    "sequence",
    "space_hash",
    "space_identity",
    "suggest",
    "to_configspace",
    "to_distributions",
    "to_json",
    "to_parameters",
    "when",
]
