"""The impacted plate as Monte Carlo and reproductions use it: law, models, solves on disk."""
