"""simhelm: learned controllers at the helm of scientific simulators, judged honestly.

Importing the package registers its Gymnasium environments under ``simhelm/...``.
"""

from simhelm.envs.registration import register_environments

__version__ = "0.1.0"

register_environments()

__all__ = ["__version__"]
