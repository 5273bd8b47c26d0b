"""Gymnasium environments: thin views of the simulators, registered as ``simhelm/<Name>-v<N>``."""
