"""What may be chosen of a network and of its training.

The kind of space is that of DeepArchitect (Negrinho & Gordon, arXiv:1704.08792, 2017): blocks of
convolutions, layers that see everything, and the settings of the optimiser in one tree.
"""

from __future__ import annotations

from simhelm.core.space import Knob, Space, choice, optional, repeat, sequence

ACTIVATIONS = ("relu", "tanh", "elu")
POOLINGS = ("none", "max", "average")
LEARNING_RATES = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

# The rule of thumb: two convolutions with pooling, a hidden layer, Adam as it comes.
KNOBS = {
    "activation": Knob("relu"),
    "convolutions": Knob(2, "layers"),
    "convolutions/filters": Knob(16),
    "convolutions/kernel": Knob(3, "pixels"),
    "convolutions/normalise": Knob(False, description="batch normalisation"),
    "convolutions/pool": Knob("max", description="2 x 2"),
    "dense": Knob(1, "layers", "hidden layers after the convolutions"),
    "dense/units": Knob(64),
    "dense/dropout": Knob(False),
    "dense/dropout/rate": Knob(0.25),
    "optimiser": Knob("adam"),
    "optimiser/momentum": Knob(0.9),
    "learning_rate": Knob(1e-3),
    "batch": Knob(32, "images"),
    "weight_decay": Knob(0.0),
}


def network_space() -> Space:
    """The tree of networks with their training."""
    convolution = sequence(
        choice("filters", [4, 8, 16, 32], ordered=True),
        choice("kernel", [1, 3, 5], ordered=True),
        choice("normalise", [False, True]),
        choice("pool", POOLINGS),
    )
    dense = sequence(
        choice("units", [16, 32, 64, 128], ordered=True),
        optional("dropout", choice("rate", [0.1, 0.25, 0.5], ordered=True)),
    )
    momentum = choice("momentum", [0.0, 0.5, 0.9, 0.99], ordered=True)
    return Space(
        sequence(
            choice("activation", ACTIVATIONS),
            repeat("convolutions", convolution, [0, 1, 2, 3]),
            repeat("dense", dense, [0, 1, 2]),
            choice("optimiser", {"adam": None, "sgd": momentum}),
            choice("learning_rate", LEARNING_RATES, ordered=True),
            choice("batch", [16, 32, 64, 128], ordered=True),
            choice("weight_decay", [0.0, 1e-5, 1e-4, 1e-3, 1e-2], ordered=True),
        )
    )
