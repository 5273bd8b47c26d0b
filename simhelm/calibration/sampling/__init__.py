"""Monte Carlo of a submodel whose boundary a generator moves: ``[monte_carlo]`` in a run file."""
