"""simhelm: learned controllers at the helm of scientific simulators, judged honestly.

Importing the package registers its Gymnasium environments under ``simhelm/...``.
"""

from simhelm.envs.registration import register_environments
from simhelm.moved import redirect_old_names
from simhelm.version import __version__

redirect_old_names()
register_environments()

__all__ = ["__version__"]
