"""A town and the traffic on its roads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from simhelm.core.problem import Value
from simhelm.simulators.transport import Network, simulate
from simhelm.simulators.transport.network import Floats
from simhelm.simulators.transport.problem import ModeChoice, constants_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Kilometres between the two directions of a street.
_APART = 0.12


def draw_town(
    problem: ModeChoice, config: Mapping[str, Value] | None, seed: int, budget: int | None
) -> Figure:
    """Vehicles on every link on the last day; an empty town without a configuration."""
    network = problem.scenario.network
    volumes, shares = np.zeros(network.links), ""
    if config is not None:
        days = problem.full_budget if budget is None else budget
        run = simulate(problem.scenario, constants_of(config), iterations=days, seed=seed)
        volumes = run.volumes[-1].astype(np.float64)
        largest = sorted(run.shares().items(), key=lambda item: -item[1])[:3]
        shares = ", ".join(f"{mode} {share:.0f} %" for mode, share in largest)
    return _draw_links(network, volumes, shares or "nobody travels yet")


def _draw_links(network: Network, volumes: Floats, title: str) -> Figure:
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 4.8), layout="constrained")
    axes = figure.subplots()
    lines = LineCollection(
        list(_segments(network)),
        cmap="viridis_r",
        linewidths=1.0 + 5.0 * volumes / max(1.0, float(volumes.max())),
    )
    lines.set_array(volumes)
    lines.set_clim(0.0, max(1.0, float(volumes.max())))
    axes.add_collection(lines)
    axes.plot(*network.places.T, "o", color="0.3", markersize=3)
    axes.set_aspect("equal")
    axes.set(xlabel="km", ylabel="km", title=title)
    figure.colorbar(lines, ax=axes, label="vehicles a day")
    return figure


def _segments(network: Network) -> Floats:
    """Both ends of every link, moved to the right of its direction, shape (links, 2, 2)."""
    places = network.places
    begin, end = places[network.tail], places[network.head]
    along = (end - begin) / np.maximum(1e-9, np.linalg.norm(end - begin, axis=1))[:, None]
    aside = _APART * np.stack([along[:, 1], -along[:, 0]], axis=1)
    return np.stack([begin + aside, end + aside], axis=1)
