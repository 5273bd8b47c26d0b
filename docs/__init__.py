"""The documentation: pages written by hand, and in ``pages`` what makes the others."""
