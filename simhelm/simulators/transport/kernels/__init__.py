"""Compiled parts of the transport simulation.

State lives in arrays of records and plain arrays, grouped in named tuples; kernels receive only
the group they need. Every kernel is sequential, so results do not depend on threads.
"""
