"""Runs and studies: configuration, steering, the command line and its reports."""

from simhelm.calibration.tuner import RelaxationTuner

__all__ = ["RelaxationTuner"]
