"""Importing simhelm is light, and silent about what is not installed."""

import json
import sys
from pathlib import Path

import gymnasium

import simhelm
from tests.subprocesses import python

CODE = """
import json, sys
import gymnasium
before = set(sys.modules)
import simhelm
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_import_brings_in_nothing_heavy() -> None:
    """Registration is all that happens: nothing beyond gymnasium and the standard library."""
    done = python("-W", "error", "-c", CODE, check=True)
    modules = json.loads(done.stdout)
    assert done.stderr == ""
    allowed = {"simhelm", *sys.stdlib_module_names}
    assert {name.partition(".")[0] for name in modules} <= allowed


def test_make_with_module_prefix_needs_no_import() -> None:
    code = 'import gymnasium; gymnasium.make("simhelm:simhelm/Heat2D-v0", steps=3).reset()'
    python("-c", code, check=True)


def test_registering_twice_is_harmless() -> None:
    before = dict(gymnasium.registry)
    from simhelm.envs.registration import register_environments

    register_environments()
    assert dict(gymnasium.registry) == before


def test_root_links_lead_into_the_package() -> None:
    root = Path(__file__).resolve().parents[1]
    package = Path(simhelm.__file__).parent
    for room in ("simulators", "envs", "agents", "calibration"):
        assert (root / room).is_symlink()
        assert (root / room).resolve() == (root / "simhelm" / room)
        assert (package / room).is_dir()
