"""The comparison of generators, small; its words; and a Monte Carlo from the command line."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from simhelm.agents.generators import WGANGP, Excitation, WGANSettings
from simhelm.calibration.sampling.configuration import parse
from simhelm.calibration.sampling.distributions import LAW, draw_excitation
from simhelm.calibration.sampling.plate_solves import gather, read
from simhelm.calibration.sampling.run import read_monte_carlo, run_monte_carlo
from simhelm.calibration.study.pool import SerialExecutor
from simhelm.cli.looking import show
from simhelm.cli.running import run
from simhelm.core.errors import ConfigurationError, DirectoryError
from simhelm.papers import wgan_submodel
from simhelm.papers.wgan_submodel_judging import Scale, floors, held_out_peaks
from simhelm.papers.wgan_submodel_rivals import (
    CASES,
    RIVALS,
    WGAN,
    Coarse,
    Setting,
    coarse_traces,
    training_of,
)
from simhelm.simulators.fem.plate_models import Resolution, models, peaks
from tests.subprocesses import run_simhelm

SMALL = Scale(
    trainings=(12,),
    seeds=2,
    held_out=12,
    resolution=Resolution(0.03, 40),
    coarse=Coarse(0.03, 1),
    coarser=Coarse(0.04, 2),
    wgan=WGANSettings(steps=5, width=8, latent=4, checks=1),
    workers=0,
    draws=5,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wgan")
    gather(SMALL.sets(), SMALL.resolution, folder, SerialExecutor())
    return folder


def test_every_rival_is_judged_with_every_seed_and_a_second_run_reads_what_the_first_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wgan_submodel, "QUICK", SMALL)
    monkeypatch.setattr(wgan_submodel, "FOLDER", tmp_path)
    first = list(wgan_submodel.recompute(quick=True))
    for part in first:
        if part.title.startswith(("Traces", "Stress")):
            names = {row.what for row in part.rows}
            assert names == {"sampling floor"} | {
                f"{name}, seed {seed}" for name in RIVALS for seed in (0, 1)
            }
    assert sum(part.title.startswith("What the numbers say") for part in first) == len(CASES)
    assert first[0].met
    stored = sorted((tmp_path / "quick").glob("judged-*/*"))
    generators = [path for path in stored if path.suffix == ".npz"]
    assert len(generators) == len(CASES) * 2
    assert WGANGP.load(generators[0]).pod.shape[0] == 41
    assert all(part.suffix in (".json", ".npz") for part in stored)
    stored[0].unlink()
    assert list(wgan_submodel.recompute(quick=True)) == first


def test_amplitude_and_delay_are_exact_for_the_solver(folder: Path) -> None:
    """What is applied to traces equals a solve with that amplitude and delay."""
    used = models(SMALL.resolution)
    scenario = LAW.draw_many(1, 0)[0]
    later = dataclasses.replace(
        scenario, impact=dataclasses.replace(scenario.impact, amplitude=80e6, delay=4e-6)
    )
    plain, other = used.full.simulate([scenario, later]).recording.displacement
    excited = Excitation(np.array([1.6]), np.array([4])).excite(plain[None])[0]
    np.testing.assert_allclose(excited, other, atol=1e-12 * np.abs(other).max())


def test_solves_on_disk_are_those_of_the_model_and_sets_differ(folder: Path) -> None:
    one, two = (read(SMALL.resolution, folder, seed, 12) for seed in (0, 1))
    run = models(SMALL.resolution).full.simulate(LAW.draw_many(3, 1))
    np.testing.assert_allclose(two.peaks[:3], run.peak_von_mises, rtol=1e-12)
    np.testing.assert_allclose(
        two.traces[:3], run.recording.displacement, rtol=1e-6, atol=1e-6 * np.abs(two.traces).max()
    )
    assert not np.isin(one.inputs, two.inputs).any()


def test_as_measured_data_are_excited_and_conditioned_on_it(folder: Path) -> None:
    solves = read(SMALL.resolution, folder, 1, 12)
    plain = training_of(solves, "factored", np.random.default_rng(0))
    measured = training_of(solves, "as measured", np.random.default_rng(0))
    excitation = draw_excitation(12, np.random.default_rng(0))
    assert np.array_equal(measured.traces, excitation.excite(plain.traces))
    assert np.array_equal(measured.inputs[:, 2], excitation.amplitudes)


def test_the_truth_divided_by_amplitude_is_that_of_the_full_solves(folder: Path) -> None:
    truth = held_out_peaks(SMALL, folder)
    solves = read(SMALL.resolution, folder, 0, 12)
    driven = peaks(solves.traces, SMALL.resolution)
    np.testing.assert_allclose(truth["divided by amplitude"], driven, rtol=1e-5)
    assert np.std(np.log(truth["raw"])) > np.std(np.log(driven))


def test_floors_are_positive(folder: Path) -> None:
    found = floors("factored", SMALL, folder)
    assert all(value > 0 for value in found.traces.values())
    assert found.stress.keys() == {"divided by amplitude", "raw"}


def test_every_rival_gives_traces_that_start_at_rest(folder: Path) -> None:
    solves = read(SMALL.resolution, folder, 1, 12)
    training = training_of(solves, "factored", np.random.default_rng(0))
    setting = Setting("factored", SMALL.resolution, SMALL.coarse, SMALL.coarser, 0, SMALL.wgan)
    for name, fit in RIVALS.items():
        drawn = fit(training, setting).sampler.sample(3, np.random.default_rng(0))
        assert drawn.shape == (3, *solves.traces.shape[1:]), name
        assert np.abs(drawn[:, 0]).max() <= 1e-9 * np.abs(drawn).max(), name


def test_a_coarse_model_at_the_full_resolution_gives_the_full_traces() -> None:
    """Twice the step leaves a difference that is small, and not zero."""
    used = models(SMALL.resolution)
    scenarios = [LAW.draw(np.random.default_rng(7))]
    exact = used.full.simulate(scenarios).recording.displacement
    for stride, least, most in ((1, 0.0, 1e-12), (2, 1e-4, 0.1)):
        model = Coarse(SMALL.resolution.size, stride).model(SMALL.resolution.steps)
        traces = coarse_traces(model, SMALL.resolution, 1, np.random.default_rng(7))
        error = np.linalg.norm(traces - exact) / np.linalg.norm(exact)
        assert least <= error < most


@pytest.mark.parametrize(
    ("ours", "theirs", "word"),
    [
        ([0.1, 0.2], [0.5, 0.6], "better"),
        ([0.5, 0.6], [0.1, 0.2], "worse"),
        ([0.1, 0.55], [0.5, 0.6], "no difference shown"),
        ([0.40, 0.41], [0.45, 0.46], "no difference shown"),
    ],
)
def test_verdicts(ours: list[float], theirs: list[float], word: str) -> None:
    assert wgan_submodel.verdict(ours, theirs, 0.1).startswith(word + ":")


def test_the_floor_is_reached_by_all_seeds_or_not() -> None:
    values = {WGAN: [0.01, 0.02], "other": [0.01, 0.2]}
    assert wgan_submodel.at_the_floor(values, 0.05) == WGAN
    assert wgan_submodel.at_the_floor(values, 0.001) == "none"


FILE = """
title = "small"
seed = 2
[monte_carlo]
generator = "smoothed-bootstrap"
training_solves = 10
samples = 120
size = 0.03
steps = 40
"""


def small_run(directory: Path, *, overwrite: bool = False) -> pyarrow.Table:
    config = parse(tomllib.loads(FILE), "file")
    rows = run_monte_carlo(config, directory, SerialExecutor(), overwrite=overwrite)
    assert len(rows) == 4
    return pyarrow.parquet.read_table(directory / "samples.parquet")


def test_monte_carlo_gives_the_same_bits_serially_and_under_mpi(tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    (tmp_path / "small.toml").write_text(FILE, encoding="utf-8")
    words = ["--executor", "mpi", "--out", "mpi", "--format", "json"]
    done = run_simhelm("run", "small.toml", *words, ranks=3, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    table = small_run(tmp_path / "serial")
    assert table.equals(pyarrow.parquet.read_table(tmp_path / "mpi" / "samples.parquet"))
    assert read_monte_carlo(tmp_path / "serial") == ("small", printed)
    for name in ("serial", "mpi"):
        for picture in ("plate.png", "distribution.png"):
            assert (tmp_path / name / picture).stat().st_size > 10_000
    assert len(table) == 120
    assert np.ptp(table["stress"]) > np.ptp(table["stress_at_50_MPa"]) > 0


def test_monte_carlo_goes_on_where_it_was_stopped_and_names_what_is_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = small_run(tmp_path)
    (solves,) = tmp_path.glob("solves-*/*.npz")
    content = solves.read_bytes()
    solves.unlink()
    assert small_run(tmp_path).equals(first)
    show(tmp_path)
    assert "99 % quantile" in capsys.readouterr().out
    solves.write_bytes(content[: len(content) // 2])
    with pytest.raises(ConfigurationError, match=rf"{solves.name}: corrupted .* remove it"):
        small_run(tmp_path)
    with pytest.raises(DirectoryError, match="did not finish"):
        show(tmp_path)


def test_monte_carlo_files_and_directories_are_checked(tmp_path: Path) -> None:
    table = {"monte_carlo": {"generator": "gaussian", "training_solves": 10, "samples": 120}}
    with pytest.raises(ConfigurationError, match="did you mean 'samples'"):
        parse({"monte_carlo": {**table["monte_carlo"], "sampels": 3}}, "file")
    with pytest.raises(ConfigurationError, match="did you mean 'gaussian'"):
        parse({"monte_carlo": {**table["monte_carlo"], "generator": "gausian"}}, "file")
    (tmp_path / "precious").touch()
    with pytest.raises(ConfigurationError, match="holds no Monte Carlo"):
        run_monte_carlo(parse(table, "file"), tmp_path, SerialExecutor(), overwrite=True)
    (tmp_path / "monte_carlo.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="holds another Monte Carlo"):
        run_monte_carlo(parse(table, "file"), tmp_path, SerialExecutor(), overwrite=False)


def test_a_misspelled_table_is_not_taken_for_a_study(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text(FILE.replace("[monte_carlo]", "[montecarlo]"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="did you mean 'monte_carlo'"):
        run(file)
