"""The packages for OptunaHub load as the registry loads them, and their examples run."""

from __future__ import annotations

import importlib.util
import runpy
import sys
import types
from pathlib import Path

import optuna
import pytest

from simhelm.agents.samplers import SAMPLERS

ROOT = Path(__file__).parents[1] / "examples" / "optunahub" / "package"
PACKAGES = sorted(path.name for path in (ROOT / "samplers").iterdir())
NEEDS = {"composite_gp": "botorch", "hpbandster_kde": "hpbandster"}
FRONT_MATTER = {"author", "title", "description", "tags", "optuna_versions", "license"}


def load_local_module(package: str, *, registry_root: str) -> types.ModuleType:
    """As optunahub's function of this name does, which need not be installed."""
    file = Path(registry_root, package, "__init__.py")
    name = f"optunahub_registry.package.{package.replace('/', '.')}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PACKAGES)
def test_examples_run(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    stub = types.ModuleType("optunahub")
    stub.load_local_module = load_local_module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "optunahub", stub)
    monkeypatch.setattr(optuna.Study, "optimize", _briefly(optuna.Study.optimize))
    runpy.run_path(str(ROOT / "samplers" / name / "example.py"))
    assert "{" in capsys.readouterr().out


def _briefly(optimize: object) -> object:
    def run(study: optuna.Study, objective: object, n_trials: int) -> None:
        assert callable(optimize)
        optimize(study, objective, n_trials=12)
        assert len(study.trials) <= 12 < n_trials

    return run


@pytest.mark.parametrize("name", PACKAGES)
def test_readmes_have_the_front_matter_and_our_class(name: str) -> None:
    text = (ROOT / "samplers" / name / "README.md").read_text(encoding="utf-8")
    _, front, body = text.split("---\n", 2)
    keys = dict(line.split(": ", 1) for line in front.splitlines())
    assert set(keys) == FRONT_MATTER
    assert keys["tags"].startswith("[sampler")
    (kind,) = load_local_module(f"samplers/{name}", registry_root=str(ROOT)).__all__
    assert f"`{kind}`" in body


def test_every_sampler_of_ours_has_a_package() -> None:
    theirs = set(optuna.samplers.__all__)
    packaged = {
        load_local_module(f"samplers/{name}", registry_root=str(ROOT)).__all__[0]
        for name in PACKAGES
    }
    assert packaged == set(SAMPLERS) - theirs
