"""SUMO's mesoscopic model as the loading of a day: roads with queues, buses, taxis and walkers."""

from simhelm.simulators.transport.sumo.loading import sumo_days

__all__ = ["sumo_days"]
