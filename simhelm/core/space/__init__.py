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

A problem's parameters are derived from a tree (:func:`to_parameters`), or declared. They go to
Optuna (:func:`suggest`, :class:`OptunaSpace`), ConfigSpace (:class:`ConfigSpaceCodec`) and
Gymnasium (:func:`to_box`), trees to JSON (:func:`to_json`).
"""

from simhelm.core.parameter import Value
from simhelm.core.space.configspace import ConfigSpaceCodec
from simhelm.core.space.gymnasium import from_action, to_action, to_box
from simhelm.core.space.nodes import Node, choice, optional, permutation, repeat, sequence, when
from simhelm.core.space.optuna import OptunaSpace, suggest, to_distributions
from simhelm.core.space.parameters import Knob, of_parameters, to_parameters
from simhelm.core.space.serial import from_json, space_hash, space_identity, to_json
from simhelm.core.space.tree import OpenChoice, Space

__all__ = [
    "ConfigSpaceCodec",
    "Knob",
    "Node",
    "OpenChoice",
    "OptunaSpace",
    "Space",
    "Value",
    "choice",
    "from_action",
    "from_json",
    "of_parameters",
    "optional",
    "permutation",
    "repeat",
    "sequence",
    "space_hash",
    "space_identity",
    "suggest",
    "to_action",
    "to_box",
    "to_distributions",
    "to_json",
    "to_parameters",
    "when",
]
