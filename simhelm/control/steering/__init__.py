"""Steering runs: bandits choose an environment's actions next to its baselines.

A run file is read, played, stored and reported from top to bottom: ``definition`` (the file and
the contenders), ``run`` (the episodes), ``result`` (the files, the table, the verdict), ``report``.
"""
